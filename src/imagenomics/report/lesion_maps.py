"""Where lesions lie with and without a target: slices of a lesion map, and its clusters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.report import svg
from imagenomics.report.families import Family
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Child, Html, el
from imagenomics.report.raster import png_of
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, many, p_value

FloatArray = npt.NDArray[np.float64]
SHOWN, SLICES, MOST_CLUSTERS = 3, 3, 30
SIDE, GAP, HEAD, ROW_LABEL = 112.0, 6.0, 20.0, 86.0
PANELS = (("share_with", "with the target"), ("share_without", "without it"), ("deviate", "difference"))
FWE = 0.05


def lesion_maps(results: Results, family: Family) -> Html | None:
    """Draw the maps of the surest targets; nothing for other families."""
    own = results.rows_of("voxel_maps.parquet", family.analysis)
    if own.empty:
        return None
    found = [
        _figure(str(row["target"]), float(row["p"]), own[own["target"].astype(str) == str(row["target"])])
        for row in records(family.tested.head(SHOWN))
    ]
    words = (
        "Shares of patients with a lesion at each voxel, of those with the target (of numbers: above the median) and "
        "of those without it, on one scale; below, how far they differ: red where lesions go with the target, blue "
        "where without, grey where too few patients have a lesion. An outline surrounds voxels with a family-wise p of "
        f"at most {FWE:g}. Slices are numbered from the first of the grid, whose rows run from top to bottom."
    )
    return el(
        "div.chart-block",
        el("h4", "Lesion maps"),
        el("p.note", words),
        el("div.charts.wide", found),
        _clusters(results, family),
    )


def _figure(target: str, p: float, rows: pd.DataFrame) -> Html:
    slices = _slices(rows)
    shape = tuple(int(rows[axis].max()) + 2 for axis in "kji")
    start = [max(int(rows[axis].min()) - 1, 0) for axis in "ji"]
    crop = tuple(slice(s, e) for s, e in zip(start, shape[1:], strict=True))
    tall = SIDE * (shape[1] - start[0]) / (shape[2] - start[1])
    frame = svg.Frame(
        ROW_LABEL + SLICES * (SIDE + GAP), HEAD + len(PANELS) * (tall + GAP), (0.0, 1.0), (0.0, 1.0)
    )
    most = float(np.nanmax(rows[["share_with", "share_without"]].to_numpy()))
    reach = {"deviate": float(np.nanmax(np.abs(rows["deviate"]))) if rows["deviate"].notna().any() else 1.0}
    marks: list[Child] = []
    for line, (column, words) in enumerate(PANELS):
        top = HEAD + line * (tall + GAP)
        marks.append(svg.text((0.0, top + tall / 2), words, "row-label"))
        for place, k in enumerate(slices):
            left = ROW_LABEL + place * (SIDE + GAP)
            plane = _plane(rows, column, k, shape)[crop]
            if column != "deviate":
                plane = np.nan_to_num(plane)
            href = png_of(plane, reach=reach.get(column, most))
            box = {"x": f"{left:g}", "y": f"{top:.1f}", "width": f"{SIDE:g}", "height": f"{tall:.1f}"}
            drawn = {"preserveAspectRatio": "none", "image-rendering": "pixelated"}
            marks.append(el("image", attrs={"href": href, **box, **drawn}))
            if line == 0:
                marks.append(svg.text((left, HEAD - 6), f"slice {k + 1}", "row-label"))
            if column == "deviate":
                sure = np.nan_to_num(_plane(rows, "p_fwe", k, shape)[crop], nan=1.0) <= FWE
                marks.append(_outline(sure, (left, top), (SIDE / plane.shape[1], tall / plane.shape[0])))
    label = (
        f"Lesion maps of {target}: slices {', '.join(str(k + 1) for k in slices)}; family-wise p {p_value(p)}"
    )
    return el(
        "figure.chart",
        svg.picture(frame, *marks, label=label),
        el("figcaption", f"{target}: strongest voxel, p {p_value(p)} anywhere in the map"),
    )


def _slices(rows: pd.DataFrame) -> list[int]:
    """Return the slice of the strongest voxel, and those with most lesions that lie apart from it."""
    strength = rows.assign(size=rows["deviate"].abs()).groupby("k")["size"].max().fillna(0.0)
    weight = rows.groupby("k")["lesions"].sum()
    chosen = [int(strength.index.to_numpy(dtype=np.int64)[int(np.argmax(strength.to_numpy()))])]
    apart = max(2, len(weight) // 6)
    for k in weight.sort_values(ascending=False, kind="stable").index.to_numpy(dtype=np.int64).tolist():
        if len(chosen) < SLICES and all(abs(k - c) >= apart for c in chosen):
            chosen.append(k)
    return sorted(chosen)


def _plane(rows: pd.DataFrame, column: str, k: int, shape: tuple[int, ...]) -> FloatArray:
    own = rows[rows["k"] == k]
    plane = np.full(shape[1:], np.nan)
    plane[own["j"].to_numpy(dtype=np.int64), own["i"].to_numpy(dtype=np.int64)] = own[column].to_numpy(
        dtype=np.float64
    )
    return plane


def _outline(inside: npt.NDArray[np.bool_], corner: tuple[float, float], step: tuple[float, float]) -> Html:
    """Return the borders of the voxels inside as one path."""
    wide = np.pad(inside, 1)
    parts = []
    for j, i in np.argwhere(wide[:, 1:] != wide[:, :-1]).tolist():
        x, y = corner[0] + i * step[0], corner[1] + (j - 1) * step[1]
        parts.append(f"M{x:.1f} {y:.1f}v{step[1]:.2f}")
    for j, i in np.argwhere(wide[1:] != wide[:-1]).tolist():
        x, y = corner[0] + (i - 1) * step[0], corner[1] + j * step[1]
        parts.append(f"M{x:.1f} {y:.1f}h{step[0]:.2f}")
    return el(
        "path", attrs={"d": "".join(parts), "fill": "none", "stroke": "currentColor", "stroke-width": "1.2"}
    )


def _clusters(results: Results, family: Family) -> Html | None:
    own = results.rows_of("voxel_clusters.parquet", family.analysis)
    if own.empty:
        return None
    shown = own.sort_values(["p_cluster", "voxels"], ascending=[True, False], kind="stable").head(
        MOST_CLUSTERS
    )
    frame = shown.assign(
        direction=np.where(shown["sign"] > 0, "with the target", "without it"),
        peak=[f"{r['x_mm']:.0f}, {r['y_mm']:.0f}, {r['z_mm']:.0f}" for r in records(shown)],
        volume=shown["volume_mm3"] / 1000.0,
    )
    columns = [
        Column("target", "target", breaks=True),
        Column("direction", "more lesions"),
        Column("voxels", "voxels", count, numeric=True),
        Column("volume", "volume in ml", lambda v: f"{v:.3g}", numeric=True),
        Column("peak", "peak at x, y, z in mm"),
        Column("p_peak", "p of the peak", p_value, numeric=True),
        Column("p_cluster", "p of the size", p_value, numeric=True),
    ]
    words = f"{many(len(shown), 'cluster')} of {len(own):,}. Both p hold for the whole map of a target."
    return data_table(frame, columns, caption=words, search=False)
