"""Expression: numbers by patient and gene; no gene is filtered here, selection belongs in the fold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from imagenomics.genomics.number_matrix import Prepared
from imagenomics.genomics.settings_numbers import ExpressionSettings


def prepare_expression(
    values: pd.DataFrame, settings: ExpressionSettings, *, resolve: Callable[[str], Path], where: str
) -> Prepared:
    """Return expression as declared."""
    return Prepared(values, settings.unit, "expression")
