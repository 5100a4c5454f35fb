"""Step-down family-wise p values: against permuting the tables themselves, and against the single step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_associate_permute import DRAWS, KINDS, Backwards, permuted, table

from imagenomics.associate import pairs
from imagenomics.associate.outcome import StepwiseEngine
from imagenomics.associate.permute import permuted_orders
from imagenomics.associate.settings import AssociateSettings

PLAIN = {"permutations": DRAWS, "min_group": 3}
CHOICES = [
    {},
    {"method": "linear"},
    {"correlation": "kendall", "two_groups": "welch", "groups": "anova", "tables": "fisher-mid-p"},
    {"correlation": "pearson", "two_groups": "student", "groups": "welch-anova", "tables": "chi-square"},
    {"side": "greater"},
    {"side": "less", "correlation": "kendall", "two_groups": "student"},
]


def run(features, targets, **options) -> pd.DataFrame:
    given = {name: options.pop(name) for name in ("covariates", "executor") if name in options}
    settings = AssociateSettings(**{**PLAIN, "max_t": "step-down", **options})
    return pairs.test_pairs(features, targets, settings=settings, analysis="family", seed=7, **given)


@pytest.mark.parametrize("missing", [0.0, 0.08])
def test_like_permuting_the_tables_themselves(missing):
    features, targets = table(1, KINDS, missing=missing), table(2, KINDS, missing=missing)
    found = run(features, targets)
    p = found["p"].to_numpy()
    ranked = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    counts = np.zeros(ranked.size)
    for draw in range(DRAWS):
        again = run(permuted(features, draw, np.zeros(40, dtype=int)), targets, permutations=0)
        drawn = again["p"].fillna(1.0).to_numpy()[ranked]
        counts += np.minimum.accumulate(drawn[::-1])[::-1] <= p[ranked] * (1 + 1e-9)
    wanted = np.maximum.accumulate((counts + 1) / (DRAWS + 1))
    np.testing.assert_allclose(found["p_maxt"].to_numpy()[ranked], wanted, rtol=1e-12)
    assert set(found["permutation"]) <= {"minP (step-down)", ""}


@pytest.mark.parametrize("options", CHOICES, ids=str)
@pytest.mark.parametrize("covariates", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_every_engine_knows_its_pairs(options, covariates, missing):
    """The smallest log p of all pairs is what the single step takes."""
    if covariates and set(options) & {"correlation", "two_groups"}:
        pytest.skip("chosen tests take no covariates")
    features, targets = table(3, KINDS, missing=missing), table(4, KINDS, missing=missing)
    adjust = table(5, ["continuous"]) if covariates else None
    settings = AssociateSettings(**{**PLAIN, **options})
    inputs = pairs._read(features, targets, covariates=adjust, strata=None, settings=settings)
    _, engines = pairs._observe(inputs, settings)
    orders = permuted_orders(inputs.strata, range(12), seed=1, analysis="x")
    assert engines
    for engine in engines:
        assert isinstance(engine, StepwiseEngine)
        every = np.array([engine.log_p(order).min(initial=0.0) for order in orders])
        np.testing.assert_allclose(every, engine.smallest_log_p(orders), rtol=1e-9, atol=1e-12)
        assert engine.log_p(orders[0]).shape == engine.observe().p.shape


@pytest.mark.parametrize("options", CHOICES[:2], ids=str)
def test_never_larger_than_the_single_step(options):
    features, noise = table(6, ["continuous"] * 2), table(7, ["continuous"] * 12)
    values = noise.values.add(features.values["continuous0"], axis=0)  # all follow the first feature
    targets = type(noise)(values, noise.columns)
    single = run(features, targets, max_t="single-step", permutations=200, **options)
    stepped = run(features, targets, permutations=200, **options)
    assert (stepped["p_maxt"] <= single["p_maxt"] + 1e-12).all()
    assert (stepped["p_maxt"] < single["p_maxt"]).any()
    order = np.argsort(single["p"].to_numpy())
    assert (np.diff(stepped["p_maxt"].to_numpy()[order]) >= 0).all()
    assert stepped["p_maxt"].iloc[order[0]] == single["p_maxt"].iloc[order[0]]
    pd.testing.assert_frame_equal(
        stepped, run(features, targets, permutations=200, executor=Backwards(), **options)
    )


@pytest.mark.slow
def test_the_family_keeps_its_level():
    """One true effect, nine noise pairs: step-down names any of the nine in at most alpha of families."""
    wrong = 0
    for seed in range(100):
        features, targets = table(1000 + seed, ["continuous"]), table(3000 + seed, ["continuous"] * 10)
        values = targets.values.assign(continuous0=features.values["continuous0"])
        found = run(features, type(targets)(values, targets.columns), permutations=99, correlation="pearson")
        wrong += bool((found["p_maxt"].iloc[1:] <= 0.1).any())
    assert wrong <= 21  # 99.9% of a binomial of 100 and .1
