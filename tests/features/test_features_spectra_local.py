"""Local patterns, orientations, positive pixels and parenchyma, against slow versions and known images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from imagenomics.errors import InputError
from imagenomics.features.extract import extract_region
from imagenomics.features.settings import Discretisation, FeatureSettings
from imagenomics.features.spectra.binary_patterns import binary_pattern_features
from imagenomics.features.spectra.collage import N_LEVELS, collage_features, collage_map, direction_levels
from imagenomics.features.spectra.density import density_features
from imagenomics.features.spectra.orientation import orientation_features
from imagenomics.features.spectra.parenchyma import parenchyma_features
from imagenomics.features.spectra.positive_pixels import bright_spots, positive_pixel_features
from imagenomics.features.spectra.threshold import otsu_threshold

IMAGES = hnp.arrays(np.int64, (2, 7, 8), elements={"min_value": 0, "max_value": 5}).map(lambda a: a * 1.0)


def values(rows):
    return dict(zip(rows["feature"], rows["value"], strict=True))


def turned(array):
    return np.rot90(array, axes=(1, 2))


def noise(shape=(1, 40, 44), seed=0, sigma=1.0):
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), (0, sigma, sigma))


@settings(max_examples=25, deadline=None)
@given(image=IMAGES)
def test_patterns_are_those_of_a_slow_search(image):
    counts = np.zeros(10)
    for plane in image:
        for y in range(1, 6):
            for x in range(1, 7):
                bits = []
                for k in range(8):
                    dy, dx = np.sin(np.pi / 4 * k), np.cos(np.pi / 4 * k)
                    at = ndimage.map_coordinates(plane, [[y + dy], [x + dx]], order=1)[0]
                    bits.append(at >= plane[y, x] - 1e-9)
                changes = sum(bits[k] != bits[k - 1] for k in range(8))
                counts[sum(bits) if changes <= 2 else 9] += 1
    found = values(binary_pattern_features(image, np.ones(image.shape, bool)))
    assert [found[f"lbp_{k}"] for k in range(10)] == pytest.approx(counts / counts.sum())
    shares = counts[counts > 0] / counts.sum()
    assert found["lbp_entropy"] == pytest.approx(-(shares * np.log2(shares)).sum(), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(image=IMAGES, mask=hnp.arrays(np.bool_, (2, 7, 8)).filter(np.any))
def test_patterns_do_not_change_when_turned_mirrored_or_rescaled(image, mask):
    one = binary_pattern_features(image, mask)["value"]
    for other in (
        binary_pattern_features(turned(image), turned(mask)),
        binary_pattern_features(image[..., ::-1], mask[..., ::-1]),
        binary_pattern_features(image * 8 + 100, mask),
    ):
        np.testing.assert_allclose(other["value"], one, atol=1e-12)


def test_flat_images_and_single_spots():
    flat = values(binary_pattern_features(np.ones((1, 9, 9)), np.ones((1, 9, 9), bool)))
    assert flat["lbp_8"] == 1
    spot = np.zeros((1, 3, 3))
    spot[0, 1, 1] = 1
    assert values(binary_pattern_features(spot, np.ones((1, 3, 3), bool)))["lbp_0"] == 1
    thin = binary_pattern_features(np.ones((1, 9, 9)), np.eye(9, dtype=bool)[None])
    assert set(thin["status"]) == {"skipped"}


@pytest.mark.parametrize("angle", [0.0, 0.6, 2.2])
def test_parallel_stripes_have_one_orientation(angle):
    y, x = np.mgrid[:60, :60]
    image = np.sin(0.3 * (x * np.cos(angle) + y * np.sin(angle)))[None]
    found = values(orientation_features(image, np.ones(image.shape, bool), spacing_mm=(1, 1, 1)))
    assert found["orientation_coherence"] == pytest.approx(1, abs=2e-3)
    assert found["orientation_0"] == pytest.approx(1, abs=1e-6)
    assert found["orientation_entropy"] == pytest.approx(0, abs=1e-3)


def test_stripes_on_oblong_pixels_and_noise():
    y, x = np.mgrid[:60, :60] * 1.0
    image = (3 * x * 2 + 4 * y)[None]  # a gradient of 3 and 4 per mm where x steps by 2 mm
    rows = orientation_features(image, np.ones(image.shape, bool), spacing_mm=(1, 1, 2))
    assert values(rows)["gradient_mean"] == pytest.approx(5)
    many = values(orientation_features(noise((5, 80, 80)), np.ones((5, 80, 80), bool), spacing_mm=(1, 1, 1)))
    assert many["orientation_coherence"] < 0.05
    assert many["orientation_entropy"] == pytest.approx(np.log2(9), abs=0.02)
    flat = orientation_features(np.ones((1, 9, 9)), np.ones((1, 9, 9), bool), spacing_mm=(1, 1, 1))
    assert flat["status"].tolist() == ["failed"] * 11 + ["ok"]
    unknown = orientation_features(
        image, np.ones(image.shape, bool), spacing_mm=(1, 1, 1), spacing_known=False
    )
    assert unknown["flags"].tolist() == [""] * 11 + ["voxel-units"]


def test_orientation_does_not_change_when_turned():
    image, mask = noise(), np.ones((1, 40, 44), bool)
    mask[0, :10] = False
    one = values(orientation_features(image, mask, spacing_mm=(1, 1, 1)))
    other = values(orientation_features(turned(image), turned(mask), spacing_mm=(1, 1, 1)))
    assert other == pytest.approx(one, rel=1e-9)


def test_collage_is_that_of_a_slow_search():
    image = noise((1, 12, 13), sigma=0.8)
    mask = np.zeros(image.shape, bool)
    mask[0, 2:10, 0:8] = True
    found = collage_map(image, mask, radius=2)
    gy, gx = np.gradient(image[0])
    levels = np.empty((12, 13), int)
    for y in range(12):
        for x in range(13):
            rows, columns = slice(max(y - 2, 0), y + 3), slice(max(x - 2, 0), x + 3)
            gradients = np.column_stack([gx[rows, columns].ravel(), gy[rows, columns].ravel()])
            main = np.linalg.svd(gradients, full_matrices=False)[2][0]
            angle = np.arctan2(main[1], main[0]) % np.pi
            levels[y, x] = int(np.floor(angle / np.pi * N_LEVELS + 0.5)) % N_LEVELS
    np.testing.assert_array_equal(levels, direction_levels(image[0], radius=2))
    for y, x in np.argwhere(mask[0]):
        window = levels[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        counts = np.zeros((N_LEVELS, N_LEVELS))
        for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
            a = window[: window.shape[0] - dy, max(0, -dx) : window.shape[1] - max(0, dx)]
            b = window[dy:, max(0, dx) : window.shape[1] + min(0, dx)]
            np.add.at(counts, (a.ravel(), b.ravel()), 1)
            np.add.at(counts, (b.ravel(), a.ravel()), 1)
        p = counts[counts > 0] / counts.sum()
        assert found[0, y, x] == pytest.approx(-(p * np.log2(p)).sum())
    assert (found[~mask] == 0).all()


def test_order_has_less_entropy_than_noise():
    mask = np.zeros((1, 40, 44), bool)
    mask[0, 8:32, 8:36] = True
    stripes = np.tile(np.sin(np.arange(44) * 0.7), (40, 1))[None]
    ordered = values(collage_features(stripes, mask))
    assert ordered["collage_mean"] == pytest.approx(0, abs=1e-9)
    assert values(collage_features(noise(), mask))["collage_mean"] > 4
    flat = collage_features(np.ones(mask.shape), mask).set_index("feature")
    assert flat.loc["collage_mean", "value"] == 0
    assert flat.loc["collage_skewness", "status"] == "failed"


def test_collage_does_not_change_when_turned_moved_or_rescaled():
    image, mask = noise((2, 40, 44)), np.zeros((2, 40, 44), bool)
    mask[0, 10:25, 12:30] = True
    mask[1, 12:20, 12:20] = True
    one = values(collage_features(image, mask))
    assert values(collage_features(turned(image), turned(mask))) == pytest.approx(one, rel=1e-6)
    assert values(collage_features(3 * image + 50, mask)) == pytest.approx(one, rel=1e-6)
    moved = values(
        collage_features(np.pad(image, ((0, 0), (5, 1), (3, 2))), np.pad(mask, ((0, 0), (5, 1), (3, 2))))
    )
    assert moved == pytest.approx(one, rel=1e-6)


def test_bright_spots_are_scipys_laplacian_and_a_blob_answers_at_its_scale():
    image = noise()[0]
    ours = bright_spots(image, sigma_mm=2.0, spacing_mm=(1.0, 1.0))
    wanted = -4 * ndimage.gaussian_laplace(image, 2.0, mode="nearest")
    np.testing.assert_allclose(ours, wanted, atol=1e-12)
    y, x = np.mgrid[-40:41, -40:41]
    blob = np.exp(-(x**2 + y**2) / (2 * 5.0**2))
    answers = {
        s: bright_spots(blob, sigma_mm=s, spacing_mm=(1.0, 1.0))[40, 40] for s in (2.0, 3.5, 5.0, 7.0, 9.0)
    }
    # The scale-normalised response at the centre of a Gaussian blob is 2 s^2 t^2 / (s^2 + t^2)^2.
    for s, answer in answers.items():
        assert answer == pytest.approx(2 * s**2 * 25 / (s**2 + 25) ** 2, rel=5e-3)
    assert max(answers, key=answers.get) == 5.0


def test_oblong_pixels_give_the_response_in_mm():
    y, x = np.meshgrid(np.arange(-40, 41) * 1.0, np.arange(-80, 81) * 0.5, indexing="ij")
    blob = np.exp(-(x**2 + y**2) / (2 * 5.0**2))
    answer = bright_spots(blob, sigma_mm=4.0, spacing_mm=(1.0, 0.5))
    assert answer[40, 80] == pytest.approx(2 * 16 * 25 / (16 + 25) ** 2, rel=5e-3)
    np.testing.assert_allclose(answer[40, 80 + 2 * 6], answer[40 + 6, 80], rtol=1e-3)


def test_positive_pixels_by_hand_and_of_one_slice():
    image = np.zeros((2, 6, 6))
    image[1, :3] = 4
    image[1, 3:] = -2
    image[0] = 100
    mask = np.zeros(image.shape, bool)
    mask[1], mask[0, 0, 0] = True, True
    found = values(positive_pixel_features(image, mask, spacing_mm=(1, 1, 1), radii_mm=(0.0,)))
    assert found == {"mpp_0": 4, "positive_share_0": 0.5, "filtered_mean_0": 1, "filtered_sd_0": 3}
    both = values(positive_pixel_features(image, mask, spacing_mm=(1, 1, 1), radii_mm=(0.0,), slices="all"))
    assert both["mpp_0"] == pytest.approx((18 * 4 + 100) / 19)
    dark = positive_pixel_features(-np.abs(image) - 1, mask, spacing_mm=(1, 1, 1), radii_mm=(0.0,))
    assert dark["reason"][0] == "no pixel is positive"


def test_positive_pixels_of_a_crop_are_those_of_the_whole_image():
    image = noise((1, 120, 130)) * 50 + 20
    mask = np.zeros(image.shape, bool)
    mask[0, 50:70, 55:80] = True
    found = values(positive_pixel_features(image, mask, spacing_mm=(1, 1, 1), radii_mm=(2.0, 4.0)))
    for radius in (2, 4):
        sigma = radius / np.sqrt(2)
        response = -(sigma**2) * ndimage.gaussian_laplace(image[0], sigma, mode="nearest")[mask[0]]
        assert found[f"mpp_{radius}"] == pytest.approx(response[response > 0].mean(), rel=1e-9)
    rows = positive_pixel_features(image, mask, spacing_mm=(1, 1, 1), spacing_known=False, radii_mm=(0, 2))
    assert rows["flags"].tolist() == [""] * 4 + ["voxel-units"] * 4
    side = values(
        positive_pixel_features(turned(image), turned(mask), spacing_mm=(1, 1, 1), radii_mm=(2.0, 4.0))
    )
    assert side == pytest.approx(found, rel=1e-9)
    for radii in ((2, 2), (-1,), (np.nan,)):
        with pytest.raises(InputError, match="IGX-FEAT-089"):
            positive_pixel_features(image, mask, spacing_mm=(1, 1, 1), radii_mm=radii)


def test_density_of_two_tissues():
    rng = np.random.default_rng(0)
    image = rng.normal(100, 5, (1, 60, 60))
    image[0, :15] += 100
    mask = np.ones(image.shape, bool)
    rows = density_features(image, mask, spacing_mm=(1, 0.1, 0.1))
    found = values(rows)
    assert found["percent_density"] == 25
    assert found["dense_volume"] == pytest.approx(900 * 0.01)
    assert values(density_features(image, mask, spacing_mm=(1, 1, 1), threshold=1e9))["percent_density"] == 0
    flat = density_features(np.ones((1, 5, 5)), np.ones((1, 5, 5), bool), spacing_mm=(1, 1, 1))
    assert set(flat["status"]) == {"failed"}
    unknown = density_features(image, mask, spacing_mm=(1, 1, 1), spacing_known=False)
    assert unknown["flags"].tolist() == ["", "voxel-units", ""]


def test_otsu_is_that_of_simpleitk():
    sitk = pytest.importorskip("SimpleITK")
    image = np.abs(noise((1, 60, 60))[0]) * 100
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetNumberOfHistogramBins(256)
    otsu.Execute(sitk.GetImageFromArray(image))
    assert otsu_threshold(image) == otsu_threshold(image.ravel())
    assert otsu_threshold(image) == pytest.approx(otsu.GetThreshold(), abs=2 * np.ptp(image) / 256)


def test_parenchyma_is_the_texture_of_its_square():
    image = noise((1, 60, 60)) * 30
    mask = np.zeros(image.shape, bool)
    mask[0, 10:42, 12:44] = True
    mask[0, 10:15, 44:50] = True
    found = values(parenchyma_features(image, mask, n_bins=32))
    settings_ = FeatureSettings(
        families=("glcm", "ngtdm"), aggregations=("2D_comb",), discretisation=Discretisation(n_bins=32)
    )
    square = image[:, 10:42, 12:44]
    rows = extract_region(square, np.ones(square.shape, bool), spacing_mm=(1, 1, 1), settings=settings_)
    wanted = values(rows)
    assert found["coarseness"] == wanted["ngt_coarseness_2D"]
    assert found["contrast"] == wanted["cm_contrast_2D_comb"]
    assert found["correlation"] == wanted["cm_corr_2D_comb"]
    smooth = values(parenchyma_features(noise((1, 60, 60), sigma=4.0), mask, n_bins=32))
    assert smooth["coarseness"] > found["coarseness"]
    assert smooth["contrast"] < found["contrast"]
    assert set(parenchyma_features(image[:, :9, :9], np.ones((1, 9, 9), bool))["status"]) == {"skipped"}
