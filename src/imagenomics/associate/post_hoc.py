"""Which levels of a categorical column differ: pairwise tests after those of several groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import unknown_name
from imagenomics.stats.post_hoc import (
    Pairwise,
    dunn,
    games_howell,
    pairwise_mann_whitney,
    pairwise_welch,
    tukey,
)
from imagenomics.tables.patient_table import PatientTable

FloatArray = npt.NDArray[np.float64]
PostHoc = Literal["dunn", "mann-whitney", "tukey", "games-howell", "welch"]
AREA, DIFFERENCE = "AUC of a above b", "mean of a less mean of b"
# the test, its name in the table, what its effect is
METHODS: Mapping[str, tuple[Callable[..., Pairwise], str, str]] = {
    "dunn": (dunn, "Dunn (Holm)", AREA),
    "mann-whitney": (pairwise_mann_whitney, "Mann-Whitney (Holm)", AREA),
    "tukey": (tukey, "Tukey-Kramer", DIFFERENCE),
    "games-howell": (games_howell, "Games-Howell", DIFFERENCE),
    "welch": (pairwise_welch, "Welch's t (Holm)", DIFFERENCE),
}
COLUMNS = (
    "analysis",
    "feature",
    "target",
    "level_a",
    "level_b",
    "test",
    "n_a",
    "n_b",
    "effect",
    "effect_name",
    "ci_low",
    "ci_high",
    "statistic",
    "p",
    "p_adjusted",
)


def compare_levels(
    features: PatientTable,
    targets: PatientTable,
    rows: pd.DataFrame,
    *,
    method: PostHoc,
    q_at_most: float | None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare all levels of the categorical column of each pair, two at a time.

    Parameters
    ----------
    features, targets : PatientTable
        The tables whose pairs were tested.
    rows : DataFrame
        Their tests, as :func:`~imagenomics.associate.pairs.test_pairs` returns them.
    method : {'dunn', 'mann-whitney', 'tukey', 'games-howell', 'welch'}
        See :mod:`imagenomics.stats.post_hoc`.
    q_at_most : float, optional
        Only pairs with a q of at most this; without it all that were tested.
    confidence : float

    Returns
    -------
    DataFrame
        The columns ``COLUMNS``, level a against level b; ``p_adjusted`` covers the levels of one pair. Pairs without
        a numeric and a categorical column have no row, nor have levels of fewer than two patients.

    Raises
    ------
    InputError
        ``IGX-ASSOC-050``: an unknown method.

    Assumes
    -------
    The pair as a whole was tested first: alone, these p values do not say how many pairs were looked at.
    """
    if method not in METHODS:
        raise unknown_name("IGX-ASSOC-050", "post hoc test", method, METHODS)
    tested = rows["p"].notna() if q_at_most is None else rows["q"] <= q_at_most
    found = [
        _compare(features, targets, row, method=method, confidence=confidence)
        for row in rows[tested].itertuples(index=False)
    ]
    return pd.DataFrame([line for lines in found for line in lines], columns=list(COLUMNS))


def _compare(
    features: PatientTable, targets: PatientTable, row: Any, *, method: str, confidence: float
) -> list[dict[str, Any]]:
    """Return the lines of one pair; none where its kinds are others."""
    sides = (features, str(row.feature)), (targets, str(row.target))
    kinds = [str(table.columns.at[name, "kind"]) for table, name in sides]
    if kinds.count("categorical") != 1 or "binary" in kinds:
        return []
    (grouping, by), (numeric, of) = sides if kinds[0] == "categorical" else sides[::-1]
    parts = _samples(numeric.values[of], grouping.values[by], grouping.levels(by))
    if len(parts) < 2:
        return []
    test, name, effect = METHODS[method]
    pairwise = test(list(parts.values()), confidence=confidence)
    names, sizes = list(parts), [part.size for part in parts.values()]
    fixed = {"analysis": str(row.analysis), "feature": str(row.feature), "target": str(row.target)}
    return [
        fixed
        | {
            "level_a": names[a],
            "level_b": names[b],
            "test": name,
            "n_a": sizes[a],
            "n_b": sizes[b],
            "effect": pairwise.effect[k],
            "effect_name": effect,
            "ci_low": pairwise.low[k],
            "ci_high": pairwise.high[k],
            "statistic": pairwise.statistic[k],
            "p": pairwise.p[k],
            "p_adjusted": pairwise.p_adjusted[k],
        }
        for k, (a, b) in enumerate(zip(pairwise.first.tolist(), pairwise.second.tolist(), strict=True))
    ]


def _samples(numbers: pd.Series, cells: pd.Series, levels: list[str]) -> dict[str, FloatArray]:
    """Return the numbers of each level, in the order of the levels, those with two patients or more."""
    frame = pd.DataFrame({"x": pd.to_numeric(numbers), "level": cells.reindex(numbers.index)}).dropna()
    named = frame["level"].astype(str)
    order = [*levels, *sorted(set(named) - set(levels))]
    parts = {level: frame["x"].to_numpy(dtype=np.float64)[(named == level).to_numpy()] for level in order}
    return {level: part for level, part in parts.items() if part.size > 1}
