"""A score of dichotomised numbers as a card that a person can read and another study can apply."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from imagenomics.errors import InputError, short_list
from imagenomics.settings import Settings

FloatArray = npt.NDArray[np.float64]


class CardTerm(Settings):
    """One point of a frozen score."""

    name: str = Field(description="Column: image.region.feature, a clinical variable, or molecules.NAME.")
    settings: str = Field(default="", description="Digest of the settings that made the column.")
    cut: float = Field(description="Cut-point.")
    worse: Literal["above", "below"] = Field(
        description="Side that is a point: above the cut, or not above it."
    )


class ScoreCard(Settings):
    """Everything that is needed to apply a score, in plain numbers."""

    schema_version: str = "1"
    kind: Literal["survival-score"] = "survival-score"
    study: str = Field(description="Title of the study that learned or declared it.")
    analysis: str = Field(description="Name of the [[survival]] block and of the score.")
    target: str = Field(description="The endpoint.")
    n: int = Field(ge=0, description="Patients who taught it.")
    terms: tuple[CardTerm, ...] = Field(min_length=1, description="What gives a point.")

    def score(self, table: pd.DataFrame) -> pd.DataFrame:
        """Count the points of each patient; nothing is learned from the others.

        Parameters
        ----------
        table : DataFrame, (n, p)
            Columns by patient.

        Returns
        -------
        DataFrame
            By patient: ``score`` (points; NaN where a term is missing, as a sum without it would be another score) and
            ``missing``, how many terms have no value.

        Raises
        ------
        InputError
            ``IGX-SURV-022``: a column of the score is not there.
        """
        names = [term.name for term in self.terms]
        absent = [name for name in names if name not in table.columns]
        if absent:
            raise InputError(
                "IGX-SURV-022",
                f"{len(absent)} columns of the score are not there: {short_list(absent)}",
                where=f"score {self.analysis}",
                remedy="name images, features and variables as the study that taught the score does",
            )
        values = table[names].to_numpy(dtype=np.float64, na_value=np.nan)
        missing = np.isnan(values).sum(axis=1)
        cuts = np.array([term.cut for term in self.terms])
        above = np.array([term.worse == "above" for term in self.terms])
        total = count_points(values, cuts, above).astype(np.float64)
        return pd.DataFrame(
            {"score": np.where(missing > 0, np.nan, total), "missing": missing}, index=table.index
        )


def count_points(values: FloatArray, cuts: FloatArray, above: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the points (n,) of rows (n, t): terms on their worse side, above the cut or not above it."""
    return ((values > cuts) == above).sum(axis=1).astype(np.int64)
