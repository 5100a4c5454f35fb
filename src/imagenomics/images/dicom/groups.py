"""Where a value of one frame stands: in its own functional groups, in the shared ones, or at the top.

Single-frame objects keep everything at the top. Enhanced multi-frame objects keep what differs between frames in
one item per frame and the rest in one shared item, each value inside a sequence of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagenomics.errors import InputError
from imagenomics.images.dicom import fields
from imagenomics.images.dicom.open import damaged, reading

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SHARED = "SharedFunctionalGroupsSequence"
PER_FRAME = "PerFrameFunctionalGroupsSequence"


@dataclass(frozen=True)
class Layers:
    """The data sets that describe one frame, the most special first.

    Parameters
    ----------
    datasets : tuple of Dataset
        Items of the functional groups of the frame, the shared ones, and the data set itself.
    where : str
        File, for messages.
    """

    datasets: tuple[Dataset, ...]
    where: str

    def _home(self, keyword: str) -> Dataset:
        return next((d for d in self.datasets if keyword in d), self.datasets[-1])

    def text(self, keyword: str) -> str:
        """Return the value as text, '' where there is none."""
        return fields.text(self._home(keyword), keyword, where=self.where)

    def number(self, keyword: str) -> float | None:
        """Return the one number, None where there is none."""
        return fields.number(self._home(keyword), keyword, where=self.where)

    def numbers(self, keyword: str, *, count: int) -> tuple[float, ...] | None:
        """Return ``count`` numbers, None where there are none."""
        return fields.numbers(self._home(keyword), keyword, where=self.where, count=count)

    def value(self, keyword: str) -> Any:
        """Return the value as pydicom has it, None where there is none."""
        return fields.value_of(self._home(keyword), keyword, where=self.where)


def layers_of(dataset: Dataset, *, where: str, count: int) -> list[Layers]:
    """Return the layers of each of ``count`` frames.

    Raises
    ------
    InputError
        ``IGX-IMG-106``: several frames without functional groups (an old multi-frame object).
    FileProblem
        ``IGX-IMG-102``: not as many functional groups as frames.
    """
    if PER_FRAME not in dataset and SHARED not in dataset:
        if count > 1:
            raise InputError(
                "IGX-IMG-106",
                f"{count} frames in one file without functional groups: it does not say where each one lies",
                where=where,
                expected="single-frame files, or an enhanced multi-frame object",
                remedy="export the series as single-frame or enhanced CT, MR or PET",
            )
        return [Layers((dataset,), where)]
    with reading(where, "the functional groups cannot be read"):
        shared = tuple(_groups_of_all(fields.items(dataset, SHARED, where=where)))
        own = fields.items(dataset, PER_FRAME, where=where)
        if len(own) not in (count, 0) or (len(own) == 0 and count > 1):
            raise damaged(where, f"{count} frames are declared, {len(own)} are described")
        if len(own) == 0:
            return [Layers((*shared, dataset), where)]
        return [Layers((*_groups(item), *shared, dataset), where) for item in own]


def _groups_of_all(items: Any) -> Iterator[Dataset]:
    for item in items:
        yield from _groups(item)


def _groups(item: Dataset) -> Iterator[Dataset]:
    """Yield the single items of the sequences in one functional group item, and those one level deeper."""
    for element in item:
        if element.VR == "SQ" and element.value and len(element.value) == 1:
            inner = element.value[0]
            yield inner
            for deeper in inner:
                if deeper.VR == "SQ" and deeper.value and len(deeper.value) == 1:
                    yield deeper.value[0]
