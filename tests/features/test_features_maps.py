"""Feature maps against the region's own measurement, on neighbourhoods that are cut out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from imagenomics.errors import ImagenomicsError
from imagenomics.features.extract import extract_region
from imagenomics.features.maps.measure import feature_map
from imagenomics.features.maps.names import MAPPED, mapped_features
from imagenomics.features.maps.neighbourhood import neighbourhood
from imagenomics.features.settings import AGGREGATIONS, FeatureSettings

SPACING = (2.0, 1.0, 1.0)
FIXED = {"method": "fixed-bin-size", "bin_width": 10, "lowest": 0}
IBSI = ("intensity", "histogram", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm")
PYRADIOMICS = tuple(f for f in MAPPED if f.startswith("pyradiomics"))
# These depend on the number of levels of the region, which a neighbourhood cut out by hand does not know.
OF_ALL_LEVELS = ("inv_diff_norm", "inv_diff_mom_norm", "_Idn", "_Idmn", "ih_max_grad", "ih_min_grad")


def _case(seed=0, shape=(6, 9, 10)):
    rng = np.random.default_rng(seed)
    image = np.round(rng.gamma(2.0, 20.0, shape), 3)
    mask = rng.random(shape) < 0.8
    mask[:, :2] = mask[0] = False
    return image, mask


def _by_hand(image, mask, place, *, settings, radius_voxels=None, radius_mm=None):
    """Measure one neighbourhood by ``extract_region``."""
    far = [np.arange(n) - p for n, p in zip(image.shape, place, strict=True)]
    z, y, x = np.meshgrid(*far, indexing="ij")
    if radius_voxels is not None:
        near = np.maximum(np.maximum(abs(z), abs(y)), abs(x)) <= radius_voxels
    else:
        near = np.sqrt((z * SPACING[0]) ** 2 + (y * SPACING[1]) ** 2 + (x * SPACING[2]) ** 2) <= radius_mm
    rows = extract_region(image, mask & near, spacing_mm=SPACING, settings=settings)
    return dict(zip(rows["feature"], rows["value"], strict=True))


def _sample(mask, n=12):
    places = np.argwhere(mask)
    return [tuple(p) for p in places[:: max(1, len(places) // n)]]


def _settings(families, **more):
    base = {"families": families, "min_voxels": 1, "min_levels": 1, "discretisation": FIXED}
    return FeatureSettings.model_validate(base | more)


@pytest.mark.parametrize("radius", [{"radius_voxels": 1}, {"radius_voxels": 2}, {"radius_mm": 2.3}])
def test_every_ibsi_family_equals_the_region_cut_out_by_hand(radius):
    image, mask = _case(shape=(4, 6, 6))
    settings = _settings(IBSI, aggregations=AGGREGATIONS)
    maps = feature_map(image, mask, spacing_mm=SPACING, features=IBSI, settings=settings, **radius)
    for place in _sample(mask, 6):
        expected = _by_hand(image, mask, place, settings=settings, **radius)
        compared = [n for n in maps if not any(part in n for part in OF_ALL_LEVELS)]
        assert len(compared) > 350
        found = np.array([maps[n][place] for n in compared])
        wanted = np.array([expected[n] for n in compared])
        # The second information correlation is the root of a difference that can be nothing but rounding.
        root = np.array(["info_corr2" in n for n in compared])
        found[root], wanted[root] = found[root] ** 2, wanted[root] ** 2
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("aggregations", ["3D_avg", "3D_comb", "2_5D_avg", "2_5D_comb"])
def test_pyradiomics_families_equal_the_region_cut_out_by_hand(aggregations):
    image, mask = _case(1, shape=(4, 6, 6))
    settings = _settings(PYRADIOMICS, aggregations=[aggregations], energy_shift=100.0)
    asked = {"spacing_mm": SPACING, "radius_voxels": 1}
    maps = feature_map(image, mask, features=PYRADIOMICS, settings=settings, **asked)
    for place in _sample(mask, 4):
        expected = _by_hand(image, mask, place, settings=settings, radius_voxels=1)
        compared = [n for n in maps if not any(part in n for part in OF_ALL_LEVELS)]
        found = np.array([maps[n][place] ** (2 if n.endswith("Imc2") else 1) for n in compared])
        wanted = np.array([expected[n] ** (2 if n.endswith("Imc2") else 1) for n in compared])
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-9)


def test_normalised_features_know_the_levels_of_the_region():
    image, mask = _case(2)
    settings = _settings(("glcm", "histogram", "pyradiomics-glcm"), aggregations=["3D_avg"])
    names = ["cm_inv_diff_norm_3D_avg", "cm_inv_diff_mom_norm_3D_avg", "original_glcm_Idn"]
    gradient = ["ih_max_grad", "ih_max_grad_g", "ih_min_grad", "ih_min_grad_g"]
    maps = feature_map(
        image, mask, spacing_mm=SPACING, features=names + gradient, settings=settings, radius_voxels=2
    )
    # A neighbourhood that holds the brightest voxel has the levels of the region.
    brightest = np.unravel_index(np.argmax(np.where(mask, image, -1)), image.shape)
    expected = _by_hand(image, mask, brightest, settings=settings, radius_voxels=2)
    for name in names + gradient:
        assert maps[name][brightest] == pytest.approx(expected[name], rel=1e-10)


def test_levels_are_those_of_the_region_not_of_the_neighbourhood():
    image, mask = _case(3)
    levels = feature_map(image, mask, spacing_mm=SPACING, features=["ih_max", "ih_min"], radius_voxels=1)
    share = (image - image[mask].min()) / np.ptp(image[mask])
    own = np.minimum(np.floor(32 * share) + 1, 32)
    from scipy.ndimage import maximum_filter, minimum_filter

    highest = maximum_filter(np.where(mask, own, 0), 3, mode="constant")
    lowest = minimum_filter(np.where(mask, own, 99), 3, mode="constant", cval=99)
    np.testing.assert_array_equal(levels["ih_max"][mask], highest[mask])
    np.testing.assert_array_equal(levels["ih_min"][mask], lowest[mask])


def test_mean_and_variance_are_those_of_a_box_filter():
    from scipy.ndimage import uniform_filter

    image, _ = _case(4)
    mask = np.ones(image.shape, bool)
    maps = feature_map(
        image, mask, spacing_mm=SPACING, features=["stat_mean", "stat_var", "stat_median"], radius_voxels=1
    )
    mean = uniform_filter(image, 3)
    inner = (slice(1, -1),) * 3
    np.testing.assert_allclose(maps["stat_mean"][inner], mean[inner], rtol=1e-10)
    np.testing.assert_allclose(
        maps["stat_var"][inner], (uniform_filter(image**2, 3) - mean**2)[inner], rtol=1e-8
    )


def test_outside_the_region_is_nothing_and_resegmented_voxels_do_not_count():
    image, mask = _case(5)
    settings = FeatureSettings(intensity_range=(10, 60))
    maps = feature_map(
        image, mask, spacing_mm=SPACING, features=["stat_max", "cm_contrast"], radius_mm=2, settings=settings
    )
    counted = mask & (image >= 10) & (image <= 60)
    assert list(maps) == ["stat_max", "cm_contrast_3D_comb"]
    assert np.array_equal(np.isfinite(maps["stat_max"]), counted)
    assert np.nanmax(maps["stat_max"]) <= 60


def test_flat_neighbourhoods_have_no_texture():
    image = np.zeros((3, 8, 8))
    image[:, :, 6:] = 5.0
    mask = np.ones(image.shape, bool)
    maps = feature_map(
        image,
        mask,
        spacing_mm=(1, 1, 1),
        features=["cm_corr", "cm_contrast", "stat_skew", "original_glcm_Correlation"],
        radius_voxels=1,
    )
    assert np.isnan(maps["cm_corr_3D_comb"][1, 4, 2])
    assert np.isnan(maps["stat_skew"][1, 4, 2])
    assert maps["cm_contrast_3D_comb"][1, 4, 2] == 0
    assert maps["original_glcm_Correlation"][1, 4, 2] == 1
    assert maps["cm_contrast_3D_comb"][1, 4, 6] > 0


def test_a_ball_is_in_mm_and_a_cube_in_voxels():
    assert len(neighbourhood((2.0, 1.0, 1.0), radius_voxels=2)) == 125
    assert len(neighbourhood((1.0, 1.0, 1.0), radius_mm=1.0)) == 7
    assert len(neighbourhood((3.0, 1.0, 1.0), radius_mm=1.5)) == 9
    assert len(neighbourhood((0.1, 0.1, 0.1), radius_mm=0.3)) == 123  # 0.3 / 0.1 rounds below 3


def test_names():
    settings = FeatureSettings(aggregations=["2D_avg", "3D_comb"])
    assert list(mapped_features(["szm_sze"], settings)) == ["szm_sze_2D", "szm_sze_3D"]
    assert list(mapped_features(["cm_corr"], settings)) == ["cm_corr_2D_avg", "cm_corr_3D_comb"]
    assert len(mapped_features(["glcm"], settings)) == 50
    assert list(mapped_features(["cm_corr"], FeatureSettings(), spacing_known=False)) == ["cm_corr_2D_comb"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("180", {"radius_voxels": None}),
        ("180", {"radius_mm": 2.0}),
        ("180", {"radius_voxels": 0}),
        ("180", {"radius_voxels": 1.5}),
        ("180", {"radius_voxels": None, "radius_mm": float("nan")}),
        ("180", {"radius_voxels": None, "radius_mm": -1.0}),
        ("181", {"radius_voxels": None, "radius_mm": 0.9}),
        ("181", {"radius_voxels": None, "radius_mm": 5.0, "spacing_known": False}),
        ("182", {"radius_voxels": 30}),
        ("182", {"radius_voxels": None, "radius_mm": 100.0}),
        ("183", {"features": ["stat_maen"]}),
        ("183", {"features": ["morph_volume"]}),
        ("184", {"settings": FeatureSettings(spacing_mm=(1, 1, 1))}),
        ("185", {"settings": FeatureSettings(max_levels=8), "features": ["cm_corr"]}),
        ("003", {"mask": np.zeros((6, 9, 10), bool)}),
        ("002", {"mask": np.ones((6, 9, 9), bool)}),
        ("007", {"spacing_mm": (1, 1, 0)}),
    ],
)
def test_what_is_refused(code, changes):
    image, mask = _case()
    asked = {"mask": mask, "spacing_mm": SPACING, "features": ["stat_mean"], "radius_voxels": 1} | changes
    with pytest.raises(ImagenomicsError, match=f"IGX-FEAT-{code}") as caught:
        feature_map(image, **asked)
    if "stat_maen" in asked["features"]:
        assert "stat_mean" in str(caught.value)
