import tracemalloc

import nibabel as nib
import numpy as np
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.features.brain.dual_regression import component_rows, dual_regression
from imagenomics.features.brain.voxel_files import write_voxels
from imagenomics.features.brain.voxels import open_voxels
from imagenomics.images.read import read_mask
from imagenomics.images.volume import Mask

SHAPE = (6, 7, 8)  # x, y, z of the file


@pytest.fixture
def maps(tmp_path):
    rng = np.random.default_rng(9)
    inside = rng.random(SHAPE) < 0.4
    affine = np.diag([2.0, 2, 2, 1])
    nib.save(nib.Nifti1Image(inside.astype("int16"), affine), tmp_path / "mask.nii.gz")
    files, arrays = {}, {}
    for patient in ("P3", "P1", "P2"):
        array = (rng.random(SHAPE) + 0.1).astype("float32")
        array[~inside] = np.nan if patient == "P2" else 7.0
        nib.save(nib.Nifti1Image(array, affine), tmp_path / f"{patient}.nii.gz")
        files[patient], arrays[patient] = tmp_path / f"{patient}.nii.gz", array
    return files, arrays, read_mask(tmp_path / "mask.nii.gz"), tmp_path


def gathered(matrix):
    return np.hstack([block.values for block in matrix.blocks()])


@pytest.mark.parametrize("block", [1, 5, 64, 10_000])
def test_blocks_hold_every_voxel_of_every_patient_once(maps, block):
    files, arrays, mask, folder = maps
    matrix = write_voxels(files, mask, folder / "out", block=block)
    assert matrix.patients == ("P1", "P2", "P3")
    expected = np.stack([arrays[p].T[mask.array != 0] for p in matrix.patients]).astype(float)
    assert np.array_equal(gathered(matrix), expected)
    assert [b.start for b in matrix.blocks()] == list(range(0, expected.shape[1], block))
    assert matrix.covered.tolist() == [1, 1, 1]
    assert not len(matrix.failures)


def test_a_matrix_can_be_opened_again_and_pictured(maps):
    files, _, mask, folder = maps
    first = gathered(write_voxels(files, mask, folder / "out", block=7))
    matrix = open_voxels(folder / "out", mask)
    assert np.array_equal(gathered(matrix), first)
    picture = matrix.picture(first[0], step="first patient")
    assert np.array_equal(picture.array[mask.array != 0], first[0])
    assert not picture.array[mask.array == 0].any()
    assert picture.grid == mask.grid
    with pytest.raises(InputError, match="IGX-FEAT-120"):
        matrix.picture(first[0][1:], step="x")


def test_bad_maps_are_failures_and_the_others_go_on(maps):
    files, arrays, mask, folder = maps
    affine = np.diag([2.0, 2, 2, 1])

    def put(name, array, where=affine):
        nib.save(nib.Nifti1Image(array, where), folder / f"{name}.nii.gz")
        files[name] = folder / f"{name}.nii.gz"

    holes = arrays["P1"].copy()
    holes[mask.array.T != 0] = np.nan
    put("nan", holes)
    put("size", arrays["P1"][1:])
    put("place", arrays["P1"], np.diag([2.0, 2, 2, 1]) + np.eye(4, k=3) * 3)
    put("zero", np.zeros(SHAPE, "float32"))
    files["gone"] = folder / "gone.nii.gz"
    (folder / "bad.nii.gz").write_bytes(b"no image")
    files["bad"] = folder / "bad.nii.gz"
    matrix = write_voxels(files, mask, folder / "out", block=16)
    assert matrix.patients == ("P1", "P2", "P3")
    assert gathered(matrix)[2] == pytest.approx(arrays["P3"].T[mask.array != 0])
    assert dict(zip(matrix.failures["patient"], matrix.failures["code"], strict=True)) == {
        "bad": "IGX-IMG-003",
        "gone": "IGX-IMG-001",
        "nan": "IGX-FEAT-145",
        "place": "IGX-IMG-021",
        "size": "IGX-IMG-020",
        "zero": "IGX-FEAT-145",
    }
    assert matrix.failures["remedy"].str.len().min() > 0


def test_another_mask_or_half_a_matrix_is_refused(maps):
    files, _, mask, folder = maps
    write_voxels(files, mask, folder / "out")
    other = mask.array.copy()
    other[tuple(np.argwhere(other)[0])] = 0
    for wrong in (mask.replace(other, "x"), Mask(mask.array, mask.spacing_mm, origin_mm=(1.0, 0, 0))):
        with pytest.raises(InputError, match="IGX-FEAT-147"):
            open_voxels(folder / "out", wrong)
    values = folder / "out" / "values.f4"
    values.write_bytes(values.read_bytes()[:-4])
    with pytest.raises(FileProblem, match="IGX-FEAT-146"):
        gathered(open_voxels(folder / "out", mask))
    (folder / "out" / "voxels.json").unlink()
    with pytest.raises(FileProblem, match="IGX-FEAT-146"):
        open_voxels(folder / "out", mask)


