"""Whether more terms help: Cox models of the same patients beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.survival.cox import CoxModel, fit_cox
from imagenomics.associate.survival.frame import MODEL_COLUMNS
from imagenomics.associate.survival.gain import gains
from imagenomics.associate.survival.settings import CompareSettings, SurvivalSettings
from imagenomics.associate.survival.terms import together
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError

NAN = float("nan")
OK, NOT_TESTABLE = "ok", "not testable"
KEPT = (
    "the interval of the gain keeps the models as they are: without some tenth of the patients there are none"
)
UNTRIED = "not cross-validated: the folds are too small to fit it in every training part"


def compare_models(
    terms: Mapping[str, pd.DataFrame],
    models: Mapping[str, Sequence[str]],
    times: SurvivalTimes,
    *,
    strata: pd.Series | None = None,
    settings: CompareSettings,
    rules: SurvivalSettings | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Fit models to the patients who have all terms of all of them, and compare each with the one before.

    Parameters
    ----------
    terms : mapping of str to DataFrame, (m, k)
        Of each term its columns, by patient.
    models : mapping of str to sequence of str
        Name of each model, in order, and its terms.
    times : SurvivalTimes
        Follow-up.
    strata : Series, optional
        Strata with baseline hazards of their own, in every model.
    settings : CompareSettings
        Folds, repeats, draws.
    rules : SurvivalSettings, optional
        Ties, events that each term needs, fewest patients, confidence.
    seed : int
        Of folds and draws.

    Returns
    -------
    DataFrame
        One row for each model, ``model, before, terms, n, events, df, log_likelihood, log_likelihood_null, aic,
        aic_difference`` (less that of the model before; both are of the patients of the fit), ``c_apparent`` (of the
        same patients), ``c_index, c_gain, c_gain_low, c_gain_high`` (of patients left out), ``lr_statistic, lr_df,
        lr_p`` (likelihood ratio of what the model has beyond the one before), ``status, reason``. df counts columns: a
        term of several levels has one for each but the first.

    Source
    ------
    Akaike 1974, IEEE Transactions on Automatic Control 19:716; Cox 1972, JRSS B 34:187.
    """
    chosen = rules or SurvivalSettings()
    names = list(dict.fromkeys(name for own in models.values() for name in own))
    ids = _complete(together(terms, names), times, strata)
    followed = times.of(ids)
    designs = {model: together(terms, own).loc[ids] for model, own in models.items()}
    fits: dict[str, CoxModel | str] = {
        model: _fit(X, followed, strata, chosen) for model, X in designs.items()
    }
    good = {m: designs[m] for m, fit in fits.items() if isinstance(fit, CoxModel)}
    out = gains(good, followed, strata=strata, settings=settings, rules=chosen, seed=seed)
    rows, before = [], ""
    for model in models:
        row = _row(model, before, fits, models=models)
        row |= _tried(out.get(model, {"c_index": NAN}), row, compared=before in good)
        row |= {"n": len(ids), "events": followed.n_events, "df": designs[model].shape[1]}
        rows.append({**row, "terms": " + ".join(models[model])})
        before = model
    return pd.DataFrame(rows).assign(comparison=settings.name).reindex(columns=MODEL_COLUMNS)


def _complete(X: pd.DataFrame, times: SurvivalTimes, strata: pd.Series | None) -> pd.Index:
    ids = X.index[X.notna().all(axis=1)].intersection(times.ids).sort_values()
    return ids if strata is None else ids[strata.reindex(ids).notna().to_numpy()]


def _tried(found: Mapping[str, float], row: Mapping[str, Any], *, compared: bool) -> dict[str, Any]:
    """Return what patients left out say; no gain where the model before could not be fitted."""
    kept: dict[str, Any] = {k: v for k, v in found.items() if compared or not k.startswith("c_gain")}
    if np.isnan(found["c_index"]) and not row["reason"]:
        kept["reason"] = UNTRIED
    elif not kept.get("refitted", True) and not row["reason"]:
        kept["reason"] = KEPT
    return kept


def _fit(
    X: pd.DataFrame, times: SurvivalTimes, strata: pd.Series | None, rules: SurvivalSettings
) -> CoxModel | str:
    """Return the model, or why there is none."""
    if len(X) < rules.min_patients:
        return f"fewer than {rules.min_patients} patients have follow-up and all terms of all models"
    if times.n_events < rules.events_per_term * X.shape[1]:
        return f"fewer than {rules.events_per_term} events for each of {X.shape[1]} terms"
    try:
        return fit_cox(X, times, strata=strata, settings=rules)
    except InputError as error:
        return error.what


def _row(
    model: str, before: str, fits: Mapping[str, CoxModel | str], *, models: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    fit = fits[model]
    row: dict[str, Any] = {"model": model, "before": before, "status": OK, "reason": "", "lr_p": NAN}
    if isinstance(fit, str):
        return {**row, "status": NOT_TESTABLE, "reason": fit}
    row |= {"log_likelihood": fit.log_likelihood, "log_likelihood_null": fit.log_likelihood_null}
    row |= {"aic": fit.aic, "c_apparent": fit.concordance}
    if not before:
        return row
    base = fits[before]
    if isinstance(base, str):
        return {**row, "status": NOT_TESTABLE, "reason": f"model '{before}' could not be fitted: {base}"}
    row["aic_difference"] = fit.aic - base.aic
    if not set(models[before]) < set(models[model]):
        why = f"it does not hold all terms of '{before}' and more, so that only AIC and C-index compare them"
        return {**row, "status": NOT_TESTABLE, "reason": why}
    statistic, df, p = fit.against(base)
    return row | {"lr_statistic": max(statistic, 0.0), "lr_df": df, "lr_p": p}
