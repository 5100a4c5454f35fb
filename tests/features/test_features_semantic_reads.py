import os
from pathlib import Path

import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.features.semantic.dictionary import Dictionary, Item, levels
from imagenomics.features.semantic.known import dictionary
from imagenomics.features.semantic.reads import arrange_reads
from imagenomics.features.semantic.table import read_semantic_table
from imagenomics.images.aim import read_aim_folder
from imagenomics.images.reads import Answer, read_table

DATA = Path(os.environ.get("IMAGENOMICS_TEST_DATA", "")) / "nsclc-radiogenomics/aim_xml"
SMALL = Dictionary(
    name="small",
    title="Small",
    source="this test",
    items=(
        Item(code="shape", label="Shape", kind="categorical", levels=levels(("R1", "round"), ("R2", "oval"))),
        Item(code="signs", label="Signs", kind="categorical", levels=levels(("R1", "air"), ("R3", "cyst")), many=True),
        Item(code="length", label="Length", kind="continuous", unit="mm", spellings=("SCT:410668003",)),
    ),
    ignored=("Nodule",),
)  # fmt: skip


def answer(item, patient="a", reader="R", **more):
    return Answer(patient, reader, "lesion 1", "characteristic", item, **more)


def test_answers_by_code_or_by_meaning_become_cells():
    reads = read_table(
        [
            answer("Nodule", code="X", meaning="mass"),
            answer("Shape", code="R1", meaning="anything"),
            answer("Signs", code="R1", meaning="air"),
            answer("Signs", code="", meaning="Cyst"),
            answer("Largest length", item_code="SCT:410668003", value=12.5, unit="mm"),
            answer("shape", patient="b", code="other code", meaning="oval"),
        ]
    )
    cells = arrange_reads(reads, SMALL)
    assert cells.to_numpy().tolist() == [
        ["a", "R", "round", "air;cyst", "12.5"],
        ["b", "R", "oval", "(none)", None],
    ]
    found = read_semantic_table(cells, SMALL, reader="reader")
    assert found.table.values.to_numpy().tolist()[0] == ["round", 1.0, 1.0, 12.5]
    assert found.table.values.iloc[1, :3].tolist() == ["oval", 0.0, 0.0]
    assert found.states.iloc[1].tolist() == ["", "", "", "missing"]


def test_what_the_dictionary_does_not_know():
    with pytest.raises(InputError, match=r"IGX-FEAT-041(.|\n)*did you mean 'shape'"):
        arrange_reads(read_table([answer("Shapes", meaning="round")]), SMALL)
    arrange_reads(
        read_table([answer("Shapes", meaning="round"), answer("Shape", meaning="oval")]),
        SMALL,
        ignore=["Shapes"],
    )
    cells = arrange_reads(read_table([answer("Shape", code="R9", meaning="ovall")]), SMALL)
    with pytest.raises(InputError, match=r"IGX-COHORT-006.*ovall \(R9\)"):
        read_semantic_table(cells, SMALL, reader="reader")


def test_two_answers_to_one_question():
    reads = read_table([answer("Shape", meaning="round"), answer("Shape", code="R1", meaning="round")])
    assert arrange_reads(reads, SMALL)["shape"].tolist() == ["round"]
    reads = read_table([answer("Shape", meaning="round"), answer("Shape", meaning="oval")])
    with pytest.raises(
        InputError, match=r"IGX-FEAT-042.*R answered 'Shape' of a differently: oval and round"
    ):
        arrange_reads(reads, SMALL)


def test_another_unit_is_refused():
    with pytest.raises(InputError, match=r"IGX-FEAT-047.*'cm'"):
        arrange_reads(read_table([answer("Length", value=1.2, unit="cm")]), SMALL)


@pytest.mark.realdata
@pytest.mark.skipif(not os.environ.get("IMAGENOMICS_TEST_DATA"), reason="IMAGENOMICS_TEST_DATA is not set")
class TestLungReadings:
    """Every answer of the 190 readings is in the dictionary; counts are those of the raw files (grep)."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def reading(cls):
        cls.reads = read_aim_folder(DATA).table
        cells = arrange_reads(cls.reads, dictionary("lung-ct"))
        cls.found = read_semantic_table(cells, dictionary("lung-ct"), name="ct", reader="reader")

    def test_one_row_for_each_patient(self):
        assert len(self.found.table) == 190
        assert self.found.table.values.index.tolist() == sorted(set(self.reads["patient"]))
        assert self.found.table.values.shape == (190, 44)
        assert len(self.found.disagreements) == 0

    @pytest.mark.parametrize(
        ("column", "n"),
        [
            ("emphysema", 98),
            ("fibrosis", 22),
            ("centrilobular_nodules", 22),
            ("axial_location", 152),
            ("calcification", 11),
            ("associated_attachment_to_pleura", 112),
            ("associated_thickened_bronchovascular_bundle", 18),
            ("internal_air_bronchogram", 56),
            ("internal_cysts", 6),
            ("parenchyma_bronchial_wall_thickening", 88),
            ("parenchyma_bronchiolar_prominence", 2),
        ],
    )
    def test_binary_columns(self, column, n):
        values = self.found.table.values[f"ct.{column}"]
        assert values.notna().all()
        assert values.sum() == n

    def test_ordinal_and_nominal_columns(self):
        values = self.found.table.values
        assert np.bincount(values["ct.attenuation"].astype(int)).tolist() == [5, 8, 67, 110]
        severity = values["ct.emphysema_severity"]
        assert np.bincount(severity.dropna().astype(int)).tolist() == [69, 22, 6, 1]
        assert values["ct.margin"].value_counts().to_dict() == {
            "lobulated": 57, "spiculated": 51, "irregular": 34, "poorly defined": 30, "smooth": 18
        }  # fmt: skip
        assert values["ct.shape"].value_counts()["complex"] == 109

    def test_states(self):
        states = self.found.states
        assert states["ct.emphysema_severity"].value_counts().to_dict() == {"": 98, "not applicable": 92}
        assert states["ct.fibrosis_type"].value_counts().to_dict() == {
            "not applicable": 168,
            "": 19,
            "indeterminate": 3,
        }
        assert states["ct.emphysema_pattern_second"].value_counts().to_dict() == {
            "not applicable": 92 + 48, "": 47, "missing": 3
        }  # fmt: skip
