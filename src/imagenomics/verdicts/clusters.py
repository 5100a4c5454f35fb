"""Verdicts on clusters of patients: whether they are there, and what follows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.evidence import NAN
from imagenomics.verdicts.limits import NOT_WORKED_OUT
from imagenomics.verdicts.reasons import probability
from imagenomics.verdicts.rules import ABSENT, SUPPORTED, UNTESTABLE
from imagenomics.verdicts.settings import VerdictSettings


def cluster_verdicts(
    rows: pd.DataFrame,
    significance: pd.DataFrame,
    *,
    settings: VerdictSettings,
    fdr: Literal["bh", "by"] = "bh",
    class_counts: Mapping[str, tuple[int, int]] | None = None,
    events: Mapping[str, tuple[int, int]] | None = None,
    site_ignored: bool = False,
) -> list[dict[str, Any]]:
    """Judge the clusters of one analysis, then every target that was tested against them.

    The clusters are supported where their p against one normal cloud is at most alpha. Where it is not, no target can
    follow them: its verdict is 'not testable', and says what its test gave.

    Parameters
    ----------
    rows : DataFrame
        Tests against the clusters, one for each target.
    significance : DataFrame
        The one row of the clusters themselves.
    settings, fdr, class_counts, events, site_ignored
        See :func:`~imagenomics.verdicts.association.association_verdicts`.

    Returns
    -------
    list of dict
        Fields as in :func:`~imagenomics.verdicts.association.association_verdicts`.
    """
    own = [
        _themselves(verdict, significance.iloc[0], settings)
        for verdict in association_verdicts(significance, settings=settings)
    ]
    if rows.empty:
        return own
    nouns = dict.fromkeys(rows["target"].astype(str), "groupings of patients")
    others = association_verdicts(
        rows,
        settings=settings,
        class_counts=class_counts,
        events=events,
        nouns=nouns,
        site_ignored=site_ignored,
        fdr=fdr,
    )
    p = float(significance["p"].iloc[0])
    there = p <= settings.alpha
    return [*own, *(v if there else _without_clusters(v, p) for v in others)]


def _themselves(verdict: dict[str, Any], row: pd.Series, settings: VerdictSettings) -> dict[str, Any]:
    p, found = float(row["p"]), row["feature"]
    if p != p:
        return {**verdict, "verdict": UNTESTABLE, "reason": f"Nothing was clustered: {row['reason']}."}
    said = f"({probability(p)}; the spread within {found} is {row['effect']:.2f} of the whole)"
    if p <= settings.alpha:
        reason = (
            f"Patients lie closer in clusters than those of one normal cloud with the same correlations {said}. "
            "This says that the patients are not one such cloud, not that the number of clusters is right."
        )
    else:
        reason = (
            f"One normal cloud with the same correlations gives clusters as tight as these {said}: a tree can be "
            "cut in pieces whether or not there are groups. How small a separation these patients could have shown is "
            f"not worked out: {NOT_WORKED_OUT['cluster index']}."
        )
    supported = p <= settings.alpha
    return {**verdict, "verdict": SUPPORTED if supported else ABSENT, "reason": reason, "detectable": NAN}


def _without_clusters(verdict: dict[str, Any], p: float) -> dict[str, Any]:
    if p != p or verdict["verdict"] == UNTESTABLE:
        return verdict
    reason = (
        f"There are no clusters that {verdict['target']} could follow: one cloud of patients gives clusters as tight "
        f"as these ({probability(p)}). What stands in the table is a test of pieces of that cloud; test the features "
        f"themselves in [[associate]]. {verdict['reason']}"
    )
    return {**verdict, "verdict": UNTESTABLE, "reason": reason}
