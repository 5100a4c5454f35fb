"""Many columns against one follow-up as rows of the table of associations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.codes import statuses
from imagenomics.associate.design import complete_rows, make_design
from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.sides import check_table, read_side
from imagenomics.associate.survival.cox_kernel import FEW_EVENTS
from imagenomics.associate.survival.cox_scan import REASONS, scan_survival
from imagenomics.associate.survival.settings import SurvivalSettings
from imagenomics.associate.survival.subdistribution_scan import scan_subdistribution
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.stats.multiplicity import false_discovery
from imagenomics.tables.patient_table import PatientTable

FloatArray = npt.NDArray[np.float64]
OK = statuses()[0]
NOT_TESTABLE = "not testable"
TARGET_KIND = "survival"
TESTS = {"likelihood-ratio": "likelihood-ratio", "wald": "Wald", "score": "score"}
FINE_GRAY, SUBDISTRIBUTION = "Fine-Gray model, Wald test (sandwich variance)", "subdistribution "
EFFECTS = {
    "continuous": "hazard ratio per SD",
    "binary": "hazard ratio",
    "ordinal": "hazard ratio per level",
    "categorical": "hazard ratio",
}


def survival_rows(
    columns: PatientTable,
    times: SurvivalTimes,
    *,
    target: str,
    analysis: str,
    covariates: PatientTable | None = None,
    strata: pd.Series | None = None,
    settings: SurvivalSettings | None = None,
) -> pd.DataFrame:
    """Test every column for an association with survival, and return one row for each.

    Parameters
    ----------
    columns : PatientTable, (n, p)
        Features or molecules. Continuous ones are judged per standard deviation of the patients tested.
    times : SurvivalTimes
        Follow-up.
    target, analysis : str
        What the rows name.
    covariates : PatientTable, optional
        In every model; categorical ones as one term for each level but the first.
    strata : Series, optional
        Strata with baseline hazards of their own.
    settings : SurvivalSettings, optional
        Ties, statistic, and what a column needs to be tested.

    Returns
    -------
    DataFrame
        The columns of :data:`imagenomics.associate.frame.COLUMNS`, then ``events``; q is empty until the whole family
        is known (:func:`with_q`).
    """
    chosen = settings or SurvivalSettings()
    table = check_table(columns, what="features")
    ids = table.values.index.intersection(times.ids)
    design = None if covariates is None else _terms(covariates, ids)
    if design is not None:
        ids = design.index
    if strata is not None:
        ids = ids[strata.reindex(ids).notna().to_numpy()]
    side = read_side(table.patients(ids), pd.Index(ids, name="patient"), what="features")
    refused = _refused(side.values, side.kinds, side.allowed, chosen)
    spread = _spread(side.values, side.kinds)
    usable = np.where(np.array([bool(r) for r in refused]), np.nan, side.values / spread)
    frame = pd.DataFrame(usable, index=ids, columns=list(side.names))
    subdistribution = chosen.competing == "subdistribution"
    scanned = (scan_subdistribution if subdistribution else scan_survival)(
        PatientTable(frame, table.columns),
        times.of(ids),
        covariates=None if design is None else design.loc[ids],
        strata=strata,
        settings=chosen,
    )
    known = ~np.isnan(side.values)
    happened = times.of(ids).event
    scanned["n"] = known.sum(axis=0)
    scanned["events"] = (known & happened[:, None]).sum(axis=0)
    terms = 1 + (0 if design is None else design.shape[1])
    few = f"fewer than {chosen.events_per_term} events for each of {terms} terms"
    said = [few if s == REASONS[FEW_EVENTS] else s for s in scanned["reason"]]
    scanned["reason"] = [r or s for r, s in zip(refused, said, strict=True)]
    effects = [f"{SUBDISTRIBUTION if subdistribution else ''}{EFFECTS[str(k)]}" for k in side.kinds]
    return _rows(scanned, effects, target=target, analysis=analysis, settings=chosen)


def with_q(rows: pd.DataFrame, settings: SurvivalSettings) -> pd.DataFrame:
    """Return the rows of a family with q over all of them that were tested."""
    return rows.assign(q=false_discovery(rows["p"].to_numpy(dtype=np.float64), settings.fdr))


def _terms(covariates: PatientTable, ids: pd.Index) -> pd.DataFrame:
    """Return orthonormal terms of the patients who have every covariate."""
    side = read_side(covariates, ids, what="covariates")
    complete = complete_rows(side)
    basis = make_design(side.rows(complete), int(complete.sum())).basis[:, 1:]
    names = [f"term{k}" for k in range(basis.shape[1])]
    return pd.DataFrame(basis * np.sqrt(len(basis)), index=ids[complete], columns=names)


def _spread(values: FloatArray, kinds: npt.NDArray[np.object_]) -> FloatArray:
    n = (~np.isnan(values)).sum(axis=0)
    centred = values - np.nansum(values, axis=0) / np.maximum(n, 1)
    spread = np.sqrt(np.nansum(centred**2, axis=0) / np.maximum(n - 1, 1))
    return np.where((kinds == "continuous") & (spread > 0) & np.isfinite(spread), spread, 1.0)


def _refused(
    values: FloatArray,
    kinds: npt.NDArray[np.object_],
    allowed: npt.NDArray[np.bool_],
    settings: SurvivalSettings,
) -> list[str]:
    """Return why a column cannot be scanned; '' where it can."""
    found = []
    for place, kind in enumerate(kinds):
        column = values[:, place]
        few = min(int((column == 0).sum()), int((column == 1).sum())) if kind == "binary" else None
        if kind == "categorical":
            found.append("a column of several levels has no single hazard ratio; compare it under 'groups'")
        elif not allowed[place]:
            found.append("the column has values that its kind does not allow")
        elif few is not None and few < settings.min_group:
            found.append(f"the smallest group has fewer than {settings.min_group} patients")
        else:
            found.append("")
    return found


def _rows(
    scanned: pd.DataFrame, effects: list[str], *, target: str, analysis: str, settings: SurvivalSettings
) -> pd.DataFrame:
    tested = scanned["status"] == "tested"
    separated = tested & (scanned["reason"] != "")
    facts = {
        "analysis": analysis,
        "feature": scanned["feature"].astype(str),
        "target": target,
        "target_kind": TARGET_KIND,
        "stratum": "",
        "test": FINE_GRAY
        if settings.competing == "subdistribution"
        else f"Cox model, {TESTS[settings.statistic]} test",
        "unit": "patient",
        "n": scanned["n"].astype(np.int32),
        "effect": scanned["hazard_ratio"].where(tested),
        "effect_name": effects,
        "ci_low": scanned["ci_low"].where(tested),
        "ci_high": scanned["ci_high"].where(tested),
        "statistic": scanned["statistic"],
        "p": scanned["p"],
        "neg_log10_p": scanned["neg_log10_p"],
        "q": np.nan,
        "p_maxt": np.nan,
        "status": np.where(separated, "separated", np.where(tested, OK, NOT_TESTABLE)),
        "reason": scanned["reason"],
        "df": np.where(tested, np.float32(1.0), np.float32(np.nan)).astype(np.float32),
        "df_factor": np.full(len(scanned), np.nan, dtype=np.float32),
        "se": scanned["se"].where(tested),
        "permutation": "",
    }
    return pd.DataFrame(facts, index=scanned.index)[list(COLUMNS)].assign(events=scanned["events"])
