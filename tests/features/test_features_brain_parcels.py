import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from imagenomics.errors import InputError
from imagenomics.features.brain.label_table import read_label_table
from imagenomics.features.brain.parcel_series import parcel_series, volume_series
from imagenomics.features.brain.parcels import parcel_means, parcel_statistics
from imagenomics.images.read import read_mask
from imagenomics.images.surfaces import Part, SurfaceLabels, SurfaceValues
from imagenomics.images.volume import Mask, Volume

SHAPE = (6, 7, 8)
NAMES = pd.Series({1: "a", 2: "b", 9: "gone"}, name="region")


def case(seed=1, spacing=(3.0, 2.0, 1.0)):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, SHAPE)
    return Volume(rng.normal(size=SHAPE), spacing), Mask(labels, spacing)


def value(rows, region, feature):
    return rows.set_index(["region", "feature"]).at[(region, feature), "value"]


def test_statistics_agree_with_scipy():
    volume, atlas = case()
    rows = parcel_statistics(volume, atlas, NAMES)
    for label, name in ((1, "a"), (2, "b")):
        assert value(rows, name, "mean") == pytest.approx(
            ndimage.mean(volume.array, atlas.array, label), rel=1e-12
        )
        assert value(rows, name, "median") == pytest.approx(
            ndimage.median(volume.array, atlas.array, label), rel=1e-12
        )
        n = (atlas.array == label).sum()
        sd = ndimage.standard_deviation(volume.array, atlas.array, label) * np.sqrt(n / (n - 1))
        assert value(rows, name, "sd") == pytest.approx(sd, rel=1e-12)
        assert value(rows, name, "volume") == n * 6.0
    assert value(rows, "brain", "unnamed_voxels") == (atlas.array == 3).sum()


def test_a_region_without_voxels_has_volume_zero_and_a_reason():
    rows = parcel_statistics(*case(), NAMES).set_index(["region", "feature"])
    assert rows.at[("gone", "volume"), "value"] == 0
    assert rows.at[("gone", "mean"), "status"] == "skipped"
    assert "no voxel" in rows.at[("gone", "mean"), "reason"]


def test_voxels_without_a_number_cost_their_region_only():
    volume, atlas = case()
    array = volume.array.copy()
    array[tuple(np.argwhere(atlas.array == 1)[0])] = np.nan
    rows = parcel_statistics(volume.replace(array, "nan"), atlas, NAMES).set_index(["region", "feature"])
    assert "hold no number" in rows.at[("a", "mean"), "reason"]
    assert rows.at[("b", "mean"), "status"] == "ok"


def test_a_single_voxel_has_no_sd():
    labels = np.zeros(SHAPE)
    labels[0, 0, 0] = 1
    rows = parcel_statistics(Volume(np.ones(SHAPE)), Mask(labels), NAMES[:1]).set_index("feature")
    assert rows.at["sd", "status"] == "failed"
    assert rows.at["mean", "value"] == 1


def test_unknown_spacing_flags_volumes_only():
    volume, atlas = case()
    volume = Volume(volume.array, volume.spacing_mm, spacing_known=False)
    rows = parcel_statistics(volume, atlas, NAMES).set_index(["region", "feature"])
    assert rows.at[("a", "volume"), "flags"] == "voxel-units"
    assert rows.at[("a", "volume"), "value"] == (atlas.array == 1).sum()
    assert rows.at[("a", "mean"), "flags"] == ""


def test_another_grid_or_table_is_refused():
    volume, atlas = case()
    with pytest.raises(InputError, match="IGX-IMG-020"):
        parcel_statistics(volume, Mask(atlas.array[:-1], atlas.spacing_mm), NAMES)
    with pytest.raises(InputError, match="IGX-IMG-021"):
        parcel_statistics(volume, Mask(atlas.array, atlas.spacing_mm, origin_mm=(5.0, 0, 0)), NAMES)
    with pytest.raises(InputError, match="IGX-FEAT-124"):
        parcel_statistics(volume, atlas, pd.Series({77: "x"}))
    with pytest.raises(InputError, match=r"(?s)IGX-FEAT-123.*did you mean 'median'"):
        parcel_statistics(volume, atlas, NAMES, statistics=["medain"])


@pytest.mark.realdata
def test_every_region_of_the_real_atlas_is_measured():
    if not os.environ.get("IMAGENOMICS_TEST_DATA"):
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    folder = Path(os.environ["IMAGENOMICS_TEST_DATA"], "neuro/atlas_dk")
    atlas = read_mask(folder / "atlas-desikankilliany.nii.gz")
    names = read_label_table(folder / "atlas-desikankilliany.csv")
    assert set(names.index) == set(atlas.labels)
    # An image whose grey value is its label: every mean, median and sd is known.
    grid = atlas.grid
    volume = Volume(atlas.array, grid.spacing_mm, grid.origin_mm, grid.direction)
    rows = parcel_statistics(volume, atlas, names)
    means = rows[rows["feature"] == "mean"].set_index("region")["value"]
    assert dict(means) == {n: float(k) for k, n in names.items()}
    assert (rows.loc[rows["feature"] == "sd", "value"] == 0).all()
    total = rows.loc[rows["feature"] == "volume", "value"].sum()
    assert total == pytest.approx((atlas.array > 0).sum() * grid.voxel_volume_mm3)
    assert value(rows, "brain", "unnamed_voxels") == 0


def test_series_of_parcels():
    _, atlas = case()
    frames = np.random.default_rng(5).normal(size=(9, *SHAPE))
    found = volume_series(iter(frames), atlas, NAMES, grid=atlas.grid)
    assert list(found.columns) == ["a", "b", "gone"]
    assert np.allclose(found["b"], frames[:, atlas.array == 2].mean(axis=1), rtol=1e-12)
    assert found["gone"].isna().all()
    flat = parcel_series(frames.reshape(9, -1), atlas.array.ravel(), NAMES)
    pd.testing.assert_frame_equal(flat, found)


