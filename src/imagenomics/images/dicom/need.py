"""pydicom, imported only where a DICOM file is read; it belongs to the extra ``dicom``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from imagenomics.errors import FileProblem


def need(module: str = "pydicom") -> Any:
    """Return a module of the extra ``dicom``.

    Raises
    ------
    FileProblem
        ``IGX-IMG-100``: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise FileProblem(
            "IGX-IMG-100",
            f"DICOM files need the package '{module.partition('.')[0]}', which is not installed",
            remedy="pip install 'imagenomics[dicom]'",
        ) from error
