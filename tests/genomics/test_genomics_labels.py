import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block

ONE = """patient,IDH.status,Grade,Histology,Purity
a,Mutant,G2,astro,0.5
b,WT,G3,oligo,
c,,G3,mixed,0.75
"""
TWO = """case,idh
a,mutated
b,mutated
c,wildtype
d,wildtype
"""
STATUS = {"Mutant": "mutant", "WT": "wild type"}
OTHER = {"mutated": "mutant", "wildtype": "wild type"}


@pytest.fixture
def load(tmp_path):
    (tmp_path / "one.csv").write_text(ONE)
    (tmp_path / "two.csv").write_text(TWO)

    def call(columns, *, patients=None, **settings):
        data = {"name": "classes", "path": "one.csv", "kind": "labels", "columns": columns, **settings}
        block = read_block(data, where="[[molecules]]")
        return load_molecules(
            block, path=tmp_path / "one.csv", patients=patients, resolve=lambda text: tmp_path / text
        )

    return call


def _sources(**more):
    sources = [
        {"column": "IDH.status", "map": STATUS},
        {"column": "idh", "path": "two.csv", "id": "case", "map": OTHER},
    ]
    return {"IDH": {"sources": sources, "positive": "mutant", **more}}


def test_labels_of_every_kind(load):
    found = load(
        {
            "IDH": {"column": "IDH.status", "map": STATUS, "positive": "mutant"},
            "Grade": {"kind": "ordinal", "levels": ["G2", "G3"]},
            "histology": "Histology",
            "Purity": {},
        }
    )
    values = found.table.values
    assert np.array_equal(values["classes.IDH"], [1, 0, np.nan], equal_nan=True)
    assert values["classes.Grade"].tolist() == [0, 1, 1]
    assert values["classes.histology"].tolist() == ["astro", "oligo", "mixed"]
    assert np.array_equal(values["classes.Purity"], [0.5, np.nan, 0.75], equal_nan=True)
    assert list(found.table.columns["kind"]) == ["binary", "ordinal", "categorical", "continuous"]
    assert set(found.table.columns["role"]) == {"label"}
    assert found.table.columns.at["classes.IDH", "feature"] == "IDH"
    report = found.report[found.report["column"] == "IDH"][["written", "mapped", "n"]]
    assert report.to_numpy().tolist() == [["", "", 1], ["Mutant", "mutant", 1], ["WT", "wild type", 1]]


def test_a_list_of_names_reads_these_columns(load):
    assert list(load(["Grade", "Purity"]).table.values.columns) == ["classes.Grade", "classes.Purity"]
    with pytest.raises(InputError, match=r"IGX-COHORT-004(.|\n)*did you mean 'Grade'"):
        load(["grade"])


def test_values_of_other_patients_need_no_mapping(load):
    columns = {"Histology": {"map": {"astro": "A", "oligo": "O"}, "kind": "binary"}}
    with pytest.raises(InputError, match=r"IGX-COHORT-006.*'mixed' \(1\)"):
        load(columns)
    assert load(columns, patients=["a", "b"]).table.values["classes.Histology"].tolist() == [0.0, 1.0]


def test_sources_that_differ_need_a_precedence(load):
    with pytest.raises(InputError, match=r"IGX-GEN-007.*1 patients: b \(wild type / mutant\)"):
        load(_sources())


def test_the_first_source_wins_and_the_conflict_is_reported(load):
    found = load(_sources(precedence="first"))
    assert found.table.values["classes.IDH"].to_dict() == {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}
    assert found.conflicts[["patient", "value", "taken"]].to_numpy().tolist() == [
        ["b", "wild type", "wild type"],
        ["b", "mutant", "wild type"],
    ]
    assert set(found.report["column"]) == {"IDH [IDH.status]", "IDH [idh]"}


def test_differing_sources_can_mean_missing(load):
    found = load({**_sources(precedence="missing"), "Grade": {"kind": "ordinal", "levels": ["G2", "G3"]}})
    assert np.array_equal(found.table.values["classes.IDH"], [1, np.nan, 0, 0], equal_nan=True)
    assert np.array_equal(found.table.values["classes.Grade"], [0, 1, 1, np.nan], equal_nan=True)


def test_agreeing_sources_need_nothing(load):
    found = load(_sources(), patients=["a", "c"])
    assert found.table.values["classes.IDH"].tolist() == [1.0, 0.0]
    assert len(found.conflicts) == 0


@pytest.mark.parametrize(
    "column",
    [
        {"column": "Grade", "sources": [{"column": "Grade"}]},
        {"column": "Grade", "precedence": "first"},
    ],
)
def test_sources_that_contradict_themselves(load, column):
    with pytest.raises(InputError, match="IGX-SET-001"):
        load({"x": column})


def test_hostile_text_is_carried_unchanged(tmp_path):
    path = tmp_path / "t.csv"
    words = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", '"; DROP TABLE x; --', "ünï\u202ecode"]
    rows = "".join(f'p{i},"{w.replace(chr(34), chr(34) * 2)}"\n' for i, w in enumerate(words))
    path.write_text("<b>id</b>,=1+1\n" + rows, encoding="utf-8")
    data = {"name": "m", "path": "t", "kind": "labels", "id": "<b>id</b>", "columns": {"=1+1": {"map": {}}}}
    with pytest.raises(InputError, match="IGX-COHORT-010"):
        load_molecules(read_block(data, where="t"), path=path)
    data["columns"] = {"=1+1": {"map": {w: w.replace("|", "/") for w in words}}}
    table = load_molecules(read_block(data, where="t"), path=path).table
    assert table.values["m.=1+1"].tolist() == [w.replace("|", "/") for w in words]
