"""Methylation of probes: beta and M values, checked and turned into each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.genomics.number_matrix import Prepared
from imagenomics.genomics.settings_numbers import MethylationSettings

LEAST = 1e-6  # beta values of exactly 0 or 1 would have an infinite M value


def prepare_methylation(values: pd.DataFrame, settings: MethylationSettings, *, where: str) -> Prepared:
    """Return methylation on the declared scale.

    Raises
    ------
    InputError
        ``IGX-GEN-037`` beta values outside 0 to 1, or M values of which none is outside.
    """
    numbers = values.to_numpy(np.float64)
    outside = (numbers < 0) | (numbers > 1)
    if settings.scale == "beta" and outside.any():
        row, column = np.argwhere(outside)[0]
        raise InputError(
            "IGX-GEN-037",
            f"{int(outside.sum())} beta values are not between 0 and 1, e.g. {numbers[row, column]:g}",
            where=f"{where}: patient {values.index[row]}, probe {values.columns[column]}",
            remedy="declare scale = 'M' for M values; percentages must be divided by 100",
        )
    if settings.scale == "M" and not outside.any() and np.isfinite(numbers).sum() >= 10:
        raise InputError(
            "IGX-GEN-037",
            "all M values lie between 0 and 1, as beta values do",
            where=f"{where}: {short_list(values.columns)}",
            remedy="declare scale = 'beta'",
        )
    give = settings.give or settings.scale
    if give != settings.scale:
        values = beta_to_m(values) if give == "M" else m_to_beta(values)
    return Prepared(values, give, "methylation")


def beta_to_m(beta: pd.DataFrame) -> pd.DataFrame:
    """Return M values, log2(beta / (1 - beta)); beta is held 1e-6 away from 0 and 1.

    Source
    ------
    Du and others 2010, BMC Bioinformatics 11:587, equation 3.
    """
    held = beta.clip(LEAST, 1 - LEAST)
    return (held / (1 - held)).transform(np.log2)


def m_to_beta(m: pd.DataFrame) -> pd.DataFrame:
    """Return beta values, 2^M / (2^M + 1)."""
    return 1 / (1 + (-m).transform(np.exp2))
