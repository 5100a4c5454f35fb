"""``fetch`` on the command line: what it refuses, and what it passes on; no network."""

import pandas as pd
import pytest

from imagenomics.archive import fetch
from imagenomics.cli import app


@pytest.fixture(scope="module", autouse=True)
def _registered():
    app.register()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tcga-laud",), "did you mean 'tcga-luad'"),
        (("tcga-kirc", "--molecules", "cbioportl"), "did you mean 'cbioportal'"),
        (("adni",), "IGX-ARCH-032"),
        (("uk-biobank",), "IGX-ARCH-032"),
        (("hcp-young-adult", "--molecules", "gdc"), "IGX-ARCH-032"),
        (("tcga-kirc", "--no-images", "--molecules", "none"), "IGX-ARCH-032"),
        (("tcga-kirc", "--patients", "0"), "--patients"),
    ],
)
def test_what_is_refused_before_anything_is_asked(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("imagenomics.archive.web.open_address", None)
    assert app.run(["fetch", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("failed", "code"), [(0, 0), (1, 3)])
def test_what_is_passed_on(failed, code, capsys, tmp_path, monkeypatch):
    seen = {}

    def fake(cohort, out, options):
        seen.update(cohort=cohort, out=out, options=options)
        failures = pd.DataFrame([("P", "fetch", "x", "y", "IGX-ARCH-031", "z")] * failed)
        return fetch.Fetched(out / "study.toml", ("A", "B"), failures)

    monkeypatch.setattr(fetch, "fetch_cohort", fake)
    assert (
        app.run(["fetch", "cmb-lca", "--patients", "5", "--out", str(tmp_path), "--modality", "CT"]) == code
    )
    shown = capsys.readouterr().out
    assert "2 patients" in shown
    assert "molecules were not asked for: their access is 'controlled'" in shown
    assert seen["cohort"].collection == "cmb_lca"
    assert (seen["cohort"].gdc_project, seen["cohort"].cbioportal) == (
        None,
        None,
    )  # its molecules are controlled
    assert (seen["options"].patients, seen["options"].modality) == (5, "CT")
