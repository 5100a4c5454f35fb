"""The pictures of the gallery: read from panels/, kept inside a budget of bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from imagenomics.report.folder import Results
from imagenomics.report.text import as_float

BUDGET = 5_000_000  # bytes before base64 adds a third
LARGEST_FILE = 8_000_000
LARGEST_SIDE = 4096
PNG = b"\x89PNG\r\n\x1a\n"
REDUCTIONS = ((320, 82), (224, 70), (160, 55))  # longest side in pixels, JPEG quality


@dataclass(frozen=True)
class Picture:
    """One picture of one patient with the outlines of its regions."""

    patient: str
    image: str
    caption: str
    width: float
    height: float
    aspect: float
    contours: Mapping[str, list[list[tuple[float, float]]]]
    content: bytes
    kind: str = "image/png"
    history: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Return the picture as a data URI."""
        return f"data:{self.kind};base64,{base64.b64encode(self.content).decode('ascii')}"


@dataclass(frozen=True)
class Gallery:
    """Pictures on the page, and what was left out or made smaller."""

    pictures: tuple[Picture, ...]
    left_out: int = 0
    refused: tuple[str, ...] = ()
    reduced: bool = False


def read_gallery(
    results: Results, budget: int = BUDGET, *, only: Sequence[tuple[str, str]] | None = None
) -> Gallery:
    """Read the pictures in the order of the index, as many as the budget holds, smaller where need be.

    ``only`` names the patients and images that are wanted, and in which order.
    """
    folder = results.path / "panels"
    pictures: list[Picture] = []
    refused: list[str] = []
    for entry in _wanted(results.entries("panels/index.json", "panels"), only):
        content, problem = _content(folder, str(entry.get("file") or ""))
        if content is None:
            refused.append(f"{entry.get('patient')}, {entry.get('image')}: {problem}")
        else:
            pictures.append(_picture(entry, content))
    reduced = False
    for side, quality in REDUCTIONS:
        if sum(len(p.content) for p in pictures) <= budget:
            break
        pictures = [_smaller(p, side, quality) for p in pictures]
        reduced = True
    kept = _within(pictures, budget)
    return Gallery(tuple(kept), len(pictures) - len(kept), tuple(refused), reduced)


def _wanted(entries: list[dict[str, Any]], only: Sequence[tuple[str, str]] | None) -> list[dict[str, Any]]:
    if only is None:
        return entries
    named = {(str(e.get("patient") or ""), str(e.get("image") or "")): e for e in entries}
    return [named[key] for key in only if key in named]


def _content(folder: Path, name: str) -> tuple[bytes | None, str]:
    """Return the bytes of a PNG file that lies in ``folder`` itself, or why there are none."""
    path = folder / name
    if not name or "\0" in name or Path(name).name != name or path.resolve().parent != folder.resolve():
        return None, f"the file '{name}' does not lie in panels/"
    if not path.is_file():
        return None, f"the file '{name}' is absent"
    if path.stat().st_size > LARGEST_FILE:
        return None, f"the file '{name}' is too large for the page"
    content = path.read_bytes()
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            width, height = image.size
            if max(width, height) > LARGEST_SIDE:
                return None, f"the file '{name}' has {width} x {height} pixels"
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return None, f"the file '{name}' is not a PNG picture ({type(error).__name__})"
    return content, ""


def _picture(entry: Mapping[str, Any], content: bytes) -> Picture:
    with Image.open(io.BytesIO(content)) as image:
        width, height = image.size
    contours = entry.get("contours")
    return Picture(
        patient=str(entry.get("patient") or ""),
        image=str(entry.get("image") or ""),
        caption=_caption(entry),
        width=as_float(entry.get("width")) or width,
        height=as_float(entry.get("height")) or height,
        aspect=min(max(as_float(entry.get("aspect")) or 1.0, 0.2), 5.0),
        contours={str(r): _lines(lines) for r, lines in contours.items()}
        if isinstance(contours, Mapping)
        else {},
        content=content,
        history=_texts(entry.get("history")),
    )


def _texts(lines: Any) -> tuple[str, ...]:
    return tuple(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ()


def _caption(entry: Mapping[str, Any]) -> str:
    note = str(entry.get("note") or "")
    index, total = as_float(entry.get("slice")), as_float(entry.get("n_slices"))
    where = f"slice {int(index) + 1} of {int(total)}" if index is not None and total is not None else ""
    if where and where in note:
        return note
    return ", ".join(part for part in (where, note) if part)


def _lines(lines: Any) -> list[list[tuple[float, float]]]:
    found = []
    for line in lines if isinstance(lines, list) else []:
        pairs = [
            (as_float(p[0]), as_float(p[1])) for p in line if isinstance(p, (list, tuple)) and len(p) == 2
        ]
        points = [(x, y) for x, y in pairs if x is not None and y is not None]
        if len(points) > 1:
            found.append(points)
    return found


def _smaller(picture: Picture, side: int, quality: int) -> Picture:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(picture.content)) as image:
        grey = image.convert("L")
        grey.thumbnail((side, side))
        grey.save(buffer, format="JPEG", quality=quality, optimize=True)
    content = buffer.getvalue()
    if len(content) >= len(picture.content):
        return picture
    return replace(picture, content=content, kind="image/jpeg")


def _within(pictures: list[Picture], budget: int) -> list[Picture]:
    """Keep whole patients, in order, until the budget is spent."""
    sizes: dict[str, int] = {}
    for p in pictures:
        sizes[p.patient] = sizes.get(p.patient, 0) + len(p.content)
    kept: set[str] = set()
    total = 0
    for patient, n_bytes in sizes.items():
        if total + n_bytes > budget:
            break
        kept.add(patient)
        total += n_bytes
    return [p for p in pictures if p.patient in kept]
