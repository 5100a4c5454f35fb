"""Several volumes in one series: which value tells them apart, and the parts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.images.dicom.frames import Frame
from imagenomics.images.dicom.splitters import SPLITTERS, Value

SAME_PLACE = 0.01  # of a pixel: slices nearer than this are at the same place
Key = Value | tuple[Value, ...]


def check_single(frames: Sequence[Frame], places: np.ndarray, *, where: str) -> None:
    """Refuse several slices at one place (``places``: mm along the normal, sorted).

    Raises
    ------
    InputError
        ``IGX-IMG-110``: the same slice twice; ``IGX-IMG-111``: several volumes, with the values that split them.
    """
    close = np.diff(places) < SAME_PLACE * min(frames[0].pixel_spacing_mm)
    if not close.any():
        return
    at = int(np.argmax(close))
    first, second = frames[at], frames[at + 1]
    if first.uids[0] and first.uids[0] == second.uids[0] and first.path != second.path:
        raise _twice(first, second, "the same instance is there twice", "remove one of the two files")
    ways = find_splits(frames, _place_numbers(close))
    if not ways:
        raise _twice(
            first, second, "two slices lie at the same place", "keep the slice that belongs to this series"
        )
    raise InputError(
        "IGX-IMG-111",
        f"the series holds {_count(frames, ways[0])} volumes, told apart by {short_list(map(_title, ways), 4)}",
        where=where,
        expected="one slice at each place",
        remedy=f"read them with split_series(..., by={_quoted(ways[0])}) and choose one",
    )


def find_splits(frames: Sequence[Frame], places: Sequence[int]) -> list[tuple[str, ...]]:
    """Return the values, or pairs of values, that give volumes without two slices at one place.

    Parameters
    ----------
    frames : sequence of Frame
        All slices.
    places : sequence of int
        Number of the place of each slice.
    """
    most = int(np.bincount(np.asarray(places, dtype=np.int64)).max())
    present = [k for k in SPLITTERS if len({f.splits.get(k) for f in frames}) > 1]
    for size in (1, 2):
        found = [keys for keys in combinations(present, size) if _splits(frames, places, keys, most)]
        if found:
            return found
    return []


def part_frames(frames: Sequence[Frame], by: Sequence[str]) -> dict[Key, list[Frame]]:
    """Return the slices of each part, by the value of ``by`` (a tuple of values for several)."""
    parts: dict[Key, list[Frame]] = {}
    for frame in frames:
        values = tuple(_known(frame, keyword) for keyword in by)
        parts.setdefault(values[0] if len(values) == 1 else values, []).append(frame)
    return dict(sorted(parts.items(), key=lambda item: _sortable(item[0])))


def chosen_split(frames: Sequence[Frame], by: str | Sequence[str] | None, *, where: str) -> tuple[str, ...]:
    """Return the keywords to split by: the given ones, else the first that work.

    Raises
    ------
    InputError
        ``IGX-IMG-117``: a keyword that is not known or not in the files, or nothing that splits the series.
    """
    if by is not None:
        keywords = (by,) if isinstance(by, str) else tuple(by)
        known = sorted({k for f in frames for k in f.splits})
        for keyword in keywords:
            if keyword not in known:
                raise unknown_name("IGX-IMG-117", "value to split by", keyword, known, where=where)
        return keywords
    ways = find_splits(frames, _numbered_places(frames))
    if ways:
        return ways[0]
    raise InputError(
        "IGX-IMG-117",
        "no value of the header parts this series into volumes",
        where=where,
        expected=f"one of {short_list(SPLITTERS, 6)} that differs between slices of one place",
        remedy="if it is one volume, use read_series; else give the files of each volume by name",
    )


def _numbered_places(frames: Sequence[Frame]) -> list[int]:
    """Give each slice the number of its place, whatever its orientation."""
    step = SAME_PLACE * min(frames[0].pixel_spacing_mm)
    keys = [
        tuple(round(v / step) for v in f.position_mm) + tuple(round(v, 3) for v in f.orientation)
        for f in frames
    ]
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return [numbers[key] for key in keys]


def _place_numbers(close: np.ndarray) -> list[int]:
    return [0, *np.cumsum(~close).tolist()]


def _splits(frames: Sequence[Frame], places: Sequence[int], keys: tuple[str, ...], most: int) -> bool:
    groups: dict[tuple[object, ...], list[int]] = {}
    for frame, place in zip(frames, places, strict=True):
        groups.setdefault(tuple(frame.splits.get(k) for k in keys), []).append(place)
    if len(groups) < 2 or (most > 1 and len(groups) != most):
        return False
    return all(len(set(group)) == len(group) for group in groups.values())


def _known(frame: Frame, keyword: str) -> Value:
    value = frame.splits.get(keyword, "")
    return value if isinstance(value, (float, str, tuple)) else str(value)


def _sortable(key: Key) -> tuple[tuple[int, float, str], ...]:
    values = key if isinstance(key, tuple) else (key,)
    return tuple((0, float(v), "") if isinstance(v, (float, int)) else (1, 0.0, str(v)) for v in values)


def _count(frames: Sequence[Frame], keys: tuple[str, ...]) -> int:
    return len({tuple(f.splits.get(k) for k in keys) for f in frames})


def _title(keys: tuple[str, ...]) -> str:
    return " with ".join(keys)


def _quoted(keys: tuple[str, ...]) -> str:
    return repr(keys[0]) if len(keys) == 1 else repr(keys)


def _twice(first: Frame, second: Frame, what: str, remedy: str) -> InputError:
    return InputError(
        "IGX-IMG-110",
        what,
        where=f"{first.name} and {second.name}",
        expected="one slice at each place",
        remedy=remedy,
    )
