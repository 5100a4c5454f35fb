"""Delta features: by hand, per patient, and who lacks what."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.features.delta import delta_features

TABLE = pd.DataFrame(
    [
        ("A", "pre", 0, 10.0, -4.0),
        ("A", "post", 20, 15.0, -2.0),
        ("B", "pre", 5, 0.0, 1.0),
        ("B", "post", 15, 3.0, np.nan),
        ("C", "pre", 0, 2.0, 2.0),
        ("D", "post", 9, 7.0, 7.0),
        ("E", "pre", 30, 1.0, 1.0),
        ("E", "post", 10, 2.0, 3.0),
    ],
    columns=["patient", "time", "day", "volume", "mean"],
)
PAIR = [("pre", "post")]


def test_by_hand():
    found, _ = delta_features(TABLE, PAIR, changes=("absolute", "relative", "per-day"), day="day")
    values = found.values
    assert list(values.index) == ["A", "B", "C", "D", "E"]
    assert values.loc["A"].to_dict() == {
        "volume.absolute.pre-post": 5.0,
        "mean.absolute.pre-post": 2.0,
        "volume.relative.pre-post": 0.5,
        "mean.relative.pre-post": 0.5,  # a rise, though the values are negative
        "volume.per-day.pre-post": 0.25,
        "mean.per-day.pre-post": 0.1,
    }
    assert values.loc["B", "volume.absolute.pre-post"] == 3.0
    assert np.isnan(values.loc["B", "volume.relative.pre-post"])  # from zero
    assert values.loc[["C", "D"]].isna().all(axis=None)
    assert values.loc["E", "volume.absolute.pre-post"] == 1.0
    assert np.isnan(values.loc["E", "volume.per-day.pre-post"])  # days do not ascend
    row = found.columns.loc["volume.relative.pre-post"]
    assert (row["family"], row["feature"], row["source"]) == ("delta", "volume", "pre-post")
    assert found.columns["role"].eq("feature").all()


def test_who_lacks_what():
    _, losses = delta_features(TABLE, PAIR, changes=("absolute", "relative", "per-day"), day="day")
    told = losses.groupby("patient")["reason"].agg(list).to_dict()
    assert "A" not in told
    assert told["C"] == ["time point is missing: post"]
    assert told["D"] == ["time point is missing: pre"]
    assert any("zero" in reason for reason in told["B"])
    assert any("days between" in reason for reason in told["E"])
    assert set(losses.loc[losses["patient"].isin(["C", "D"]), "category"]) == {"dropped"}
    assert losses["side"].eq("delta").all()


def test_several_pairs_and_row_order():
    more = pd.concat([TABLE, TABLE[TABLE["time"] == "post"].assign(time="late", volume=100.0)])
    pairs = [("pre", "post"), ("post", "late")]
    found, _ = delta_features(more, pairs, changes=("absolute",))
    mixed, _ = delta_features(more.sample(frac=1, random_state=0), pairs, changes=("absolute",))
    pd.testing.assert_frame_equal(found.values.sort_index(), mixed.values.sort_index())
    assert found.values.loc["A", "volume.absolute.post-late"] == 85.0
    assert "day.absolute.pre-post" in found.values  # no column is special unless it is declared


def test_other_patients_change_nothing():
    found, _ = delta_features(TABLE, PAIR)
    alone, _ = delta_features(TABLE[TABLE["patient"] == "A"], PAIR)
    assert found.values.loc["A"].equals(alone.values.loc["A"])


def test_infinite_values_are_missing():
    found, losses = delta_features(TABLE.replace(15.0, np.inf), PAIR, changes=("absolute",), day="day")
    assert np.isnan(found.values.loc["A", "volume.absolute.pre-post"])
    assert losses.loc[losses["patient"] == "A", "category"].tolist() == ["partial"]


@pytest.mark.parametrize(
    ("table", "pairs", "options", "code"),
    [
        (TABLE.drop(columns="patient"), PAIR, {}, "110"),
        (TABLE, PAIR, {"time": "visit"}, "110"),
        (TABLE, [("pre", "pst")], {}, "110"),
        (TABLE, PAIR, {"changes": ["per-day"]}, "110"),
        (TABLE, PAIR, {"changes": ["ratio"]}, "110"),
        (pd.concat([TABLE, TABLE.head(1)]), PAIR, {}, "111"),
        (TABLE, [], {}, "112"),
        (TABLE, [("pre", "pre")], {}, "112"),
        (TABLE, PAIR * 2, {}, "112"),
        (TABLE.assign(day="2020-01-01"), PAIR, {"day": "day"}, "113"),
    ],
)
def test_what_is_refused(table, pairs, options, code):
    with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
        delta_features(table, pairs, **options)
