"""Forest plots: the effect of one pair in each cohort, and the pooled effects below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.associate.replication.frame import POOLED_TESTS
from imagenomics.report import svg
from imagenomics.report.effects import Scale, effect_interval, effect_text, placed, scale_of
from imagenomics.report.families import Family
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.text import as_float, count, p_value, short

SHOWN = 6
ROW = 22.0
WIDTH, NAMES, NUMBERS = 480.0, 118.0, 140.0
PARTS = ("effect", "ci_low", "ci_high")
Row = Mapping[str, Any]


def forest_plots(results: Results, family: Family) -> Html | None:
    """Draw the strongest pooled pairs of a replication; nothing for other families."""
    pairs = results.table("replication.parquet")
    own = pairs[pairs["analysis"].astype(str) == family.analysis] if len(pairs) else pairs
    if own.empty or family.tested.empty:
        return None
    table = results.table("associations.parquet")
    cohorts = table[(table["analysis"].astype(str) == family.analysis) & ~table["test"].isin(POOLED_TESTS)]
    known = {(str(r["feature"]), str(r["target"])): r for r in records(own)}
    charts = []
    for best in records(family.tested.head(SHOWN)):
        names = str(best["feature"]), str(best["target"])
        mine = cohorts[
            (cohorts["feature"].astype(str) == names[0]) & (cohorts["target"].astype(str) == names[1])
        ]
        if names in known:
            charts.append(_figure(known[names], records(mine)))
    words = (
        "Dots: the effect in each cohort alone, with its interval. Diamonds: pooled effects, once as one common "
        "effect, once as effects that differ between cohorts (random effects). I² is the share of their "
        "spread that chance does not explain."
    )
    return el(
        "div.chart-block",
        el("h4", "The strongest pairs in each cohort"),
        el("p.note", words),
        el("div.charts.wide", charts),
    )


def _figure(pair: Row, cohorts: Sequence[Row]) -> Html:
    spread = as_float(pair["i2"])
    said = [
        f"{pair['effect_name']}; I² {'–' if spread is None else f'{spread:.0%}'}",
        f"p of heterogeneity {p_value(pair['p_heterogeneity'])}",
        f"same sign in {max(int(pair['positive']), int(pair['negative']))} of {count(pair['cohorts'])} cohorts "
        f"(p {p_value(pair['p_sign'])})",
    ]
    title = el("b", f"{short(str(pair['feature']), 44)} · {short(str(pair['target']), 30)}")
    return el("figure.small-chart", el("figcaption", title, ", ".join(said)), _chart(pair, cohorts))


def _chart(pair: Row, cohorts: Sequence[Row]) -> Html:
    scale = scale_of(str(pair["effect_name"]))
    lines = [
        (f"{short(str(r['stratum']), 18)} ({count(r['n'])})", [r[p] for p in PARTS], False) for r in cohorts
    ]
    for label, column in (("common effect", "fixed"), ("random effects", "random")):
        lines.append((label, [pair[column], pair[f"{column}_low"], pair[f"{column}_high"]], True))
    frame = _frame(lines, scale)
    marks: list[Html] = []
    for k, (label, values, pooled) in enumerate(lines):
        y = frame.py(len(lines) - k - 0.5)
        marks.append(svg.text((NAMES - 8, y + 4), label, "tick", anchor="end"))
        words = (
            "not tested"
            if as_float(values[0]) is None and values[0] != float("inf")
            else _words(values, pair)
        )
        marks.append(svg.text((WIDTH - NUMBERS + 10, y + 4), words, "tick"))
        marks += _mark([_place(v, scale, frame) for v in values], y, pooled=pooled)
    ticks = svg.nice_ticks(*frame.x, most=5)
    base = frame.py(0)
    for tick in ticks:
        value = 2.0**tick if scale.ratio else tick + scale.neutral
        label = svg.tick_label(round(value, 4))
        marks.append(svg.text((frame.px(tick), base + 15), label, "tick", anchor="middle"))
    none = svg.line((frame.px(0), frame.top), (frame.px(0), base), "chance")
    axis = svg.line((frame.px(frame.x[0]), base), (frame.px(frame.x[1]), base), "axis")
    return svg.picture(
        frame, axis, none, marks, label=f"{pair['feature']} and {pair['target']} in each cohort"
    )


def _words(values: Sequence[Any], pair: Row) -> str:
    name = str(pair["effect_name"])
    return f"{effect_text(values[0], name)} ({effect_interval(values[1], values[2], name)})"


def _frame(lines: Sequence[tuple[str, Sequence[Any], bool]], scale: Scale) -> svg.Frame:
    """Return a frame that holds all effects and no effect; very wide intervals are cut."""
    centres = [p for _, values, _ in lines if (p := placed(values[0], scale)) is not None]
    ends = [p for _, values, _ in lines for v in values[1:] if (p := placed(v, scale)) is not None]
    reach = 3.0 * max([abs(c) for c in centres] + [0.1])
    inside = [min(max(e, -reach), reach) for e in ends]
    low, high = min([0.0, *centres, *inside]), max([0.0, *centres, *inside])
    room = (high - low or 1.0) * 0.05
    height = ROW * len(lines) + 34
    return svg.Frame(
        WIDTH, height, (low - room, high + room), (0, len(lines)), left=NAMES, bottom=26, top=6, right=NUMBERS
    )


def _place(value: Any, scale: Scale, frame: svg.Frame) -> float | None:
    found = placed(value, scale)
    return None if found is None else frame.px(min(max(found, frame.x[0]), frame.x[1]))


def _mark(places: Sequence[float | None], y: float, *, pooled: bool) -> list[Html]:
    centre, low, high = places
    if centre is None:
        return []
    if pooled and low is not None and high is not None:
        corners = [(low, y), (centre, y - 6), (high, y), (centre, y + 6)]
        return [svg.path(corners, "point yes", closed=True)]
    ends = [svg.line((low, y), (high, y), "range open")] if low is not None and high is not None else []
    return [*ends, svg.dot((centre, y), "point open", 4)]
