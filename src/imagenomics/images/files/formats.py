"""Which reader a path is for."""

from __future__ import annotations

from pathlib import Path

DICOM_ENDINGS = (".dcm", ".dicom", ".ima")


def is_dicom_source(path: Path) -> bool:
    """Tell whether a path stands for DICOM: a folder, or a file that is named so."""
    return path.is_dir() or path.suffix.lower() in DICOM_ENDINGS
