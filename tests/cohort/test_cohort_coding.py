import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.cohort.coding import code_column
from imagenomics.cohort.settings import ColumnSettings
from imagenomics.cohort.spelling import is_missing, same_word
from imagenomics.errors import InputError


def _code(cells, **settings):
    series = pd.Series(cells, index=[f"p{i}" for i in range(len(cells))], dtype=object)
    return code_column(series, ColumnSettings.read(settings, where="t"), name="v", where="t.csv: v")


def _mapped(coded):
    return {w: (m, h, n) for _, w, m, h, n in coded.report.to_numpy()}


def test_a_mapping_is_reported_with_counts():
    coded = _code(
        ["Mutant", "mutant ", "WT", "wt", "Not Collected", "", None, "mut"],
        map={"Mutant": "mutant", "WT": "wild type", "mut": "mutant"},
        positive="mutant",
    )
    assert coded.kind == "binary"
    assert coded.levels == ("wild type", "mutant")
    assert np.array_equal(coded.values, [1, 1, 0, 0, np.nan, np.nan, np.nan, 1], equal_nan=True)
    assert _mapped(coded) == {
        "Mutant": ("mutant", "declared", 1),
        "mutant ": ("mutant", "spelling", 1),
        "WT": ("wild type", "declared", 1),
        "wt": ("wild type", "spelling", 1),
        "Not Collected": ("", "missing", 1),
        "": ("", "missing", 2),
        "mut": ("mutant", "declared", 1),
    }


def test_what_is_not_mapped_is_refused_with_count_and_nearest():
    with pytest.raises(InputError) as caught:
        _code(["Mutant", "Mutatn", "Mutatn", "zzz"], map={"Mutant": "m", "WT": "w"})
    assert caught.value.code == "IGX-COHORT-006"
    assert "'Mutatn' (2) near 'Mutant'" in str(caught.value)
    assert "'zzz' (1)" in str(caught.value)


def test_signs_are_not_spelling():
    assert same_word("HER2+") != same_word("HER2-")
    coded = _code(["HER2+", "HER2-"], map={"HER2+": "yes", "HER2-": "no"}, positive="yes")
    assert coded.values.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "word", ["", "NA", "[Not Available]", "unknown", "NOT COLLECTED", "Not  Recorded", "--"]
)
def test_words_for_missing(word):
    assert is_missing(word)
    assert not is_missing("WT")
    assert is_missing("pending", further=["Pending"])


def test_a_declared_level_may_be_a_word_for_missing():
    coded = _code(["Unknown", "R", "L"], kind="ordinal", levels=["L", "Unknown", "R"])
    assert coded.values.tolist() == [1.0, 2.0, 0.0]


def test_ordinal_levels_keep_their_order_and_refuse_others():
    coded = _code(["G3", "G2", None], kind="ordinal", levels=["G2", "G3"])
    assert np.array_equal(coded.values, [1, 0, np.nan], equal_nan=True)
    with pytest.raises(InputError, match=r"IGX-COHORT-006.*'G4' \(1\)"):
        _code(["G3", "G4"], levels=["G2", "G3"])


def test_kinds_are_inferred():
    assert _code(["1.5", "2", "NA"]).kind == "continuous"
    assert _code(["0", "1", "1"]).kind == "binary"
    assert _code(["a", "b", "a"]).kind == "binary"
    assert _code(["a", "b", "c"]).kind == "categorical"
    assert "declare kind if they are codes" in _code(["1", "2", "3"] * 5).notes[0]


def test_two_spellings_of_a_level_are_not_two_levels():
    with pytest.raises(InputError, match=r"IGX-COHORT-007.*'Male' \(1\), 'male' \(2\)"):
        _code(["Male", "male", "male", "female"])


def test_numbers_with_a_few_words_are_refused():
    cells = [str(i) for i in range(9)] + [">89"]
    with pytest.raises(InputError, match=r"IGX-COHORT-008.*'>89'"):
        _code(cells)
    assert np.isnan(_code(cells, missing=[">89"]).values.iloc[-1])
    assert _code(cells, kind="continuous", map={">89": "90"}).values.iloc[-1] == 90.0


@pytest.mark.parametrize(
    ("cells", "settings", "code"),
    [
        (["a", "b", "c"], {"kind": "binary"}, "IGX-COHORT-009"),
        (["a", "b"], {"positive": "x"}, "IGX-COHORT-009"),
        (["a|b", "c", "d"], {}, "IGX-COHORT-010"),
        (["1", "inf", "3"], {"kind": "continuous"}, "IGX-COHORT-017"),
        (["1", "x"], {"kind": "continuous"}, "IGX-TAB-013"),
    ],
)
def test_bad_columns_have_their_codes(cells, settings, code):
    with pytest.raises(InputError) as caught:
        _code(cells, **settings)
    assert caught.value.code == code
    assert "t.csv: v" in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "ordinal"},
        {"kind": "continuous", "positive": "a"},
        {"kind": "categorical", "positive": "a"},
        {"levels": ["a", "a"]},
    ],
)
def test_settings_that_contradict_themselves(settings):
    with pytest.raises(InputError, match="IGX-SET-001"):
        ColumnSettings.read(settings, where="t")


def test_constant_and_empty_columns_are_noted():
    assert "in every patient" in _code(["a", "a", None]).notes[0]
    assert "no patient has a value" in _code([None, "NA"]).notes[0]


def test_hostile_text_is_carried_unchanged():
    cells = ["<script>alert(1)</script>", '=HYPERLINK("x")', "a\nb"]
    coded = _code(cells, kind="categorical")
    assert coded.values.tolist() == cells


@given(st.lists(st.sampled_from(["A", "a ", "B", "", "NA", "b"]), min_size=1, max_size=20))
def test_the_report_counts_every_cell(cells):
    coded = _code(cells, map={"A": "x", "B": "y"}, positive="x")
    assert coded.report["n"].sum() == len(cells)
    assert coded.report.loc[coded.report["mapped"] == "x", "n"].sum() == (coded.values == 1).sum()
    assert coded.report.loc[coded.report["mapped"] == "", "n"].sum() == coded.values.isna().sum()
