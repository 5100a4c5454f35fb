"""The cut-off of one marker: how it does in the patients it was chosen in, and in others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.associate.roc.cut_kernel import SENSITIVITY, SPECIFICITY, YOUDEN, try_cuts
from imagenomics.associate.roc.settings import RocSettings
from imagenomics.stats.proportion import wilson_interval

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
RULES = {"youden": YOUDEN, "sensitivity": SENSITIVITY, "specificity": SPECIFICITY}
SIDES = {"both": 0, "higher": 1, "lower": -1}
SHARES = ("sensitivity", "specificity", "accuracy")
CUT_COLUMNS = (
    *("analysis", "feature", "target", "rule", "n", "n_positive", "direction", "cutoff", "cutoff_low"),
    *("cutoff_high", "same_direction", "naive_sensitivity", "naive_specificity", "naive_accuracy"),
    *("naive_balanced_accuracy", "sensitivity", "sensitivity_low", "sensitivity_high", "specificity"),
    *(
        "specificity_low",
        "specificity_high",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "balanced_accuracy",
    ),
    *("optimism", "largest_class"),
)


def cut_off(
    values: FloatArray, labels: FloatArray, folds: IntArray, *, settings: RocSettings
) -> dict[str, Any]:
    """Return the cut-off of a marker, with its naive and its cross-validated shares.

    Naive shares are those of the patients in whom the cut-off was chosen. For the cross-validated ones cut-off (and,
    where it is not declared, direction) are chosen in each training part anew and tried on the patients left out;
    their counts are added over the folds of a repeat and averaged over repeats.

    Parameters
    ----------
    values, labels : arrays, (n,)
        Without missing values; labels 0 or 1.
    folds : int array, (repeats, n)
    settings : RocSettings

    Returns
    -------
    dict
        ``CUT_COLUMNS`` without names. Balanced accuracy is the mean of sensitivity and specificity, 0.5 by chance;
        optimism is what the naive one promises above the other. Intervals are Wilson's for as many patients as there
        are. Numbers are NaN where a training part lacks a class.

    Source
    ------
    Youden 1950, Cancer 3:32; Ewald 2006, Journal of Clinical Epidemiology 59:798 (optimism of chosen cut-offs).
    """
    order = np.argsort(values, kind="stable")
    found = try_cuts(
        np.ascontiguousarray(values[order]),
        labels[order].astype(np.int64),
        np.ascontiguousarray(folds[:, order]),
        SIDES[settings.direction],
        RULES[settings.cut],
        settings.at_least,
    )
    naive, tried = _shares(found[2:6]), _shares(found[6:10])
    row: dict[str, Any] = {
        "rule": settings.rule,
        "n": values.size,
        "n_positive": int(labels.sum()),
        "direction": "lower" if found[1] < 0 else "higher",
        "cutoff": found[0],
        "cutoff_low": found[10],
        "cutoff_high": found[11],
        "same_direction": found[12],
        "largest_class": max(labels.mean(), 1.0 - labels.mean()),
    }
    for name, (k, n) in tried.items():
        row |= {name: k / n, f"{name}_low": np.nan, f"{name}_high": np.nan}
        if n == n:
            low, high = wilson_interval(round(k), round(n), confidence=settings.confidence)
            row |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    row |= {f"naive_{name}": k / n for name, (k, n) in naive.items()}
    for prefix in ("naive_", ""):
        row[f"{prefix}balanced_accuracy"] = 0.5 * (row[f"{prefix}sensitivity"] + row[f"{prefix}specificity"])
    row["optimism"] = row["naive_balanced_accuracy"] - row["balanced_accuracy"]
    return row


def _shares(counts: FloatArray) -> dict[str, tuple[float, float]]:
    found, missed, alarms, spared = map(float, counts)
    sizes = found + missed, spared + alarms
    return dict(
        zip(SHARES, ((found, sizes[0]), (spared, sizes[1]), (found + spared, sum(sizes))), strict=True)
    )
