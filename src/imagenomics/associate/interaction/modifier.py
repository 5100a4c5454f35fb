"""The third column, along which a pair may go together differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.scores import normal_scores
from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Modifier:
    """A column by patient: names of levels, or numbers.

    Parameters
    ----------
    name : str
    values : Series
        By patient; a patient without a value does not enter.
    numeric : bool
        The values are numbers and enter the models as such.
    """

    name: str
    values: pd.Series
    numeric: bool = False


@dataclass(frozen=True)
class Coded:
    """The modifier of the patients of a call, in their order.

    Parameters
    ----------
    levels : sequence of str
        Strata in order; one nameless stratum of a numeric modifier.
    codes : int array, (N,)
        Stratum of each patient.
    scores : array, (N,), or None
        A numeric modifier with mean 0 and standard deviation 1.
    """

    levels: Sequence[str]
    codes: IntArray
    scores: FloatArray | None = None

    def columns(self, rows: IntArray) -> FloatArray:
        """Return what stands for the modifier in a model of these patients, (n, m)."""
        if self.scores is not None:
            return self.scores[rows][:, None]
        codes = self.codes[rows]
        return (codes[:, None] == np.unique(codes)[1:]).astype(np.float64)

    @property
    def single(self) -> bool:
        """Return whether one column stands for the modifier, so that a product has a direction."""
        return self.scores is not None or len(self.levels) == 2


def code_modifier(modifier: Modifier, ids: pd.Index, *, transform: str) -> Coded:
    """Return the modifier of patients who all have one.

    Parameters
    ----------
    modifier : Modifier
    ids : Index
    transform : {'normal-scores', 'none'}
        What is done to numbers before they are scaled.
    """
    own = modifier.values.reindex(ids)
    if modifier.numeric:
        numbers = own.to_numpy(dtype=np.float64)
        if transform == "normal-scores":
            numbers = normal_scores(numbers[:, None])[:, 0]
        scores = (numbers - numbers.mean()) / numbers.std(ddof=1)
        return Coded(("",), np.zeros(len(ids), dtype=np.int64), scores)
    levels = list(dict.fromkeys(sorted(own.astype(str))))
    place = {name: k for k, name in enumerate(levels)}
    return Coded(levels, np.array([place[v] for v in own.astype(str)], dtype=np.int64))


def check_strata(modifier: Modifier, ids: pd.Index, *, fewest: int, most: int) -> dict[str, pd.Index]:
    """Return the patients of each stratum, the small ones too; of a numeric modifier all of them.

    Raises
    ------
    InputError
        ``IGX-ASSOC-011``: fewer than two strata are large enough, or all numbers are equal; ``IGX-ASSOC-012``: too
        many strata.
    """
    own = modifier.values.reindex(ids).dropna()
    if modifier.numeric:
        if own.nunique() < 2:
            raise InputError(
                "IGX-ASSOC-011",
                f"'{modifier.name}' has {own.nunique()} values among the patients with features and targets",
                expected="a modifier that differs between patients",
                remedy="name another column in by",
            )
        return {"": own.index}
    groups = {str(k): part.index for k, part in own.groupby(own.astype(str), sort=True)}
    large = [name for name, part in groups.items() if len(part) >= fewest]
    sizes = ", ".join(f"{name}: {len(part)}" for name, part in groups.items()) or "none"
    if len(large) < 2:
        raise InputError(
            "IGX-ASSOC-011",
            f"strata with {fewest} patients who have features, targets and covariates: {len(large)}",
            where=f"column {modifier.name}; patients by stratum: {sizes}",
            expected="at least two such strata: a difference is between strata",
            remedy="name another column in by, pool its levels, or lower min_patients",
        )
    if len(large) > most:
        raise InputError(
            "IGX-ASSOC-012",
            f"{len(large)} strata of '{modifier.name}'",
            where=f"patients by stratum: {sizes}",
            expected=f"at most {most}",
            remedy="pool levels, raise max_levels, or ask with [[replicate]] whether cohorts agree",
        )
    return groups
