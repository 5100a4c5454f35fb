"""Rank tests of complete columns go by matrix products: to the last bit what the pass over each pair gives."""

import numpy as np
import pytest

from imagenomics.associate import rank_correlation, rank_groups
from imagenomics.associate.outcome import Rules
from imagenomics.associate.rank_correlation import SpearmanEngine
from imagenomics.associate.rank_groups import RankGroupsEngine
from imagenomics.associate.sides import Side

RULES = Rules(10, 3)
ARRAYS = ("n", "code", "effect", "ci_low", "ci_high", "statistic", "p", "neg_log10_p", "df")


def side(seed: int, kind: str, columns: int, *, gaps: str, n: int = 61) -> Side:
    random = np.random.default_rng(seed)
    if kind == "continuous":
        values = random.standard_normal((n, columns))
    else:
        values = random.integers(0, {"ordinal": 5, "binary": 2, "categorical": 4}[kind], (n, columns)).astype(
            float
        )
    if columns > 1:
        values[:, 1] = 1.0  # constant
    gone = random.random(values.shape) < 0.1
    gone[:, {"none": slice(None), "some": slice(0, columns // 2), "all": slice(0, 0)}[gaps]] = False
    values[gone] = np.nan
    kinds = np.array([kind] * columns, dtype=object)
    return Side([f"{kind}{k}" for k in range(columns)], kinds, values, np.ones(columns, dtype=bool))


def one_by_one(monkeypatch, room) -> None:
    """Make every column look incomplete, so that all pairs go the long way."""
    if room is rank_correlation:
        monkeypatch.setattr(SpearmanEngine, "_all_pairs", lambda e, order: room._correlate(e.f, e.t, order))
    else:
        monkeypatch.setattr(RankGroupsEngine, "_observed", lambda e, g, rows: e._sum(e.ranked, g, rows))


@pytest.mark.parametrize("gaps", [("none", "none"), ("some", "some"), ("none", "some"), ("all", "none")])
@pytest.mark.parametrize(
    ("kinds", "engine", "room"),
    [
        (("continuous", "ordinal"), SpearmanEngine, rank_correlation),
        (("ordinal", "continuous"), SpearmanEngine, rank_correlation),
        (("continuous", "binary"), RankGroupsEngine, rank_groups),
        (("binary", "ordinal"), RankGroupsEngine, rank_groups),
        (("ordinal", "categorical"), RankGroupsEngine, rank_groups),
    ],
)
def test_same_numbers_either_way(monkeypatch, gaps, kinds, engine, room):
    sides = side(1, kinds[0], 8, gaps=gaps[0]), side(2, kinds[1], 6, gaps=gaps[1])
    quick = engine(*sides, rules=RULES, confidence=0.95).observe()
    one_by_one(monkeypatch, room)
    slow = engine(*sides, rules=RULES, confidence=0.95).observe()
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(quick, name), getattr(slow, name), err_msg=name)
    assert np.isfinite(quick.p).sum() >= 20
    assert (quick.code != 0).any()  # the constant columns
