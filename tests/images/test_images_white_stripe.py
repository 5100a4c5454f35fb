import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.images.normalise import normalise
from imagenomics.images.settings import ImageSettings, NormaliseSettings
from imagenomics.images.volume import Volume
from imagenomics.images.white_stripe import find_stripe

GREY, WHITE, FLUID = (400.0, 40.0), (600.0, 30.0), (150.0, 30.0)


def brain(seed=0, scale=1.0):
    """Return intensities of a brain: fluid, grey and white matter."""
    rng = np.random.default_rng(seed)
    shares = ((FLUID, 12_000), (GREY, 70_000), (WHITE, 40_000))
    return scale * np.concatenate([rng.normal(*tissue, n) for tissue, n in shares])


@pytest.mark.parametrize("scale", [0.01, 1.0, 37.0])
def test_the_last_peak_of_t1_is_white_matter(scale):
    stripe = find_stripe(brain(scale=scale), contrast="T1")
    assert abs(stripe.peak / scale - 600) < 6
    assert abs(stripe.mean / scale - 600) < 8
    assert stripe.low < stripe.peak < stripe.high
    assert stripe.n_voxels == pytest.approx(0.1 * 122_000, rel=0.01)


def test_the_highest_peak_of_t2():
    assert abs(find_stripe(brain(), contrast="T2").peak - 400) < 8


def test_a_small_bright_lesion_is_no_peak():
    rng = np.random.default_rng(1)
    with_lesion = np.concatenate([brain(), rng.normal(900, 30, 3000)])
    assert abs(find_stripe(with_lesion, contrast="T1").peak - 600) < 8


def image(values):
    return Volume(values[:100_000].reshape(10, 100, 100), source="t1.nii")


def test_the_stripe_has_mean_0_and_sd_1_whatever_the_scale():
    settings = NormaliseSettings(method="white-stripe", contrast="T1")
    rng = np.random.default_rng(3)
    values = rng.permutation(brain())
    one, other = (normalise(image(scale * values), settings).array for scale in (1.0, 5.0))
    assert np.allclose(one, other)
    assert abs(np.median(one[np.abs(one) < 1])) < 0.3
    assert "white stripe (T1)" in normalise(image(values), settings).history[-1]


def test_air_and_lesions_do_not_count_unless_a_region_says_so():
    values = np.random.default_rng(3).permutation(brain())
    array = image(values).array.copy()
    array[:5] = 0
    lesion = np.zeros(array.shape, dtype=bool)
    lesion[8:] = True
    array[lesion] = 700 + array[lesion] * 0.01
    plain = NormaliseSettings(method="white-stripe", contrast="T1")
    spared = normalise(Volume(array), plain, regions={"lesion": lesion}).history[-1]
    assert 585 < float(spared.split("peak ")[1].split(" ")[0]) < 615
    named = plain.model_copy(update={"region": "lesion"})
    within = normalise(Volume(array), named, regions={"lesion": lesion}).history[-1]
    assert float(within.split("peak ")[1].split(" ")[0]) > 690
    whole = normalise(Volume(array), plain, regions={"whole": np.ones(array.shape, dtype=bool)})
    assert "white stripe" in whole.history[-1]


@pytest.mark.parametrize("values", [np.full(5000, 8.0), np.arange(1.0, 60.0)])
def test_images_without_a_stripe(values):
    with pytest.raises(InputError, match="IGX-IMG-238"):
        find_stripe(values, contrast="T1")


def test_settings_of_the_stripe():
    base = {"name": "t1", "path": "{patient}.nii", "mask": "{patient}_m.nii"}

    def read(**scale):
        return ImageSettings.read({**base, "normalise": scale}, where="test")

    for wrong in (
        {"method": "white-stripe"},
        {"method": "z-score", "contrast": "T1"},
        {"method": "z-score", "region": "lesion"},
        {"method": "white-stripe", "contrast": "T1", "region": "brain"},
        {"method": "white-stripe", "contrast": "PD"},
    ):
        with pytest.raises(InputError, match="IGX-SET-001"):
            read(**wrong)
    digests = {
        read(method="white-stripe", contrast="T1").digest_of_values(),
        read(method="white-stripe", contrast="T2").digest_of_values(),
        read(method="white-stripe", contrast="T1", stripe=0.1).digest_of_values(),
        read(method="z-score").digest_of_values(),
    }
    assert len(digests) == 4
