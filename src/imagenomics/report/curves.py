"""Charts of one prediction: ROC, calibration, net benefit, the permutation null and the scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.report import svg
from imagenomics.report.folder import records
from imagenomics.report.html import Html, el
from imagenomics.report.models import Model
from imagenomics.report.text import fixed, many, short

SIDE = 300.0
UNIT = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_POINTS = 400
CLOSE = 0.5  # shares that span less are drawn on a part of the scale
FEWEST_BINS, MOST_BINS = 10, 28
GOLDEN = 0.618034  # steps of this share spread points evenly


def roc_chart(curves: pd.DataFrame, models: Sequence[Model]) -> Html | None:
    """Draw the ROC curves of all models; the declared one on top."""
    lines = _lines(curves, "roc", models)
    if not lines:
        return None
    drawn = [(own[["x", "y"]], model.look) for model, own in lines]
    return roc_picture(drawn, label="ROC curves of all models")


def roc_picture(
    lines: Sequence[tuple[pd.DataFrame, str]], *, label: str, points: Sequence[tuple[float, float, str]] = ()
) -> Html:
    """Draw ROC curves and perhaps points on them; the first curve on top.

    Parameters
    ----------
    lines : sequence of (DataFrame, str)
        False and true positive rate of each curve, in two columns, and its look.
    label : str
        For screen readers.
    points : sequence of (float, float, str)
        False and true positive rate, and the look of a dot.
    """
    frame = svg.Frame(SIDE, SIDE, (0, 1), (0, 1))
    chance = svg.line(frame.at(0, 0), frame.at(1, 1), "chance")
    marks = [
        svg.path((frame.at(x, y) for x, y in own.to_numpy(dtype=float)), f"curve {look}")
        for own, look in reversed(lines)
    ]
    dots = [svg.dot(frame.at(x, y), look, 4.5) for x, y, look in points]
    axes = svg.axes(frame, (UNIT, UNIT), ("false alarms (1 − specificity)", "found (sensitivity)"))
    return svg.picture(frame, axes, chance, marks, dots, label=label)


def calibration_chart(curves: pd.DataFrame, model: Model) -> Html | None:
    """Draw observed against predicted shares of the declared model, with intervals."""
    lines = _lines(curves, "calibration", [model])
    if not lines:
        return None
    own = lines[0][1]
    continuous = bool((own[["x", "y"]].max() > 1.5).any() or (own[["x", "y"]].min() < -0.5).any())
    reach = (float(own[["x", "y", "low"]].min().min()), float(own[["x", "y", "high"]].max().max()))
    ends = reach if continuous else _shares_shown(*reach)
    frame = svg.Frame(SIDE, SIDE, ends, ends)
    ticks = UNIT if ends == (0.0, 1.0) else svg.nice_ticks(*ends)
    marks: list[Html] = [svg.line(frame.at(ends[0], ends[0]), frame.at(ends[1], ends[1]), "chance")]
    rows = records(own)
    marks += [
        svg.line(frame.at(r["x"], r["low"]), frame.at(r["x"], r["high"]), f"range {model.look}")
        for r in rows
        if r["low"] == r["low"] and r["high"] == r["high"]
    ]
    marks.append(svg.path((frame.at(r["x"], r["y"]) for r in rows), f"thin {model.look}"))
    marks += [svg.dot(frame.at(r["x"], r["y"]), f"point {model.look}", 4) for r in rows]
    axes = svg.axes(frame, (ticks, ticks), ("predicted", "observed"))
    return svg.picture(frame, axes, marks, label=f"calibration of {model.name}")


def _shares_shown(low: float, high: float) -> tuple[float, float]:
    """Return the part of the scale from 0 to 1 that is drawn: all of it, or what shares close together need."""
    if high - low > CLOSE:
        return 0.0, 1.0
    return math.floor(low / 0.05) * 0.05, math.ceil(high / 0.05) * 0.05


def decision_chart(curves: pd.DataFrame, models: Sequence[Model]) -> Html | None:
    """Draw net benefit against the threshold of all models that have it."""
    lines = _lines(curves, "decision", models)
    if not lines:
        return None
    top = max(float(own["y"].max()) for _, own in lines)
    ends = (-0.25 * max(top, 0.05), max(top, 0.05) * 1.08)
    right = min(1.0, max(float(own["x"].max()) for _, own in lines))
    frame = svg.Frame(SIDE, SIDE, (0, right), ends)
    marks = []
    for model, own in reversed(lines):
        inside = own[own["y"] >= ends[0]]
        points = (frame.at(x, y) for x, y in zip(inside["x"], inside["y"], strict=True))
        marks.append(svg.path(points, f"curve {model.look}"))
    nobody = svg.line(frame.at(0, 0), frame.at(right, 0), "chance")
    everybody = lines[0][1][lines[0][1]["high"] >= ends[0]]
    points = (frame.at(x, y) for x, y in zip(everybody["x"], everybody["high"], strict=True))
    marks.insert(0, svg.path(points, "thin everybody"))
    axes = svg.axes(
        frame, (svg.nice_ticks(0, right), svg.nice_ticks(*ends)), ("threshold probability", "net benefit")
    )
    return svg.picture(frame, axes, nobody, marks, label="net benefit of all models")


def null_chart(curves: pd.DataFrame, model: Model, observed: float | None, *, name: str) -> Html | None:
    """Draw the statistics of the shuffled runs as a histogram, with the observed value marked."""
    lines = _lines(curves, "null", [model])
    if not lines:
        return None
    draws = lines[0][1]["y"]
    marked = [observed] if observed is not None else []
    low, high = min([float(draws.min()), *marked]), max([float(draws.max()), *marked])
    room = (high - low or 0.1) * 0.06
    ends = (low - room, high + room)
    n_bins = min(MOST_BINS, max(FEWEST_BINS, round(2 * len(draws) ** 0.5)))
    step = (ends[1] - ends[0]) / n_bins
    place = ((draws - ends[0]) / step).astype(int).clip(0, n_bins - 1)
    counts = place.value_counts()
    frame = svg.Frame(SIDE, SIDE, ends, (0, float(counts.max()) * 1.18))
    marks = []
    for i in sorted(place.unique()):
        corner = frame.at(ends[0] + i * step, float(counts[i]))
        width = frame.px(ends[0] + step) - frame.px(ends[0]) - 1
        marks.append(svg.box(corner, width, frame.py(0) - corner[1], kind="bar"))
    if observed is not None:
        marks += _observed(frame, observed, fixed(observed))
    axes = svg.axes(
        frame,
        (svg.nice_ticks(*ends, most=5), svg.nice_ticks(*frame.y, most=5, whole=True)),
        (name, "shuffled runs"),
    )
    label = f"{many(len(draws), 'shuffled run')}, observed {fixed(observed)}"
    return svg.picture(frame, axes, marks, label=label)


def _observed(frame: svg.Frame, value: float, words: str) -> list[Html]:
    x = frame.px(value)
    left = x > frame.width * 0.6
    at = (x - 6 if left else x + 6, frame.top + 11)
    ends = (x, frame.top), (x, frame.py(0))
    return [
        svg.line(*ends, "observed"),
        svg.text(at, f"observed {words}", "mark", anchor="end" if left else "start"),
    ]


def score_chart(
    predictions: pd.DataFrame, model: Model, *, classes: tuple[str, str] = ("", "")
) -> Html | None:
    """Draw the out-of-fold score of each patient (mean of the repeats) by the true answer."""
    own = predictions[predictions["model"].astype(str) == model.name]
    numbers = (
        own[["score", "label"]]
        .apply(pd.to_numeric, errors="coerce")
        .assign(patient=own["patient"].astype(str))
    )
    drawn = numbers.dropna().groupby("patient", sort=True)[["score", "label"]].mean().reset_index()
    if drawn.empty:
        return None
    if not set(drawn["label"].unique()) <= {0.0, 1.0}:
        return _scatter(drawn, model)
    low, high = float(drawn["score"].min()), float(drawn["score"].max())
    ends = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    frame = svg.Frame(SIDE, SIDE, ends, (-0.5, 1.5))
    marks = []
    for i, row in enumerate(records(drawn)):
        jitter = ((i * GOLDEN) % 1 - 0.5) * 0.62
        marks.append(_person(frame.at(row["score"], row["label"] + jitter), row, f"who l{int(row['label'])}"))
    words = ((0, short(classes[1] or "without", 22)), (1, short(classes[0] or "with", 22)))
    names = [svg.text((12, frame.py(v)), w, "title", anchor="middle", turn=-90) for v, w in words]
    axes = svg.axes(frame, (svg.nice_ticks(*ends), ()), ("score with the patient left out", ""))
    return svg.picture(frame, axes, names, marks, label="scores by true answer")


def _scatter(drawn: pd.DataFrame, model: Model) -> Html:
    x = (float(drawn["score"].min()), float(drawn["score"].max()))
    y = (float(drawn["label"].min()), float(drawn["label"].max()))
    frame = svg.Frame(SIDE, SIDE, x, y)
    marks = [_person(frame.at(r["score"], r["label"]), r, "who l1") for r in records(drawn)]
    ticks = svg.nice_ticks(*x, most=5), svg.nice_ticks(*y, most=5)
    axes = svg.axes(frame, ticks, ("predicted with the patient left out", "true value"))
    return svg.picture(frame, axes, marks, label=f"predicted and true values of {model.name}")


def _person(at: svg.Point, row: dict[str, Any], kind: str) -> Html:
    attrs = {"class": kind, "cx": f"{at[0]:.1f}", "cy": f"{at[1]:.1f}", "r": "3"}
    return el("circle", el("title", f"{row['patient']}: {fixed(row['score'])}"), attrs=attrs)


def _lines(curves: pd.DataFrame, curve: str, models: Sequence[Model]) -> list[tuple[Model, pd.DataFrame]]:
    """Return the points of one kind of curve by model, thinned to what a chart can show."""
    rows = curves[(curves["curve"] == curve) & curves["x"].notna() & curves["y"].notna()]
    found = []
    for model in models:
        own = rows[rows["model"].astype(str) == model.name]
        if curve != "null" and len(own) > MOST_POINTS:
            step = -(-len(own) // MOST_POINTS)
            own = pd.concat([own.iloc[::step], own.iloc[[-1]]])
        if len(own):
            found.append((model, own))
    return found
