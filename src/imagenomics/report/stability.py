"""How far the features can be repeated: intraclass correlations of copies and retests, by family."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.report import svg
from imagenomics.report.folder import Results
from imagenomics.report.html import Child, Html, el, visible
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, fixed, interval, many

BORDERS = (0.75, 0.9)  # moderate and good, as the field reads an intraclass correlation
MOST_DOTS = 2500
ROW = 24.0
NUMBERS = ("icc", "ci_low", "ci_high", "n", "k")


def stability_part(results: Results) -> Html | None:
    """Return what repeated measurements say of the features; None where nothing was repeated."""
    table = results.table("stability.csv")
    if table.empty:
        return None
    numbers = {c: pd.to_numeric(table[c], errors="coerce") for c in NUMBERS if c in table.columns}
    table = table.assign(**numbers)
    table["group"] = [f"{s} · {f}".strip(" ·") for s, f in zip(table["source"], table["family"], strict=True)]
    families = pd.DataFrame([_family(str(g), own) for g, own in table.groupby("group", sort=False)])
    shown = [
        Column("family", "image and family"),
        Column("features", "features", count, numeric=True),
        Column("good", "at least 0.90", count, numeric=True, hint="Lower limit of the 95% interval."),
        Column("fair", "at least 0.75", count, numeric=True, hint="Lower limit of the 95% interval."),
        Column("median", "median ICC", fixed, numeric=True),
        Column("n", "patients", numeric=True),
        Column("k", "measurements", numeric=True, hint="Of each patient, the first one included."),
    ]
    detail = [
        Column("feature", "feature", breaks=True),
        Column("icc", "ICC", fixed, numeric=True),
        Column("interval", "95% interval"),
        Column("n", "patients", count, numeric=True),
        Column("k", "measurements", count, numeric=True),
    ]
    listed = table.assign(
        interval=[interval(a, b) for a, b in zip(table["ci_low"], table["ci_high"], strict=True)]
    ).sort_values("ci_low", ascending=False, kind="stable", na_position="last")
    return el(
        "div",
        el("h3", "How far the features can be repeated"),
        el("p", _words(table)),
        _chart(table),
        data_table(families, shown),
        el(
            "details",
            el("summary", f"All {many(len(table), 'feature')}, the most stable first"),
            data_table(listed, detail, search=True),
        ),
    )


def _words(table: pd.DataFrame) -> str:
    low = table["ci_low"]
    fair, good = (int((low >= border).sum()) for border in BORDERS)
    return (
        f"Patients were measured again (perturbed copies of their images, or second examinations). Of "
        f"{many(len(table), 'feature')} the lower limit of the interval of the intraclass correlation, ICC(1,1), "
        f"reaches 0.90 in {good:,} and 0.75 in {fair:,}. This describes all patients of the study; it chooses no "
        "feature. With few patients the limit is low for every feature."
    )


def _family(name: str, own: pd.DataFrame) -> dict[str, Any]:
    fair, good = (int((own["ci_low"] >= border).sum()) for border in BORDERS)
    found = {"family": name, "features": len(own), "good": good, "fair": fair, "median": own["icc"].median()}
    return found | {"n": _span(own["n"]), "k": _span(own["k"])}


def _span(values: pd.Series) -> str:
    low, high = count(values.min()), count(values.max())
    return low if low == high else f"{low} to {high}"


def _chart(table: pd.DataFrame) -> Html | None:
    """Draw the lower limit of each feature as a dot, one row for each family."""
    known = table[table["ci_low"].notna()]
    if known.empty or len(known) > MOST_DOTS:
        return None
    groups = list(dict.fromkeys(known["group"]))
    frame = svg.Frame(640, 46 + ROW * len(groups), (0.0, 1.0), (0.0, float(len(groups))), 190, 40, 6, 14)
    ticks = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
    parts: list[Child] = [
        svg.axes(frame, (ticks, ()), ("lower limit of the ICC (0 stands for 0 or less)", ""))
    ]
    for border in BORDERS:
        ends = (frame.at(border, 0), frame.at(border, len(groups)))
        parts.append(svg.line(*ends, "chance"))
    for i, group in enumerate(groups):
        middle = len(groups) - i - 0.5
        parts.append(svg.text((frame.left - 8, frame.py(middle) + 4), visible(group), "tick", anchor="end"))
        for low in known.loc[known["group"] == group, "ci_low"]:
            at = frame.at(min(max(float(low), 0.0), 1.0), middle)
            parts.append(svg.dot(at, f"who {'l1' if low >= BORDERS[0] else 'l0'}", 4))
    label = f"Lower limits of {many(len(known), 'intraclass correlation')} by family"
    return el(
        "div.plot-scroll",
        svg.picture(frame, parts, label=label, attrs={"style": "min-width:420px;max-width:640px"}),
    )
