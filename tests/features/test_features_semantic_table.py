import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.features.semantic.dictionary import Dictionary, Item, levels
from imagenomics.features.semantic.known import dictionary
from imagenomics.features.semantic.readers import Consensus
from imagenomics.features.semantic.table import read_semantic_table

SMALL = Dictionary(
    name="small",
    title="Small",
    source="this test",
    items=(
        Item(code="rim", label="Rim", kind="binary", levels=levels(("0", "absent", "no"), ("1", "present", "yes")),
             region="edge"),
        Item(code="grade", label="Grade", kind="ordinal", levels=levels(("1", "low"), ("2", "middle"), ("3", "high")),
             apart=levels(("9", "indeterminate", "unsure"))),
        Item(code="shape", label="Shape", kind="categorical",
             levels=levels(("r", "round"), ("o", "oval"), ("x", "other"))),
        Item(code="size", label="Size", kind="continuous", unit="mm", low=0.0, high=100.0),
        Item(code="rim_width", label="Rim width", kind="ordinal", levels=levels("thin", "thick"), asked_if="rim",
             asked_levels=("present",)),
        Item(code="signs", label="Signs", kind="categorical",
             levels=levels(("a", "air"), ("c", "cyst"), ("n", "necrosis")),
             many=True),
    ),
)  # fmt: skip


def frame(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"patient": [f"p{k}" for k in range(n)], **columns})


def equal(series, expected):
    return np.array_equal(series.to_numpy(float), np.array(expected, float), equal_nan=True)


def test_columns_know_their_scale():
    found = read_semantic_table(
        frame(Rim=["yes", "absent"], grade=["high", "LOW"], Shape=["oval", "round"], Size=["12.5", "3"]),
        SMALL,
    )
    values, columns = found.table.values, found.table.columns
    assert list(values.columns) == ["semantic.rim", "semantic.grade", "semantic.shape", "semantic.size"]
    assert equal(values["semantic.rim"], [1, 0])
    assert equal(values["semantic.grade"], [2, 0])
    assert values["semantic.shape"].tolist() == ["oval", "round"]
    assert equal(values["semantic.size"], [12.5, 3])
    assert columns["kind"].tolist() == ["binary", "ordinal", "categorical", "continuous"]
    assert columns["levels"].tolist() == ["absent|present", "low|middle|high", "round|oval|other", ""]
    assert set(columns["role"]) == {"feature"}
    assert set(columns["family"]) == {"semantic"}
    assert columns.loc["semantic.rim", "region"] == "edge"
    assert columns.loc["semantic.size", "unit"] == "mm"
    assert found.table.levels("semantic.grade") == ["low", "middle", "high"]
    assert (found.states == "").all(axis=None)
    assert "items without a column: rim_width, signs" in found.notes[0]


def test_why_there_is_no_value_is_kept_apart_from_missing():
    found = read_semantic_table(
        frame(
            rim=["yes", "not seen", None, "no"],
            grade=["unsure", "NA", "middle", ""],
            shape=["indeterminate", "round", "not visible", None],
            size=["not visible", "1", "", "not applicable"],
        ),
        SMALL,
    )
    assert found.states["semantic.rim"].tolist() == ["", "not visible", "missing", ""]
    assert found.states["semantic.grade"].tolist() == ["indeterminate", "missing", "", "missing"]
    assert found.states["semantic.shape"].tolist() == ["indeterminate", "", "not visible", "missing"]
    assert found.states["semantic.size"].tolist() == ["not visible", "", "missing", "not applicable"]
    values = found.table.values
    assert equal(values["semantic.grade"], [np.nan, np.nan, 1, np.nan])
    assert values["semantic.shape"].tolist() == [None, "round", None, None]
    assert equal(values["semantic.size"], [np.nan, 1, np.nan, np.nan])
    written = found.report[found.report["column"] == "grade"].set_index("written")["mapped"].to_dict()
    assert written == {"": "", "NA": "", "unsure": "indeterminate", "middle": "middle"}


def test_an_item_that_was_not_asked_is_not_missing():
    found = read_semantic_table(
        frame(rim=["yes", "no", "yes", None], rim_width=["thick", None, None, None]), SMALL
    )
    assert found.states["semantic.rim_width"].tolist() == ["", "not applicable", "missing", "missing"]


def test_items_with_several_answers_become_binary_columns():
    found = read_semantic_table(frame(signs=["air; necrosis", "(none)", None, "c", "not visible"]), SMALL)
    values = found.table.values
    assert equal(values["semantic.signs_air"], [1, 0, np.nan, 0, np.nan])
    assert equal(values["semantic.signs_necrosis"], [1, 0, np.nan, 0, np.nan])
    assert equal(values["semantic.signs_cyst"], [0, 0, np.nan, 1, np.nan])
    assert found.states["semantic.signs_air"].tolist() == ["", "", "missing", "", "not visible"]
    assert set(found.table.columns["kind"]) == {"binary"}


