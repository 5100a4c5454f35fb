"""A map of the brain against genes: smooth noise says no, planted genes and sets are found, nothing is dropped."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.errors import InputError
from imagenomics.genesets.brain_maps import GENE_COLUMNS, SET_COLUMNS, test_brain_map
from imagenomics.genesets.settings import BrainMapSettings
from imagenomics.genesets.spatial_nulls import spin_assignments

HALF = 40


def sphere():
    """Return regions spread evenly over two spheres, with their sides."""
    k = np.arange(HALF) + 0.5
    z, angle = 1 - 2 * k / HALF, np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z**2)
    left = np.column_stack([r * np.cos(angle), r * np.sin(angle), z])
    points = np.vstack([left, left * [-1, 1, 1]])
    names = pd.Index([f"{side}_{i}" for side in "LR" for i in range(HALF)], name="parcel")
    frame = pd.DataFrame(points, index=names, columns=["x", "y", "z"])
    return frame.assign(hemisphere=np.repeat(["L", "R"], HALF))


PARCELS = sphere()


def smooth(random, count, length=0.5):
    """Return smooth maps (P, count); the hemispheres are alike, as real ones are."""
    half = PARCELS[["x", "y", "z"]].to_numpy()[:HALF]
    distance = np.arccos(np.clip(half @ half.T, -1, 1))
    root = np.linalg.cholesky(np.exp(-((distance / length) ** 2) / 2) + 1e-6 * np.eye(HALF))
    one = root @ random.standard_normal((HALF, count))
    return np.vstack([one, one]) + 0.1 * random.standard_normal((2 * HALF, count))


def genes(random, count=60):
    return pd.DataFrame(smooth(random, count), index=PARCELS.index, columns=[f"g{k}" for k in range(count)])


def run(values, expression, sets=None, surrogates=None, **options):
    settings = BrainMapSettings(**({"draws": 199, "random_sets": 59} | options))
    brain_map = pd.Series(values, index=PARCELS.index)
    more = {"settings": settings, "analysis": "m", "seed": 1, "surrogates": surrogates}
    return test_brain_map(brain_map, expression, PARCELS, sets or {}, **more)


@pytest.mark.parametrize("null", ["spin", "moran"])
def test_planted_genes_and_sets_are_found(null):
    random = np.random.default_rng([77, 0])
    values = smooth(random, 1)[:, 0]
    expression = genes(random)
    expression.iloc[:, :12] += 1.5 * values[:, None]
    sets = {
        "planted": tuple(f"g{k}" for k in range(12)),
        "other": tuple(f"g{k}" for k in range(30, 45)),
        "small": ("g1",),
    }
    places = (
        PARCELS
        if null == "spin"
        else PARCELS.assign(x=PARCELS["x"] + np.where(PARCELS["hemisphere"] == "L", -1.5, 1.5))
    )
    found = test_brain_map(
        pd.Series(values, index=PARCELS.index), expression, places, sets,
        settings=BrainMapSettings(null=null, draws=999, random_sets=99), analysis="m", seed=1,
    )  # fmt: skip
    assert list(found.genes.columns) == list(GENE_COLUMNS)
    assert list(found.sets.columns) == list(SET_COLUMNS)
    rows = found.genes.set_index("gene")
    planted = [f"g{k}" for k in range(12)]
    assert (rows.loc[planted, "verdict"] == "supported").mean() > 0.5
    assert (rows.drop(planted)["verdict"] == "supported").mean() < 0.1
    assert (rows["p_maxt"] >= rows["p"]).all()
    sets_found = found.sets.set_index("set")
    assert sets_found.loc["planted", "verdict"] == "supported"
    assert sets_found.loc["other", "verdict"] == "no evidence found"
    assert sets_found.loc["small", ["verdict", "reason"]].tolist() == [
        "not testable", "1 genes with expression, not 10 to 500"
    ]  # fmt: skip


def test_correlations_and_p_are_those_of_scipy_and_of_the_turned_maps():
    random = np.random.default_rng(2)
    values, expression = smooth(random, 1)[:, 0], genes(random, 20)
    sets = {"s": tuple(f"g{k}" for k in range(10))}
    found = run(values, expression, sets)
    turned = values[spin_assignments(PARCELS[["x", "y", "z"]], PARCELS["hemisphere"], draws=199, seed=1)]
    rho, p = stats.spearmanr(values, expression["g3"])
    null = np.array([stats.spearmanr(t, expression["g3"])[0] for t in turned])
    row = found.genes.set_index("gene").loc["g3"]
    assert row["effect"] == pytest.approx(rho)
    assert row["p_independent"] == pytest.approx(p)
    assert row["p"] == (1 + (np.abs(null) >= abs(rho) - 1e-9).sum()) / 200
    own = run(values, expression, sets, surrogates=turned)
    pd.testing.assert_frame_equal(own.sets, found.sets)
    pd.testing.assert_frame_equal(own.genes, found.genes)
    pearson = run(values, expression, correlation="pearson").genes.set_index("gene").loc["g3"]
    assert pearson["effect"] == pytest.approx(np.corrcoef(values, expression["g3"])[0, 1])


@pytest.mark.slow
def test_smooth_noise_stays_near_its_rate_where_a_plain_test_does_not():
    """Turned maps are as smooth as the real one; regions taken for independent say yes four times in ten."""
    low, plain, claimed = [], [], 0
    for family in range(60):
        random = np.random.default_rng([3, family])
        sets = {"s": tuple(f"g{k}" for k in range(12))}
        found = run(smooth(random, 1)[:, 0], genes(random, 30), sets)
        low.append((found.genes["p"] <= 0.05).mean())
        plain.append((found.genes["p_independent"] <= 0.05).mean())
        claimed += bool((found.sets["verdict"] == "supported").any())
    assert np.mean(low) < 0.1
    assert np.mean(plain) > 0.3
    assert claimed <= stats.binom.ppf(0.9995, 60, 0.05)


def test_a_set_that_random_sets_match_is_not_claimed():
    """All genes follow the map: each set does, and none is special."""
    random = np.random.default_rng(4)
    values = smooth(random, 1)[:, 0]
    expression = genes(random) + values[:, None]
    found = run(values, expression, {"s": tuple(f"g{k}" for k in range(15))}).sets.iloc[0]
    assert found["q"] <= 0.05
    assert found["verdict"] == "no evidence found"
    assert "random sets" in found["reason"]


def test_regions_and_genes_that_lack_something_are_named():
    random = np.random.default_rng(5)
    values, expression = smooth(random, 1)[:, 0], genes(random, 12)
    expression.loc["R_1"] = np.nan
    expression.loc["L_4", "g2"] = np.nan
    expression["g5"] = 1.0
    values[7] = np.nan
    found = run(values, expression)
    parcels = found.parcels.set_index("parcel")
    assert parcels.loc["R_1", "reason"] == "no expression"
    assert parcels.loc["L_7", "reason"] == "no value"
    assert parcels["used"].sum() == 78
    rows = found.genes.set_index("gene")
    assert (rows["n"] == 78).all()
    assert rows.loc[["g2", "g5"], "verdict"].tolist() == ["not testable"] * 2
    assert rows.loc["g2", "reason"].startswith("expression is missing")
    left = run(values, expression, hemisphere="L").parcels
    assert (left["reason"] == "the other hemisphere").sum() == 40


def test_too_few_regions_are_refused():
    expression = genes(np.random.default_rng(6), 12)
    with pytest.raises(InputError, match=r"IGX-SETS-034.*80 with no expression"):
        run(np.arange(80.0), expression.set_axis([f"x{i}" for i in range(80)], axis=0))
