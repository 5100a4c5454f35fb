import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.images.normalise import normalise
from imagenomics.images.settings import NormaliseSettings
from imagenomics.images.volume import Volume


def case(seed=1):
    rng = np.random.default_rng(seed)
    array = rng.normal(100, 12, (4, 8, 8))
    array[:, :2] = 0.0  # air
    lesion = np.zeros(array.shape, bool)
    lesion[1:3, 4:6, 4:6] = True
    array[lesion] += 60
    return Volume(array, source="a.nii"), {"lesion": lesion}


def settings_of(method, **more):
    return NormaliseSettings(method=method, **more)


def test_none_changes_nothing():
    volume, found = case()
    assert normalise(volume, settings_of("none"), regions=found) is volume


def test_z_score_over_the_image():
    volume, _ = case()
    scaled = normalise(volume, settings_of("z-score"))
    assert np.isclose(scaled.array.mean(), 0, atol=1e-12)
    assert np.isclose(scaled.array.std(), 1)
    assert "z-score over 256 voxels" in scaled.history[-1]
    assert scaled.grid == volume.grid


def test_z_score_above_a_floor_leaves_air_out():
    volume, _ = case()
    scaled = normalise(volume, settings_of("z-score", floor=5.0))
    brain = volume.array > 5
    assert np.isclose(scaled.array[brain].mean(), 0, atol=1e-12)
    assert np.isclose(scaled.array[brain].std(), 1)
    assert "above 5" in scaled.history[-1]


def test_ratios_to_background_and_to_a_region():
    volume, found = case()
    scaled = normalise(volume, settings_of("ratio-background", floor=5.0), regions=found)
    outside = (volume.array > 5) & ~found["lesion"]
    assert np.isclose(scaled.array[outside].mean(), 1)
    assert np.allclose(scaled.array * volume.array[outside].mean(), volume.array)
    scaled = normalise(
        volume, settings_of("ratio-region", region="white"), regions={"white": outside, **found}
    )
    assert np.isclose(scaled.array[outside].mean(), 1)
    assert "in region white" in scaled.history[-1]


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1e4), st.floats(-1e3, 1e3))
def test_what_the_scanner_does_to_the_scale_is_undone(gain, shift):
    volume, found = case()
    scanned = volume.replace(volume.array * gain, "gain")
    for chosen in (settings_of("z-score"), settings_of("ratio-background")):
        expected = normalise(volume, chosen, regions=found).array
        assert np.allclose(normalise(scanned, chosen, regions=found).array, expected, rtol=1e-9, atol=1e-9)
    shifted = volume.replace(volume.array + shift, "shift")
    z_score = settings_of("z-score")
    assert np.allclose(normalise(shifted, z_score).array, normalise(volume, z_score).array, atol=1e-8)


def test_images_that_have_no_scale_are_refused():
    volume, found = case()
    flat = volume.replace(np.full_like(volume.array, 7.0), "flat")
    for code, chosen, image, masks in (
        ("IGX-IMG-040", settings_of("z-score"), flat, {}),
        ("IGX-IMG-041", settings_of("z-score", floor=1e6), volume, {}),
        (
            "IGX-IMG-041",
            settings_of("ratio-region", region="lesion"),
            volume,
            {"lesion": found["lesion"] & False},
        ),
        ("IGX-IMG-042", settings_of("ratio-background"), volume.replace(-volume.array, "negative"), found),
        ("IGX-IMG-043", settings_of("ratio-region", region="lesoin"), volume, found),
    ):
        with pytest.raises(InputError) as caught:
            normalise(image, chosen, regions=masks)
        assert caught.value.code == code
        assert caught.value.where == "a.nii"
        assert caught.value.remedy
