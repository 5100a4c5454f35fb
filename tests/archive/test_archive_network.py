"""Smoke tests against the archives themselves: only where IMAGENOMICS_NETWORK is set, since tests never go online."""

import os

import pytest

from imagenomics.archive import cbioportal, gdc
from imagenomics.archive.web import Web

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not os.environ.get("IMAGENOMICS_NETWORK"), reason="needs IMAGENOMICS_NETWORK=1"),
]
WEB = Web(attempts=2, timeout_s=30)


def test_gdc_answers_as_documented():
    assert "Release" in gdc.release(web=WEB)
    files = gdc.list_files("TCGA-CHOL", web=WEB)
    assert files
    assert all(len(file.md5) == 32 and file.size > 0 for file in files)


def test_cbioportal_answers_as_documented():
    study = "chol_tcga_pan_can_atlas_2018"
    assert cbioportal.study_facts(study, web=WEB)["genome"] != "unknown"
    samples = cbioportal.sequenced_samples(study, web=WEB)
    assert len(samples) > 10
    assert len(cbioportal.clinical(study, web=WEB)) > 10
    assert not cbioportal.mutations(study, samples[:3], web=WEB).empty


def test_a_series_comes_from_the_archive(tmp_path):
    pytest.importorskip("idc_index")
    from imagenomics.archive.idc import read_index
    from imagenomics.archive.images import choose_series, fetch_series, idc_downloader

    series = read_index(["tcga_read"])
    chosen = choose_series(series, "MR").head(1)
    sums, failures = fetch_series(chosen, tmp_path, downloader=idc_downloader())
    assert failures.empty
    assert len(sums) == chosen["instanceCount"].iloc[0]
