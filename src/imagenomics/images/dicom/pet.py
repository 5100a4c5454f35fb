"""A PET series as a volume of standardised uptake values."""

from __future__ import annotations

from imagenomics.images.dicom.body import SuvKind
from imagenomics.images.dicom.open import open_dicom
from imagenomics.images.dicom.series import Source, read_series, series_files
from imagenomics.images.dicom.suv import suv_scale
from imagenomics.images.settings import MAX_VOXELS
from imagenomics.images.volume import Volume


def read_suv(
    paths: Source, *, kind: SuvKind = "weight", series_uid: str | None = None, max_voxels: int = MAX_VOXELS
) -> Volume:
    """Read a PET series in SUV.

    Parameters
    ----------
    paths, series_uid, max_voxels
        See :func:`imagenomics.images.dicom.series.read_series`.
    kind : str
        See :func:`imagenomics.images.dicom.suv.suv_scale`.

    Returns
    -------
    Volume
        SUV, float64 (z, y, x); the history tells how the factor was made and no value of the patient.

    Raises
    ------
    FileProblem, InputError
        Those of both functions; the header is judged before pixels are read.
    """
    files = series_files(paths, series_uid)[0]
    scale = suv_scale([open_dicom(path) for path in files], kind=kind)
    return scale.apply(read_series(paths, series_uid=series_uid, max_voxels=max_voxels))
