"""What the charts of a prediction show, said exactly: which mean is drawn, how often chance was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from imagenomics.report.text import as_float, fixed, known, many, measure, p_value

UP_LEFT = "Up and left is better; the diagonal is chance."
TIE = 1e-9  # as in the p value: two statistics closer than this are equal


def roc_words(scores: pd.DataFrame, model: str) -> str:
    """Say which curves the drawn one is the mean of.

    Parameters
    ----------
    scores : DataFrame
        Rows of ``predictions.parquet`` of one analysis.
    model : str
        Name of the declared model.
    """
    own = scores[scores["model"].astype(str) == model]
    if own.empty or not {"repeat", "fold"} <= set(own.columns):
        return f"{UP_LEFT} Each line is the mean of the curves of all test folds."
    folds, repeats = own["fold"].nunique(), own["repeat"].nunique()
    times = f" of {many(repeats, 'repeat')}" if repeats > 1 else ""
    return (
        f"{UP_LEFT} Each line is a mean: at every rate of false alarms, the sensitivity averaged over the test folds "
        f"that hold both classes ({many(folds, 'fold')}{times}). Single folds lie above and below it."
    )


def null_words(curves: pd.DataFrame, verdict: Mapping[str, Any], model: str) -> str:
    """Say how many shuffled runs were done, why not more, and which value the line marks.

    Parameters
    ----------
    curves : DataFrame
        Rows of ``curves.parquet`` of one analysis.
    verdict : mapping
        Its verdict, or {}.
    model : str
        Name of the declared model.
    """
    draws = curves["y"][(curves["curve"] == "null") & (curves["model"].astype(str) == model)]
    p, observed = as_float(verdict.get("null_p")), tested_value(verdict)
    said = [f"{many(len(draws), 'run')} with shuffled answers; null p {p_value(p)}."]
    if observed is not None and p is not None and len(draws):
        said.append(_drawing(draws, observed, p))
    said.append(_line(verdict, observed))
    return " ".join(s for s in said if s)


def tested_value(verdict: Mapping[str, Any]) -> float | None:
    """Return the statistic that was compared with the shuffled runs; the estimate where it was not kept."""
    values = (as_float(verdict.get(k)) for k in ("observed", "statistic", "estimate"))
    return next((v for v in values if v is not None), None)


def _drawing(draws: pd.Series, observed: float, p: float) -> str:
    """Say how drawing ended: h / l where the h-th run that did as well ended it, else (g + 1) / (B + 1)."""
    above = int((~(draws < observed - TIE * max(1.0, abs(observed)))).sum())
    did = f"{above:,} of them did as well as the real answers"
    if above and abs(p - above / len(draws)) < TIE:
        return f"{did}: drawing stopped there, because the answer was clear."
    return f"{did}; all planned runs were made, as they are unless chance is soon seen to do as well."


def _line(verdict: Mapping[str, Any], observed: float | None) -> str:
    """Say why the line differs from the headline, where two decimals show it."""
    headline = verdict.get("estimate")
    if observed is None or not known(headline) or fixed(observed) == fixed(headline):
        return ""
    name = measure(verdict.get("estimate_name")) or "value"
    return (
        f"The line marks {fixed(observed)}, the {name} of the first repeat, which is the tested one; the headline "
        f"{fixed(headline)} is the mean of all repeats."
    )
