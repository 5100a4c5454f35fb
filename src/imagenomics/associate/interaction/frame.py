"""The table of strata: each pair in each stratum alone, and in all of them with one common effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.interaction.modifier import Coded, Modifier
from imagenomics.associate.interaction.settings import InteractionSettings
from imagenomics.associate.interaction.tables import common_odds, stratum_cells
from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.sides import Side
from imagenomics.stats.multiplicity import false_discovery
from imagenomics.stats.tails import LN10, log_sf_chi2
from imagenomics.tables.frames import stack
from imagenomics.tables.patient_table import PatientTable, describe, join

BoolArray = npt.NDArray[np.bool_]
COMMON = "all strata"
MANTEL_HAENSZEL = "Mantel-Haenszel"
PAIR_COLUMNS = (
    *("test", "n", "effect", "effect_name", "ci_low", "ci_high", "statistic", "p", "neg_log10_p", "q"),
    *("status", "reason"),
)
STRATUM_COLUMNS = ("analysis", "feature", "target", "modifier", "stratum", *PAIR_COLUMNS)


class Tables(NamedTuple):
    """The tables of a call, of the patients who enter."""

    features: PatientTable
    targets: PatientTable
    covariates: PatientTable | None


def left_out_strata(
    rows: pd.DataFrame, usable: BoolArray, coded: Coded, small: Mapping[str, int]
) -> pd.DataFrame:
    """Return the rows with reasons that name the strata that do not enter a test."""
    if coded.scores is not None:
        return rows
    absent = [f"{name} does not enter ({n} patients)" for name, n in small.items()]
    reasons = rows["reason"].astype(str).to_numpy(dtype=object)
    tested = rows["p"].notna().to_numpy()
    for i, good in enumerate(usable.reshape(-1, len(coded.levels))):
        few = [f"{name} does not enter" for name, seen in zip(coded.levels, good, strict=True) if not seen]
        if tested[i] and (few or absent):
            reasons[i] = "; ".join(part for part in (reasons[i], *few, *absent) if part)
    return rows.assign(reason=pd.Categorical(reasons))


def stratum_frame(
    tables: Tables,
    *,
    modifier: Modifier,
    coded: Coded,
    sides: tuple[Side, Side],
    usable: BoolArray,
    settings: InteractionSettings,
    analysis: str,
) -> pd.DataFrame:
    """Return the columns ``STRATUM_COLUMNS``: one row per pair and stratum, and one for all strata.

    The rows of a stratum are those of ``test_pairs`` on its patients. The row of all strata has the modifier as a
    further covariate; of two binary columns without covariates it is Mantel and Haenszel's common odds ratio. ``q`` is
    adjusted among the rows of strata, and among the common ones.
    """
    alone = AssociateSettings(
        **settings.model_dump(include=set(AssociateSettings.model_fields) - {"permutations"}), permutations=0
    )
    common = _common_rows(tables, modifier, coded, settings=alone, analysis=analysis)
    if coded.scores is None and tables.covariates is None and settings.method != "linear":
        common = _with_tables(common, sides, coded, usable, settings)
    parts = []
    for k, name in enumerate(coded.levels if coded.scores is None else ()):
        ids = tables.features.values.index[coded.codes == k]
        own = test_pairs(
            tables.features.patients(ids),
            tables.targets.patients(ids),
            covariates=None if tables.covariates is None else tables.covariates.patients(ids),
            settings=alone,
            analysis=analysis,
            seed=0,  # nothing is drawn
        )
        parts.append(own.assign(stratum=_constant(name, len(own))))
    if parts:
        within = stack(parts)
        within["q"] = false_discovery(within["p"].to_numpy(), settings.fdr)
        common = stack([within, common])
    common["modifier"] = _constant(modifier.name, len(common))
    return common[list(STRATUM_COLUMNS)]


def _common_rows(
    tables: Tables, modifier: Modifier, coded: Coded, *, settings: AssociateSettings, analysis: str
) -> pd.DataFrame:
    """Return the tests of all patients with the modifier as a further covariate."""
    ids, covariates = tables.features.values.index, tables.covariates
    values = modifier.values.reindex(ids)
    kind = "continuous" if coded.scores is not None else "categorical"
    column = values.astype(np.float64) if coded.scores is not None else values.astype(str).astype(object)
    own = PatientTable(pd.DataFrame({modifier.name: column}, index=ids), describe([modifier.name], kind=kind))
    if covariates is not None:
        kept = [c for c in covariates.columns.index if c != modifier.name]
        own = join([covariates.select(kept), own])
    fields = AssociateSettings.model_fields
    plain = {name: fields[name].default for name in ("correlation", "two_groups", "groups", "tables")}
    rows = test_pairs(
        tables.features,
        tables.targets,
        covariates=own,
        settings=settings.model_copy(update=plain),
        analysis=analysis,
        seed=0,
    )
    return rows.assign(stratum=_constant(COMMON, len(rows)))


def _constant(text: str, rows: int) -> Any:
    return pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), pd.Index([text]))


def _with_tables(
    rows: pd.DataFrame,
    sides: tuple[Side, Side],
    coded: Coded,
    usable: BoolArray,
    settings: InteractionSettings,
) -> pd.DataFrame:
    """Return the rows with common odds ratios where both columns are binary."""
    f, t = sides
    f_at, t_at = (np.flatnonzero((side.kinds == "binary") & side.allowed) for side in sides)
    if not f_at.size or not t_at.size:
        return rows
    cells = stratum_cells(f.take(f_at), t.take(t_at), coded)
    text = {
        c: rows[c].astype(str).to_numpy(dtype=object) for c in ("test", "effect_name", "status", "reason")
    }
    numbers = {
        c: rows[c].to_numpy(dtype=np.float64, copy=True)
        for c in ("effect", "ci_low", "ci_high", "statistic", "p", "neg_log10_p")
    }
    n = rows["n"].to_numpy(copy=True)
    for i, j in np.ndindex(t_at.size, f_at.size):
        at, good = t_at[i] * len(f.names) + f_at[j], usable[t_at[i], f_at[j]]
        found = common_odds(cells[:, i, j], good, confidence=settings.confidence)
        if found is None or text["status"][at] != "ok":
            continue
        log_p = float(log_sf_chi2(found.statistic, 1.0))
        text["test"][at], text["effect_name"][at], text["reason"][at] = MANTEL_HAENSZEL, "odds ratio", ""
        n[at] = int(cells[:, i, j][:, good].sum())
        values = (found.effect, found.low, found.high, found.statistic, np.exp(log_p), -log_p / LN10)
        for column, value in zip(numbers.values(), values, strict=True):
            column[at] = value
    changed = {c: pd.Categorical(v) for c, v in text.items()}
    return rows.assign(**changed, **numbers, n=n, q=false_discovery(numbers["p"], settings.fdr))
