import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

sys.path.insert(0, str(Path(__file__).parent))

from digital_head import head, volume

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.find import find_images
from imagenomics.images.load import load_case
from imagenomics.images.preparation.apply import prepare
from imagenomics.images.preparation.context import Context
from imagenomics.images.preparation.fit import judge_fit
from imagenomics.images.preparation.move import matrix_of
from imagenomics.images.preparation.settings import N4Step, RegisterStep
from imagenomics.images.preparation.transform import find_transform
from imagenomics.images.settings import ImageSettings


def step(**fields):
    return RegisterStep(**{"kind": "register", "to": "atlas.nii", **fields})


def context(other):
    return Context({"atlas.nii": "atlas.nii"}, read_volume=lambda path: other)


def moved(array, transform, order=sitk.sitkBSpline):
    """Return what a scanner would see of a patient who moved by ``transform``."""
    image = sitk.GetImageFromArray(array.astype(float))
    return sitk.GetArrayFromImage(sitk.Resample(image, image, transform, order, 0.0))


@pytest.fixture(scope="module")
def pair():
    """Return atlas, image of another contrast that was turned and moved, both lesions, and the true move."""
    array, _, lesion = head()
    true = sitk.Euler3DTransform((19.5, 19.5, 15.5), 0.1, -0.08, 0.15, (3.2, -2.1, 1.7))
    rng = np.random.default_rng(4)
    other = volume(array + 2 * rng.standard_normal(array.shape), source="atlas.nii")
    seen = moved(array, true)
    seen = np.where(seen > 20, 250 - seen, 0) + 2 * rng.standard_normal(array.shape)
    return other, volume(seen), lesion, moved(lesion, true, sitk.sitkLinear) >= 0.5, true


def displacement(transform, true, other):
    """Return how far each place of the brain lies from where it should, in voxels."""
    points = other.grid.to_mm(np.argwhere(other.array > 50)[::40])
    matrix = matrix_of(transform)
    right = np.array([true.GetInverse().TransformPoint(p) for p in points])
    return np.linalg.norm(points @ matrix[:3, :3].T + matrix[:3, 3] - right, axis=1)


@pytest.mark.parametrize("fields", [{"start": "header"}, {"start": "centre"}])
def test_a_known_move_is_recovered(pair, fields):
    other, image, *_, true = pair
    found = find_transform(other.array, other.grid, image.array, image.grid, step=step(**fields))
    assert displacement(found, true, other).max() < 0.5


@pytest.mark.slow
def test_an_affine_move_is_recovered(pair):
    other, image, *_, true = pair
    found = find_transform(other.array, other.grid, image.array, image.grid, step=step(transform="affine"))
    assert displacement(found, true, other).max() < 0.5


def test_the_search_and_n4_do_not_depend_on_the_threads_of_the_machine(pair):
    other, image, *_ = pair
    short = step(iterations=3, start="header")
    moves, fields = [], []
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    for threads in (1, 3):
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
        found = find_transform(other.array, other.grid, image.array, image.grid, step=short)
        moves.append(matrix_of(found))
        corrected, _ = prepare(image, {}, (N4Step(kind="n4", iterations=(4,)),))
        fields.append(corrected.array)
        assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == threads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
    assert np.array_equal(*moves)
    assert np.array_equal(*fields)


def test_regions_move_with_the_image(pair):
    other, image, lesion, seen, _ = pair
    found, regions = prepare(image, {"lesion": seen}, (step(),), context=context(other))
    overlap = 2 * (regions["lesion"] & lesion).sum() / (regions["lesion"].sum() + lesion.sum())
    assert overlap > 0.93
    assert abs(regions["lesion"].sum() / lesion.sum() - 1) < 0.05
    assert found.grid == other.grid
    assert "registered to atlas.nii (rigid): turned by 1" in found.history[-1]
    assert "100.0% of lesion in both images" in found.history[-1]