def test_nothing_to_gather(maps):
    files, _, mask, folder = maps
    with pytest.raises(InputError, match="IGX-FEAT-144"):
        write_voxels(files, mask.replace(mask.array * 0, "x"), folder / "out")
    with pytest.raises(InputError, match="IGX-FEAT-144"):
        write_voxels({}, mask, folder / "out")
    with pytest.raises(InputError, match=r"(?s)IGX-FEAT-144.*none of 1"):
        write_voxels({"x": folder / "x.nii"}, mask, folder / "out")
    with pytest.raises(FileProblem, match="IGX-TAB-020"):
        write_voxels(files, mask, folder / "mask.nii.gz")


def test_memory_does_not_grow_with_the_cohort(tmp_path):
    shape = (40, 40, 40)
    path = tmp_path / "map.nii"
    nib.save(nib.Nifti1Image((np.random.default_rng(0).random(shape) + 1).astype("float32"), np.eye(4)), path)
    nib.save(nib.Nifti1Image(np.ones(shape, "int16"), np.eye(4)), tmp_path / "mask.nii")
    mask = read_mask(tmp_path / "mask.nii")

    def peak(n):
        tracemalloc.start()
        matrix = write_voxels({f"{i:02}": path for i in range(n)}, mask, tmp_path / f"out{n}", block=512)
        total = sum(float(block.values.sum()) for block in matrix.blocks())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total > n * 40**3
        return most

    whole = 8 * (40 - 5) * 40**3
    assert peak(40) - peak(5) < whole / 20


def mixture(frames=150, v=400, k=3, noise=0.1, seed=8):
    rng = np.random.default_rng(seed)
    maps = rng.laplace(size=(k, v)) ** 3
    courses = rng.normal(size=(frames, k)) * [1, 2, 0.5]
    return maps, courses, courses @ maps + noise * rng.normal(size=(frames, v)) + rng.normal(size=v) * 3


def test_dual_regression_finds_courses_and_maps():
    maps, courses, series = mixture()
    series = series - series.mean(axis=0)  # as cleaned series are
    found = dual_regression(series, maps)
    for i in range(3):
        assert np.corrcoef(found.courses[:, i], courses[:, i])[0, 1] > 0.999
        assert np.corrcoef(found.maps[i], maps[i])[0, 1] > 0.99
    rows = component_rows(found, maps, ["a", "b", "c"]).set_index(["region", "feature"])["value"]
    assert rows[("b", "amplitude")] == pytest.approx(courses[:, 1].std(ddof=1), rel=0.02)
    assert rows[("b", "similarity")] > 0.99


def test_dual_regression_agrees_with_two_explicit_regressions():
    maps, _, series = mixture(noise=2.0)
    found = dual_regression(series, maps, normalise=False)
    space = np.column_stack([np.ones(400), maps.T])
    courses = np.linalg.lstsq(space, series.T, rcond=None)[0][1:].T
    assert found.courses == pytest.approx(courses - courses.mean(axis=0), abs=1e-9)
    time = np.column_stack([np.ones(150), courses])
    beta, _, _, _ = np.linalg.lstsq(time, series, rcond=None)
    assert found.maps == pytest.approx(beta[1:], abs=1e-9)
    rest = series - time @ beta
    se = np.sqrt((rest**2).sum(axis=0) / 146 * np.linalg.inv(time.T @ time)[2, 2])
    assert found.t[1] == pytest.approx(beta[2] / se, rel=1e-8)
    assert found.df == 146


def test_normalised_maps_carry_the_amplitude():
    maps, _, series = mixture()
    plain, scaled = (dual_regression(series, maps, normalise=n) for n in (False, True))
    sd = plain.courses.std(axis=0, ddof=1)
    assert scaled.maps == pytest.approx(plain.maps * sd[:, None], rel=1e-9)
    assert scaled.t == pytest.approx(plain.t, rel=1e-8)


def test_a_constant_voxel_has_no_t():
    maps, _, series = mixture()
    series[:, 7] = 5.0
    found = dual_regression(series, maps)
    assert np.isnan(found.t[:, 7]).all() or np.abs(found.maps[:, 7]).max() < 1e-12
    assert np.isfinite(found.t[:, 8]).all()


def test_maps_and_series_that_do_not_fit():
    maps, _, series = mixture()
    holes = series.copy()
    holes[0, 0] = np.nan
    double = np.vstack([maps, maps[:1] * 2])
    for s, m in (
        (series[:, 1:], maps),
        (holes, maps),
        (series[:4], maps),
        (series, double),
        (series * 0, maps),
    ):
        with pytest.raises(InputError, match="IGX-FEAT-143"):
            dual_regression(s, m)
    with pytest.raises(InputError, match="IGX-FEAT-133"):
        component_rows(dual_regression(series, maps), maps, ["a"])
