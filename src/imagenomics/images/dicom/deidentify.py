"""A copy of a data set without what identifies the patient, after the basic confidentiality profile of DICOM."""

from __future__ import annotations

import hashlib
import hmac
import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from imagenomics.errors import InputError
from imagenomics.images.dicom.actions import Action, action_of
from imagenomics.images.dicom.fields import several, text
from imagenomics.images.dicom.identity import STANDARD, direct_identifiers
from imagenomics.images.dicom.need import need
from imagenomics.images.dicom.open import reading
from imagenomics.images.dicom.risks import Risk, pixel_risks

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Dates = Literal["remove", "shift"]
SHORTEST_SECRET = 16
LATEST_SHIFT, SPAN = 365, 3650  # days into the past
OLDEST = 89  # ages above are told as 90
DUMMY = "REMOVED"
# Objects that are text, or hold whole documents: nothing would be left of them.
TEXTS = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104.")
GRAPHICS = (*range(0x5000, 0x5100), *range(0x6000, 0x6100))  # curves and overlays may be drawn names
METHOD = "imagenomics: DICOM PS3.15 basic profile"


@dataclass(frozen=True)
class Deidentified:
    """The copy, and what a person should still look at.

    Parameters
    ----------
    dataset : Dataset
        The copy; pixels as they were.
    risks : tuple of Risk
        Why the pixels may identify the patient.
    changed : mapping of str to int
        How many elements were removed, emptied, replaced, shifted; ``leak``: texts that repeated a name or an id.
    """

    dataset: Dataset
    risks: tuple[Risk, ...]
    changed: dict[str, int]


@dataclass(frozen=True)
class _Plan:
    patient_id: str
    secret: bytes
    dates: Dates
    keep_characteristics: bool
    direct: frozenset[str]
    changed: dict[str, int] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.changed[what] = self.changed.get(what, 0) + 1

    def uid(self, uid: str) -> str:
        """Return the replacement of a UID: the same for the same secret, not to be reversed without it."""
        digest = hmac.new(self.secret, uid.strip("\0 ").encode(), hashlib.sha256).digest()
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"

    def shift(self) -> timedelta:
        digest = hmac.new(self.secret, b"dates of " + self.patient_id.encode(), hashlib.sha256).digest()
        return -timedelta(days=LATEST_SHIFT + int.from_bytes(digest[:8], "big") % SPAN)


def deidentify(
    dataset: Dataset,
    *,
    patient_id: str,
    secret: str,
    dates: Dates = "remove",
    keep_characteristics: bool = False,
) -> Deidentified:
    """Return a copy of a data set without names, ids, dates, places, free texts and private elements.

    Parameters
    ----------
    dataset : Dataset
        As read; it is not changed.
    patient_id : str
        The id of the patient in the study; it becomes PatientID and PatientName.
    secret : str
        At least 16 characters that stay with you. UIDs are replaced by a keyed hash, so the same secret keeps series,
        segmentations and structure sets together, over all files and runs.
    dates : "remove" or "shift"
        Remove all dates and times, or shift the dates of a patient by the same number of days (1 to 11 years back,
        from the secret and ``patient_id``) and keep the times of day; the date of birth is emptied either way.
    keep_characteristics : bool
        Keep sex, age (above 89 as 90), height, weight, ethnic group, smoking and pregnancy status.

    Returns
    -------
    Deidentified

    Raises
    ------
    InputError
        ``IGX-IMG-140``: no patient id, or a secret that is too short; ``IGX-IMG-141``: reports and documents.
    FileProblem
        ``IGX-IMG-102``: the data set is damaged.

    Source
    ------
    Action table of the Basic Application Confidentiality Profile, DICOM PS3.15 annex E; options 'Retain Longitudinal
    Temporal Information with Modified Dates' and 'Retain Patient Characteristics'.

    Notes
    -----
    Pixels are not changed; ``risks`` says what in them may identify. PET images lose what SUV need unless dates are
    shifted and characteristics are kept; private factors are always lost.
    """
    _check(dataset, patient_id, secret)
    where = str(getattr(dataset, "filename", None) or "data set")
    with reading(where, "an element cannot be read"):
        plan = _Plan(patient_id, secret.encode(), dates, keep_characteristics, direct_identifiers(dataset))
        copy = _cleaned(dataset, plan)
        _declare(copy, plan)
        _rewrite_meta(copy, dataset, plan)
    return Deidentified(copy, pixel_risks(dataset), dict(sorted(plan.changed.items())))


def _check(dataset: Dataset, patient_id: str, secret: str) -> None:
    if not patient_id.strip() or len(secret) < SHORTEST_SECRET:
        raise InputError(
            "IGX-IMG-140",
            "no patient id" if not patient_id.strip() else f"the secret has {len(secret)} characters",
            where="deidentify",
            expected=f"the id of the patient in the study, and a secret of at least {SHORTEST_SECRET} characters",
            remedy="make one with secrets.token_hex(16) and keep it apart from the data",
        )
    kind = text(dataset, "SOPClassUID", where="data set")
    if kind.startswith(TEXTS):
        raise InputError(
            "IGX-IMG-141",
            "the object is a report or a document, whose text cannot be cleaned",
            where=str(getattr(dataset, "filename", None) or "data set"),
            expected="an image, a segmentation or a structure set",
            remedy="leave it out of what you share",
        )


