"""The comparisons of a ``[[survival]]`` block: Cox models beside each other, and what terms add to others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.survival.frame import COMPARED, GAIN, MODEL_COLUMNS
from imagenomics.associate.survival.nested_models import compare_models
from imagenomics.associate.survival.rows import TARGET_KIND
from imagenomics.associate.survival.settings import CompareSettings
from imagenomics.associate.survival.terms import model_terms
from imagenomics.runs.families.follow_up import FollowUp
from imagenomics.runs.families.kind import Inputs
from imagenomics.runs.families.survival_columns import columns_of, spell_out
from imagenomics.runs.families.survival_strata import strata_of
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import SurvivalBlock
from imagenomics.stats.tails import log_sf_chi2, p_and_log10
from imagenomics.tables.patient_table import PatientTable


def check_models(block: SurvivalBlock, linked: Linked, features: PatientTable, *, where: str) -> None:
    """Refuse comparisons that name a term which is not there (``IGX-SURV-020``)."""
    for one in block.compare:
        spell_models(one, linked, features, where=where)


def test_models(block: SurvivalBlock, inputs: Inputs, followed: FollowUp, *, where: str) -> pd.DataFrame:
    """Return one row for each model of each comparison."""
    linked, features = inputs.linked, inputs.extracted.features
    strata = strata_of(block, linked, where)
    parts = [pd.DataFrame(columns=MODEL_COLUMNS)]
    for one in block.compare:
        models = spell_models(one, linked, features, where=where)
        names = list(dict.fromkeys(name for own in models.values() for name in own))
        table = columns_of(names, linked, features)
        ids = table.values.index.intersection(followed.times.ids)
        found = compare_models(
            model_terms(table, ids),
            models,
            followed.times,
            strata=strata,
            settings=one,
            rules=block,
            seed=inputs.seed,
        )
        parts.append(found)
    return pd.concat(parts[1:] or parts, ignore_index=True).assign(analysis=block.name)


def model_rows(block: SurvivalBlock, models: pd.DataFrame) -> pd.DataFrame:
    """Return what each model has beyond the one before it as a row of the table of associations."""
    later = models[models["before"].astype(str) != ""]
    return pd.DataFrame([_row(block, row) for row in later.to_dict("records")])[list(COLUMNS)]


def with_model_q(models: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the models with q of their likelihood ratio within the family's rows."""
    q = rows[rows["test"] == COMPARED].set_index("feature")["q"]
    return models.assign(q=[q.get(_feature(row), np.nan) for row in models.to_dict("records")])


def spell_models(
    one: CompareSettings, linked: Linked, features: PatientTable, *, where: str
) -> dict[str, tuple[str, ...]]:
    """Return the columns of each model of a comparison (``IGX-SURV-020`` for a term that is not there)."""
    place = f"{where}, compare '{one.name}'"
    return {
        model.name: spell_out(terms, linked, features, where=place)
        for model, terms in zip(one.models, one.terms, strict=True)
    }


def _feature(row: dict[Any, Any]) -> str:
    return f"{row['comparison']}: {row['model']} vs {row['before']}"


def _row(block: SurvivalBlock, row: dict[Any, Any]) -> dict[str, Any]:
    p, neg_log10_p = p_and_log10(log_sf_chi2(row["lr_statistic"], row["lr_df"]))
    return {
        **dict.fromkeys(("q", "p_maxt", "se"), np.nan),
        "analysis": block.name,
        "feature": _feature(row),
        "target": block.compared,
        "target_kind": TARGET_KIND,
        "stratum": "",
        "test": COMPARED,
        "unit": "patient",
        "n": np.int32(row["n"]),
        "effect": row["c_gain"],
        "effect_name": GAIN,
        "ci_low": row["c_gain_low"],
        "ci_high": row["c_gain_high"],
        "statistic": row["lr_statistic"],
        "p": float(p),
        "neg_log10_p": float(neg_log10_p),
        "status": row["status"],
        "reason": row["reason"],
        "df": np.float32(row["lr_df"]),
        "df_factor": np.float32(np.nan),
        "permutation": "",
    }
