"""Lesion maps: against scipy voxel by voxel, brute permutation, planted places, noise; bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

from imagenomics.associate.permute import permute_rows
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.voxels.lesion_map import find_patterns, map_target, size_strata
from imagenomics.voxels.maps import test_voxels, volume_of
from imagenomics.voxels.settings import VoxelSettings
from imagenomics.work.seeds import generator

N, SHAPE = 60, (6, 12, 12)
AFFINE = np.array([[2.0, 0, 0, -10], [0, 2, 0, -20], [0, 0, 3, 5], [0, 0, 0, 1]])


def lesions(seed: int, *, left: np.ndarray | None = None) -> np.ndarray:
    """Return balls of different size (n, z, y, x); those of ``left`` lie at small x."""
    random = np.random.default_rng([37, seed])
    out = np.zeros((N, *SHAPE), dtype=bool)
    grid = np.stack(np.meshgrid(*(np.arange(s) for s in SHAPE), indexing="ij"))
    for p in range(N):
        centre = random.uniform([1, 2, 2], [5, 10, 10])
        if left is not None:
            centre[2] = random.uniform(1, 4) if left[p] else random.uniform(5, 11)
        out[p] = ((grid - centre[:, None, None, None]) ** 2).sum(axis=0) <= random.uniform(1.5, 3.5) ** 2
    return out


def some(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng([41, seed]).permutation(np.arange(N) < n).astype(float)


def test_deviates_of_every_voxel():
    masks, binary, number = lesions(1), some(25, 1), np.random.default_rng(3).normal(size=N).round(1)
    patterns = find_patterns(masks, least=5)
    assert len(np.unique(patterns.lesions, axis=0)) == len(patterns.lesions)
    settings = VoxelSettings(permutations=99)
    strata = np.zeros(N, dtype=np.int64)
    for target, kind in ((binary, True), (number, False)):
        found = map_target(patterns, target, strata, binary=kind, settings=settings, name="x", seed=1)
        counts = masks.sum(axis=0)
        tested = (counts >= 5) & (N - counts >= 5)
        assert (np.isfinite(found.z) == tested).all()
        for place in np.argwhere(tested)[::17]:
            there = masks[(slice(None), *place)]
            z = found.z[tuple(place)]
            if kind:
                a = int(target[there].sum())
                law = stats.hypergeom(N, 25, int(there.sum()))
                upper = law.sf(a) + 0.5 * law.pmf(a)
                assert stats.norm.sf(z) == pytest.approx(upper, rel=1e-9)
            else:
                wanted = stats.mannwhitneyu(
                    target[there], target[~there], use_continuity=False, method="asymptotic"
                )
                assert 2 * stats.norm.sf(abs(z)) == pytest.approx(wanted.pvalue, rel=1e-9)


@pytest.mark.parametrize("kind", [True, False])
def test_family_wise_p_by_permuting_the_target(kind):
    masks = lesions(2)
    target = some(25, 2) if kind else np.random.default_rng(4).normal(size=N)
    strata = size_strata(masks.reshape(N, -1).sum(axis=1), np.zeros(N, dtype=np.int64))
    assert np.bincount(strata).tolist() == pytest.approx([20, 20, 20], abs=3)
    settings = VoxelSettings(permutations=99, cluster_p=0.05)
    patterns = find_patterns(masks, least=5)
    found = map_target(patterns, target, strata, binary=kind, settings=settings, name="x", seed=1)
    cut = stats.norm.isf(0.025)
    strongest, largest = [], []
    for draw in range(99):
        order = permute_rows(strata, generator(1, "voxels", "x", draw))
        z = map_target(
            patterns, target[order], strata, binary=kind, settings=settings, name="other", seed=1
        ).z
        strongest.append(np.nanmax(np.abs(z)))
        sizes = [
            np.bincount(ndimage.label(np.nan_to_num(s * z) >= cut, np.ones((3, 3, 3)))[0].ravel())[1:]
            for s in (1, -1)
        ]
        largest.append(max(part.max(initial=0) for part in sizes))
    top = np.nanmax(np.abs(found.z))
    assert np.nanmin(found.p_fwe) == (1 + sum(s >= top - 1e-9 for s in strongest)) / 100
    for cluster in found.clusters:
        assert cluster.p_cluster == (1 + sum(s >= cluster.voxels for s in largest)) / 100
        assert abs(cluster.z) >= cut
    needed = found.voxel_p(0.05)
    assert sum(s > stats.norm.isf(needed / 2) + 1e-6 for s in strongest) <= 4  # (4 + 1) / 100
    assert (
        sum(s > stats.norm.isf(needed / 2) - 1e-6 for s in strongest) >= 5
    )  # a smaller deviate is not enough
    assert np.isnan(found.voxel_p(0.005))  # 99 draws do not reach that far
    assert found.most_lesions == patterns.counts.max()


def tables(seed: int = 5, *, planted: bool = True):
    index = pd.Index([f"P{p:02d}" for p in range(N)], name="patient", dtype=object)
    mutated = some(28, seed)
    values = pd.DataFrame({"m.planted": mutated, "m.noise": some(30, 99)}, index=index)
    values["m.level"] = mutated + np.random.default_rng(6).normal(size=N) * 0.3
    values["m.rare"] = (np.arange(N) < 3).astype(float)
    values["m.class"] = "a"
    kinds = ["binary", "binary", "continuous", "binary", "categorical"]
    masks = lesions(seed, left=mutated > 0 if planted else None)
    return dict(zip(index, masks, strict=True)), PatientTable(values, describe(list(values), kind=kinds))


def run(masks, targets, **options):
    settings = VoxelSettings(permutations=options.pop("permutations", 199), **options)
    return test_voxels(
        masks,
        targets,
        affine=AFFINE,
        settings=settings,
        feature="t1.lesion location",
        analysis="maps",
        seed=1,
    )


def test_a_planted_place_is_found():
    masks, targets = tables()
    frame, clusters, maps = run(masks, targets)
    rows = frame.set_index("target")
    assert (rows.loc[["m.planted", "m.level"], "q"] <= 0.02).all()
    assert rows.at["m.noise", "q"] > 0.05
    assert rows.at["m.planted", "effect"] > 5
    assert rows.loc[["m.planted", "m.noise"], "voxel_p"].between(1e-6, 0.05).all()
    assert np.isnan(rows.at["m.rare", "voxel_p"])
    assert rows.at["m.level", "effect"] > 0.7
    assert "fewer than 10 patients" in rows.at["m.rare", "reason"]
    assert "categorical" in rows.at["m.class", "reason"]
    first = clusters[(clusters["target"] == "m.planted") & (clusters["sign"] == 1)].iloc[0]
    assert first["x_mm"] < -10 + 2 * 5  # the left half, in mm
    assert first["p_cluster"] <= 0.05
    assert first["volume_mm3"] == first["voxels"] * 12.0
    own = maps[maps["target"] == "m.planted"]
    share = volume_of(own, "share", SHAPE)
    np.testing.assert_allclose(np.nan_to_num(share), np.stack(list(masks.values())).mean(axis=0))
    best = own.loc[own["deviate"].abs().idxmax()]
    assert best["share_with"] > best["share_without"]


def test_a_target_that_goes_with_size_alone_shows_no_place():
    masks = lesions(7)
    size = masks.reshape(N, -1).sum(axis=1)
    index = pd.Index([f"P{p:02d}" for p in range(N)], name="patient", dtype=object)
    targets = PatientTable(
        pd.DataFrame({"m.big": (size > np.median(size)) * 1.0}, index=index),
        describe(["m.big"], kind="binary"),
    )
    named = dict(zip(index, masks, strict=True))
    assert run(named, targets, control="none").associations.at[0, "p"] <= 0.05
    assert run(named, targets).associations.at[0, "p"] > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("control", ["none", "lesion-volume"])
def test_noise_keeps_its_level(control):
    hits = {"peak": 0, "cluster": 0}
    for seed in range(200):
        masks = lesions(1000 + seed)
        patterns = find_patterns(masks, least=5)
        sites = np.zeros(N, dtype=np.int64)
        strata = sites if control == "none" else size_strata(masks.reshape(N, -1).sum(axis=1), sites)
        settings = VoxelSettings(permutations=99, cluster_p=0.05)
        found = map_target(
            patterns, some(25, seed), strata, binary=True, settings=settings, name=str(seed), seed=1
        )
        hits["peak"] += bool(np.nanmin(found.p_fwe) <= 0.05)
        hits["cluster"] += any(c.p_cluster <= 0.05 for c in found.clusters)
    assert max(hits.values()) <= stats.binom.ppf(0.9995, 200, 0.05), hits


def test_bad_input():
    masks, targets = tables()
    masks["P03"] = masks["P03"][:, :, :5]
    with pytest.raises(InputError, match=r"(?s)IGX-VOX-001.*P00 and P03"):
        run(masks, targets)
    empty = {patient: np.zeros(SHAPE, dtype=bool) for patient in masks}
    with pytest.raises(InputError, match="IGX-VOX-002"):
        run(empty, targets)
