"""A map written by us is read by SimpleITK in its place, also on an oblique grid."""

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from imagenomics.images.files.write_nifti import nifti_bytes
from imagenomics.images.grid import Grid


def test_geometry_survives(tmp_path):
    angle = 0.3
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]]
    ) @ np.array([[1, 0, 0], [0, np.cos(0.5), -np.sin(0.5)], [0, np.sin(0.5), np.cos(0.5)]])
    grid = Grid((3, 4, 5), (2.5, 0.7, 0.9), (-10.0, 20.0, 33.0), tuple(turn.ravel()))
    array = np.random.default_rng(0).normal(size=grid.shape)
    array[0] = np.nan
    path = tmp_path / "map.nii.gz"
    path.write_bytes(nifti_bytes(array, grid))
    found = sitk.ReadImage(str(path))
    assert np.allclose(found.GetSpacing(), grid.spacing_mm[::-1], rtol=1e-6)
    assert np.allclose(found.GetOrigin(), grid.origin_mm, atol=1e-4)
    assert np.allclose(found.GetDirection(), grid.direction, atol=1e-5)
    assert np.array_equal(nib.load(path).get_fdata().T, array.astype(np.float32), equal_nan=True)
    # ITK itself reads 0 where a NIfTI file says NaN.
    assert np.array_equal(sitk.GetArrayFromImage(found), np.nan_to_num(array.astype(np.float32)))
    assert nifti_bytes(array, grid) == path.read_bytes()
