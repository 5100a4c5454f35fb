"""A map or a series on the grid of its image, written as NIfTI."""

from __future__ import annotations

import gzip

import numpy as np

from imagenomics.images.grid import Grid

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])  # grids count left and posterior positive, NIfTI right and anterior


def nifti_bytes(array: np.ndarray, grid: Grid) -> bytes:
    """Return numbers on a grid as the content of a ``.nii.gz`` file, float32, without a time stamp.

    Parameters
    ----------
    array : array of numbers, (z, y, x) or (z, y, x, t)
        One number for each voxel (and time of a series); NaN where there is none.
    grid : Grid
        Where the voxels lie: that of the image which was measured.
    """
    import nibabel as nib

    affine = TO_RAS @ grid.affine()
    image = nib.Nifti1Image(np.ascontiguousarray(np.swapaxes(array, 0, 2), np.float32), affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    return gzip.compress(image.to_bytes(), mtime=0)
