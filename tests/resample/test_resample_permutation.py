import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.resample.permutation import check_movable, log10_arrangements, permute_rows, permuted_order

IDS = pd.Index([f"P{i:02d}" for i in range(12)], name="patient")
SITES = pd.Series(list("AAAAABBBBBBC"), IDS)


def _table():
    return pd.DataFrame({"f": np.arange(12.0), "g": np.arange(12.0) + 100, "age": np.arange(12.0)}, index=IDS)


def test_whole_rows_move_within_their_site():
    seen = set()
    for draw in range(30):
        moved = permute_rows(_table(), SITES, seed=1, draw=draw)
        assert (moved["g"] - moved["f"] == 100).all()  # a row stays together, missing values with it
        assert (moved.index == IDS).all()
        came_from = SITES.to_numpy()[moved["f"].astype(int)]
        assert (came_from == SITES.to_numpy()).all()
        assert moved.loc["P11", "f"] == 11  # alone in its site
        seen.add(tuple(moved["f"]))
    assert len(seen) == 30


def test_image_columns_move_and_clinical_ones_stay():
    moved = permute_rows(_table(), None, seed=1, draw=3, columns=["f", "g"])
    assert list(moved.columns) == ["f", "g", "age"]
    assert (moved["age"] == _table()["age"]).all()
    assert not (moved["f"] == _table()["f"]).all()
    assert (moved["g"] - moved["f"] == 100).all()


def test_the_same_exchange_in_any_order_of_rows():
    mixed = np.random.default_rng(0).permutation(12)
    a = permute_rows(_table(), SITES, seed=2, draw=5)
    b = permute_rows(_table().iloc[mixed], SITES, seed=2, draw=5)
    pd.testing.assert_frame_equal(a, b.loc[IDS])


def test_every_arrangement_is_about_as_likely():
    counts = np.zeros((3, 3))
    for draw in range(600):
        order = permuted_order(["a", "b", "c"], None, seed=0, draw=draw)
        counts[np.arange(3), order] += 1
    assert np.abs(counts / 600 - 1 / 3).max() < 0.08


def test_bad_tables_are_refused():
    with pytest.raises(InputError, match=r"IGX-RES-013[\s\S]*unknown column 'h'"):
        permute_rows(_table(), None, seed=0, draw=0, columns=["h"])
    with pytest.raises(InputError, match=r"IGX-RES-013[\s\S]*P11"):
        permute_rows(_table(), SITES.iloc[:-1], seed=0, draw=0)
    with pytest.raises(InputError, match="several rows"):
        permute_rows(_table().loc[["P00", "P00"]], None, seed=0, draw=0)


def test_number_of_arrangements_and_refusal():
    y = np.array([0, 0, 1, 1])
    assert 10 ** log10_arrangements(y, None) == pytest.approx(6)
    assert 10 ** log10_arrangements(y, ["a", "b", "a", "b"]) == pytest.approx(4)
    assert log10_arrangements([0, 0, 1, 1], ["a", "a", "b", "b"]) == 0
    with pytest.raises(InputError, match=r"IGX-RES-007[\s\S]*only 1 distinct arrangement within"):
        check_movable(np.repeat([0, 1], 20), np.repeat(["a", "b"], 20), maximum=100)
    with pytest.raises(InputError, match="only 6 distinct"):
        check_movable(y, None, maximum=100)
    assert check_movable(np.arange(20) % 2, None, maximum=100) > 5
