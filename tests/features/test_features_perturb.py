"""Perturbed copies: amounts that can be measured on solids, streams that belong to the patient, bad input."""

import pickle

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.extract import extract_region
from imagenomics.features.perturbation.chain import PerturbSettings, perturbations
from imagenomics.features.perturbation.image import move, noise_level
from imagenomics.features.perturbation.mask import randomise_contour, resize_mask, supervoxels
from imagenomics.features.settings import FeatureSettings
from imagenomics.prepare.repetitions import stability_table

SPACING = (3.0, 1.0, 0.8)
NOTHING = {"rotation_deg": 0, "translation_voxels": 0, "noise": 0, "growth": 0, "contour": False}


def _solid(shape=(16, 60, 70), radii=(18.0, 14.0, 20.0), noise=5.0, seed=0):
    z, y, x = (np.arange(n) - n / 2 for n in shape)
    distance = (
        (z[:, None, None] * SPACING[0] / radii[0]) ** 2
        + (y[None, :, None] * SPACING[1] / radii[1]) ** 2
        + (x[None, None, :] * SPACING[2] / radii[2]) ** 2
    )
    mask = distance < 1
    return 100.0 * mask + np.random.default_rng(seed).normal(0, noise, shape), mask


def _axis_deg(mask):
    """Direction of the long axis within the slices, from x towards y."""
    _, y, x = np.nonzero(mask)
    values, vectors = np.linalg.eigh(np.cov(np.stack([x * SPACING[2], y * SPACING[1]])))
    long = vectors[:, np.argmax(values)]
    return np.rad2deg(np.arctan(long[1] / long[0]))


def _centre(mask):
    return np.array([np.mean(i) for i in np.nonzero(mask)])


@pytest.mark.parametrize("sigma", [1.0, 5.0, 20.0])
def test_noise_is_estimated(sigma):
    image, mask = _solid(noise=sigma)
    # The edge of the solid is a hundred times the weakest noise.
    assert abs(noise_level(image, mask) / sigma - 1) < 0.2
    ramp = image + np.linspace(0, 4000, image.shape[2])
    assert abs(noise_level(ramp, mask) / sigma - 1) < 0.25
    stripped = np.where(mask, image, 0.0)  # air that was set to nothing
    assert abs(noise_level(stripped, mask) / sigma - 1) < 0.4
    assert noise_level(np.zeros(image.shape), mask) == 0.0
    assert noise_level(image[:, :4, :4], np.ones((16, 4, 4), bool)) == 0.0


def test_noise_is_added_at_the_level_of_the_image():
    image, mask = _solid(noise=5.0)
    copy = perturbations(PerturbSettings(**NOTHING | {"noise": 2.0}), patient="P", seed=0)[0]
    changed, same = copy.apply(image, mask, spacing_mm=SPACING)
    assert np.array_equal(same, mask)
    assert abs((changed - image).std() / 10.0 - 1) < 0.1


@pytest.mark.parametrize("angle", [-20.0, 7.0, 30.0])
def test_rotation_is_one_in_mm(angle):
    image, mask = _solid()
    turned, region = move(image, mask, angle_deg=angle, shift_voxels=(0, 0, 0), spacing_mm=SPACING)
    assert abs(_axis_deg(region) - angle) < 1.5
    assert abs(region.sum() / mask.sum() - 1) < 0.02
    assert np.allclose(_centre(region), _centre(mask), atol=0.1)
    assert turned[region].mean() > 90


def test_translation_is_below_a_voxel():
    image, mask = _solid(noise=0.0)
    shift = (0.3, -0.4, 0.25)
    moved, _ = move(image, mask, angle_deg=0.0, shift_voxels=shift, spacing_mm=SPACING)
    weight = moved / moved.sum()
    centre = [np.sum(weight * index) for index in np.indices(image.shape)]
    assert np.allclose(centre - _centre(mask), shift, atol=1e-6)
    whole, _ = move(image, mask, angle_deg=0.0, shift_voxels=(0, 2, 0), spacing_mm=SPACING)
    assert np.allclose(whole[:, 2:], image[:, :-2])


