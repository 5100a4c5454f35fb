"""Series from 4-D files against SimpleITK, and what is refused."""

from __future__ import annotations

import gzip
import json

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.gradients import read_frame_times, read_gradients
from imagenomics.images.grid import Grid
from imagenomics.images.read_series import read_series
from imagenomics.images.series4d import Series4D

GRID = Grid((3, 4, 5), (2.0, 1.0, 1.5))
FRAMES = np.random.default_rng(0).normal(100, 10, (6, 3, 4, 5)).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    def make(name="perf.nii.gz", frames=FRAMES, *, unit="sec", interval=1.5):
        affine = np.array([[0.0, -1.5, 0, 10], [1.2, 0, 0, -20], [0, 0, 3.0, 5], [0, 0, 0, 1]])
        image = nibabel.Nifti1Image(frames.T, affine)
        image.header.set_xyzt_units("mm", unit)
        image.header.set_zooms((*image.header.get_zooms()[:3], interval)[: frames.ndim])
        nibabel.save(image, tmp_path / name)
        return tmp_path / name

    return make


@pytest.mark.parametrize("name", ["perf.nii", "perf.nii.gz"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_values_and_places_are_those_of_simpleitk(file, name, in_memory):
    path = file(name)
    series = read_series(path, times_s=1.5, in_memory=in_memory)
    other = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(np.stack(list(series.volumes())), sitk.GetArrayFromImage(other))
    np.testing.assert_allclose(series.grid.spacing_mm[::-1], other.GetSpacing()[:3], rtol=1e-6)
    np.testing.assert_allclose(series.grid.origin_mm, other.GetOrigin()[:3], rtol=1e-6)
    np.testing.assert_allclose(
        np.reshape(series.grid.direction, (3, 3)),
        np.reshape(other.GetDirection(), (4, 4))[:3, :3],
        atol=1e-6,
    )
    np.testing.assert_array_equal(series.times_s, np.arange(6) * 1.5)
    assert next(iter(series.volumes())).shape == series.grid.shape  # a second pass is possible


def test_signals_of_a_region_and_back_again():
    region = np.zeros(GRID.shape, bool)
    region[1, 2, 3] = region[2, 0, 0] = True
    stored = Series4D(FRAMES, GRID, times_s=np.arange(6.0))
    passing = Series4D(lambda: iter(FRAMES), GRID, n_frames=6)
    np.testing.assert_array_equal(stored.signals(region), FRAMES[:, region].T)
    np.testing.assert_array_equal(passing.signals(region), stored.signals(region))
    painted = stored.paint(np.array([7.0, 8.0]), region)
    assert painted[1, 2, 3] == 7
    assert painted[2, 0, 0] == 8
    assert np.isnan(painted).sum() == region.size - 2
    assert stored.replace(FRAMES + 1, "one added").history == ("one added",)


@pytest.mark.parametrize(("unit", "interval", "seconds"), [("sec", 2.0, 2.0), ("msec", 1500.0, 1.5)])
def test_the_interval_of_the_header_is_taken_when_asked(file, unit, interval, seconds):
    series = read_series(file(unit=unit, interval=interval), times_s="header")
    np.testing.assert_allclose(series.times_s, np.arange(6) * seconds)
    assert read_series(file()).times_s is None


def test_a_header_without_a_unit_of_time_is_refused(file):
    with pytest.raises(InputError, match="IGX-IMG-194"):
        read_series(file(unit="unknown"), times_s="header")


@pytest.mark.parametrize(
    "axis",
    [
        {"times_s": np.arange(5.0)},
        {"times_s": [0, 1, 2, 2, 3, 4]},
        {"times_s": [0, 2, 1, 3, 4, 5]},
        {"times_s": [0, 1, 2, 3, 4, np.nan]},
        {"b_values": [0, 1]},
        {"b_values": [0, 0, 0, 0, 0, -1]},
        {"b_vectors": np.zeros((6, 2))},
    ],
)
def test_an_axis_that_does_not_fit_is_refused(axis):
    with pytest.raises(InputError, match="IGX-IMG-191"):
        Series4D(FRAMES, GRID, **axis)


@pytest.mark.parametrize(
    "frames", [FRAMES[0], FRAMES[:, :2], FRAMES[:0], FRAMES.astype(complex), np.zeros((1, 2))]
)
def test_an_array_that_is_no_series_is_refused(frames):
    with pytest.raises(InputError, match="IGX-IMG-190"):
        Series4D(frames, GRID)


def test_regions_and_volumes_that_do_not_fit_are_refused():
    series = Series4D(FRAMES, GRID)
    for region in (np.zeros(GRID.shape, bool), np.ones((2, 2, 2), bool)):
        with pytest.raises(InputError, match="IGX-IMG-190"):
            series.signals(region)
    inside = np.ones(GRID.shape, bool)
    for n in (5, 7):
        with pytest.raises(InputError, match="IGX-IMG-190"):
            Series4D(lambda: iter(FRAMES), GRID, n_frames=n).signals(inside)
    with pytest.raises(InputError, match="IGX-IMG-193"):
        Series4D(np.full_like(FRAMES, np.nan), GRID).signals(inside)


def test_files_that_are_no_series_are_refused(file, tmp_path):
    with pytest.raises(InputError, match="IGX-IMG-190"):
        read_series(file("flat.nii", FRAMES[0]))
    with pytest.raises(InputError, match="IGX-IMG-190"):
        read_series(file(), max_voxels=10)
    with pytest.raises(InputError, match="IGX-IMG-193"):
        read_series(file("nan.nii", np.full_like(FRAMES, np.nan)))
    with pytest.raises(FileProblem, match="IGX-IMG-001"):
        read_series(tmp_path / "absent.nii")


@pytest.mark.parametrize("name", ["cut.nii", "cut.nii.gz"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_a_truncated_file_says_so(file, name, in_memory):
    path = file(name)
    if name.endswith("gz"):
        content = gzip.decompress(path.read_bytes())[:900]
        path.write_bytes(gzip.compress(content))
    else:
        path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(FileProblem, match="IGX-IMG-004"):
        read_series(path, in_memory=in_memory).signals(np.ones(GRID.shape, bool))


def test_gradient_files(tmp_path):
    (tmp_path / "a.bval").write_text("0 1000 1000 1000\n")
    (tmp_path / "a.bvec").write_text("0 1 0 0\n0 0 1 0\n0 0 0 0.98\n\n")
    b_values, vectors = read_gradients(tmp_path / "a.bval", tmp_path / "a.bvec")
    np.testing.assert_array_equal(b_values, [0, 1000, 1000, 1000])
    np.testing.assert_array_equal(vectors, np.vstack([np.zeros(3), np.eye(3)]))
    (tmp_path / "rows.bvec").write_text("0 0 0\n1 0 0\n0 1 0\n0 0 1\n")
    np.testing.assert_array_equal(read_gradients(tmp_path / "a.bval", tmp_path / "rows.bvec")[1], vectors)
    assert read_gradients(tmp_path / "a.bval")[1] is None


@pytest.mark.parametrize("text", ["", "0 1000 x 3", "0 nan 1000 2", "1 2 3\n4 5"])
def test_gradient_files_that_are_no_numbers(tmp_path, text):
    (tmp_path / "a.bval").write_text(text)
    with pytest.raises(FileProblem, match="IGX-IMG-192"):
        read_gradients(tmp_path / "a.bval")
    with pytest.raises(FileProblem, match="IGX-IMG-192"):
        read_gradients(tmp_path / "absent.bval")


@pytest.mark.parametrize("text", ["0 1\n0 0\n0 0", "0 1 0 0\n0 0 1 0\n0 0 0 2"])
def test_directions_that_do_not_fit(tmp_path, text):
    (tmp_path / "a.bval").write_text("0 1000 1000 1000")
    (tmp_path / "a.bvec").write_text(text)
    with pytest.raises(InputError, match="IGX-IMG-192"):
        read_gradients(tmp_path / "a.bval", tmp_path / "a.bvec")


@pytest.mark.parametrize(
    ("content", "times"),
    [
        ({"RepetitionTime": 2}, [0, 2, 4]),
        ({"FrameTimesStart": [0, 5, 7], "RepetitionTime": 2}, [0, 5, 7]),
        ({"VolumeTiming": [1, 2, 3]}, [1, 2, 3]),
    ],
)
def test_times_of_a_sidecar(tmp_path, content, times):
    (tmp_path / "a.json").write_text(json.dumps(content))
    np.testing.assert_array_equal(read_frame_times(tmp_path / "a.json", 3), times)


@pytest.mark.parametrize("text", ['{"VolumeTiming": [1, 2]}', "{}", "[]", "{", '{"RepetitionTime": 0}'])
def test_sidecars_without_times(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises((InputError, FileProblem), match="IGX-IMG-192"):
        read_frame_times(tmp_path / "a.json", 3)
