import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block
from imagenomics.tables import exchange
from imagenomics.tables.patient_table import PatientTable, describe


@pytest.fixture
def table():
    index = pd.Index(["p1", "p2", "p3"], name="patient", dtype=object)
    values = pd.DataFrame(
        {
            "m.A": [1.5, np.nan, 3.0],
            "l.class": pd.Series(["x", None, "y"], index=index, dtype=object),
            "l.mutated": [1.0, 0.0, np.nan],
        },
        index=index,
    )
    described = describe(
        list(values.columns),
        kind=["continuous", "categorical", "binary"],
        levels=["", "x|y", "no|yes"],
        role=["molecule", "label", "label"],
        learned=["cohort", "", ""],
    )
    return PatientTable(values, described)


def test_without_the_library_the_message_says_what_to_install(monkeypatch, table, tmp_path):
    import importlib

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(FileProblem, match="IGX-GEN-060") as error:
        exchange.to_anndata(table)
    assert "imagenomics[exchange]" in str(error.value)
    with pytest.raises(FileProblem, match="IGX-GEN-060"):
        exchange.read_h5ad(tmp_path / "x.h5ad")


def test_a_table_comes_back_as_it_was(table, tmp_path):
    anndata = pytest.importorskip("anndata")
    data = exchange.to_anndata(table)
    assert data.shape == (3, 2)
    again = exchange.from_anndata(data)
    pd.testing.assert_frame_equal(again.values, table.values)
    pd.testing.assert_frame_equal(again.columns, table.columns)
    data.write_h5ad(tmp_path / "t.h5ad")
    read = exchange.from_anndata(anndata.read_h5ad(tmp_path / "t.h5ad"))
    pd.testing.assert_frame_equal(read.values, table.values)
    pd.testing.assert_frame_equal(read.columns, table.columns)


def test_several_tables_as_mudata(table):
    pytest.importorskip("mudata")
    other = PatientTable(table.values.iloc[:2][["m.A"]], table.columns.loc[["m.A"]])
    again = exchange.from_mudata(exchange.to_mudata({"molecules": table, "features": other}))
    pd.testing.assert_frame_equal(again["molecules"].values, table.values)
    pd.testing.assert_frame_equal(again["features"].values, other.values)


def test_expression_from_an_h5ad_file(tmp_path):
    anndata = pytest.importorskip("anndata")
    from scipy.sparse import csr_matrix

    obs = pd.DataFrame({"case": ["p1", "p2"]}, index=["s1", "s2"])
    var = pd.DataFrame({"symbol": ["TP53", "EGFR"]}, index=["ENSG00000141510", "ENSG00000146648"])
    data = anndata.AnnData(csr_matrix(np.array([[0, 10.0], [4, 6]])), obs=obs, var=var)
    data.layers["tpm"] = np.array([[1.0, 3], [np.nan, 7]])
    path = tmp_path / "t.h5ad"
    data.write_h5ad(path)

    def load(**settings):
        block = read_block({"name": "m", "kind": "expression", "path": "t.h5ad", **settings}, where="x")
        return load_molecules(block, path=path)

    counts = load(values="counts", id="case", gene_id="symbol")
    assert counts.table.values.loc["p2"].to_dict() == {"m.TP53": 4, "m.EGFR": 6}
    layer = load(layer="tpm", normalise="log2")
    assert layer.table.values.at["s1", "m.ENSG00000146648"] == 2
    assert np.isnan(layer.table.values.at["s2", "m.ENSG00000141510"])
    for wrong in ({"layer": "fpkm"}, {"gene_id": "name"}, {"id": "patient"}):
        with pytest.raises(InputError, match="IGX-GEN-062"):
            load(**wrong)


def test_h5ad_files_that_cannot_be_read(tmp_path):
    pytest.importorskip("anndata")
    with pytest.raises(FileProblem, match="IGX-GEN-061"):
        exchange.read_h5ad(tmp_path / "none.h5ad")
    (tmp_path / "bad.h5ad").write_bytes(b"no hdf5")
    with pytest.raises(FileProblem, match="IGX-GEN-061"):
        exchange.read_h5ad(tmp_path / "bad.h5ad")


def test_anndata_of_others_is_numbers():
    anndata = pytest.importorskip("anndata")
    data = anndata.AnnData(np.array([[1.0, 2], [3, 4]]), obs=pd.DataFrame(index=["a", "b"]))
    found = exchange.from_anndata(data, role="molecule")
    assert set(found.columns["role"]) == {"molecule"}
    assert found.values.loc["b"].tolist() == [3, 4]
    data.obs_names = ["a", "a"]
    with pytest.raises(InputError, match="IGX-TAB-001"):
        exchange.from_anndata(data)


def test_a_run_folder_becomes_mudata(table, tmp_path):
    pytest.importorskip("mudata")
    from imagenomics.runs.exchange import run_to_mudata
    from imagenomics.runs.folder import RunFolder

    with pytest.raises(FileProblem, match="IGX-GEN-063"):
        run_to_mudata(tmp_path)
    RunFolder(tmp_path).write_table("molecules", table)
    RunFolder(tmp_path).write_table("clinical", table.select([]))
    found = exchange.from_mudata(run_to_mudata(tmp_path))
    assert list(found) == ["molecules"]
    pd.testing.assert_frame_equal(found["molecules"].values, table.values)
