import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.cohort.nested import natural_key, reduce_units, require_independent
from imagenomics.errors import InputError


def _frame(rows):
    index = pd.MultiIndex.from_tuples([(p, u) for p, u, *_ in rows], names=["patient", "unit"])
    return pd.DataFrame({"volume": [r[2] for r in rows], "x": [r[3] for r in rows]}, index=index)


LESIONS = _frame(
    [
        ("b", "lesion 10", 5.0, 1.0),
        ("b", "lesion 2", 3.0, 3.0),
        ("a", "lesion 1", 1.0, 9.0),
        ("b", "lesion 3", 5.0, 8.0),
    ]
)


def test_without_a_rule_it_names_patient_units_and_rules():
    with pytest.raises(InputError) as caught:
        reduce_units(LESIONS, None)
    text = str(caught.value)
    assert caught.value.code == "IGX-COHORT-011"
    for word in ("'b'", "'lesion 2', 'lesion 3', 'lesion 10'", "largest, first, mean"):
        assert word in text


def test_rules_do_what_they_say():
    first = reduce_units(LESIONS, "first", side="lesions")
    assert first.values["x"].to_dict() == {"a": 9.0, "b": 3.0}
    assert first.losses[["patient", "id_as_written"]].to_numpy().tolist() == [
        ["b", "lesion 10"],
        ["b", "lesion 3"],
    ]
    largest = reduce_units(LESIONS, "largest", by="volume").values
    assert largest["x"].to_dict() == {
        "a": 9.0,
        "b": 8.0,
    }  # of two equal volumes, lesion 3 comes first by name
    assert reduce_units(LESIONS, "first", by="volume").values["x"]["b"] == 3.0
    assert reduce_units(LESIONS, "mean").values["x"]["b"] == 4.0
    assert first.values.index.name == "patient"


def test_one_unit_each_needs_no_rule():
    single = LESIONS[~LESIONS.index.get_level_values(0).duplicated()]
    reduced = reduce_units(single, None)
    assert list(reduced.values.index) == ["a", "b"]
    assert len(reduced.losses) == 0
    require_independent(reduced.values)


def test_bad_rules_have_their_codes():
    words = LESIONS.assign(x=["u", "v", "w", "z"])
    gap = LESIONS.assign(volume=[np.nan, 1, 1, 1])
    for frame, rule, by, code in (
        (LESIONS, "biggest", None, "IGX-COHORT-011"),
        (LESIONS, "largest", None, "IGX-COHORT-012"),
        (LESIONS, "largest", "volum", "IGX-COHORT-012"),
        (words, "largest", "x", "IGX-COHORT-012"),
        (gap, "largest", "volume", "IGX-COHORT-012"),
        (words, "mean", None, "IGX-COHORT-013"),
        (LESIONS.droplevel(1), "first", None, "IGX-COHORT-011"),
    ):
        with pytest.raises(InputError) as caught:
            reduce_units(frame, rule, by=by)
        assert caught.value.code == code


def test_nested_rows_are_refused_where_rows_must_be_independent():
    with pytest.raises(InputError, match=r"IGX-COHORT-014.*'b' has 3"):
        require_independent(LESIONS, what="the t test")


def test_units_are_ordered_as_people_count():
    assert sorted(["lesion 10", "lesion 9", "L1", ""], key=natural_key) == ["", "L1", "lesion 9", "lesion 10"]


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 20).map(str), st.floats(0, 9), st.floats(-9, 9)),
        min_size=1,
        max_size=12,
        unique_by=lambda r: r[:2],
    ),
    data=st.data(),
)
def test_the_order_of_rows_does_not_matter(rows, data):
    shuffled = data.draw(st.permutations(rows))
    for rule, by in (("first", None), ("largest", "volume")):
        one, other = (reduce_units(_frame(r), rule, by=by) for r in (rows, shuffled))
        pd.testing.assert_frame_equal(one.values, other.values)
        pd.testing.assert_frame_equal(one.losses, other.losses)
        assert len(one.values) + len(one.losses) == len(rows)
