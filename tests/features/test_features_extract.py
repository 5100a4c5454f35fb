"""The public way through: rows, statuses, flags, and what must not change a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.features.columns import feature_columns
from imagenomics.features.extract import extract_region
from imagenomics.features.settings import AGGREGATIONS, IBSI_FAMILIES, Discretisation, FeatureSettings, preset

EVERYTHING = FeatureSettings(
    families=IBSI_FAMILIES,
    aggregations=AGGREGATIONS,
    shape_extras=("autocorrelation", "enclosing"),
    discretisation=Discretisation(n_bins=8),
)
SPACE = FeatureSettings(discretisation=Discretisation(n_bins=8), shape_extras=("autocorrelation",))
UNIT = (1.0, 1.0, 1.0)


def extract(image, mask, *, spacing_mm=UNIT, chosen=EVERYTHING, spacing_known=True) -> pd.DataFrame:
    return extract_region(image, mask, spacing_mm=spacing_mm, settings=chosen, spacing_known=spacing_known)


def blob(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z, y, x = np.ogrid[-5:6, -6:7, -7:8]
    mask = (z / 3.5) ** 2 + (y / 4.5) ** 2 + (x / 5.5) ** 2 + 0.3 * rng.random((11, 13, 15)) < 1
    return 1.0 + rng.gamma(2.0, size=mask.shape) + 0.1 * x, mask


def same(a: pd.DataFrame, b: pd.DataFrame, rel: float = 1e-9) -> None:
    assert a["feature"].tolist() == b["feature"].tolist()
    np.testing.assert_allclose(a["value"], b["value"], rtol=rel, atol=1e-9)


def test_rows_are_those_that_were_announced():
    found = extract(*blob())
    announced = feature_columns(EVERYTHING)
    columns = ["family", "feature", "ibsi", "unit", "flags"]
    pd.testing.assert_frame_equal(found[columns], announced[columns])
    assert (found["status"] == "ok").all()
    assert (found["reason"] == "").all()
    assert found["value"].notna().all()
    assert found["value"].dtype == np.float64


@pytest.mark.parametrize("family", IBSI_FAMILIES)
def test_a_family_alone_gives_the_same_values(family):
    alone = extract(*blob(), chosen=EVERYTHING.model_copy(update={"families": (family,)}))
    together = extract(*blob())
    pd.testing.assert_frame_equal(alone, together[together["family"] == family].reset_index(drop=True))


def test_extracting_twice_gives_the_same_bytes():
    first, again = extract(*blob()), extract(*blob())
    assert first["value"].to_numpy().tobytes() == again["value"].to_numpy().tobytes()


def test_neither_input_is_changed():
    image, mask = blob()
    before = image.copy(), mask.copy()
    extract(image, mask)
    assert np.array_equal(image, before[0])
    assert np.array_equal(mask, before[1])


def test_background_around_changes_nothing_but_what_looks_there():
    image, mask = blob()
    wide = np.pad(image, ((3, 2), (4, 1), (2, 6)), constant_values=-1000.0)
    far = extract(wide, np.pad(mask, ((3, 2), (4, 1), (2, 6))))
    near = extract(image, mask)
    local = near["family"] == "local-intensity"  # looks outside the region by definition
    assert near.loc[~local, "value"].tolist() == far.loc[~local, "value"].tolist()


@settings(max_examples=10, deadline=None)
@given(axes=st.permutations([0, 1, 2]), mirror=st.sets(st.integers(0, 2)))
def test_turning_by_right_angles_changes_nothing_in_space(axes, mirror):
    image, mask = blob()
    spacing = (1.5, 1.0, 0.8)
    turned = [np.flip(a.transpose(axes), tuple(mirror)) for a in (image, mask)]
    same(
        extract(*turned, spacing_mm=tuple(spacing[a] for a in axes), chosen=SPACE),
        extract(image, mask, spacing_mm=spacing, chosen=SPACE),
    )


@settings(max_examples=10, deadline=None)
@given(scale=st.sampled_from([0.25, 2.0, 1024.0]), shift=st.sampled_from([-64.0, 0.0, 512.0]))
def test_the_scale_of_intensities_does_not_reach_fixed_numbers_of_bins(scale, shift):
    image, mask = blob()
    image = np.rint(image * 64) / 64  # so that scaling is exact
    binned = EVERYTHING.model_copy(
        update={"families": tuple(f for f in IBSI_FAMILIES if f[:2] in ("gl", "ng"))}
    )
    same(extract(image * scale + shift, mask, chosen=binned), extract(image, mask, chosen=binned), rel=1e-12)


def test_size_follows_the_spacing():
    image, mask = blob()
    chosen = FeatureSettings(families=("volume", "shape"))
    one, two = (
        extract(image, mask, spacing_mm=s, chosen=chosen).set_index("feature") for s in (UNIT, (2, 2, 2))
    )
    power = {"mm3": 8, "mm2": 4, "mm": 2, "1/mm": 0.5, "": 1, "intensity mm3": 8}
    np.testing.assert_allclose(two["value"], one["value"] * one["unit"].map(power), rtol=1e-12)
    assert one.loc["morph_vol_approx", "value"] == mask.sum()


def test_types_of_numbers_do_not_matter():
    image, mask = blob()
    whole = np.rint(image * 10)
    same(extract(whole.astype(np.int16), mask), extract(whole, mask), rel=1e-12)
    same(extract(np.asfortranarray(whole.astype(np.float32)), mask), extract(whole, mask), rel=1e-12)


def test_a_constant_region_says_what_is_undefined():
    found = extract(np.full((6, 6, 6), 4.0), np.ones((6, 6, 6), bool), chosen=SPACE).set_index("feature")
    failed = found[found["status"] == "failed"]
    assert failed["value"].isna().all()
    assert (failed["reason"] != "").all()
    assert {"stat_skew", "ih_kurt", "cm_corr_3D_comb", "ngt_coarseness_3D", "morph_moran_i"} <= set(
        failed.index
    )
    texture = found[found["family"].str.startswith(("gl", "ng")) & found["value"].notna()]
    assert (texture["flags"] == "few-levels").all()
    assert (texture["status"] == "flagged").all()
    assert found.loc["morph_volume", "status"] == "ok"


def test_few_levels_are_flagged_and_many_are_not():
    rng = np.random.default_rng(1)
    mask = np.ones((6, 6, 6), bool)
    three = extract(rng.integers(0, 3, mask.shape).astype(float), mask, chosen=SPACE)
    four = extract(rng.integers(0, 4, mask.shape).astype(float), mask, chosen=SPACE)
    binned = three["family"].isin(["histogram", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"])
    assert (three["flags"] == np.where(binned, "few-levels", "")).all()
    assert (four["flags"] == "").all()


def test_too_many_levels_skip_textures_and_say_so():
    image, mask = blob()
    chosen = SPACE.model_copy(update={"discretisation": Discretisation(n_bins=2000)})
    found = extract(image, mask, chosen=chosen)
    texture = found["family"].str.startswith(("gl", "ng"))
    assert (found.loc[texture, "status"] == "skipped").all()
    assert (found.loc[texture, "reason"] == "2000 grey levels are more than max_levels = 1024").all()
    assert (found.loc[~texture, "status"] == "ok").all()
    assert found["feature"].tolist() == feature_columns(chosen)["feature"].tolist()


def test_without_spacing_values_are_in_voxels_and_flagged():
    image, mask = blob()
    known = extract(image, mask).set_index("feature")
    unknown = extract(image, mask, spacing_mm=(9.0, 0.5, 0.5), spacing_known=False).set_index("feature")
    np.testing.assert_array_equal(known["value"], unknown["value"])
    flagged = unknown["flags"] == "voxel-units"
    assert (unknown.loc[flagged, "status"] == "flagged").all()
    assert unknown.loc["cm_contrast_2D_comb", "status"] == "ok"
    assert unknown.loc["cm_contrast_3D_comb", "status"] == "flagged"


def test_long_voxels_flag_textures_in_space_only():
    found = extract(*blob(), spacing_mm=(5.0, 1.0, 1.0)).set_index("feature")["flags"]
    assert found["cm_contrast_3D_comb"] == "anisotropic"
    assert found["cm_contrast_2_5D_comb"] == found["morph_volume"] == ""


def test_ratios_of_signed_intensities_are_flagged():
    image, mask = blob()
    found = extract(image - image[mask].mean(), mask, chosen=SPACE).set_index("feature")["flags"]
    assert set(found.index[found != ""]) == {"morph_com", "stat_cov", "stat_qcod"}


@pytest.mark.filterwarnings("error")
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), shape=st.tuples(*[st.integers(1, 6)] * 3), kind=st.integers(0, 3))
def test_small_and_torn_regions_give_numbers_or_reasons(seed, shape, kind):
    rng = np.random.default_rng(seed)
    image = (rng.normal(size=shape), rng.integers(0, 3, shape) * 1.0, np.full(shape, 2.0), np.zeros(shape))[
        kind
    ]
    mask = rng.random(shape) < rng.choice([0.1, 0.5, 1.0])
    mask[0, 0, 0] = True
    chosen = EVERYTHING.model_copy(update={"min_voxels": 1})
    found = extract(image, mask, spacing_mm=(3.0, 1.0, 0.5), chosen=chosen)
    finite = np.isfinite(found["value"])
    assert (finite == found["status"].isin(["ok", "flagged"])).all()
    assert (finite == (found["reason"] == "")).all()


def test_the_preset_for_the_phantom_takes_levels_as_they_are():
    levels = np.random.default_rng(2).integers(1, 7, (4, 4, 5)).astype(float)
    found = extract(levels, np.ones(levels.shape, bool), chosen=preset("ibsi-digital")).set_index("feature")
    assert found.loc["ih_mean", "value"] == pytest.approx(levels.mean())
    assert found.loc["stat_mean", "value"] == pytest.approx(levels.mean())
