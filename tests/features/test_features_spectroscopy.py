"""Metabolites with known concentrations and bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.features.spectroscopy import SpectroscopySettings, metabolite_rows, read_metabolites

LCMODEL = """Row, Col, GPC+PCh, GPC+PCh %SD, GPC+PCh/Cr+PCr, NAA+NAAG, NAA+NAAG %SD, NAA+NAAG/Cr+PCr, \
Cr+PCr, Cr+PCr %SD, Cr+PCr/Cr+PCr, Lac, Lac %SD, Lac/Cr+PCr, 2HG, 2HG %SD, 2HG/Cr+PCr
 1, 1, 3.0, 5, 0.75, 2.0, 9, 0.5, 4.0, 6, 1.0, 1.5, 35, 0.375, 2.6, 12, 0.65
 1, 2, 1.5, 8, 0.3, 8.0, 3, 1.6, 5.0, 4, 1.0, 0.0, 999, 0.0, 0.4, 60, 0.08
"""


@pytest.fixture
def spectra(tmp_path):
    (tmp_path / "table.csv").write_text(LCMODEL)
    return read_metabolites(tmp_path / "table.csv")


def of(table: pd.DataFrame, **limits) -> pd.DataFrame:
    return metabolite_rows(table, settings=SpectroscopySettings(**limits)).set_index("feature")


def test_a_table_of_lcmodel_is_read(spectra):
    assert len(spectra) == 10
    first = spectra[(spectra["row"] == 1) & (spectra["col"] == 1)].set_index("metabolite")
    assert first.loc["Lac", ["concentration", "crlb_percent"]].tolist() == [1.5, 35]


def test_ratios_and_the_decision_of_a_mutated_tumour(spectra):
    rows = of(spectra[spectra["col"] == 1])
    assert rows.loc["cho_naa", "value"] == pytest.approx(1.5)
    assert rows.loc["cho_cr", "value"] == pytest.approx(0.75)
    assert rows.loc["naa_cr", "value"] == pytest.approx(0.5)
    assert rows.loc["2hg_detected", "value"] == 1
    assert rows.loc["lac", ["value", "flags", "status"]].tolist() == [1.5, "crlb-high", "flagged"]
    assert rows.loc["lac_cr", "flags"] == "crlb-high"
    assert rows.loc["cho", "status"] == "ok"


def test_uncertain_metabolites_are_refused_with_their_bound(spectra):
    rows = of(spectra[spectra["col"] == 2])
    assert rows.loc["lac", "status"] == "skipped"
    assert "999%" in rows.loc["lac", "reason"]
    assert np.isnan(rows.loc["2hg_cr", "value"])
    assert rows.loc["2hg_detected", "value"] == 0
    assert rows.loc["naa_cr", "value"] == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("concentration", "bound", "detected"),
    [(1.0, 30.0, 1), (0.99, 10.0, 0), (3.0, 30.1, 0), (0.0, 999.0, 0)],
)
def test_both_limits_decide_on_2hg(spectra, concentration, bound, detected):
    table = spectra[spectra["col"] == 1].copy()
    table.loc[table["metabolite"] == "2HG", ["concentration", "crlb_percent"]] = concentration, bound
    assert of(table).loc["2hg_detected", "value"] == detected


def test_no_decision_on_a_spectrum_that_could_not_show_it(spectra):
    table = spectra[spectra["col"] == 1].copy()
    without = table[table["metabolite"] != "2HG"]
    assert "not among" in of(without).loc["2hg_detected", "reason"]
    assert of(without).loc["2hg", "status"] == "skipped"
    table.loc[table["metabolite"] != "2HG", "crlb_percent"] = 40
    assert "reliably" in of(table).loc["2hg_detected", "reason"]
    assert of(table, crlb_ok=45).loc["2hg_detected", "value"] == 1


def test_every_spectrum_gives_the_same_rows(spectra):
    once, other = (of(spectra[spectra["col"] == k]) for k in (1, 2))
    assert once.index.tolist() == other.index.tolist()


def test_long_tables_and_other_names(tmp_path):
    (tmp_path / "long.csv").write_text("Metabolite,Concentration,CRLB_percent\ntCho,2,5\ntNAA,4,5\ntCr,5,5\n")
    table = read_metabolites(tmp_path / "long.csv")
    assert of(table).loc["cho_naa", "value"] == 0.5
    assert table["row"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "metabolite,concentration,crlb_percent\n",
        "metabolite,concentration,crlb_percent\nNAA,-1,5\n",
        "metabolite,concentration,crlb_percent\nNAA,one,5\n",
        "metabolite,concentration,crlb_percent\nNAA,1,5\nNAA,2,5\n",
    ],
)
def test_tables_that_cannot_be_used_are_refused(tmp_path, text):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match="IGX-FEAT-067"):
        read_metabolites(tmp_path / "bad.csv")


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    for name in ("empty.csv", "absent.csv"):
        with pytest.raises(FileProblem, match="IGX-FEAT-066"):
            read_metabolites(tmp_path / name)


def test_several_voxels_at_once_are_refused(spectra):
    with pytest.raises(InputError, match="IGX-FEAT-067"):
        metabolite_rows(spectra.drop(columns=["row", "col"]))
    with pytest.raises(InputError, match="IGX-FEAT-067"):
        metabolite_rows(spectra)
