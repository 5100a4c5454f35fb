"""The check of proportional hazards in a ``[[survival]]`` block: which models are checked, and of what they consist."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from imagenomics.associate.survival.frame import PROPORTIONAL_COLUMNS
from imagenomics.associate.survival.proportional_rows import check_hazards
from imagenomics.associate.survival.terms import model_terms, together
from imagenomics.runs.families.follow_up import FollowUp
from imagenomics.runs.families.kind import Inputs
from imagenomics.runs.families.survival_columns import columns_of
from imagenomics.runs.families.survival_models import spell_models
from imagenomics.runs.families.survival_strata import strata_of
from imagenomics.runs.survival_block import SurvivalBlock
from imagenomics.tables.patient_table import PatientTable


def check_proportional(
    block: SurvivalBlock,
    inputs: Inputs,
    followed: FollowUp,
    *,
    sides: Iterable[tuple[str, PatientTable]],
    rows: pd.DataFrame,
    models: pd.DataFrame,
    where: str,
) -> pd.DataFrame:
    """Return one row for each term of each model that is checked.

    Parameters
    ----------
    sides : iterable of (str, PatientTable)
        Target of the rows, and the columns that were tested against it.
    rows : DataFrame
        The family's rows of ``associations``, with q.
    models : DataFrame
        Rows of ``survival_models``.
    """
    if block.proportional == "none" or block.competing == "subdistribution":
        return pd.DataFrame(columns=PROPORTIONAL_COLUMNS)
    ids = followed.times.ids
    covariates = inputs.covariates(block, where=where)
    beside = model_terms(covariates, ids) if covariates is not None else {}
    checked: dict[str, pd.DataFrame] = {}
    for target, columns in sides:
        own = rows[(rows["target"] == target) & (rows["status"] == "ok")]
        if block.proportional == "associated":
            own = own[own["q"] <= block.alpha]
        names = [str(n) for n in own["feature"] if str(n) not in beside]
        terms = model_terms(columns.select(names), ids) | beside
        checked |= {name: together(terms, [name, *beside]) for name in names}
    linked, features = inputs.linked, inputs.extracted.features
    for one in block.compare:
        fitted = models.loc[(models["comparison"] == one.name) & models["c_apparent"].notna(), "model"]
        if len(fitted):
            last = str(fitted.iloc[-1])
            named = spell_models(one, linked, features, where=where)[last]
            terms = model_terms(columns_of(named, linked, features), ids)
            checked[f"{one.name}: {last}"] = together(terms, named)
    found = check_hazards(checked, followed.times, strata=strata_of(block, inputs.linked, where), rules=block)
    return found.assign(analysis=block.name)[list(PROPORTIONAL_COLUMNS)]
