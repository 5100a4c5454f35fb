"""Cox models, each checked for hazard ratios that change with time, as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.survival.cox import fit_cox
from imagenomics.associate.survival.frame import ALL, PROPORTIONAL_COLUMNS
from imagenomics.associate.survival.proportional import proportional_hazards
from imagenomics.associate.survival.settings import CoxSettings, SurvivalSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.stats.multiplicity import false_discovery

OK, NOT_TESTABLE = "ok", "not testable"


def check_hazards(
    models: Mapping[str, pd.DataFrame],
    times: SurvivalTimes,
    *,
    strata: pd.Series | None = None,
    rules: SurvivalSettings | None = None,
) -> pd.DataFrame:
    """Check every term of every model.

    Parameters
    ----------
    models : mapping of str to DataFrame, (n, k)
        Columns of each model by patient; who lacks one does not enter.
    times : SurvivalTimes
    strata : Series, optional
        Strata with baseline hazards of their own.
    rules : SurvivalSettings, optional
        Ties, and which false discovery rate is kept over all terms checked.

    Returns
    -------
    DataFrame
        ``model, term, n, events, hazard_ratio, change, statistic, df, p, q, status, reason``: one row for each term
        (ratio per unit of it), and ``(all)`` for all of a model together where it has several (without q). Of
        ``change`` see :func:`imagenomics.associate.survival.proportional.proportional_hazards`.
    """
    chosen = rules or SurvivalSettings()
    rows = [_one(name, X, times, strata, chosen) for name, X in models.items()]
    if not rows:
        return pd.DataFrame(columns=PROPORTIONAL_COLUMNS)
    table = pd.concat(rows, ignore_index=True)
    single = (table["term"] != ALL).to_numpy()
    q = np.full(len(table), np.nan)
    q[single] = false_discovery(table.loc[single, "p"].to_numpy(dtype=np.float64), chosen.fdr)
    return table.assign(q=q).reindex(columns=PROPORTIONAL_COLUMNS)


def _one(
    name: str, X: pd.DataFrame, times: SurvivalTimes, strata: pd.Series | None, rules: SurvivalSettings
) -> pd.DataFrame:
    ids = X.index[X.notna().all(axis=1)].intersection(times.ids)
    if strata is not None:
        ids = ids[strata.reindex(ids).notna().to_numpy()]
    followed, own = times.of(ids), X.loc[ids]
    facts: dict[str, Any] = {"model": name, "n": len(ids), "events": followed.n_events}
    try:
        fitted = fit_cox(
            own, followed, strata=strata, settings=CoxSettings(ties=rules.ties, events_per_term=1)
        )
    except InputError as error:
        return pd.DataFrame([{**facts, "term": ALL, "status": NOT_TESTABLE, "reason": error.what}]).assign(
            p=np.nan
        )
    found = proportional_hazards(fitted, own, followed, strata=strata)
    found["hazard_ratio"] = fitted.table["hazard_ratio"].reindex(found.index)
    if X.shape[1] == 1:
        found = found.drop(index=ALL)
    unknown = found["p"].isna()
    found["status"] = np.where(unknown, NOT_TESTABLE, OK)
    found["reason"] = np.where(unknown, "too few distinct events to tell a change", "")
    return found.reset_index().assign(**facts)
