"""Charts of gene sets: the statistic among random sets, and patients' set scores along a feature."""

from __future__ import annotations

import pandas as pd

from imagenomics.report import svg
from imagenomics.report.badges import verdict_class
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.text import p_value, short

SHOWN = 12
SCATTERS = 3
ROW = 34.0
WIDTH = 520.0
SIDE = 300.0
WORDS = {
    "sets": ("set", "sets", "gene sets"),
    "signatures": ("signature", "signatures", "signatures"),
    "modules": ("module", "groups", "groups of genes"),
}
Z = "z of the pair (its p value as a standard normal deviate; left of 0: negative)"
STATISTIC = {"sets": "enrichment score or mean of the set", "signatures": Z, "modules": Z}
CROWDED = (
    "A point off its bar may still have a large p random: the bar is the plain range, in which random scores often "
    "crowd near one end; p counts both directions and is no smaller than what a bell curve says that allows for how "
    "few random scores are independent of each other."
)
OFF = {
    "sets": "A point off its bar beats its random sets in this pair alone; the q over all pairs has to be small, too.",
    "signatures": CROWDED,
    "modules": CROWDED,
}


def random_set_chart(tested: pd.DataFrame, *, groups: str = "sets") -> Html | None:
    """Draw the strongest ``sets``, ``signatures`` or ``modules`` on the middle 95% of their random ones."""
    rows = tested[tested["random_low"].notna()].drop_duplicates(["set", "feature"]).head(SHOWN)
    if rows.empty:
        return None
    numbers = rows[["statistic", "random_low", "random_high"]]
    low, high = min(0.0, float(numbers.min().min())), max(0.0, float(numbers.max().max()))
    room = (high - low or 1.0) * 0.04
    frame = svg.Frame(WIDTH, ROW * len(rows) + 56, (low - room, high + room), (0, 1), left=12, bottom=44)
    marks: list[Html] = []
    for k, row in enumerate(records(rows)):
        y = frame.top + ROW * (k + 1) - 9
        kind = verdict_class(str(row["verdict"]))
        words = f"{row['set']} · {row['feature']}"
        shown = svg.fitted(words, WIDTH - 24, 12)
        marks.append(svg.text((frame.left, y - 10), shown, "row-name halo", whole=words))
        left, right = frame.px(row["random_low"]), frame.px(row["random_high"])
        marks.append(svg.box((left, y - 5), right - left, 10, kind="bar"))
        marks.append(svg.line((frame.px(0), y - 7), (frame.px(0), y + 7), "chance"))
        marks.append(svg.dot((frame.px(row["statistic"]), y), f"point {kind}", 4.5))
    axes = svg.axes(frame, (svg.nice_ticks(*frame.x), ()), (STATISTIC[groups], ""))
    one, many, title = WORDS[groups]
    caption = el(
        "p.caption",
        f"Point: the {one}. Bar: the middle 95% of random {many} of the same size, correlation and expression. A point "
        f"on its bar is what any such group of genes would show. {OFF[groups]}",
    )
    chart = svg.picture(frame, axes, marks, label=f"strongest {one}s and random {title}")
    return el("div.chart-block", el("h4", f"Against random {title}"), caption, chart)


def score_charts(results: Results, analysis: str, tested: pd.DataFrame) -> Html | None:
    """Draw each patient's set score along the feature, for the strongest pairs of different sets."""
    scores, features = results.table("set_scores.parquet"), results.table("features.parquet")
    first = tested.drop_duplicates("set").head(SCATTERS)
    charts = []
    for row in records(first):
        column, feature = f"{analysis}.{row['set']}", str(row["feature"])
        if column not in scores.columns or feature not in features.columns:
            continue
        both = pd.DataFrame({"x": features[feature], "y": scores[column]}).apply(
            pd.to_numeric, errors="coerce"
        )
        drawn = both.dropna()
        if len(drawn) < 2:
            continue
        words = f"p {p_value(row['p'])}, random sets {p_value(row['p_random_sets'])}"
        caption = el("figcaption", el("b", short(str(row["set"]), 40)), f"{short(feature, 40)}: {words}")
        charts.append(el("figure.small-chart", caption, _scatter(drawn, feature)))
    return el("div.charts", charts) if charts else None


def _scatter(drawn: pd.DataFrame, feature: str) -> Html:
    x = (float(drawn["x"].min()), float(drawn["x"].max()))
    y = (float(drawn["y"].min()), float(drawn["y"].max()))
    frame = svg.Frame(SIDE, SIDE, x, y)
    marks = [
        el(
            "circle",
            el("title", str(patient)),
            attrs={"class": "who l1", "cx": f"{frame.px(a):.1f}", "cy": f"{frame.py(b):.1f}", "r": "3"},
        )
        for patient, a, b in zip(drawn.index, drawn["x"], drawn["y"], strict=True)
    ]
    ticks = svg.nice_ticks(*x, most=4), svg.nice_ticks(*y, most=5)
    axes = svg.axes(frame, ticks, (feature, "mean z of the set's genes"))
    return svg.picture(frame, axes, marks, label=f"set score along {feature}")
