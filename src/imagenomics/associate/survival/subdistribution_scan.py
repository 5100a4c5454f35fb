"""All features against how many ever have the event: a Fine-Gray model for each, beside the same covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.survival.cox_kernel import (
    BETA,
    EVENTS,
    FEATURE_CONSTANT,
    FEW,
    FEW_EVENTS,
    NO_MAXIMUM,
    OK,
    SE,
    N,
)
from imagenomics.associate.survival.cox_scan import Aligned, align_features, scanned_frame
from imagenomics.associate.survival.fine_gray import SubdistributionRisk
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]


def scan_subdistribution(
    features: PatientTable,
    times: SurvivalTimes,
    *,
    covariates: pd.DataFrame | None = None,
    strata: pd.Series | None = None,
    settings: CoxSettings | None = None,
) -> pd.DataFrame:
    """Test every feature for an association with the subdistribution hazard of the event.

    Parameters and columns as those of :func:`imagenomics.associate.survival.cox_scan.scan_survival`; ratios are of
    subdistribution hazards. Patients who had a competing event stay at risk, with weights by the Kaplan-Meier estimate
    of not being censored (of each stratum). Ties are Breslow's, the statistic is Wald's with the sandwich variance that
    holds what the estimated weights add, whatever ``settings`` says of either.

    Raises
    ------
    InputError
        ``IGX-SURV-021``: patients come under observation late, for which these weights do not hold.

    Source
    ------
    Fine & Gray 1999, JASA 94:496.
    """
    chosen = (settings or CoxSettings()).model_copy(update={"statistic": "wald", "ties": "breslow"})
    if times.entry is not None:
        raise InputError(
            "IGX-SURV-021",
            "subdistribution hazards of patients who came under observation late are not fitted",
            expected="follow-up of all patients from the origin on",
            remedy="use cause-specific hazards, or count time from when observation began",
        )
    ready = align_features(features, times, covariates=covariates, strata=strata)
    fits, status = np.full((len(ready.features), 6), np.nan), np.zeros(len(ready.features), dtype=np.int64)
    risks: dict[bytes, SubdistributionRisk] = {}
    with one_thread():
        for g, feature in enumerate(ready.features):
            status[g] = _fit(feature, ready, chosen, risks, fits[g])
    return scanned_frame(fits, status, ready.names, chosen)


def _fit(
    feature: FloatArray,
    ready: Aligned,
    settings: CoxSettings,
    risks: dict[bytes, SubdistributionRisk],
    out: FloatArray,
) -> int:
    """Fill the numbers of one feature; return what became of it."""
    known = ~np.isnan(feature)
    rows = np.flatnonzero(known)
    followed = ready.followed.rows(rows)
    out[N], out[EVENTS] = rows.size, followed.n_events
    if rows.size < settings.min_patients:
        return FEW
    x = feature[rows]
    spread = x.std()
    if not spread > 1e-12 * abs(x.mean()):
        return FEATURE_CONSTANT
    terms = ready.covariates.shape[1] + 1
    if followed.n_events < max(settings.events_per_term * terms, 1):
        return FEW_EVENTS
    key = known.tobytes()
    if key not in risks:
        risks.clear()  # features that lack the same patients mostly stand together
        risks[key] = SubdistributionRisk(followed, ready.strata[rows])
    X = np.column_stack([ready.covariates[rows], (x - x.mean()) / spread])
    found = risks[key].fit(np.ascontiguousarray(X))
    variance = found.covariance[-1, -1]
    if not np.isfinite(found.beta).all() or not variance > 0:
        return NO_MAXIMUM
    out[BETA], out[SE] = found.beta[-1] / spread, np.sqrt(variance) / spread
    return OK
