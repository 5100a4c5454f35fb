"""One DICOM object that is not an image: a segmentation, a structure set, a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagenomics.errors import InputError
from imagenomics.images.dicom import fields
from imagenomics.images.dicom.open import open_dicom

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

HEAD = (0x00080016, 0x00080060)  # SOP class, modality
# What this room reads, by SOP class.
KINDS: Mapping[str, Mapping[str, str]] = {
    "segmentation": {
        "1.2.840.10008.5.1.4.1.1.66.4": "segmentation",
        "1.2.840.10008.5.1.4.1.1.66.7": "label map segmentation",
    },
    "structure set": {"1.2.840.10008.5.1.4.1.1.481.3": "RT structure set"},
    "structured report": {
        "1.2.840.10008.5.1.4.1.1.88.22": "enhanced report",
        "1.2.840.10008.5.1.4.1.1.88.33": "comprehensive report",
        "1.2.840.10008.5.1.4.1.1.88.34": "comprehensive 3D report",
        "1.2.840.10008.5.1.4.1.1.88.35": "extensible report",
    },
}


def read_object(path: Path, *, kind: str) -> Dataset:
    """Read one DICOM file and check that it is of this kind.

    Parameters
    ----------
    path : Path
        A DICOM file.
    kind : str
        'segmentation', 'structure set' or 'structured report'.

    Raises
    ------
    FileProblem
        Those of :func:`~imagenomics.images.dicom.open.open_dicom`.
    InputError
        ``IGX-IMG-150``: another kind of object.
    """
    head = open_dicom(path, tags=HEAD)
    found = fields.text(head, "SOPClassUID", where=str(path))
    if found not in KINDS[kind]:
        other = next((name for name, classes in KINDS.items() if found in classes), "")
        known = other or fields.text(head, "Modality", where=str(path)) or "an object without a modality"
        raise InputError(
            "IGX-IMG-150",
            f"this DICOM file is no {kind}, but: {known}",
            where=str(path),
            expected=f"a {kind} ({', '.join(KINDS[kind].values())})",
            remedy="name the file with the mask or the report, not the image",
        )
    return open_dicom(path, pixels=True)


def required(dataset: Dataset, keyword: str, *, where: str) -> Any:
    """Return a value that the object must have (``IGX-IMG-151`` where it is absent or empty)."""
    value = fields.value_of(dataset, keyword, where=where)
    if value is None:
        raise broken(keyword, "is absent or empty", where=where)
    return value


def required_number(dataset: Dataset, keyword: str, *, where: str) -> int:
    """Return a whole number that the object must have (``IGX-IMG-151``; ``-102`` where it is none)."""
    found = fields.whole(dataset, keyword, where=where)
    if found is None:
        raise broken(keyword, "is absent or empty", where=where)
    return found


def broken(keyword: str, how: str, *, where: str) -> InputError:
    """Return the error about an attribute that the object needs in another form (``IGX-IMG-151``)."""
    return InputError(
        "IGX-IMG-151",
        f"the DICOM attribute {keyword} {how}",
        where=where,
        remedy="export the object again, or ask the maker of the software that wrote it",
    )


def code_in(dataset: Dataset, keyword: str, *, where: str) -> tuple[str, str, str]:
    """Return (code, scheme, meaning) of the first item of a code sequence; empty texts where it has none."""
    found = fields.items(dataset, keyword, where=where)
    if not found:
        return "", "", ""
    written = (
        fields.text(found[0], name, where=where) for name in ("CodeValue", "LongCodeValue", "URNCodeValue")
    )
    code = next((text for text in written if text), "")
    scheme = fields.text(found[0], "CodingSchemeDesignator", where=where)
    return code, scheme, fields.text(found[0], "CodeMeaning", where=where)
