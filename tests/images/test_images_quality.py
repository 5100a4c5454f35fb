import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from digital_head import head, volume

from imagenomics.images.foreground import foreground
from imagenomics.images.quality import edge_share, measure_quality, noise_sd


@pytest.mark.parametrize("sd", [1.0, 5.0, 20.0])
def test_planted_noise_is_found(sd):
    array, brain, lesion = head(texture=2.0)
    noisy = array + sd * np.random.default_rng(0).standard_normal(array.shape)
    image, regions = measure_quality(volume(noisy), {"lesion": lesion})
    assert image.noise_sd == pytest.approx(
        sd, rel=0.12 if sd > 1 else 0.4
    )  # the head has fine structure of its own
    assert image.snr == pytest.approx(noisy[brain].mean() / sd, rel=0.12 if sd > 1 else 0.4)
    assert regions["lesion"].contrast_to_noise == pytest.approx(60 / image.noise_sd, rel=0.15)


def test_smooth_structure_is_no_noise():
    z, y, x = np.meshgrid(*[np.arange(30.0)] * 3, indexing="ij")
    ramp = 5 * z + 3 * y + 2 * x
    assert noise_sd(ramp, np.ones(ramp.shape, dtype=bool)) == pytest.approx(0, abs=1e-9)
    assert np.isnan(noise_sd(ramp[:, :2], np.ones(ramp[:, :2].shape, dtype=bool)))
    assert np.isnan(noise_sd(ramp, np.zeros(ramp.shape, dtype=bool)))


def test_planted_clipping_is_found():
    array, brain, lesion = head()
    clipped = np.minimum(array, 150)
    image, regions = measure_quality(volume(clipped), {"lesion": lesion})
    assert image.clipped_share == pytest.approx((array[brain] >= 150).mean(), rel=0.05)
    assert regions["lesion"].clipped_share == pytest.approx((array[lesion] >= 150).mean())
    whole, _ = measure_quality(volume(array), {"lesion": lesion})
    assert whole.clipped_share == pytest.approx(1 / foreground(array).sum())


def test_a_cut_region_says_how_much_of_its_surface():
    cube = np.zeros((10, 10, 10), dtype=bool)
    cube[3:7, 3:7, 3:7] = True
    assert edge_share(cube) == 0
    cube = np.roll(cube, -3, axis=1)  # one of six faces
    assert edge_share(cube) == pytest.approx(1 / 6)
    assert edge_share(np.ones((4, 4, 4), dtype=bool)) == 1
    flat = np.zeros((1, 10, 10), dtype=bool)
    flat[0, 3:6, 3:6] = True
    assert edge_share(flat) == 0
    assert np.isnan(edge_share(np.zeros((3, 3, 3), dtype=bool)))


def test_empty_slices_and_stripes():
    array, *_ = head()
    assert measure_quality(volume(array), {})[0].empty_slices == 0  # air above and below is no gap
    gaps = array.copy()
    gaps[[12, 20]] = 0
    assert measure_quality(volume(gaps), {})[0].empty_slices == 2
    striped = array.copy()
    striped[::2] *= 1.2
    plain = measure_quality(volume(array), {})[0].stripes
    assert measure_quality(volume(striped), {})[0].stripes == pytest.approx(0.18, abs=0.03)
    assert plain < 0.02


def test_what_has_no_meaning_is_not_a_number():
    array, _, lesion = head()
    image, regions = measure_quality(volume(array - 1000), {"lesion": lesion})
    assert np.isnan(image.snr)  # 0 is not 'no signal'
    assert regions["lesion"].n_slices == 9
    flat, regions = measure_quality(
        volume(np.full((5, 8, 8), 3.0)), {"whole": np.ones((5, 8, 8), dtype=bool)}
    )
    assert np.isnan([flat.noise_sd, flat.snr, flat.clipped_share, flat.stripes]).all()
    assert flat.foreground_share == 0
    assert regions == {}
    _, regions = measure_quality(volume(array), {"lesion": lesion & False})
    assert regions == {}


def test_foreground_agrees_with_itk():
    import SimpleITK as sitk

    array, brain, _ = head()
    noisy = np.abs(array + 3 * np.random.default_rng(0).standard_normal(array.shape))
    oracle = sitk.GetArrayFromImage(sitk.OtsuThreshold(sitk.GetImageFromArray(noisy), 0, 1, 256)) > 0
    assert (foreground(noisy) != oracle).mean() < 0.01
    assert (foreground(noisy) != brain).mean() < 0.01
