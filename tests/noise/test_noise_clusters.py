"""Clusters in one cloud: the gap statistic sees one, and the p value of clusters is uniform."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, kstest

from imagenomics.associate.clusters.gap import first_within_one_error, gap_statistic
from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.significance import test_clusters as significance_of
from imagenomics.associate.clusters.values import scale_features
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import SerialExecutor
from imagenomics.work.progress import Progress

QUIET = SerialExecutor(progress=Progress(shown=False))
CLOUDS = {  # patients, features, factors that make them go together
    "independent": (100, 10, 0),
    "correlated": (100, 10, 2),
    "more features than patients": (50, 80, 0),
    "many correlated features": (50, 80, 3),
}


def cloud(random, kind, scale="z-score"):
    n, p, factors = CLOUDS[kind]
    values = random.standard_normal((n, p))
    if factors:
        values += random.standard_normal((n, factors)) @ random.standard_normal((factors, p))
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    names = [f"f{j}" for j in range(p)]
    table = PatientTable(pd.DataFrame(values, index=ids, columns=names), describe(names))
    return scale_features(table, settings=ClusterSettings(scale=scale)).z


def p_values(kind, draws, **fields):
    random = np.random.default_rng(17)
    settings = ClusterSettings(null_draws=99, **fields)
    return np.array(
        [
            significance_of(
                cloud(random, kind), most=5, settings=settings, seed=i, analysis="noise", executor=QUIET
            ).p_any
            for i in range(draws)
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(CLOUDS))
def test_few_clouds_are_called_clusters(kind):
    p = p_values(kind, 25)
    assert (p <= 0.05).sum() <= binom.ppf(0.9995, 25, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fields", [{}, {"choose": "given", "k": 2, "linkage": "average", "distance": "correlation"}]
)
@pytest.mark.parametrize("kind", list(CLOUDS))
def test_p_of_one_cloud_is_uniform(kind, fields):
    p = p_values(kind, 200, **fields)
    assert kstest(p, "uniform").pvalue > 0.001  # steps of 0.01 are too small to matter among so few
    assert binom.ppf(0.0005, 200, 0.05) <= (p <= 0.05).sum() <= binom.ppf(0.9995, 200, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(CLOUDS))
def test_the_gap_statistic_sees_one_cluster_in_one_cloud(kind):
    random = np.random.default_rng(23)
    settings = ClusterSettings(references=50)
    chosen = []
    for i in range(40):
        gap = gap_statistic(
            cloud(random, kind), most=6, settings=settings, seed=i, analysis="noise", executor=QUIET
        )
        chosen.append(first_within_one_error(gap.gap, gap.error))
    assert np.mean(np.array(chosen) == 1) >= 0.8