def test_series_on_another_grid_or_with_gaps():
    _, atlas = case()
    frames = np.zeros((3, *SHAPE))
    with pytest.raises(InputError, match="IGX-FEAT-120"):
        volume_series(frames, atlas, NAMES, grid=Mask(atlas.array, (1.0, 1.0, 1.0)).grid)
    with pytest.raises(InputError, match="IGX-FEAT-120"):
        parcel_series(frames[:, 1:], atlas.array, NAMES)
    with pytest.raises(InputError, match="IGX-FEAT-124"):
        parcel_series(frames, atlas.array, pd.Series({50: "x"}))
    frames[1][atlas.array == 2] = np.nan
    with pytest.raises(InputError, match=r"IGX-FEAT-126.*\n?.*b"):
        parcel_series(frames, atlas.array, NAMES)
    frames[1][atlas.array == 2] = 0
    frames[1][atlas.array == 3] = np.nan  # no region
    assert parcel_series(frames, atlas.array, NAMES)["b"].tolist() == [0, 0, 0]


def whole(structure, n):
    return (Part(structure, n, 0, n, np.arange(n)),)


PARCELS = {0: "???", 1: "insula", 2: "cuneus", 3: "Medial_wall", 4: "empty"}


def test_means_of_parcels_leave_the_wall_out():
    values = SurfaceValues(np.array([[1, 2, 3, 4, 100, np.nan]]), ("m",), whole("left cortex", 6), "v")
    labels = SurfaceLabels(np.array([1, 1, 2, 2, 3, 0]), PARCELS, whole("left cortex", 6), "l")
    rows = parcel_means(values, labels).set_index("region")
    assert rows["value"].dropna().to_dict() == {"left_insula": 1.5, "left_cuneus": 3.5}
    assert "no vertex" in rows.at["left_empty", "reason"]


def test_files_with_and_without_the_wall_are_joined_by_vertex():
    rng = np.random.default_rng(2)
    full, lab = rng.normal(size=(2, 20)), rng.integers(1, 3, 20)
    lab[5:8] = 3
    keep = np.flatnonzero(lab != 3)
    a = SurfaceValues(full, ("m", "n"), whole("left cortex", 20), "v")
    b = SurfaceValues(full[:, keep], ("m", "n"), (Part("left cortex", 20, 0, len(keep), keep),), "v")
    c = SurfaceLabels(lab, PARCELS, whole("left cortex", 20), "l")
    d = SurfaceLabels(lab[keep], PARCELS, (Part("left cortex", 20, 0, len(keep), keep),), "l")
    first = parcel_means(a, c)
    for values, labels in ((a, d), (b, c), (b, d)):
        pd.testing.assert_frame_equal(parcel_means(values, labels), first)
    assert set(first["feature"]) == {"mean_m", "mean_n"}


def test_both_hemispheres_keep_the_names_of_the_parcellation():
    parts = (Part("left cortex", 4, 0, 4, np.arange(4)), Part("right cortex", 4, 4, 8, np.arange(4)))
    values = SurfaceValues(np.arange(8.0)[None], ("m",), parts, "v")
    labels = SurfaceLabels(np.array([1, 1, 0, 0, 0, 2, 2, 2]), {0: "???", 1: "L_a", 2: "R_a"}, parts, "l")
    rows = parcel_means(values, labels).set_index("region")["value"]
    assert rows.to_dict() == {"L_a": 0.5, "R_a": 6.0}


def test_one_label_on_both_sides_is_two_regions():
    parts = (Part("left cortex", 3, 0, 3, np.arange(3)), Part("right cortex", 3, 3, 6, np.arange(3)))
    values = SurfaceValues(np.arange(6.0)[None], ("m",), parts, "v")
    labels = SurfaceLabels(
        np.array([1, 1, 2, 1, 0, 0]), {0: "???", 1: "insula", 2: "cuneus", 5: "none"}, parts, "l"
    )
    rows = parcel_means(values, labels).set_index("region")
    assert rows["value"].dropna().to_dict() == {"left_insula": 0.5, "right_insula": 3.0, "cuneus": 2.0}
    assert rows.at["none", "status"] == "skipped"


def test_two_labels_with_one_name_are_refused():
    values = SurfaceValues(np.ones((1, 2)), ("m",), whole("", 2), "v")
    for names in ({1: "a", 2: "a"}, {1: "unknown", 2: "???"}):
        with pytest.raises(InputError, match="IGX-FEAT-121"):
            parcel_means(values, SurfaceLabels(np.array([1, 2]), names, whole("", 2), "l"))
    volume, atlas = case()
    with pytest.raises(InputError, match="IGX-FEAT-121"):
        parcel_statistics(volume, atlas, pd.Series({1: "a", 2: "a"}))


def test_another_mesh_or_side_is_refused():
    values = SurfaceValues(np.ones((1, 6)), ("m",), whole("left cortex", 6), "v")
    for structure, n in (("left cortex", 7), ("right cortex", 6)):
        labels = SurfaceLabels(np.ones(n, int), PARCELS, whole(structure, n), "l")
        with pytest.raises(InputError, match="IGX-FEAT-125"):
            parcel_means(values, labels)


def test_vertices_without_a_number_are_refused():
    values = SurfaceValues(np.array([[1, np.nan]]), ("m",), whole("", 2), "v")
    labels = SurfaceLabels(np.array([1, 1]), PARCELS, whole("", 2), "l")
    with pytest.raises(InputError, match="IGX-FEAT-126"):
        parcel_means(values, labels)
