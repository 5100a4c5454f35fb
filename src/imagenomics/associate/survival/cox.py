"""One Cox model: hazard ratios of several terms beside each other, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri
from scipy.stats import chi2

from imagenomics.associate.survival.concordance import harrell_c
from imagenomics.associate.survival.cox_kernel import FAR, maximise
from imagenomics.associate.survival.settings import CoxSettings, Ties
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError, short_list

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CoxModel:
    """A fitted Cox model.

    Parameters
    ----------
    table : DataFrame, (k, ...)
        By term: ``log_hazard_ratio, se, hazard_ratio, ci_low, ci_high, z, p`` (Wald).
    covariance : array, (k, k)
        Of the log hazard ratios.
    n, events : int
        Patients and events.
    log_likelihood, log_likelihood_null : float
        Partial likelihoods of the model and of none of its terms.
    concordance : float
        Harrell's C of the linear predictor within strata, on the patients of the fit (optimistic).
    linear_predictor : Series, (n,)
        By patient, centred.
    ties : str
        How tied times were handled.
    means : array, (k,)
        Means of the terms.
    """

    table: pd.DataFrame
    covariance: FloatArray
    n: int
    events: int
    log_likelihood: float
    log_likelihood_null: float
    concordance: float
    linear_predictor: pd.Series
    ties: Ties
    means: FloatArray

    @property
    def aic(self) -> float:
        """Akaike's criterion on the partial likelihood."""
        return 2.0 * len(self.table) - 2.0 * self.log_likelihood

    @property
    def likelihood_ratio(self) -> tuple[float, int, float]:
        """Statistic, degrees of freedom and p of all terms together."""
        statistic = 2.0 * (self.log_likelihood - self.log_likelihood_null)
        return statistic, len(self.table), float(chi2.sf(statistic, len(self.table)))

    def against(self, smaller: CoxModel) -> tuple[float, int, float]:
        """Return statistic, degrees of freedom and p of what this model has beyond a smaller one.

        Raises
        ------
        InputError
            ``IGX-SURV-007``: other patients, or the smaller one is not nested.
        """
        df = len(self.table) - len(smaller.table)
        nested = set(smaller.table.index) < set(self.table.index)
        if not nested or not self.linear_predictor.index.equals(smaller.linear_predictor.index):
            raise InputError(
                "IGX-SURV-007",
                "two models can be compared only where one holds all terms of the other and both the same patients",
                remedy="fit both to the patients who have all terms",
            )
        statistic = 2.0 * (self.log_likelihood - smaller.log_likelihood)
        return statistic, df, float(chi2.sf(statistic, df))

    def predict(self, terms: pd.DataFrame) -> pd.Series:
        """Return the linear predictor of other patients (m, k), on the scale of this fit."""
        values = terms[list(self.table.index)].to_numpy(dtype=np.float64) - self.means
        return pd.Series(values @ self.table["log_hazard_ratio"].to_numpy(), index=terms.index)


def fit_cox(
    terms: pd.DataFrame,
    times: SurvivalTimes,
    *,
    strata: pd.Series | None = None,
    settings: CoxSettings | None = None,
) -> CoxModel:
    """Fit a Cox model.

    Parameters
    ----------
    terms : DataFrame, (n, k)
        Numbers by patient; patients with a missing one are left out.
    times : SurvivalTimes
        Follow-up; patients of both enter.
    strata : Series, optional
        Strata with baseline hazards of their own (sites).
    settings : CoxSettings, optional
        Ties, and the events that each term needs.

    Raises
    ------
    InputError
        ``IGX-SURV-005``: too few events for the terms; ``IGX-SURV-006``: terms that explain each other, are
        constant, or predict the order of events perfectly.

    Source
    ------
    Cox 1972, JRSS B 34:187; Efron 1977, JASA 72:557; Breslow 1974, Biometrics 30:89.
    """
    chosen = settings or CoxSettings()
    values = terms.to_numpy(dtype=np.float64, na_value=np.nan)
    ids = terms.index[~np.isnan(values).any(axis=1)]
    followed = times.of(ids.intersection(times.ids))
    codes = stratum_codes(strata, followed.ids)
    order = followed.sorted_with(codes)
    followed, codes = followed.rows(order), codes[order]
    # One layout in memory, whatever that of the frame: sums are taken in its order.
    X = np.ascontiguousarray(terms.loc[followed.ids].to_numpy(dtype=np.float64))
    n, k = X.shape
    if followed.n_events < max(chosen.events_per_term * k, 1):
        raise InputError(
            "IGX-SURV-005",
            f"{followed.n_events} events are too few for {k} terms",
            where=f"terms {short_list(map(str, terms.columns))}",
            expected=f"{chosen.events_per_term} events for each term",
            remedy="leave terms out, or follow the patients longer",
        )
    means = X.mean(axis=0)
    spread = X.std(axis=0)
    if not (spread > 1e-12 * np.abs(means)).all():
        raise _unfit(terms.columns[~(spread > 1e-12 * np.abs(means))], "does not vary")
    Z = np.ascontiguousarray((X - means) / spread)
    risk = np.vstack([codes, followed.event.astype(np.int64)])
    when = np.vstack([followed.start, followed.time])
    null = maximise(Z, 0, risk, when, int(chosen.ties == "efron"), np.zeros(k), np.empty((k, k)))
    found = _maximum(Z, risk, when, chosen.ties)
    if found is None:
        raise _unfit(terms.columns, "has no finite estimate")
    beta, H, full = found
    covariance = np.linalg.inv(H) / np.outer(spread, spread)
    table = _table(beta / spread, covariance, terms.columns, chosen.confidence)
    predictor = pd.Series(Z @ beta, index=followed.ids).sort_index()
    c = harrell_c(followed, Z @ beta, within=codes)
    return CoxModel(table, covariance, n, followed.n_events, full, null, c, predictor, chosen.ties, means)


