"""The values of one data set, each of a declared kind; a value that cannot be read names file and keyword."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from imagenomics.images.dicom.need import need
from imagenomics.images.dicom.open import damaged, reading

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def value_of(dataset: Dataset, keyword: str, *, where: str) -> Any:
    """Return the value of an element; None where it is absent or empty (``IGX-IMG-102``: not readable)."""
    with reading(where, f"'{keyword}' cannot be read"):
        if keyword not in dataset:
            return None
        value = dataset[keyword].value
        return None if value is None or (hasattr(value, "__len__") and len(value) == 0) else value


def text(dataset: Dataset, keyword: str, *, where: str) -> str:
    """Return the value as text, several values joined by a backslash; '' where there is none."""
    value = value_of(dataset, keyword, where=where)
    if value is None:
        return ""
    return "\\".join(str(v).strip() for v in several(value))


def number(dataset: Dataset, keyword: str, *, where: str) -> float | None:
    """Return the one number of an element, None where there is none."""
    found = numbers(dataset, keyword, where=where)
    if found is not None and len(found) != 1:
        raise damaged(where, f"'{keyword}' holds {len(found)} numbers where one is expected")
    return None if found is None else found[0]


def whole(dataset: Dataset, keyword: str, *, where: str) -> int | None:
    """Return the one whole number of an element, None where there is none."""
    found = number(dataset, keyword, where=where)
    if found is not None and not found.is_integer():
        raise damaged(where, f"'{keyword}' is not a whole number")
    return None if found is None else int(found)


def numbers(
    dataset: Dataset, keyword: str, *, where: str, count: int | None = None
) -> tuple[float, ...] | None:
    """Return the finite numbers of an element (``count`` of them), None where there are none."""
    value = value_of(dataset, keyword, where=where)
    if value is None:
        return None
    with reading(where, f"'{keyword}' cannot be read"):
        found = tuple(float(v) for v in several(value))
    if not all(math.isfinite(v) for v in found):
        raise damaged(where, f"'{keyword}' is not finite")
    if count is not None and len(found) != count:
        raise damaged(where, f"'{keyword}' holds {len(found)} numbers where {count} are expected")
    return found


def items(dataset: Dataset, keyword: str, *, where: str) -> Sequence[Dataset]:
    """Return the items of a sequence, none where it is absent."""
    value = value_of(dataset, keyword, where=where)
    if value is None:
        return ()
    if not isinstance(value, need("pydicom.sequence").Sequence):
        raise damaged(where, f"'{keyword}' is not a sequence")
    return cast("Sequence[Dataset]", value)


def several(value: Any) -> Iterator[Any]:
    """Yield the values of an element that may have one or many."""
    # A person's name can be iterated over as well, letter by letter.
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        yield from value
    else:
        yield value
