import nibabel as nib
import numpy as np
import pytest
from nibabel import cifti2, gifti

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.surfaces import read_surface_labels, read_surface_values

N = 12


def gifti_values(path, values, *, side="CortexLeft", intent="NIFTI_INTENT_SHAPE"):
    arrays = [gifti.GiftiDataArray(np.asarray(v, "float32"), intent=intent) for v in np.atleast_2d(values)]
    meta = gifti.GiftiMetaData({"AnatomicalStructurePrimary": side} if side else {})
    nib.save(gifti.GiftiImage(darrays=arrays, meta=meta), path)
    return path


def gifti_labels(path, labels, names, *, side="CortexLeft"):
    table = gifti.GiftiLabelTable()
    for key, name in names.items():
        label = gifti.GiftiLabel(key=key, red=0.1, green=0.2, blue=0.3, alpha=1)
        label.label = name
        table.labels.append(label)
    array = gifti.GiftiDataArray(
        np.asarray(labels, "int32"), intent="NIFTI_INTENT_LABEL", datatype="NIFTI_TYPE_INT32"
    )
    meta = gifti.GiftiMetaData({"AnatomicalStructurePrimary": side} if side else {})
    nib.save(gifti.GiftiImage(darrays=[array], labeltable=table, meta=meta), path)
    return path


def brain_axis():
    """Both hemispheres of 12 vertices without three, and two voxels of the left thalamus."""
    mask = np.ones(N, bool)
    mask[:3] = False
    axis = cifti2.BrainModelAxis.from_mask(mask, name="cortex_left")
    axis = axis + cifti2.BrainModelAxis.from_mask(mask, name="cortex_right")
    voxels = np.zeros((4, 4, 4), bool)
    voxels[1, 2, 3] = voxels[1, 2, 2] = True
    return axis + cifti2.BrainModelAxis.from_mask(voxels, name="thalamus_left", affine=np.eye(4))


def test_gifti_values(tmp_path):
    values = np.arange(2 * N).reshape(2, N) / 4
    found = read_surface_values(gifti_values(tmp_path / "x.shape.gii", values))
    assert np.array_equal(found.values, values)
    assert found.maps == ("map0", "map1")
    assert (found.parts[0].structure, found.parts[0].size) == ("left cortex", N)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("sub-1_hemi-R_thickness.shape.gii", "right cortex"),
        ("x.shape.gii", ""),
        ("a.L.func.gii", "left cortex"),
    ],
)
def test_the_side_may_stand_in_the_name(tmp_path, name, side):
    found = read_surface_values(gifti_values(tmp_path / name, np.ones(N), side=""))
    assert found.parts[0].structure == side


def test_gifti_labels_and_the_wall(tmp_path):
    names = {0: "???", 1: "bankssts", 2: "Medial_wall", 5: "insula"}
    found = read_surface_labels(
        gifti_labels(tmp_path / "x.label.gii", [0, 1, 2, 5, 5, 7, 1, 1, 1, 1, 1, 1], names)
    )
    assert found.names[5] == "insula"
    assert found.wall == {0, 2, 7}


def test_freesurfer_values_and_annotation(tmp_path):
    nib.freesurfer.write_morph_data(tmp_path / "lh.thickness", np.arange(N, dtype="float32"))
    found = read_surface_values(tmp_path / "lh.thickness")
    assert np.array_equal(found.values, np.arange(N)[None])
    assert found.parts[0].structure == "left cortex"
    colours = np.array([[25, 5, 25, 0, 0], [10, 20, 30, 0, 0], [120, 70, 50, 0, 0]])
    colours[:, 4] = colours[:, 0] + colours[:, 1] * 2**8 + colours[:, 2] * 2**16
    labels = np.array([0, 1, 1, 2] * 3)
    nib.freesurfer.write_annot(
        tmp_path / "lh.aparc.annot", labels, colours, ["unknown", "bankssts", "corpuscallosum"]
    )
    read = read_surface_labels(tmp_path / "lh.aparc.annot")
    assert np.array_equal(read.labels, labels)
    assert read.names == {0: "unknown", 1: "bankssts", 2: "corpuscallosum"}
    assert read.wall == {0, 2}