def cox_weights(X: FloatArray, risk: IntArray, when: FloatArray, *, ties: str) -> FloatArray | None:
    """Return the log hazard ratios alone, as quickly as can be: for the many fits of a resampling.

    Parameters
    ----------
    X : array, (n, k)
        Terms of patients sorted as :meth:`SurvivalTimes.sorted_with` says.
    risk : array, (2, n)
        Stratum, and whether the event happened.
    when : array, (2, n)
        Entry and time.
    ties : {"efron", "breslow"}

    Returns
    -------
    array, (k,), or None
        0 for a column that does not vary; None where there is no finite maximum.
    """
    means, spread = X.mean(axis=0), X.std(axis=0)
    varying = spread > 1e-12 * np.abs(means)
    k = int(varying.sum())
    weights = np.zeros(X.shape[1])
    if not k:
        return weights
    if risk[1].sum() < k:
        return None
    Z = np.ascontiguousarray((X[:, varying] - means[varying]) / spread[varying])
    found = _maximum(Z, np.ascontiguousarray(risk), np.ascontiguousarray(when), ties)
    if found is None:
        return None
    weights[varying] = found[0] / spread[varying]
    return weights


def _maximum(
    Z: FloatArray, risk: IntArray, when: FloatArray, ties: str
) -> tuple[FloatArray, FloatArray, float] | None:
    """Return where the partial likelihood is largest, its information there and its logarithm; None if nowhere."""
    k = Z.shape[1]
    beta, H = np.zeros(k), np.empty((k, k))
    likelihood = maximise(Z, k, risk, when, int(ties == "efron"), beta, H)
    if np.isnan(likelihood) or np.abs(beta).max() > FAR:
        return None
    return beta, H, likelihood


def stratum_codes(strata: pd.Series | None, ids: pd.Index) -> IntArray:
    """Return the stratum of each patient as a number, 0 for all where there are none."""
    if strata is None:
        return np.zeros(len(ids), dtype=np.int64)
    return pd.factorize(strata.reindex(ids).astype(str), sort=True)[0].astype(np.int64)


def _table(beta: FloatArray, covariance: FloatArray, names: pd.Index, confidence: float) -> pd.DataFrame:
    se = np.sqrt(np.diag(covariance))
    wide = ndtri(0.5 + confidence / 2.0) * se
    z = beta / se
    return pd.DataFrame(
        {
            "log_hazard_ratio": beta,
            "se": se,
            "hazard_ratio": np.exp(beta),
            "ci_low": np.exp(beta - wide),
            "ci_high": np.exp(beta + wide),
            "z": z,
            "p": chi2.sf(z * z, 1),
        },
        index=pd.Index(names, name="term"),
    )


def _unfit(columns: pd.Index, why: str) -> InputError:
    return InputError(
        "IGX-SURV-006",
        f"a term {why}, or the terms explain each other: {short_list(map(str, columns))}",
        expected="terms that vary, are not sums of each other, and do not order all events perfectly",
        remedy="leave one of them out",
    )