def test_unknown_answers_and_columns_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"IGX-COHORT-006.*'hihg' \(1\) near 'high'"):
        read_semantic_table(frame(grade=["hihg", "low"]), SMALL)
    with pytest.raises(InputError, match=r"IGX-FEAT-041(.|\n)*did you mean 'grade'"):
        read_semantic_table(frame(grad=["low", "low"]), SMALL)
    with pytest.raises(InputError, match=r"IGX-COHORT-006.*'aer' \(1\) near 'air'"):
        read_semantic_table(frame(signs=["aer;cyst"]), SMALL)
    read_semantic_table(frame(grade=["low"], when=["2020"]), SMALL, ignore=["when"])


def test_bare_numbers_are_codes_only_where_declared():
    numbers = frame(grade=["1", "3", "9"], rim=[0, 1, np.nan])
    with pytest.raises(InputError, match=r"IGX-FEAT-043(.|\n)*1 = low(.|\n)*numbers = 'codes'"):
        read_semantic_table(numbers[["patient", "grade"]], SMALL)
    with pytest.raises(InputError, match=r"IGX-FEAT-043.*'Rim' are bare numbers: 0, 1"):
        read_semantic_table(numbers, SMALL)
    found = read_semantic_table(numbers, SMALL, numbers="codes")
    assert equal(found.table.values["semantic.grade"], [0, 2, np.nan])
    assert equal(found.table.values["semantic.rim"], [0, 1, np.nan])
    assert found.states["semantic.grade"].tolist() == ["", "", "indeterminate"]
    with pytest.raises(InputError, match="IGX-COHORT-006"):
        read_semantic_table(frame(grade=["1", "4"]), SMALL, numbers="codes")
    assert equal(
        read_semantic_table(frame(grade=["1.0", "3.0"]), SMALL, numbers="codes").table.values[
            "semantic.grade"
        ],
        [0, 2],
    )


def test_answers_of_each_reader_stay_what_they_are_and_a_reader_may_have_no_name():
    sheet = pd.DataFrame(
        {
            "patient": ["p0", "p0", "p1", "p2"],
            "reader": ["anna", None, "", "anna"],
            "grade": ["low", "high", "middle", "unsure"],
            "Shape": ["oval", "oval", "round", None],
        }
    )
    mean = Consensus(rule="mean", classes="majority")
    found = read_semantic_table(sheet, SMALL, reader="reader", consensus=mean)
    values, columns = found.by_reader.values, found.by_reader.columns
    assert list(values.index) == [("p0", "anna"), ("p0", "not named"), ("p1", "not named"), ("p2", "anna")]
    assert equal(values["semantic.grade"], [0, 2, 1, np.nan])
    assert columns["kind"].to_dict() == {"semantic.grade": "ordinal", "semantic.shape": "categorical"}
    assert found.table.columns.loc["semantic.grade", "kind"] == "continuous"
    assert set(found.disagreements["reader"]) == {"anna", "not named"}


@pytest.mark.parametrize("cell", ["-1", "101", "1e9", "inf"])
def test_numbers_that_cannot_be(cell):
    with pytest.raises(InputError, match="IGX-FEAT-044"):
        read_semantic_table(frame(size=["5", cell]), SMALL)


def test_words_in_a_column_of_numbers():
    with pytest.raises(InputError, match="IGX-TAB-013"):
        read_semantic_table(frame(size=["5", "large"]), SMALL)


def test_ids_and_rows():
    with pytest.raises(InputError, match=r"IGX-FEAT-042.*p0 by reader"):
        read_semantic_table(pd.DataFrame({"patient": ["p0", "p0"], "rim": ["yes", "no"]}), SMALL)
    with pytest.raises(InputError, match="IGX-TAB-001"):
        read_semantic_table(pd.DataFrame({"patient": [1, 2], "rim": ["yes", "no"]}), SMALL)
    with pytest.raises(InputError, match="IGX-FEAT-041"):
        read_semantic_table(frame(rim=["yes"]), SMALL, patient="case")
    with pytest.raises(InputError, match=r"IGX-FEAT-041.*same item"):
        read_semantic_table(frame(rim=["yes"], Rim=["yes"]), SMALL)
    shuffled = pd.DataFrame({"patient": ["b", "a"], "rim": ["yes", "no"]})
    assert read_semantic_table(shuffled, SMALL).table.values["semantic.rim"].to_dict() == {"a": 0.0, "b": 1.0}


READS = pd.DataFrame(
    {
        "patient": ["a", "a", "a", "b", "b", "b", "c", "c"],
        "reader": ["R1", "R2", "R3", "R1", "R2", "R3", "R1", "R2"],
        "grade": ["low", "high", "high", "low", "middle", "unsure", None, "high"],
        "shape": ["round"] * 3 + ["oval", "round", "other", "round", "round"],
        "size": ["10", "20", "60", "5", "5", "5", "7", None],
    }
)


