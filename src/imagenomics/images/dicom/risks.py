"""What de-identification of the header cannot take away: names burnt into the picture, and faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from imagenomics.images.dicom.fields import numbers, text, whole
from imagenomics.images.dicom.groups import layers_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

BURNT_MODALITIES = ("US", "SC", "OT", "XA", "RF", "ES", "XC", "GM", "DOC")
SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
FACE_MODALITIES = ("MR", "CT", "PT")
FACE_WORDS = (
    "head",
    "brain",
    "face",
    "skull",
    "orbit",
    "neck",
    "sinus",
    "whole",
    "ear",
    "jaw",
    "mandible",
    "pituitary",
)
FACE_MM = 3.0  # coarser pictures hardly show a face


@dataclass(frozen=True)
class Risk:
    """Something in the pixels that may identify the patient.

    Parameters
    ----------
    kind : str
        ``burnt-in text``, ``face`` or ``not known``.
    reason : str
        What in the header says so.
    """

    kind: Literal["burnt-in text", "face", "not known"]
    reason: str


def pixel_risks(dataset: Dataset) -> tuple[Risk, ...]:
    """Return why the pixels of this image may identify the patient; none is no proof that they do not.

    Raises
    ------
    FileProblem
        ``IGX-IMG-102``: the header is damaged.
    """
    where = str(getattr(dataset, "filename", None) or "data set")
    if whole(dataset, "Rows", where=where) is None:
        return ()
    return (*_burnt(dataset, where), *_face(dataset, where))


def _burnt(dataset: Dataset, where: str) -> tuple[Risk, ...]:
    said = text(dataset, "BurnedInAnnotation", where=where)
    if said == "YES":
        return (Risk("burnt-in text", "the header says that text is burnt in"),)
    modality = text(dataset, "Modality", where=where)
    kind = text(dataset, "ImageType", where=where).split("\\")
    reasons = {
        f"modality {modality} often shows names": modality in BURNT_MODALITIES,
        "a secondary capture": text(dataset, "SOPClassUID", where=where).startswith(SECONDARY),
        "a derived image that may be a screen or a report": "SCREEN SAVE" in kind or "SECONDARY" in kind[1:2],
        "a colour picture": (whole(dataset, "SamplesPerPixel", where=where) or 1) > 1,
    }
    if said == "NO":
        reasons = {k: v for k, v in reasons.items() if "capture" in k or "modality" in k}
    return tuple(Risk("burnt-in text", reason) for reason, true in reasons.items() if true)


def _face(dataset: Dataset, where: str) -> tuple[Risk, ...]:
    modality = text(dataset, "Modality", where=where)
    if modality not in FACE_MODALITIES or text(dataset, "RecognizableVisualFeatures", where=where) == "NO":
        return ()
    spacing = numbers(dataset, "PixelSpacing", where=where)
    if spacing is None and "SharedFunctionalGroupsSequence" in dataset:
        spacing = layers_of(dataset, where=where, count=1)[0].numbers("PixelSpacing", count=2)
    if spacing is not None and max(spacing) > FACE_MM:
        return ()
    part = text(dataset, "BodyPartExamined", where=where).lower()
    told = " ".join(
        text(dataset, k, where=where) for k in ("StudyDescription", "SeriesDescription", "ProtocolName")
    ).lower()
    word = next((w for w in FACE_WORDS if w in part or w in told.split()), None)
    if word is not None:
        return (Risk("face", f"a {modality} of the head ('{word}') from which a face can be rebuilt"),)
    if part or modality == "PT":
        return ()
    return (Risk("not known", f"a {modality} of no named body part: it may show a face"),)
