"""What every model, baseline and left-out site reached: numbers beside dots with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.report import svg
from imagenomics.report.folder import records
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import chance_of, domain_of, interval_picture
from imagenomics.report.models import ROLE_WORDS, Model, swatch
from imagenomics.report.text import as_float, beside, count, fixed, interval, measure, sentence

VALUES = ["estimate", "ci_low", "ci_high"]
MOST_SITES = 60
GAIN = "gain in "
CUT = (
    "Sensitivity, specificity and balanced accuracy hold at a cut-off of the score that each training part chose for "
    "the largest balanced accuracy in its own held-out patients; 'majority' calls everybody the larger class."
)


def first_metric(performance: pd.DataFrame, wanted: str) -> str:
    """Return the measure that the verdict is about, else AUC, else the first one."""
    there = [str(m) for m in performance["metric"].unique()]
    low = {m.lower().replace("_", " "): m for m in there}
    for name in (wanted.lower().replace("_", " "), "auc", "roc auc", "c-index", "spearman"):
        if name and name in low:
            return low[name]
    return there[0] if there else ""


def model_table(
    performance: pd.DataFrame, models: Sequence[Model], metric: str, *, level: float | None = None
) -> Html | None:
    """Return one row per model: role, the measure with its interval drawn, and the other measures.

    ``level`` is what chance gives by the verdict, where that is not the usual level: intervals are printed on their
    side of it, as on the card.
    """
    inside = performance[~performance["split"].astype(str).str.startswith("site:")]
    if inside.empty:
        return None
    others = [m for m in inside["metric"].astype(str).unique() if m != metric and not m.startswith(GAIN)]
    chance, domain = _scale(inside[inside["metric"] == metric], metric)
    rows = []
    for model in models:
        own = inside[inside["model"].astype(str) == model.name]
        if own.empty:
            continue
        rows.append(
            el(
                f"tr.role-{model.role}",
                el(
                    "th",
                    swatch(model),
                    " ",
                    model.name,
                    el("small", ROLE_WORDS[model.role]),
                    attrs={"scope": "row"},
                ),
                _main_cells(_row(own, metric), domain, chance=chance, look=model.look, level=level),
                [el("td.number", *_other(_row(own, m))) for m in others],
            )
        )
    heads = [
        "model",
        _axis(domain, chance, metric),
        f"{measure(metric)} (95% interval)",
        *map(measure, others),
    ]
    return _table(heads, rows, note=CUT if "sensitivity" in others else "")


def site_table(performance: pd.DataFrame, model: Model, metric: str) -> Html | None:
    """Return one row per site that was left out: trained elsewhere, tested there."""
    split = performance["split"].astype(str)
    rows_all = performance[split.str.startswith("site:") & (performance["model"].astype(str) == model.name)]
    rows_metric = rows_all[rows_all["metric"] == metric]
    if rows_metric.empty:
        return None
    chance, domain = _scale(rows_metric, metric)
    noted = bool((rows_metric["estimate"].isna() & (rows_metric["note"].astype(str) != "")).any())
    largest = rows_metric.sort_values("n", ascending=False, kind="stable").head(MOST_SITES)
    rows = []
    for record in records(largest):
        site = str(record["split"]).removeprefix("site:")
        rows.append(
            el(
                "tr",
                el("th", site, attrs={"scope": "row"}),
                el("td.number", count(record["n"])),
                el("td.number", count(record["n_positive"])),
                _main_cells(record, domain, chance=chance, look=model.look),
                el("td", _why(record)) if noted else None,
            )
        )
    heads = [
        "site left out",
        "patients",
        "of them with the event" if metric == "c_index" else "of them positive",
        _axis(domain, chance, metric),
        measure(metric) if rows_metric["ci_low"].isna().all() else f"{measure(metric)} (95% interval)",
        *([""] if noted else []),
    ]
    return _table(heads, rows)


def _why(record: dict[str, Any]) -> str:
    return sentence(record["note"]) if as_float(record["estimate"]) is None else ""


def gain_table(performance: pd.DataFrame, models: Sequence[Model]) -> Html | None:
    """Return one row per baseline: what the images add to it."""
    gains = performance[performance["metric"].astype(str).str.startswith(GAIN)]
    if gains.empty:
        return None
    looks = {m.name: m for m in models}
    domain = domain_of(gains[VALUES].to_numpy(dtype=float, na_value=float("nan")).ravel(), 0.0)
    rows = []
    for record in records(gains):
        model = looks.get(str(record["model"]))
        name = el(
            "th",
            swatch(model) if model else None,
            " ",
            _gain_name(str(record["metric"])),
            attrs={"scope": "row"},
        )
        rows.append(
            el("tr", name, _main_cells(record, domain, chance=0.0, look=model.look if model else "mo0"))
        )
    return _table(["gain", _axis(domain, 0.0, "gain"), "gain (95% interval)"], rows)


def _gain_name(metric: str) -> str:
    name, over, baseline = metric.removeprefix(GAIN).partition(" over ")
    return f"{measure(name)}{over}{baseline}"


def _scale(rows: pd.DataFrame, metric: str) -> tuple[float | None, tuple[float, float]]:
    chance = chance_of(metric)
    low, high = domain_of(rows[VALUES].to_numpy(dtype=float, na_value=float("nan")).ravel(), chance)
    return chance, (max(low, 0.0) if chance == 0.5 else low, high)


def _row(own: pd.DataFrame, metric: str) -> dict[str, Any]:
    found = records(own[own["metric"] == metric])
    return found[0] if found else {}


def _main_cells(
    row: dict[str, Any],
    domain: tuple[float, float],
    *,
    chance: float | None,
    look: str,
    level: float | None = None,
) -> list[Html]:
    picture = interval_picture(row, domain, chance=chance, kind=look) if row else None
    ends = interval(row.get("ci_low"), row.get("ci_high"), chance=chance if level is None else level)
    estimate = beside(row.get("estimate"), chance) if chance == 0.0 else fixed(row.get("estimate"))
    text = [el("b", estimate), el("small", f" ({ends})" if ends != "–" else "")]
    return [el("td.forest", picture), el("td.number", text)]


def _other(row: dict[str, Any]) -> list[Child]:
    ends = interval(row.get("ci_low"), row.get("ci_high"))
    return [fixed(row.get("estimate")), el("small", f" ({ends})") if ends != "–" else None]


def _axis(domain: tuple[float, float], chance: float | None, metric: str) -> Html:
    """Return the head of the column of intervals: its scale."""
    frame = svg.Frame(180, 18, domain, (0, 1), 8, 2, 4, 8)
    ticks = [
        svg.text((frame.px(t), 13), svg.tick_label(t), "tick", anchor="middle")
        for t in svg.nice_ticks(*domain, most=4)
    ]
    return svg.picture(frame, ticks, label=f"scale of {measure(metric)}", attrs={"class": "interval"})


def _table(heads: Sequence[Child], rows: Sequence[Html], *, note: str = "") -> Html:
    head = el("tr", [el("th", h, attrs={"scope": "col"}) for h in heads])
    table = el("table.data.plain.measures", el("thead", head), el("tbody", rows))
    said = el("p.note", note) if note else None
    return el("div.table-block", el("div.scroll", table, attrs={"tabindex": "0"}), said)