def read(**options):
    return read_semantic_table(READS, SMALL, reader="reader", **options)


def test_readers_who_differ_need_a_rule():
    with pytest.raises(InputError, match=r"IGX-FEAT-045.*'Grade' for 2 patients: a \(low / high / high\)"):
        read()
    same = READS.assign(grade="low", shape="round", size="1")
    found = read_semantic_table(same, SMALL, reader="reader")
    assert len(found.disagreements) == 0
    assert equal(found.table.values["semantic.grade"], [0, 0, 0])


def test_the_first_reader_with_an_answer():
    found = read(consensus=Consensus(rule="first", readers=("R3", "R1", "R2")))
    assert equal(found.table.values["semantic.grade"], [2, np.nan, 2])
    assert found.states["semantic.grade"].tolist() == ["", "indeterminate", ""]
    assert found.table.values["semantic.shape"].tolist() == ["round", "other", "round"]
    assert equal(found.table.values["semantic.size"], [60, 5, 7])


def test_the_majority_and_no_winner():
    found = read(consensus=Consensus(rule="majority"))
    assert equal(found.table.values["semantic.grade"], [2, np.nan, 2])
    assert found.states["semantic.grade"].tolist() == ["", "undecided", ""]
    assert found.states["semantic.shape"].tolist() == ["", "undecided", ""]
    rows = found.disagreements
    assert rows[(rows["item"] == "grade") & (rows["patient"] == "a")].to_numpy().tolist() == [
        ["a", "grade", "R1", "low", "high"],
        ["a", "grade", "R2", "high", "high"],
        ["a", "grade", "R3", "high", "high"],
    ]
    assert set(rows["item"]) == {"grade", "shape", "size"}
    assert not (
        (rows["item"] == "grade") & (rows["patient"] == "c")
    ).any()  # one answer alone is no difference


def test_the_mean_of_positions_and_numbers():
    found = read(consensus=Consensus(rule="mean", classes="majority"))
    assert equal(found.table.values["semantic.grade"], [4 / 3, 0.5, 2])
    assert equal(found.table.values["semantic.size"], [30, 5, 7])
    columns = found.table.columns
    assert columns.loc["semantic.grade", ["kind", "levels", "unit"]].tolist() == [
        "continuous",
        "",
        "position of the level",
    ]
    assert columns.loc["semantic.shape", "kind"] == "categorical"
    assert found.states["semantic.shape"].tolist() == ["", "undecided", ""]


def test_the_order_of_rows_and_readers_does_not_matter():
    rule = Consensus(rule="majority")
    expected = read(consensus=rule)
    found = read_semantic_table(READS.sample(frac=1, random_state=3), SMALL, reader="reader", consensus=rule)
    pd.testing.assert_frame_equal(found.table.values, expected.table.values)
    pd.testing.assert_frame_equal(found.disagreements, expected.disagreements)


@pytest.mark.parametrize(
    "wrong", [{"rule": "first"}, {"rule": "mean"}, {"rule": "majority", "classes": "first", "readers": ["a"]}]
)
def test_rules_that_leave_something_open(wrong):
    with pytest.raises(InputError, match="IGX-SET-001"):
        Consensus.read(wrong, where="test")


def test_readers_of_the_order_must_be_those_of_the_table():
    with pytest.raises(InputError, match=r"IGX-FEAT-046(.|\n)*did you mean 'R1'"):
        read(consensus=Consensus(rule="first", readers=("R1x", "R2", "R3")))
    with pytest.raises(InputError, match=r"IGX-FEAT-046.*R3"):
        read(consensus=Consensus(rule="first", readers=("R1", "R2")))


def test_a_vasari_sheet_in_numbers():
    sheet = pd.DataFrame(
        {
            "patient": ["TCGA-02-0001", "TCGA-02-0002"],
            "F1 Tumor Location": ["1", "2"],
            "F5 Proportion Enhancing": ["4", "9"],
            "F9 Multifocal or Multicentric": ["1", "3"],
            "F23 CET Crosses Midline": ["2", "1"],
            "f29_size_x": ["4.5", "3"],
        }
    )
    found = read_semantic_table(sheet, dictionary("vasari"), name="vasari", numbers="codes")
    assert equal(found.table.values["vasari.f05_proportion_enhancing"], [2, np.nan])
    assert found.states["vasari.f05_proportion_enhancing"].tolist() == ["", "indeterminate"]
    assert found.table.values["vasari.f01_location"].tolist() == ["frontal", "temporal"]
    assert equal(found.table.values["vasari.f23_cet_crosses_midline"], [0, np.nan])
    assert found.states.loc["TCGA-02-0002", "vasari.f23_cet_crosses_midline"] == "not applicable"
    assert equal(found.table.values["vasari.f29_size_x"], [4.5, 3])
