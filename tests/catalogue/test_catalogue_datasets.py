"""The data catalogue: entries, search, what overlaps, the page; hostile texts."""

import copy
import re
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from imagenomics.catalogue.datasets import overlap
from imagenomics.catalogue.datasets.lint import compile_datasets, index_of, lint_datasets
from imagenomics.catalogue.datasets.load import DEFAULTS, PARTS, load_dataset, load_datasets
from imagenomics.catalogue.datasets.models import Counts, DatasetEntry, Ids, Images, Molecules
from imagenomics.catalogue.datasets.overlap import (
    collection_of,
    counted_overlap,
    stated_overlap,
)
from imagenomics.catalogue.datasets.search import FACETS, facet_values, search_datasets
from imagenomics.catalogue.datasets.show import dataset_text, list_text, page
from imagenomics.catalogue.entries import data_folder
from imagenomics.catalogue.papers.load import load_papers
from imagenomics.catalogue.plain import hidden_characters
from imagenomics.cohort.ids import parse_id
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError

ENTRY = """
name = "A new cohort"
topic = "glioblastoma"
modality = ["MR"]
assay = ["mutation"]
summary = "A sentence."
urls = ["https://example.org"]
[images]
archive = "other"
access = "open"
[molecules]
access = "open"
[counts]
total = 10
radiology = 8
slides = 5
both = 3
"""


@pytest.fixture
def folder(tmp_path):
    def write(*changes, name="new-cohort"):
        text = ENTRY
        for old, fresh in changes:
            assert old in text
            text = text.replace(old, fresh)
        (tmp_path / "datasets").mkdir(exist_ok=True)
        (tmp_path / "datasets" / f"{name}.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_the_catalogue_has_no_problem_and_its_index_is_fresh():
    entries, problems = lint_datasets()
    assert problems == []
    assert len(entries) >= 65
    shipped = (data_folder() / "datasets.json").read_text(encoding="utf-8")
    assert shipped == index_of(entries)


def test_defaults_of_the_quick_reader_are_those_of_the_models():
    assert set(DEFAULTS) == {n for n, f in DatasetEntry.model_fields.items() if not f.is_required()}
    for name, model in (("images", Images), ("molecules", Molecules), ("ids", Ids), ("counts", Counts)):
        for field, info in model.model_fields.items():
            if not info.is_required() and field != "rule":
                default = list(info.default) if isinstance(info.default, tuple) else info.default
                assert PARTS[name][field] == default, (name, field)


def test_what_the_founding_list_names_four_times():
    counts = load_dataset("tcga-luad")["counts"]
    assert (counts["radiology"], counts["slides"], counts["both"]) == (69, 522, 31)
    assert stated_overlap(load_dataset("tcga-luad"))[0].n_both == 31
    assert load_dataset("tcga-gbm")["counts"]["radiology"] == 0


def test_examples_of_ids_follow_their_rule():
    for entry in load_datasets().values():
        example, rule = entry["ids"]["example"], IdRule.model_validate(entry["ids"]["rule"])
        if example:
            assert parse_id(example, rule).patient, entry["key"]


def test_counts_hold_together():
    for entry in load_datasets().values():
        counts = entry["counts"]
        if counts["both"] is not None:
            assert counts["total"] == counts["radiology"] + counts["slides"] - counts["both"], entry["key"]
            assert counts["slides"] == counts["by_modality"].get("SM", 0)
        assert counts["verified"] == "memory" or counts["release"]


def test_papers_name_known_data_sets():
    named = {key for entry in load_papers().values() for key in entry["cohort"]["datasets"]}
    assert named <= set(load_datasets())


def test_no_controlled_data_are_called_open():
    for entry in load_datasets().values():
        places = entry["molecules"]
        if places["dbgap"] and not (places["gdc_project"] or places["place"]):
            assert places["access"] == "controlled", entry["key"]


def test_search():
    assert [e["key"] for e in search_datasets("lung CT expression")][:1] == ["tcga-luad"]
    assert "upenn-gbm" in [e["key"] for e in search_datasets("GBM MRI", where={"images": "open"})]
    assert {e["key"] for e in search_datasets(where={"kind": "pictures only"})} >= {
        "nlst",
        "camelyon",
        "lc25000",
    }
    assert all(e["counts"]["total"] >= 900 for e in search_datasets(where={"patients": "900"}))
    assert {e["key"] for e in search_datasets("fMRI")} <= {
        e["key"] for e in search_datasets(where={"modality": "MR"})
    }
    assert search_datasets("no such words at all") == []
    for facet in FACETS[:-1]:
        assert facet_values(facet, load_datasets())


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"organs": "lung"}, "did you mean 'organ'"),
        ({"organ": "lunge"}, "did you mean 'lung'"),
        ({"patients": "many"}, "patients=100"),
    ],
)
def test_bad_facets(where, words):
    with pytest.raises(InputError, match="IGX-CAT-013") as caught:
        search_datasets(where=where)
    assert words in str(caught.value)


def test_unknown_key_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'tcga-luad'"):
        load_dataset("tcga-laud")


