"""What stands under the patients of a map: their clusters, and the molecules tested against them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.report.distributions import groups_of, levels_of, target_of
from imagenomics.report.folder import Results
from imagenomics.report.text import number
from imagenomics.report.tree_map import COLOURS, Band

GREYS = 5


def cluster_band(codes: Sequence[int]) -> Band:
    """Return the clusters of the patients, in the order of the map, each with its number."""
    looks = [f"f{(c - 1) % COLOURS}" for c in codes]
    known = np.array(codes)
    numbers = sorted(set(codes))
    marks = [(float(np.flatnonzero(known == c).mean()) + 0.5, str(c)) for c in numbers]
    shares = {c: (known == c).mean() for c in numbers}
    words = {f"f{(c - 1) % COLOURS}": f"cluster {c}" for c in reversed(numbers)}
    return Band(
        "cluster", looks, dict(reversed(words.items())), [m for m in marks if shares[int(m[1])] > 0.03]
    )


def target_band(results: Results, target: str, patients: Sequence[str]) -> Band | None:
    """Return a molecule or clinical variable of the patients; None where no table has it, or it has many levels."""
    column = target_of(results, target)
    if column is None:
        return None
    found = groups_of(column.reindex(list(patients)), levels_of(results, target))
    levels, groups = found["levels"], found["groups"]
    if not levels:
        return _numbers(target, pd.Series(groups, dtype=np.float64))
    if len(levels) > COLOURS:
        return None
    looks = ["off", "on"] if len(levels) == 2 else [f"f{k}" for k in range(len(levels))]
    named = {look: str(level) for look, level in zip(looks, levels, strict=False)}
    return Band(target, ["" if g is None else looks[g] for g in groups], named)


def _numbers(name: str, values: pd.Series) -> Band:
    """Return a number in five shades of equally many patients."""
    rank = values.rank(pct=True)
    shade = np.ceil(rank * GREYS).clip(1, GREYS) - 1
    looks = ["" if s != s else f"g{int(s)}" for s in shade]
    words = {"g0": f"lowest ({number(values.min())})", "g4": f"highest ({number(values.max())})"}
    return Band(name, looks, words)