def test_mgh_overlay(tmp_path):
    nib.save(nib.MGHImage(np.arange(N, dtype="float32").reshape(N, 1, 1), np.eye(4)), tmp_path / "rh.x.mgh")
    found = read_surface_values(tmp_path / "rh.x.mgh")
    assert np.array_equal(found.values, np.arange(N)[None])
    assert found.parts[0].structure == "right cortex"


def test_cifti_values_and_labels(tmp_path):
    axis = brain_axis()
    data = np.arange(2 * len(axis), dtype="float32").reshape(2, -1)
    nib.save(cifti2.Cifti2Image(data, (cifti2.ScalarAxis(["a", "b"]), axis)), tmp_path / "x.dscalar.nii")
    found = read_surface_values(tmp_path / "x.dscalar.nii")
    assert np.array_equal(found.values, data)
    assert found.maps == ("a", "b")
    assert [(p.structure, p.start, p.stop, p.size) for p in found.parts] == [
        ("left cortex", 0, 9, 12),
        ("right cortex", 9, 18, 12),
        ("thalamus_left", 18, 20, 64),
    ]
    assert found.parts[1].places.tolist() == list(range(3, 12))
    names = {0: ("???", (0, 0, 0, 0)), 1: ("L_a", (1, 0, 0, 1))}
    labels = (np.arange(len(axis)) % 2).astype("float32")[None]
    nib.save(cifti2.Cifti2Image(labels, (cifti2.LabelAxis(["p"], [names]), axis)), tmp_path / "x.dlabel.nii")
    read = read_surface_labels(tmp_path / "x.dlabel.nii")
    assert np.array_equal(read.labels, labels[0])
    assert read.names == {0: "???", 1: "L_a"}


def test_time_series_have_maps_in_time(tmp_path):
    data = np.zeros((3, len(brain_axis())), "float32")
    nib.save(
        cifti2.Cifti2Image(data, (cifti2.SeriesAxis(0, 2, 3), brain_axis())), tmp_path / "x.dtseries.nii"
    )
    assert read_surface_values(tmp_path / "x.dtseries.nii").maps == ("time0", "time1", "time2")


def test_meshes_and_labels_hold_no_values(tmp_path):
    points = gifti.GiftiDataArray(np.zeros((N, 3), "float32"), intent="NIFTI_INTENT_POINTSET")
    nib.save(gifti.GiftiImage(darrays=[points]), tmp_path / "x.surf.gii")
    with pytest.raises(InputError, match="IGX-IMG-221"):
        read_surface_values(tmp_path / "x.surf.gii")
    with pytest.raises(InputError, match="IGX-IMG-221"):
        read_surface_values(gifti_labels(tmp_path / "x.label.gii", np.zeros(N), {0: "a"}))
    with pytest.raises(InputError, match="IGX-IMG-222"):
        read_surface_labels(gifti_values(tmp_path / "x.shape.gii", np.ones(N)))


def test_parcellated_cifti_is_no_dense_file(tmp_path):
    parcels = cifti2.ParcelsAxis.from_brain_models([("a", brain_axis()[:4])])
    image = cifti2.Cifti2Image(np.ones((1, 1), "float32"), (cifti2.ScalarAxis(["a"]), parcels))
    nib.save(image, tmp_path / "x.dscalar.nii")
    with pytest.raises(InputError, match="IGX-IMG-221"):
        read_surface_values(tmp_path / "x.dscalar.nii")


@pytest.mark.parametrize("name", ["x.shape.gii", "x.dscalar.nii", "lh.thickness", "x.mgh"])
def test_damaged_and_absent_files(tmp_path, name):
    with pytest.raises(FileProblem, match=r"(?s)IGX-IMG-220.*not found"):
        read_surface_values(tmp_path / name)
    (tmp_path / name).write_bytes(b"\x00\x01rubbish")
    with pytest.raises(FileProblem, match=r"(?s)IGX-IMG-220.*cannot be read"):
        read_surface_values(tmp_path / name)


def test_a_curvature_file_that_was_cut_off(tmp_path):
    path = tmp_path / "lh.thickness"
    nib.freesurfer.write_morph_data(path, np.arange(N, dtype="float32"))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FileProblem, match="10 of 12 values"):
        read_surface_values(path)


@pytest.mark.parametrize("name", ["x.label.gii", "x.dlabel.nii", "lh.aparc.annot"])
def test_damaged_labels(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x00\x01rubbish")
    with pytest.raises(FileProblem, match="IGX-IMG-220"):
        read_surface_labels(tmp_path / name)