@pytest.mark.parametrize(
    ("old", "fresh", "words"),
    [
        ("topic =", "topik =", "did you mean 'topic'"),
        ('["MR"]', '["MRI"]', "unknown modality"),
        ('["mutation"]', '["mutations"]', "did you mean 'mutation'"),
        ('archive = "other"', 'archive = "idc"', "belong together"),
        ('access = "open"\n[molecules]', 'access = "free"\n[molecules]', "'free' is refused"),
        ("both = 3", "both = 6", "larger"),
        ('urls = ["https://example.org"]', "", "needs one of"),
        ('urls = ["https://example.org"]', 'dois = ["https://doi.org/10.1/x"]', "dois"),
        ("A new cohort", "A <i>new</i> cohort", "markup"),
        ("[counts]", '[ids]\nrule = { pattern = "(" }\n[counts]', "pattern"),
        ("[counts]", '[[overlaps]]\nkey = "new-cohor"\nnote = "x"\n[counts]', "no other data set"),
    ],
)
def test_bad_entries_are_named_and_leave_the_index(folder, old, fresh, words):
    home = folder()
    before = compile_datasets(folder=home).read_bytes()
    folder((old, fresh))
    found = [p for p in lint_datasets(home)[1] if p.kind != "index"]
    assert len(found) == 1
    assert words in found[0].text()
    with pytest.raises(InputError, match="IGX-CAT-004"):
        compile_datasets(folder=home)
    assert (home / "datasets.json").read_bytes() == before


def test_two_entries_of_one_name(folder):
    folder()
    home = folder(name="other-cohort")
    assert "IGX-CAT-005" in [p.code for p in lint_datasets(home)[1]]


def test_hostile_texts_do_nothing():
    nasty = "x \u202e<script> [a](http://b) | pipe\n# head \x1b[2J"
    entry = {**copy.deepcopy(load_dataset("tcga-luad")), "name": nasty, "summary": nasty, "licence": [nasty]}
    for shown in (dataset_text(entry), list_text([entry]), page({"x": entry}, date="2026-01-01")):
        assert not hidden_characters(shown.replace("\n", " "))
    shown = page({"x": entry}, date="2026-01-01")
    assert "<script>" not in shown
    row = next(line for line in shown.splitlines() if "script" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 10


def test_the_reference_page_is_fresh():
    text = (Path(__file__).parents[2] / "docs" / "reference" / "datasets.md").read_text(encoding="utf-8")
    date = re.search(r"as of (\d{4}-\d\d-\d\d)", text)[1]
    assert text == page(load_datasets(), date=date)


def test_pictures_elsewhere_are_not_counted():
    with pytest.raises(InputError, match="IGX-CAT-014") as caught:
        collection_of(load_dataset("adni"))
    assert "LONI" in str(caught.value)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("idc_index_data") is None, reason="needs the extra 'archive'")
def test_counts_of_the_catalogue_are_those_of_the_installed_index():
    from imagenomics.archive.idc import count_both, index_release, read_index

    entries = {k: e for k, e in load_datasets().items() if e["images"]["archive"] == "idc"}
    if not all(e["counts"]["release"].endswith(index_release()) for e in entries.values()):
        pytest.skip("another release of the index is installed")
    series = read_index(e["images"]["collection"] for e in entries.values())
    slim = series[["collection_id", "Modality", "PatientID"]].astype("category").drop_duplicates()
    own = dict(list(slim.groupby("collection_id", observed=True)))
    for key, entry in entries.items():
        rows = own[entry["images"]["collection"]]
        counts = {name: entry["counts"][name] for name in ("total", "radiology", "slides", "both")}
        assert count_both(rows) == counts, key
        patients = rows["Modality"].value_counts()  # one row for each patient and modality
        for modality, number in entry["counts"]["by_modality"].items():
            assert patients[modality] == number, key


@pytest.mark.skipif(find_spec("idc_index_data") is None, reason="needs the extra 'archive'")
def test_overlap_is_counted_in_the_installed_index():
    rows = {(r.first, r.second): r.n_both for r in counted_overlap(load_dataset("tcga-luad"))}
    assert rows["radiology", "slides"] == 31
    assert rows["CT", "SM"] == 29


def test_patients_of_two_data_sets_are_joined_by_their_id_rules(monkeypatch):
    held = {"a": ["X-01", "X-02", "other"], "b": ["Y/02", "Y/03"]}
    rules = {"a": "X-(?P<patient>\\d+)", "b": "Y/(?P<patient>\\d+)"}

    def entry(key):
        images = {"archive": "idc", "collection": key, "place": None}
        return {"key": key, "images": images, "ids": {"rule": {"name": "pattern", "pattern": rules[key]}}}

    monkeypatch.setattr(overlap, "read_index", lambda names: pd.DataFrame({"PatientID": held[names[0]]}))
    monkeypatch.setattr(overlap, "index_release", lambda: "0")
    shared, ids = overlap.shared_patients(entry("a"), entry("b"))
    assert (shared.n_first, shared.n_second, shared.n_both, ids) == (2, 2, 1, ["02"])
