"""Levels of a number, and tumour purity from the ESTIMATE score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_calls import CutSettings, PuritySettings


def cut_levels(settings: CutSettings, inputs: Inputs) -> list[Label]:
    """Return the level of a number: below the first cut the first level, from the last cut on the last.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such column; ``IGX-GEN-039`` the column is not a number.
    """
    numbers = _numbers(settings.column, inputs)
    reasons = give_reason(no_reasons(inputs.patients), numbers.isna(), f"'{settings.column}' has no value")
    for low, high in settings.unsure:
        inside = (numbers >= low) & (numbers < high)
        reasons = give_reason(reasons, inside, f"unsure: from {low:g} up to {high:g}")
    codes = pd.Series(np.searchsorted(settings.cuts, numbers, side="right").astype(float), inputs.patients)
    cuts = ", ".join(f"{cut:g}" for cut in settings.cuts)
    rule = f"{settings.column} cut at {cuts} into {', '.join(settings.levels)}"
    rule += "".join(f"; not called from {low:g} up to {high:g}" for low, high in settings.unsure)
    rule += f" ({settings.rule})" if settings.rule else ""
    kind = "binary" if len(settings.levels) == 2 else "ordinal"
    values = codes.where(reasons == "")
    return [Label("level", values, reasons, rule, (settings.column,), kind=kind, levels=settings.levels)]


def estimate_purity(settings: PuritySettings, inputs: Inputs) -> list[Label]:
    """Return the share of tumour cells, cos(0.6049872018 + 0.0001467884 x ESTIMATE score).

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such column; ``IGX-GEN-039`` the column is not a number.

    Assumes
    -------
    Scores of Affymetrix arrays, for which the formula was fitted; with RNA-seq it is only an ordering.

    Source
    ------
    Yoshihara and others 2013, Nature Communications 4:2612.
    """
    score = _numbers(settings.column, inputs)
    angle = 0.6049872018 + 0.0001467884 * score
    reasons = give_reason(no_reasons(inputs.patients), score.isna(), f"'{settings.column}' has no value")
    outside = (angle < 0) | (angle > np.pi / 2)
    reasons = give_reason(reasons, outside, "the score is outside the range of the formula")
    values = np.cos(angle).where(reasons == "")
    rule = "cos(0.6049872018 + 0.0001467884 x ESTIMATE score), fitted on Affymetrix arrays"
    return [Label("purity", values, reasons, rule, (settings.column,), unit="share")]


def _numbers(name: str, inputs: Inputs) -> pd.Series:
    column = inputs.column(name)
    if column.kind != "continuous":
        raise InputError(
            "IGX-GEN-039",
            f"'{name}' is {column.kind} and not a number",
            where=inputs.where,
            expected="a continuous column",
            remedy="declare kind = 'continuous' for it in its block, or name another column",
        )
    return column.values.astype(float)