@pytest.mark.parametrize("growth", [-0.9, -0.2, -0.013, 0.08, 0.3])
def test_growth_is_exact_and_even_in_mm(growth):
    _, mask = _solid()
    stream = np.random.default_rng(1)
    found = resize_mask(mask, growth, spacing_mm=SPACING, stream=stream)
    assert found.sum() == round(mask.sum() * (1 + growth))
    assert np.array_equal(found & mask, mask if growth > 0 else found)
    if growth > 0.2:
        radius = [np.count_nonzero(v.any(axis=a)) for v, a in ((mask, (1, 2)), (found, (1, 2)))]
        width = [np.count_nonzero(v.any(axis=a)) for v, a in ((mask, (0, 1)), (found, (0, 1)))]
        assert (radius[1] - radius[0]) * SPACING[0] <= (width[1] - width[0]) * SPACING[2] + SPACING[0] * 2
    whole = np.ones((3, 4, 5), bool)
    assert resize_mask(whole, -0.5, spacing_mm=SPACING, stream=stream).sum() == 30
    assert resize_mask(whole, 0.5, spacing_mm=SPACING, stream=stream).all()
    assert resize_mask(mask, 0.0, spacing_mm=SPACING, stream=stream) is mask


def test_contours_vary_about_the_outline():
    small = {"shape": (10, 40, 50), "radii": (10.0, 12.0, 14.0)}
    image, mask = _solid(**small, noise=25.0)
    image = image - 75.0 * mask  # hardly any contrast: patches cross the outline
    found = [
        randomise_contour(
            image, mask, spacing_mm=SPACING, supervoxel_mm3=125.0, stream=np.random.default_rng(seed)
        )
        for seed in range(8)
    ]
    volumes = np.array([f.sum() for f in found]) / mask.sum()
    assert abs(volumes.mean() - 1) < 0.15  # the rule itself takes away a little
    assert len({f.tobytes() for f in found}) == 8
    share = np.mean(found, axis=0)
    inner = resize_mask(mask, -0.95, spacing_mm=SPACING, stream=np.random.default_rng(0))
    outer = resize_mask(mask, 2.5, spacing_mm=SPACING, stream=np.random.default_rng(0))
    assert share[inner].min() == 1.0
    assert share[~outer].max() == 0.0
    # Where the outline is a clear edge, patches follow it and the contour hardly moves.
    clear, _ = _solid(**small, noise=1.0)
    sharp = randomise_contour(
        clear, mask, spacing_mm=SPACING, supervoxel_mm3=125.0, stream=np.random.default_rng(0)
    )
    assert (sharp ^ mask).sum() < np.mean([(f ^ mask).sum() for f in found])


def test_supervoxels_are_of_the_size_asked_for_and_the_same_again():
    image, _ = _solid()
    patches = supervoxels(image, spacing_mm=SPACING, edge_mm=6.0)
    counts = np.bincount(patches.ravel())
    volume = np.median(counts[counts > 0]) * np.prod(SPACING)
    assert 216 / 2 < volume < 216 * 2
    assert np.array_equal(patches, supervoxels(image, spacing_mm=SPACING, edge_mm=6.0))


