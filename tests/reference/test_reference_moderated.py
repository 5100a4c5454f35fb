"""Shrunk variances are those of limma, as InMoose 0.9.1 (its port to Python) gives them.

The numbers were made on 2026-11-26 with inmoose.limma.squeezeVar, without and with its `covariate`, from the data
below.
"""

import numpy as np
import pytest

from imagenomics.associate.differential.squeeze import squeeze_variances

GENES = 40


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(20)
    level = rng.uniform(3, 12, GENES)
    noise = rng.chisquare(6, GENES) / 6 * 0.8 / (rng.chisquare(9, GENES) / 9)
    return np.round(np.exp(-0.15 * level) * noise, 6), np.full(GENES, 8.0), np.round(level, 4)


def test_one_prior_for_all_genes(data):
    variance, df, _ = data
    found = squeeze_variances(variance, df)
    assert found.prior_df == pytest.approx(3.7061441673346343, rel=1e-9)
    np.testing.assert_allclose(found.prior, 0.20306654525091483, rtol=1e-9)
    peer = [0.5690982271388964, 0.6967727182980376, 0.20996716400615725, 0.1456262512996728]
    np.testing.assert_allclose(found.variance[:4], peer, rtol=1e-9)


def test_a_prior_that_follows_the_level_of_expression(data):
    variance, df, level = data
    found = squeeze_variances(variance, df, level=level)
    assert found.prior_df == pytest.approx(3.843586082154622, rel=1e-9)
    prior = [0.26502720525874796, 0.1756382973653466, 0.29905738851682895, 0.15323249122646457]
    np.testing.assert_allclose(found.prior[:4], prior, rtol=1e-9)
    peer = [0.5849585446053088, 0.6821421197267156, 0.2410388877546321, 0.13012024060296773]
    np.testing.assert_allclose(found.variance[:4], peer, rtol=1e-9)
