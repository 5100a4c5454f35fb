"""The table of enrichment: one row for every phenotype and set, and what may be claimed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.genesets.settings import EnrichSettings
from imagenomics.genesets.verdict import NOT_DRAWN, RANDOM_SETS, UNTESTABLE, Null, q_above, stand_against
from imagenomics.stats.multiplicity import false_discovery

COLUMNS = (
    "analysis",
    "feature",
    "set",
    "test",
    "n",
    "size",
    "size_tested",
    "effect",
    "effect_name",
    "statistic",
    "p",
    "q",
    "p_permutation",
    "q_permutation",
    "p_random_sets",
    "random_low",
    "random_high",
    "correlation",
    "correlation_random",
    "verdict",
    "status",
    "reason",
    "leading",
)
PATIENTS = "so strong a result is common when patients are permuted"


def make_frame(rows: Sequence[Mapping[str, Any]], *, settings: EnrichSettings, analysis: str) -> pd.DataFrame:
    """Return the table with q values over all tested rows, and a verdict in each row.

    ``supported``: q under the method's own null, q under the null of patients, and p against random sets are all at
    most ``alpha``. A set that is associated no more than random sets of its kind is not enriched.
    """
    frame = pd.DataFrame(list(rows), columns=[c for c in COLUMNS if c not in _MADE])
    frame["analysis"] = analysis
    frame["q"] = false_discovery(frame["p"].to_numpy(dtype=np.float64), settings.fdr)
    frame["q_permutation"] = false_discovery(frame["p_permutation"].to_numpy(dtype=np.float64), settings.fdr)
    judged = [_judge(row, settings) for row in frame.to_dict("records")]
    frame["verdict"] = [verdict for verdict, _ in judged]
    frame["reason"] = [reason for _, reason in judged]
    whole = frame[list(COLUMNS)]
    return whole.astype({"n": np.int32, "size": np.int32, "size_tested": np.int32})


_MADE = ("analysis", "q", "q_permutation", "verdict")


def _judge(row: Mapping[Any, Any], settings: EnrichSettings) -> tuple[str, str]:
    reason = str(row["reason"])
    if row["status"] != "ok":
        return UNTESTABLE, reason
    if np.isnan([row["q"], row["q_permutation"], row["p_random_sets"]]).any():  # whatever the others say
        return UNTESTABLE, reason or NOT_DRAWN
    q = Null(row["q"], reason or q_above(settings.alpha))
    nulls = q, Null(row["q_permutation"], PATIENTS), Null(row["p_random_sets"], RANDOM_SETS)
    return stand_against(nulls, alpha=settings.alpha, reason=reason)