def test_copies_belong_to_the_patient():
    image, mask = _solid()
    few, more = (PerturbSettings(copies=n) for n in (2, 5))
    first = perturbations(few, patient="P1", seed=3)
    assert [c.name for c in first] == ["copy-01", "copy-02"]
    assert perturbations(more, patient="P1", seed=3)[1].angle_deg == first[1].angle_deg
    a = first[1].apply(image, mask, spacing_mm=SPACING)
    b = pickle.loads(pickle.dumps(first[1])).apply(image, mask, spacing_mm=SPACING)
    assert np.array_equal(a[0], b[0])
    assert np.array_equal(a[1], b[1])
    others = [first[0], *(perturbations(few, patient=p, seed=s)[1] for p, s in (("P2", 3), ("P1", 4)))]
    assert len({c.angle_deg for c in [first[1], *others]}) == 4
    amounts = np.array(
        [(*c.shift_voxels, c.growth) for c in perturbations(PerturbSettings(copies=400), patient="P", seed=0)]
    )
    assert np.abs(amounts[:, :3]).max() < 0.5
    assert np.abs(amounts.mean(axis=0)).max() < 0.06


def test_nothing_asked_nothing_done_and_input_is_kept():
    image, mask = _solid()
    before = image.copy(), mask.copy()
    same = perturbations(PerturbSettings(**NOTHING), patient="P", seed=0)[0].apply(
        image, mask, spacing_mm=SPACING
    )
    assert np.array_equal(same[0], image)
    assert np.array_equal(same[1], mask)
    perturbations(PerturbSettings(), patient="P", seed=0)[0].apply(image, mask, spacing_mm=SPACING)
    assert np.array_equal(image, before[0])
    assert np.array_equal(mask, before[1])


def test_from_copies_to_a_stability_table():
    """Nine solids that differ in brightness; volume is the same for all, so it cannot be stable."""
    settings = PerturbSettings(copies=3)
    features = FeatureSettings(families=("volume", "intensity"))
    rows = []
    for i in range(9):
        image, mask = _solid(shape=(8, 26, 34), radii=(8.0, 8.0, 9.0), seed=i)
        image = image * (1 + 0.3 * i)
        for copy in perturbations(settings, patient=f"P{i}", seed=0):
            changed, region = copy.apply(image, mask, spacing_mm=SPACING)
            found = extract_region(changed, region, spacing_mm=SPACING, settings=features)
            rows.append(found.assign(patient=f"P{i}", repetition=copy.name))
    table = stability_table(pd.concat(rows)).set_index("feature")
    mean = next(name for name in table.index if "mean" in name)
    volume = next(name for name in table.index if "vol" in name)
    assert table.at[mean, "ci_low"] > 0.9
    assert table.at[volume, "ci_low"] < 0.3
    assert table.at[mean, "n"] == 9


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda i, m: (i, m[1:]), "IGX-FEAT-002"),
        (lambda i, m: (i, m & False), "IGX-FEAT-003"),
        (lambda i, m: (np.where(m, i, np.nan), m), "IGX-FEAT-114"),
    ],
)
def test_what_is_refused(change, code):
    copy = perturbations(PerturbSettings(), patient="P", seed=0)[0]
    with pytest.raises(InputError, match=code):
        copy.apply(*change(*_solid()), spacing_mm=SPACING)


def test_more_that_is_refused():
    image, mask = _solid()
    copy = perturbations(PerturbSettings(), patient="P", seed=0)[0]
    with pytest.raises(ArgumentTypeError, match="IGX-FEAT-002"):
        copy.apply(image, mask.astype(int), spacing_mm=SPACING)
    with pytest.raises(InputError, match="IGX-FEAT-007"):
        copy.apply(image, mask, spacing_mm=(1, 0, 1))
    corner = np.zeros(mask.shape, bool)
    corner[0, 0, 0] = True
    far = PerturbSettings(translation_voxels=2, contour=False, copies=8)
    out = next(
        c
        for c in perturbations(far, patient="P", seed=0)
        if max(c.shift_voxels) < -0.6 or min(c.shift_voxels) < -1
    )
    with pytest.raises(InputError, match="IGX-FEAT-115"):
        out.apply(image, corner, spacing_mm=SPACING)
    with pytest.raises(InputError, match=r"IGX-SET-001[\s\S]*did you mean 'rotation_deg'"):
        PerturbSettings.read({"rotation": 3}, where="perturb")
