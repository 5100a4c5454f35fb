"""Spatial nulls: what they promise to keep, they keep; a smooth map needs them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.errors import InputError
from imagenomics.genesets.brain_maps import test_brain_map
from imagenomics.genesets.settings import BrainMapSettings
from imagenomics.genesets.spatial_nulls import moran_i, moran_surrogates, spin_assignments


def sphere(parcels=60):
    """Return points spread evenly over two spheres (Fibonacci), and their sides."""
    k = np.arange(parcels) + 0.5
    z, angle = 1 - 2 * k / parcels, np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z**2)
    left = np.column_stack([r * np.cos(angle), r * np.sin(angle), z])
    return np.vstack([left, left * [-1, 1, 1]]), np.repeat(["L", "R"], parcels)


def smooth_maps(points, count, seed, length=0.5):
    """Return maps with a Gaussian covariance over the sphere; the hemispheres are alike, as real ones are."""
    half = points[: len(points) // 2]
    distance = np.arccos(np.clip(half @ half.T, -1, 1))
    root = np.linalg.cholesky(np.exp(-((distance / length) ** 2) / 2) + 1e-6 * np.eye(len(half)))
    one = root @ np.random.default_rng(seed).standard_normal((len(half), count))
    return np.vstack([one, one]).T


def test_a_spin_keeps_hemispheres_and_uses_each_parcel_once():
    points, side = sphere()
    turned = spin_assignments(100 * points, side, draws=20, seed=1)
    assert turned.shape == (20, 120)
    for order in turned:
        assert sorted(order.tolist()) == list(range(120))
        assert (side[order] == side).all()
    # The right hemisphere turns as the mirror image of the left one.
    assert (turned[:, 60:] - 60 == turned[:, :60]).all()
    assert np.array_equal(turned, spin_assignments(points, side, draws=20, seed=1))
    nearest = spin_assignments(points, side, draws=5, method="nearest", seed=1)
    assert len(set(nearest[0].tolist())) < 120


def test_rotations_are_spread_evenly():
    points, side = sphere()
    turned = spin_assignments(points, side, draws=400, seed=2)
    heights = points[turned[:, 0], 2]  # where the first parcel's value comes from
    assert stats.kstest(heights, stats.uniform(-1, 2).cdf).pvalue > 0.001


def test_moran_surrogates_keep_mean_variance_and_moran_i():
    points, _ = sphere(40)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    weights = np.where(distance > 1e-9, 1 / np.maximum(distance, 1e-9), 0)
    weights = (weights + weights.T) / 2
    map_ = smooth_maps(points, 1, 3)[0] + 0.2 * np.random.default_rng(1).standard_normal(80)
    drawn = moran_surrogates(map_, weights, draws=50, seed=1)
    for other in drawn:
        assert other.mean() == pytest.approx(map_.mean(), abs=1e-9)
        assert other.std() == pytest.approx(map_.std(), rel=1e-9)
        assert moran_i(other, weights) == pytest.approx(moran_i(map_, weights), rel=1e-6)
    assert np.abs(np.corrcoef(np.vstack([map_[None], drawn]))[0, 1:]).mean() < 0.5


def genes_by_parcel(points, seed, count=30):
    values = smooth_maps(points, count, [9, seed])
    index = [f"p{i}" for i in range(len(points))]
    return pd.DataFrame(values.T, index=index, columns=[f"g{k}" for k in range(count)])


def enrich_map(series, genes, sets, surrogates):
    """Return the sets of a map against surrogates of our own making."""
    points, side = sphere(len(series) // 2)
    parcels = pd.DataFrame(points, index=series.index, columns=["x", "y", "z"]).assign(hemisphere=side)
    settings = BrainMapSettings(random_sets=39)
    more = {"settings": settings, "analysis": "m", "seed": 1, "surrogates": surrogates}
    return test_brain_map(series, genes, parcels, sets, **more).sets


def test_smooth_noise_needs_the_spatial_null_and_a_planted_map_is_found():
    points, side = sphere(40)
    turned = spin_assignments(points, side, draws=99, seed=3)
    sets = {"first": tuple(f"g{k}" for k in range(12))}
    random = np.random.default_rng(4)
    fair = naive = 0
    for family in range(40):
        map_ = smooth_maps(points, 1, [7, family])[0]
        genes = genes_by_parcel(points, family)
        genes.iloc[:, :12] += 2 * smooth_maps(points, 1, [8, family]).T  # genes of a set look alike
        series = pd.Series(map_, index=genes.index)
        fair += enrich_map(series, genes, sets, map_[turned])["p"].iloc[0] <= 0.05
        shuffled = np.stack([random.permutation(map_) for _ in range(99)])
        naive += enrich_map(series, genes, sets, shuffled)["p"].iloc[0] <= 0.05
    assert fair <= stats.binom.ppf(0.9995, 40, 0.05)
    assert naive > 15
    map_ = smooth_maps(points, 1, 5)[0]
    genes = genes_by_parcel(points, 1)
    genes.iloc[:, :12] += 2 * map_[:, None]
    found = enrich_map(pd.Series(map_, index=genes.index), genes, sets, map_[turned]).iloc[0]
    assert found["p"] <= 0.02
    assert found["effect"] > 0.3


def test_what_is_no_map_is_refused():
    points, side = sphere(10)
    with pytest.raises(InputError, match="IGX-SETS-030"):
        spin_assignments(points[:, :2], side, draws=1)
    with pytest.raises(InputError, match="IGX-SETS-030"):
        spin_assignments(points, np.repeat("X", 20), draws=1)
    with pytest.raises(InputError, match="IGX-SETS-031"):
        moran_surrogates(np.ones(3), np.triu(np.ones((3, 3))), draws=1)
    series = pd.Series(np.arange(20.0), index=[f"p{i}" for i in range(20)])
    for bad in (np.zeros((2, 19)), np.zeros(20), np.zeros((0, 20)), np.full((2, 20), np.nan)):
        with pytest.raises(InputError, match="IGX-SETS-032"):
            enrich_map(series, genes_by_parcel(points, 1), {"s": ("g0",)}, bad)
