"""The values of a data set that may tell who the patient is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imagenomics.images.dicom.actions import DIRECT, action_of
from imagenomics.images.dicom.fields import several
from imagenomics.images.dicom.open import reading

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

STANDARD = "1.2.840.10008."  # UIDs of the standard itself name classes, not objects
SHORTEST = 4  # shorter values ('M', 'CT', '045') are found everywhere
SHORTEST_DIRECT = 3
_NUMBERS = "DS IS FL FD US SS UL SL UV SV OW OF OD OL OV AT"
NUMBERS = frozenset(_NUMBERS.split())


def identifying_values(dataset: Dataset) -> frozenset[str]:
    """Return the values that the confidentiality profile would remove or replace, as text.

    Parameters
    ----------
    dataset : Dataset
        With its sequences; private elements count whole.

    Returns
    -------
    frozenset of str
        Values of at least four characters: names and their parts, ids, dates, UIDs of objects, places, free texts.
        Numbers (a weight, a private setting) are not among them: alone they are found everywhere.

    Raises
    ------
    FileProblem
        ``IGX-IMG-102``: the data set is damaged.
    """
    with reading(_where(dataset), "an element cannot be read"):
        found = set(_texts(dataset))
    return frozenset(v for v in found if len(v) >= SHORTEST)


def direct_identifiers(dataset: Dataset) -> frozenset[str]:
    """Return names, ids and addresses that must not be left anywhere, as lower-case text."""
    found: set[str] = set()
    for keyword in DIRECT:
        if keyword in dataset:
            for value in several(dataset[keyword].value):
                found |= set(_parts(str(value)))
    return frozenset(v.lower() for v in found if len(v) >= SHORTEST_DIRECT)


def _texts(dataset: Dataset) -> Iterator[str]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR not in NUMBERS and (element.tag.is_private or _identifies(element)):
            for value in several(element.value):
                if isinstance(value, bytes):
                    value = value.decode("latin-1").strip("\0 ")
                yield from _parts(str(value)) if element.VR == "PN" else [str(value).strip()]


def _identifies(element: Any) -> bool:
    action = action_of(element.keyword, element.VR)
    if action == "uid":
        return not str(element.value).startswith(STANDARD)
    return action not in ("keep", "clean") or element.keyword == "PatientID"


def _parts(name: str) -> Iterator[str]:
    """Yield a name and its parts."""
    yield name.strip()
    yield from (part for part in re.split(r"[\^=, ]+", name) if part)


def _where(dataset: Dataset) -> str:
    return str(getattr(dataset, "filename", None) or "data set")
