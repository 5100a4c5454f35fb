"""How far two outlines of each region agree: median and range over patients of each measure of overlap."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, number

FAMILY = "overlap"
SHOWN = {
    "dice": "Dice",
    "jaccard": "Jaccard",
    "volume_ratio": "second over first volume",
    "hausdorff95_mm": "95% Hausdorff distance",
    "hausdorff_mm": "Hausdorff distance",
    "surface_distance_mm": "mean surface distance",
}
WORDS = (
    "Dice and Jaccard are 1 where both outlines are the same and 0 where they share nothing. Small regions have lower "
    "shares for the same distance between outlines: look at the distances, too."
)


def outlines_part(results: Results) -> Html | None:
    """Return a table of the overlap of outlines; None where no study measure compared any."""
    columns, values = results.table("features.columns.parquet"), results.table("features.parquet")
    if "family" not in columns or not (columns["family"] == FAMILY).any():
        return None
    own = columns[(columns["family"] == FAMILY) & columns["feature"].isin(list(SHOWN))]
    rows = pd.DataFrame([_row(about, values[name]) for name, about in own.iterrows() if name in values])
    shown = [
        Column("region", "region", breaks=True),
        Column("measure", "measure"),
        Column("n", "patients", count, numeric=True),
        Column("median", "median", number, numeric=True),
        Column("low", "5%", number, numeric=True),
        Column("high", "95%", number, numeric=True),
        Column("unit", "unit"),
    ]
    return el("div", el("h3", "Two outlines of one region"), el("p.note", WORDS), data_table(rows, shown))


def _row(about: pd.Series, values: pd.Series) -> dict[str, Any]:
    known = values.dropna().astype(float)
    low, middle, high = known.quantile([0.05, 0.5, 0.95]) if len(known) else (float("nan"),) * 3
    unit = "voxels" if "voxel-units" in str(about["flags"]) else str(about["unit"]).replace("1", "")
    found = {"region": f"{about['source']}.{about['region']}", "measure": SHOWN[str(about["feature"])]}
    return found | {"n": len(known), "median": middle, "low": low, "high": high, "unit": unit}
