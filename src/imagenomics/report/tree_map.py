"""A map of values between two trees: rows and columns in the order of their dendrograms, bands of groups under them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.report import svg
from imagenomics.report.dendrogram import Dendrogram, draw_dendrogram
from imagenomics.report.html import Child, Html, el
from imagenomics.report.raster import png_of

FloatArray = npt.NDArray[np.float64]
WIDTH, TREE = 760.0, 74.0
LETTERS, LEAST_LABELS, MOST_LABELS = 10.5, 120.0, 240.0  # size, and room for names of rows or of columns
BAND, GAP = 13.0, 3.0
LEAST_ROW, MOST_ROW, TALL = (
    11.0,
    16.0,
    460.0,
)  # rows that are named, and the height of a map whose rows are not
MOST_NAMED = 70
MOST_PIXELS = 600  # in either direction; beyond, neighbours are drawn as their mean
COLOURS = 8


@dataclass(frozen=True)
class Band:
    """Groups of the columns.

    Parameters
    ----------
    name : str
        What the groups are.
    looks : sequence of str
        Class of each column in the order of the map: ``f0`` ... ``f7``, ``on``, ``off``, ``g0`` ... ``g4``; '' is none.
    words : mapping of str to str
        Look -> what it means.
    marks : sequence of (float, str)
        Words in the band, each at the middle of its columns.
    """

    name: str
    looks: Sequence[str]
    words: dict[str, str]
    marks: Sequence[tuple[float, str]] = ()


def tree_map(
    values: FloatArray,
    trees: tuple[Dendrogram, Dendrogram],
    *,
    names: tuple[Sequence[str], Sequence[str]],
    reach: float,
    above: Sequence[Band] = (),
    below: Sequence[Band] = (),
    dots: Sequence[tuple[int, int]] = (),
    words: tuple[str, str],
) -> Html:
    """Return the map as SVG; its cells are one embedded picture.

    Parameters
    ----------
    values : array, (rows, columns)
        In the order of the trees; NaN for none.
    trees : (Dendrogram, Dendrogram)
        Of rows, drawn on the left, and of columns, drawn on top.
    names : (sequence of str, sequence of str)
        Of rows and of columns in the order of the trees; rows are named where there are at most 70, columns where each
        is wide enough.
    reach : float
        Value with the strongest colour.
    above, below : sequence of Band
        Bands between the tree of the columns and the map, and under the map.
    dots : sequence of (int, int)
        Row and column of cells that are marked.
    words : (str, str)
        Title and description, read aloud by screen readers.
    """
    rows, columns = values.shape
    named = rows <= MOST_NAMED
    step = min(MOST_ROW, max(LEAST_ROW, 300.0 / rows)) if named else TALL / rows
    bands = [band.name for band in (*above, *below)]
    row_names = [svg.fitted(name, MOST_LABELS, LETTERS) for name in names[0]] if named else []
    longest = _widest([*row_names, *bands])
    left, right = TREE + 6.0, WIDTH - max(LEAST_LABELS, min(longest, MOST_LABELS) + 8.0)
    across = (right - left) / columns
    top = TREE + 8.0 + len(above) * (BAND + GAP)
    bottom = top + rows * step
    labelled = across >= LEAST_ROW
    foot = bottom + GAP + len(below) * (BAND + GAP)
    column_names = [svg.fitted(name, MOST_LABELS, LETTERS) for name in names[1]] if labelled else []
    height = foot + (8.0 + _widest(column_names) if labelled else 4.0)
    frame = svg.Frame(WIDTH, height, (0, 1), (0, 1))
    cells = el(
        "image",
        attrs={
            "href": png_of(coarse(values), reach=reach),
            **{"x": f"{left:g}", "y": f"{top:.1f}", "width": f"{right - left:g}"},
            **{"height": f"{rows * step:.1f}", "preserveAspectRatio": "none", "image-rendering": "pixelated"},
        },
    )
    parts: list[Child] = [
        el("title", words[0]),
        el("desc", words[1]),
        draw_dendrogram(trees[1], lambda x, h: (left + x * across, TREE - h * (TREE - 4.0))),
        draw_dendrogram(trees[0], lambda y, h: (TREE - h * (TREE - 4.0), top + y * step)),
        cells,
    ]
    size = min(2.6, max(1.1, 0.28 * min(across, step)))
    kind = f"cell-dot{' ringed' if size > 2 else ''}"
    parts += [svg.dot((left + (j + 0.5) * across, top + (i + 0.5) * step), kind, size) for i, j in dots]
    for k, band in enumerate(above):
        parts.append(_band(band, (left, TREE + 6.0 + k * (BAND + GAP)), across))
    for k, band in enumerate(below):
        parts.append(_band(band, (left, bottom + GAP + k * (BAND + GAP)), across))
    if named:
        look = f"row-label{' tight' if step < 12 else ''}"
        parts += [
            svg.text((right + 6, top + (i + 0.5) * step + 3.4), shown, look, whole=name)
            for i, (shown, name) in enumerate(zip(row_names, names[0], strict=True))
        ]
    if labelled:
        parts += [
            svg.text(
                (left + (j + 0.5) * across + 3.4, foot + 4),
                shown,
                "row-label",
                anchor="end",
                turn=-90,
                whole=name,
            )
            for j, (shown, name) in enumerate(zip(column_names, names[1], strict=True))
        ]
    picture = svg.picture(frame, parts, label=f"{words[0]}. {words[1]}")
    return el("div.plot-scroll.tree-map", picture, attrs={"tabindex": "0"})


def _widest(names: Sequence[str]) -> float:
    return max((svg.text_width(name, LETTERS) for name in names), default=0.0)


def coarse(values: FloatArray) -> FloatArray:
    """Return at most 600 x 600 cells: means of neighbours where there are more."""
    for axis in (0, 1):
        n = values.shape[axis]
        if n > MOST_PIXELS:
            parts = np.array_split(np.arange(n), MOST_PIXELS)
            filled, seen = np.nan_to_num(values), (~np.isnan(values)).astype(np.float64)
            total = np.stack([filled.take(p, axis).sum(axis) for p in parts], axis)
            count = np.stack([seen.take(p, axis).sum(axis) for p in parts], axis)
            values = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
    return values


def _band(band: Band, corner: svg.Point, across: float) -> Html:
    parts: list[Html] = []
    start = 0
    for look, run in itertools.groupby(band.looks):
        size = len(list(run))
        if look:
            parts.append(
                svg.box(
                    (corner[0] + start * across, corner[1]), size * across, BAND, kind=f"band-cell {look}"
                )
            )
        start += size
    for place, word in band.marks:
        parts.append(
            svg.text((corner[0] + place * across, corner[1] + BAND - 3), word, "band-mark", anchor="middle")
        )
    label = svg.text(
        (corner[0] + len(band.looks) * across + 6, corner[1] + BAND - 3),
        svg.fitted(band.name, MOST_LABELS, LETTERS),
        "row-label",
    )
    return Html("".join([*parts, label]))


def band_key(bands: Sequence[Band]) -> Html:
    """Return what the colours of the bands mean, one line for each band."""
    lines = []
    for band in bands:
        used = [look for look in band.words if look in set(band.looks)]
        items = [
            el(
                "li",
                el(
                    "svg.cell-key",
                    svg.box((0, 0), 12, 12, kind=f"band-cell {look}"),
                    attrs={"viewBox": "0 0 12 12", "aria-hidden": "true"},
                ),
                band.words[look],
            )
            for look in used
        ]
        lines.append(el("div.band-key", el("b", band.name), el("ul.legend", items)))
    return el("div", lines)


def scale_key(reach: float, words: str) -> Html:
    """Return the colours of the map with their values."""
    return el(
        "p.scale-key",
        el("span", f"−{reach:g}"),
        el("i.ramp", attrs={"aria-hidden": "true"}),
        el("span", f"{reach:g}"),
        el("small", words),
    )
