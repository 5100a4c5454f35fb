"""The index of the archive, on a small one of our own making."""

import sys

import pandas as pd
import pytest

from imagenomics.archive import idc
from imagenomics.errors import FileProblem, InputError


def series(**changes):
    rows = [
        ("coll_a", "P1", "ST1", "S1", "CT", 100, 50.0),
        ("coll_a", "P1", "ST1", "S2", "SEG", 1, 0.1),
        ("coll_a", "P1", "ST2", "S3", "SM", 5, 900.0),
        ("coll_a", "P2", "ST3", "S4", "CT", 80, 40.0),
        ("coll_a", "P3", "ST4", "S5", "SM", 5, 800.0),
        ("coll_b", "P1", "ST5", "S6", "MR", 30, 10.0),
    ]
    names = ["collection_id", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "Modality"]
    frame = pd.DataFrame(rows, columns=[*names, "instanceCount", "series_size_MB"])
    fixed = {
        "analysis_result_id": None,
        "StudyDate": "2001-01-01",
        "SeriesDescription": "axial",
        "license_short_name": "CC BY 4.0",
        "source_DOI": "10.1/x",
    }
    return frame.assign(**{**fixed, **changes})


@pytest.fixture
def index(tmp_path):
    path = tmp_path / "index.parquet"
    series().to_parquet(path)
    return path


def test_patients_and_series_are_counted(index):
    counts = idc.count_patients(idc.read_index(["coll_a"], path=index)).set_index("Modality")
    assert counts["patients"].to_dict() == {"CT": 2, "SEG": 1, "SM": 2}
    assert counts.loc["CT", "gigabytes"] == pytest.approx(0.09)
    both = idc.count_both(idc.read_index(["coll_a"], path=index))
    assert both == {"total": 3, "radiology": 2, "slides": 2, "both": 1}


def test_unknown_collection_names_the_nearest(index):
    with pytest.raises(InputError, match="IGX-ARCH-003") as caught:
        idc.read_index(["coll_aa"], path=index)
    assert "coll_a" in str(caught.value)


def test_an_index_of_another_layout(tmp_path):
    path = tmp_path / "index.parquet"
    series().drop(columns="series_size_MB").to_parquet(path)
    with pytest.raises(InputError, match="IGX-ARCH-002") as caught:
        idc.read_index(["coll_a"], path=path)
    assert "series_size_MB" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1 but no parquet"])
def test_a_broken_index(tmp_path, content):
    path = tmp_path / "index.parquet"
    path.write_bytes(content)
    with pytest.raises(FileProblem, match="IGX-ARCH-004"):
        idc.read_index(["coll_a"], path=path)


def test_an_absent_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(idc, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"IGX-ARCH-001.*(?s:.)*imagenomics\[archive\]"):
        idc.read_index(["tcga_luad"])


def test_a_package_without_an_index(monkeypatch):
    import types

    module = types.ModuleType("idc_index_data")
    module.__file__ = "elsewhere"
    monkeypatch.setitem(sys.modules, "idc_index_data", module)
    monkeypatch.setattr(idc, "find_spec", lambda name: object())
    with pytest.raises(InputError, match="IGX-ARCH-002"):
        idc.read_index(["tcga_luad"])
