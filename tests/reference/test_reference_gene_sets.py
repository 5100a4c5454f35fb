"""Tests of gene sets against numbers made elsewhere.

Running sums: gseapy 1.3.1 (BSD-3), `prerank` with 20,000 permutations, seed 1, on the ranking that `ranking()` makes,
computed 2026-11-26. The competitive test and VIF: the published formulas of Wu & Smyth (2012), written out here with
explicit models. Hypergeometric: scipy. Gene statistics: statsmodels.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.genesets.competitive import Camera, mean_correlation, mean_squared_correlation
from imagenomics.genesets.gene_panel import make_panel
from imagenomics.genesets.over_representation import over_represented
from imagenomics.genesets.preranked import enrich_ranking
from imagenomics.genesets.running_sum import RunningSum
from imagenomics.genesets.set_index import SetIndex, locate_sets

# weight -> set -> ES, NES, nominal p
GSEAPY = {
    0: {
        "low": (-0.913978494624, -5.5592, 0.0),
        "up": (0.339473684211, 1.7835, 0.01944),
        "random": (0.191666666667, 1.3770, 0.12458),
        "small": (-0.182683982684, -0.8446, 0.64595),
        "wide": (0.077380952381, 0.8368, 0.65865),
    },
    1: {
        "low": (-0.913978494624, -3.1180, 0.0),
        "up": (0.602969766496, 1.8620, 0.00309),
        "random": (0.347184093598, 1.2654, 0.13198),
        "wide": (0.168977098121, 0.7456, 0.95227),
        "small": (0.258317040733, 0.7387, 0.82380),
    },
    2: {
        "low": (-0.913978494624, -2.2532, 0.0),
        "up": (0.768143990174, 1.7157, 0.00277),
        "random": (0.481233637685, 1.2324, 0.14829),
        "small": (0.377319940776, 0.7916, 0.76794),
        "wide": (0.259821476714, 0.7879, 0.94972),
    },
}


def ranking() -> tuple[pd.Series, dict[str, list[str]]]:
    random = np.random.default_rng(5)
    genes = [f"g{i:03d}" for i in range(400)]
    z = np.round(random.standard_normal(400), 4) + np.arange(400) * 1e-7
    sets = {
        "up": genes[:20],
        "random": [genes[i] for i in random.choice(400, 40, replace=False)],
        "small": [genes[i] for i in random.choice(400, 15, replace=False)],
        "wide": [genes[i] for i in random.choice(400, 120, replace=False)],
    }
    z[:20] += 0.9
    sets["low"] = [genes[i] for i in np.argsort(z)[5:60:2]]
    return pd.Series(z, index=genes), sets


@pytest.mark.parametrize("weight", [0, 1, 2])
def test_running_sums_are_those_of_gseapy(weight):
    values, sets = ranking()
    index = locate_sets(sets, list(values.index), min_matched=0, where="test")
    found = RunningSum(weight).score(values.to_numpy()[None], index)[0]
    for name, es in zip(index.names, found, strict=True):
        assert es == pytest.approx(GSEAPY[weight][name][0], abs=1e-9)


@pytest.mark.parametrize("weight", [0, 1, 2])
def test_normalised_scores_and_p_agree_with_gseapy_within_the_noise_of_draws(weight):
    values, sets = ranking()
    table = enrich_ranking(values, sets, weight=weight, permutations=4000, seed=3).set_index("set")
    for name, (_, nes, p) in GSEAPY[weight].items():
        assert table.loc[name, "effect"] == pytest.approx(nes, rel=0.06)
        spread = max(np.sqrt(p * (1 - p) / 2000), p / np.sqrt(10))  # an end at the tenth exceedance is coarse
        assert abs(table.loc[name, "p"] - p) < 4 * spread + 1 / 1000


def test_leading_edge_is_that_of_gseapy():
    values, sets = ranking()
    table = enrich_ranking(values, sets, permutations=200).set_index("set")
    assert table.loc["up", "leading"] == "g009|g013|g004|g008|g003|g010|g014|g005"
    assert table.loc["small", "leading"] == "g210|g040|g231|g111|g391"


def test_gene_statistics_are_those_of_linear_models_on_each_pair_own_patients():
    random = np.random.default_rng(2)
    n, G = 50, 12
    design = np.column_stack([np.ones(n), random.standard_normal((n, 2))])
    Y = random.standard_normal((n, G)) + design[:, [1]]
    Y[random.random((n, G)) < 0.1] = np.nan
    x = random.standard_normal(n) + 0.5 * design[:, 2]
    panel, usable = make_panel(Y, [f"g{i}" for i in range(G)], design, min_patients=10)
    assert usable.all()
    left = x - design @ np.linalg.lstsq(design, x, rcond=None)[0]
    z, p = panel.statistics(left[None])[0], panel.p_values(left[None])[0]
    for g in range(G):
        seen = ~np.isnan(Y[:, g])
        # Freedman-Lane: only the residual of x is permuted, the covariates are fitted again on the gene's patients.
        fit = sm.OLS(Y[seen, g], np.column_stack([design[seen], left[seen]])).fit()
        assert p[g] == pytest.approx(fit.pvalues[-1], rel=1e-9)
        assert panel.df[g] == fit.df_resid
        exact = stats.norm.isf(fit.pvalues[-1] / 2) * np.sign(fit.params[-1])
        assert z[g] == pytest.approx(exact, abs=2e-3)
        assert fit.pvalues[-1] == pytest.approx(
            sm.OLS(Y[seen, g], np.column_stack([design[seen], x[seen]])).fit().pvalues[-1], rel=1e-6
        )


def test_competitive_statistic_is_that_of_the_published_formula():
    random = np.random.default_rng(3)
    n, G, m = 30, 80, 12
    x = random.standard_normal(n)
    Y = random.standard_normal((n, G)) + 0.8 * random.standard_normal((n, 1)) * (np.arange(G) < m)
    design = np.ones((n, 1))
    panel, _ = make_panel(Y, [f"g{i}" for i in range(G)], design, min_patients=10)
    left = x - x.mean()
    index = SetIndex.of({"set": np.arange(m)})
    camera = Camera(panel.given(left), float(panel.df[0]))
    z = panel.statistics(left[None])
    # Variance inflation from the effects that remain after the full model (orthogonal rows of the QR decomposition).
    q = np.linalg.qr(np.column_stack([np.ones(n), x]), mode="complete")[0][:, 2:]
    effects = q.T @ Y[:, :m]
    effects = effects / np.sqrt((effects**2).mean(axis=0))
    vif = m * (effects.mean(axis=1) ** 2).mean()
    assert camera.correlations(index)[0] == pytest.approx(max((vif - 1) / (m - 1), 0), rel=1e-9)
    # Two-sample t with the pooled variance of all statistics, the set's part inflated.
    s = z[0]
    inside, outside = s[:m], s[m:]
    pooled = (((inside - inside.mean()) ** 2).sum() + ((outside - outside.mean()) ** 2).sum()) / (G - 2)
    t = (inside.mean() - outside.mean()) / np.sqrt(pooled * (vif / m + 1 / (G - m)))
    assert camera.score(z, index)[0, 0] == pytest.approx(t, rel=1e-9)
    p = 2 * stats.t.sf(abs(t), min(n - 2, G - 2))
    assert camera.p_values(camera.score(z, index), G)[0, 0] == pytest.approx(p, rel=1e-9)
    fixed = Camera(panel.units, 28.0, 0.01)
    t = (inside.mean() - outside.mean()) / np.sqrt(pooled * ((1 + 0.01 * (m - 1)) / m + 1 / (G - m)))
    assert fixed.score(z, index)[0, 0] == pytest.approx(t, rel=1e-9)
    assert fixed.p_values(np.array([t]), G)[0] == pytest.approx(2 * stats.t.sf(abs(t), G - 2), rel=1e-9)


def test_mean_correlations_are_those_of_the_correlation_matrix():
    Y = np.random.default_rng(4).standard_normal((25, 9)) + np.arange(25)[:, None] / 10
    panel, _ = make_panel(Y, list("abcdefghi"), np.ones((25, 1)), min_patients=10)
    R = np.corrcoef(Y.T)
    for places in (np.array([0, 3, 5]), np.arange(9)):
        part = R[np.ix_(places, places)][np.triu_indices(len(places), 1)]
        index = SetIndex.of({"s": places})
        assert mean_correlation(panel.units, index)[0] == pytest.approx(part.mean(), rel=1e-9)
        assert mean_squared_correlation(panel.units, index)[0] == pytest.approx((part**2).mean(), rel=1e-9)


def test_over_representation_is_the_hypergeometric_tail():
    background = [f"g{i}" for i in range(200)]
    hits = background[:30]
    sets = {"a": [*background[:8], "elsewhere"], "b": background[100:120], "c": background[20:60]}
    table = over_represented(hits, background, sets).set_index("set")
    for name, count, m in (("a", 8, 8), ("b", 0, 20), ("c", 10, 40)):
        assert table.loc[name, "hits"] == count
        inside = [[count, m - count], [30 - count, 170 - m + count]]
        assert table.loc[name, "p"] == pytest.approx(stats.fisher_exact(inside, "greater").pvalue, rel=1e-9)
    assert table.loc["a", "size"] == 9
    assert table.loc["a", "effect"] == pytest.approx(8 / (8 * 30 / 200))