def test_a_mask_of_the_other_image_stays_where_it_is(pair, tmp_path):
    other, image, lesion, *_ = pair
    for name, array in (("t1", other.array), ("flair", image.array), ("mask", lesion.astype("uint8"))):
        written = sitk.GetImageFromArray(array.astype("float32") if name != "mask" else array)
        if name == "flair":
            written.SetOrigin((100.0, 0.0, 0.0))  # the mask is not on its grid: only the way round works
        sitk.WriteImage(written, str(tmp_path / f"P1_{name}.nii.gz"))
    prepare_it = [{"kind": "register", "to": "{patient}_t1.nii.gz", "mask_on": "other", "start": "centre"}]
    settings = ImageSettings.read(
        {
            "name": "flair",
            "path": "{patient}_flair.nii.gz",
            "mask": "{patient}_mask.nii.gz",
            "modality": "MR",
            "prepare": prepare_it,
        },
        where="test",
    )
    files = find_images(settings, ["P1"], tmp_path).cases["P1"]
    assert files.others == {"{patient}_t1.nii.gz": tmp_path / "P1_t1.nii.gz"}
    found, regions = load_case(files.image, files.mask, settings, others=files.others)
    assert np.array_equal(regions["lesion"], lesion)
    assert "mask of the other image; read P1_mask.nii.gz" in found.history[-2]
    inside = found.array[lesion].mean()
    assert (
        inside < found.array[(other.array > 80) & ~lesion].mean() - 0.3
    )  # the lesion is dark in this contrast


def test_what_does_not_fit_is_refused(pair):
    other, image, _, seen, _ = pair
    rng = np.random.default_rng(2)
    noise = volume(rng.standard_normal(other.array.shape))
    for start in ("header", "centre"):
        with pytest.raises(InputError, match="IGX-IMG-235"):
            prepare(noise, {"lesion": seen}, (step(start=start, iterations=20),), context=context(other))
    far = volume(image.array, origin_mm=(4000.0, 0.0, 0.0))
    with pytest.raises(InputError, match="IGX-IMG-235"):
        prepare(far, {"lesion": seen}, (step(start="header"),), context=context(other))
    flat = volume(np.full(other.array.shape, 3.0))
    for one, two in ((flat, other), (image, flat)):
        with pytest.raises(InputError, match="IGX-IMG-235") as caught:
            prepare(one, {"lesion": seen}, (step(),), context=context(two))
        assert "constant" in caught.value.what


def test_a_region_outside_is_refused_unless_declared(pair):
    other, image, *_ = pair
    edge = np.zeros(image.array.shape, dtype=bool)
    edge[:, :6] = True  # leaves the field of view of the atlas when it is turned back
    with pytest.raises(InputError, match="IGX-IMG-236"):
        prepare(image, {"edge": edge}, (step(iterations=8),), context=context(other))
    found, _ = prepare(image, {"edge": edge}, (step(iterations=8, least_kept=0),), context=context(other))
    assert "of edge in both images" in found.history[-1]


def test_other_images_that_cannot_be_used(pair, tmp_path):
    _, image, _, seen, _ = pair
    with pytest.raises(FileProblem, match="IGX-IMG-230"):
        prepare(image, {"lesion": seen}, (step(),))
    unknown = volume(image.array, spacing_known=False)
    with pytest.raises(InputError, match="IGX-IMG-231"):
        prepare(image, {"lesion": seen}, (step(),), context=context(unknown))
    fields = {"name": "t1", "path": "{patient}.nii", "prepare": [{"kind": "register", "to": "gone.nii"}]}
    with pytest.raises(FileProblem, match="IGX-IMG-230"):
        find_images(ImageSettings.read(fields, where="test"), ["A"], tmp_path)
    (tmp_path / "A.nii").touch()
    fields["prepare"] = [{"kind": "register", "to": "{patient}_t2.nii"}]
    found = find_images(ImageSettings.read(fields, where="test"), ["A"], tmp_path)
    assert not found.cases
    assert found.missing["reason"].tolist() == ["other image file not found"]


def test_information_and_overlap_of_plain_cases():
    array, *_ = head()
    everywhere = np.ones(array.shape, dtype=bool)
    rng = np.random.default_rng(0)
    same = judge_fit(array, 300 - 2 * array, everywhere)
    assert same.information > 0.95
    noise = judge_fit(rng.standard_normal(array.shape), rng.standard_normal(array.shape), everywhere)
    assert noise.information < 0.08  # the least that counts is 0.1
    assert judge_fit(array, array * 3, everywhere).overlap == 1
    assert judge_fit(array, array, everywhere & False).information == 0