def _cleaned(dataset: Dataset, plan: _Plan) -> Dataset:
    """Return a copy of a data set or of an item, judged element by element."""
    copied = need("pydicom.dataset").Dataset()
    for element in dataset:
        if element.tag.is_private or element.tag.group in GRAPHICS:
            plan.note("removed")
            continue
        action = action_of(element.keyword, element.VR, keep_characteristics=plan.keep_characteristics)
        new = (
            _items(element, plan)
            if element.VR == "SQ" and action == "keep"
            else _changed(element, action, plan)
        )
        if new is not None:
            copied.add(deepcopy(new) if new is element else new)  # the original must not change with the copy
    return cast("Dataset", copied)


def _items(element: Any, plan: _Plan) -> Any:
    sequence = need("pydicom.sequence").Sequence([_cleaned(item, plan) for item in element.value])
    return need("pydicom.dataelem").DataElement(element.tag, "SQ", sequence)


def _changed(element: Any, action: Action, plan: _Plan) -> Any:
    """Return the element as the profile leaves it, None where it is removed."""
    if action == "remove":
        plan.note("removed")
        return None
    if element.keyword == "PatientID" or element.is_empty:
        return element
    if action == "uid":
        return _with_new_uid(element, plan)
    if action == "date":
        return _dated(element, plan)
    if action == "keep":
        return _copy(element, _age(element.value)) if element.keyword == "PatientAge" else element
    if action == "clean":
        return _without_leaks(element, plan)
    plan.note("emptied")
    return _copy(
        element, DUMMY if action == "dummy" and element.VR != "SQ" else [] if element.VR == "SQ" else ""
    )


def _with_new_uid(element: Any, plan: _Plan) -> Any:
    old = [str(v) for v in several(element.value)]
    new = [v if v.startswith(STANDARD) else plan.uid(v) for v in old]
    if new != old:
        plan.note("replaced")
    return _copy(element, new if len(new) > 1 else new[0])


def _dated(element: Any, plan: _Plan) -> Any:
    if plan.dates == "remove":
        plan.note("emptied")
        return _copy(element, "")
    if element.VR == "TM":
        return element
    plan.note("shifted")
    return _copy(element, "\\".join(_shifted(str(v), plan.shift()) for v in several(element.value)))


def _shifted(value: str, by: timedelta) -> str:
    """Return a DA or DT value with its day moved; what is no full date is emptied."""
    found = re.fullmatch(r"(\d{4})\.?(\d{2})\.?(\d{2})(.*)", value.strip())
    if found is None:
        return ""
    try:
        moved = date(int(found[1]), int(found[2]), int(found[3])) + by
    except (ValueError, OverflowError):
        return ""
    return f"{moved:%Y%m%d}{found[4]}" if moved.year >= 1000 else ""


def _without_leaks(element: Any, plan: _Plan) -> Any:
    """Empty a short text that repeats a name or an id of the patient."""
    words = " ".join(str(v) for v in several(element.value)).lower()
    if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) for name in plan.direct):
        plan.note("leak")
        return _copy(element, "")
    return element


def _age(value: Any) -> str:
    found = re.fullmatch(r"(\d{3})([DWMY])", str(value).strip())
    if found is None:
        return ""
    return "090Y" if found[2] == "Y" and int(found[1]) > OLDEST else found[0]


def _copy(element: Any, value: Any) -> Any:
    return need("pydicom.dataelem").DataElement(element.tag, element.VR, value)


def _declare(copy: Dataset, plan: _Plan) -> None:
    """Write the new id and what was done."""
    copy.PatientID = plan.patient_id
    copy.PatientName = plan.patient_id
    copy.PatientIdentityRemoved = "YES"
    copy.DeidentificationMethod = METHOD
    copy.LongitudinalTemporalInformationModified = "MODIFIED" if plan.dates == "shift" else "REMOVED"
    codes = {"113100": "Basic Application Confidentiality Profile"}
    if plan.dates == "shift":
        codes["113107"] = "Retain Longitudinal Temporal Information Modified Dates Option"
    if plan.keep_characteristics:
        codes["113108"] = "Retain Patient Characteristics Option"
    pydicom = need()
    copy.DeidentificationMethodCodeSequence = [
        _code(pydicom, value, meaning) for value, meaning in codes.items()
    ]


def _code(pydicom: Any, value: str, meaning: str) -> Any:
    item = pydicom.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _rewrite_meta(copy: Dataset, dataset: Dataset, plan: _Plan) -> None:
    """Give the copy the file meta information of a new file; preamble and titles of machines are not kept."""
    old = getattr(dataset, "file_meta", None)
    meta = need("pydicom.dataset").FileMetaDataset()
    if old is not None and "TransferSyntaxUID" in old:
        meta.TransferSyntaxUID = old.TransferSyntaxUID
    if "SOPClassUID" in copy:
        meta.MediaStorageSOPClassUID = copy.SOPClassUID
    if "SOPInstanceUID" in copy:
        meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID
    copy.file_meta = meta
    copy.preamble = b"\0" * 128
