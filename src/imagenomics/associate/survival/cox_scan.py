"""All features against survival in one pass: a Cox model for each, beside the same covariates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from imagenomics.associate.survival.cox_kernel import (
    BETA,
    EVENTS,
    FEATURE_CONSTANT,
    FEW,
    FEW_EVENTS,
    LIKELIHOOD_RATIO,
    NO_MAXIMUM,
    OK,
    SCORE,
    SE,
    SEPARATED,
    N,
    scan_cox,
)
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.stats.tails import log_sf_chi2
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
REASONS = {
    FEW: "fewer patients than required have follow-up and the feature",
    FEATURE_CONSTANT: "the feature is the same for all of them",
    FEW_EVENTS: "too few events for each term of the model",
    SEPARATED: "the feature orders the events perfectly: no finite hazard ratio",
    NO_MAXIMUM: "the model has no maximum: terms explain each other",
}


def scan_survival(
    features: PatientTable,
    times: SurvivalTimes,
    *,
    covariates: pd.DataFrame | None = None,
    strata: pd.Series | None = None,
    settings: CoxSettings | None = None,
) -> pd.DataFrame:
    """Test every feature for an association with survival.

    Parameters
    ----------
    features : PatientTable, (n, p)
        Numeric columns; each is tested on the patients who have it.
    times : SurvivalTimes
        Follow-up.
    covariates : DataFrame, (n, c), optional
        Numbers that stand in every model; patients with a missing one are left out.
    strata : Series, optional
        Strata with baseline hazards of their own.
    settings : CoxSettings, optional
        Ties, statistic, and what a feature needs to be tested.

    Returns
    -------
    DataFrame
        ``feature, n, events, log_hazard_ratio, se, hazard_ratio, ci_low, ci_high, statistic, p, neg_log10_p, status,
        reason``; a hazard ratio is that of one standard unit of the column as it is given.
    """
    chosen = settings or CoxSettings()
    ready = align_features(features, times, covariates=covariates, strata=strata)
    followed, F = ready.followed, ready.features
    fits, status = np.empty((len(F), 6)), np.empty(len(F), dtype=np.int64)
    risk = np.vstack([ready.strata, followed.event.astype(np.int64)])
    rules = (chosen.min_patients, chosen.events_per_term, int(chosen.ties == "efron"))
    with one_thread():
        scan_cox(F, ready.covariates, risk, followed.start, followed.time, rules, fits, status)
    return scanned_frame(fits, status, ready.names, chosen)


class Aligned(NamedTuple):
    """Follow-up, strata (n,), features as rows (p, n), covariates (n, c) of the same patients, and feature names."""

    followed: SurvivalTimes
    strata: npt.NDArray[np.int64]
    features: FloatArray
    covariates: FloatArray
    names: pd.Index


def align_features(
    features: PatientTable,
    times: SurvivalTimes,
    *,
    covariates: pd.DataFrame | None,
    strata: pd.Series | None,
) -> Aligned:
    """Return the arrays of the patients with follow-up and all covariates, sorted by stratum, then time."""
    ids = features.values.index.intersection(times.ids)
    if covariates is not None:
        complete = covariates.reindex(ids).notna().all(axis=1)
        ids = ids[complete.to_numpy()]
    followed = times.of(ids)
    codes = np.zeros(len(ids), dtype=np.int64)
    if strata is not None:
        codes = pd.factorize(strata.reindex(ids).astype(str), sort=True)[0].astype(np.int64)
    order = followed.sorted_with(codes)
    followed, codes = followed.rows(order), codes[order]
    rows = features.values.loc[followed.ids]
    F = np.ascontiguousarray(rows.to_numpy(dtype=np.float64, na_value=np.nan).T)
    return Aligned(followed, codes, F, _standard(covariates, followed.ids), rows.columns)


def _standard(covariates: pd.DataFrame | None, ids: pd.Index) -> FloatArray:
    if covariates is None or covariates.shape[1] == 0:
        return np.empty((len(ids), 0))
    values = np.ascontiguousarray(covariates.loc[ids].to_numpy(dtype=np.float64))
    spread = values.std(axis=0)
    return np.ascontiguousarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def scanned_frame(
    fits: FloatArray, status: npt.NDArray[np.int64], names: pd.Index, settings: CoxSettings
) -> pd.DataFrame:
    """Return fits (p, 6) and what became of each feature as the table that :func:`scan_survival` describes."""
    beta, se = fits[:, BETA], fits[:, SE]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        value = {
            "likelihood-ratio": fits[:, LIKELIHOOD_RATIO],
            "score": fits[:, SCORE],
            "wald": (beta / se) ** 2,
        }[settings.statistic]
        wide = ndtri(0.5 + settings.confidence / 2.0) * se
        log_p = log_sf_chi2(value, 1.0)
        ratio, low, high = np.exp(beta), np.exp(beta - wide), np.exp(beta + wide)
    tested = np.isin(status, (OK, SEPARATED)) & ~np.isnan(value)
    log_p = np.where(tested, log_p, np.nan)
    return pd.DataFrame(
        {
            "feature": names,
            "n": fits[:, N].astype(np.int64),
            "events": fits[:, EVENTS].astype(np.int64),
            "log_hazard_ratio": beta,
            "se": se,
            "hazard_ratio": ratio,
            "ci_low": low,
            "ci_high": high,
            "statistic": np.where(tested, value, np.nan),
            "p": np.exp(log_p),
            "neg_log10_p": -log_p / np.log(10.0),
            "status": np.where(tested, "tested", "not tested"),
            "reason": [REASONS.get(int(code), "") for code in status],
        }
    )
