"""A volume as a DICOM series: for phantoms and tests, not for clinical use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from imagenomics.images.dicom.need import need
from imagenomics.images.volume import Volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
}
MOST = 32_767


def write_series(
    volume: Volume,
    folder: Path,
    *,
    modality: Literal["CT", "MR", "PT"] = "CT",
    patient_id: str = "phantom",
    series: str = "1",
    attributes: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a volume as single-frame images and return their files, lowest slice first.

    Parameters
    ----------
    volume : Volume
        Whole numbers within 16 bits are stored as they are; others lose what 16 bits cannot hold.
    folder : Path
        Where the files ``0001.dcm`` ... go; it is made where it does not exist.
    modality : str
        CT, MR or PT.
    patient_id, series : str
        Who and which series; together they decide all UIDs, so the same call writes the same files.
    attributes : mapping, optional
        Further values for every image, by DICOM keyword.
    """
    pydicom = need()
    folder.mkdir(parents=True, exist_ok=True)
    slope, intercept = _scale(volume.array)
    paths = []
    for z, image in enumerate(volume.array):
        dataset = _header(volume, z, modality=modality, patient_id=patient_id, series=series)
        dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
        dataset.PixelData = np.rint((image - intercept) / slope).astype("<i2").tobytes()
        for keyword, value in (attributes or {}).items():
            setattr(dataset, keyword, value)
        path = folder / f"{z + 1:04}.dcm"
        pydicom.dcmwrite(path, dataset, enforce_file_format=True)
        paths.append(path)
    return paths


def _scale(array: np.ndarray) -> tuple[float, float]:
    low, high = float(array.min()), float(array.max())
    if (array == np.rint(array)).all() and low >= -MOST and high <= MOST:
        return 1.0, 0.0
    if high == low:
        return 1.0, low
    # The number of digits that a decimal string may have is limited, so the scale is cut to what can be written.
    return float(f"{(high - low) / MOST:.8e}"), float(f"{low:.8e}")


def _header(volume: Volume, z: int, *, modality: str, patient_id: str, series: str) -> Dataset:
    pydicom = need()
    dataset = pydicom.Dataset()
    dataset.file_meta = need("pydicom.dataset").FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    grid = volume.grid
    matrix = np.reshape(grid.direction, (3, 3))
    dataset.SOPClassUID = CLASSES[modality]
    dataset.SOPInstanceUID = _uid(patient_id, series, str(z))
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = _uid(patient_id), _uid(patient_id, series)
    dataset.FrameOfReferenceUID = _uid(patient_id, "space")
    dataset.Modality, dataset.PatientID, dataset.PatientName = modality, patient_id, patient_id
    dataset.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    dataset.InstanceNumber, dataset.SeriesNumber = z + 1, 1
    dataset.ImagePositionPatient = [_digits(v) for v in grid.to_mm(np.array([[z, 0, 0]]))[0]]
    dataset.ImageOrientationPatient = [_digits(v) for v in (*matrix[:, 0], *matrix[:, 1])]
    dataset.PixelSpacing = [_digits(v) for v in grid.spacing_mm[1:]]
    dataset.SliceThickness = _digits(grid.spacing_mm[0])
    dataset.Rows, dataset.Columns = grid.shape[1:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    return dataset


def _digits(value: float) -> str:
    """Return a number in the 16 characters of a decimal string."""
    for digits in range(15, 5, -1):
        text = f"{value + 0.0:.{digits}g}"
        if len(text) <= 16:
            return text
    return f"{value:.6g}"


def _uid(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(("imagenomics", *parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
