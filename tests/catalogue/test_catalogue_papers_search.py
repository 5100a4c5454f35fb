"""Searching the reading list: words, facets, spelling, and what it must not import."""

import json
import subprocess
import sys

import pytest

from imagenomics.catalogue.papers.load import load_papers
from imagenomics.catalogue.papers.search import FACETS, facet_values, search_papers, unknown_words
from imagenomics.errors import InputError


def _keys(words="", **where):
    return [hit.key for hit in search_papers(words, where=where)]


def test_words_are_found_in_all_their_places():
    found = _keys("MGMT diffusion MRI")
    assert found[0] == "sunwoo2013_adc_mgmt"  # in the title and among the targets
    assert {"moon2012_ct_dti_mgmt", "romano2013_adc_mgmt", "ahn2014_dce_dti_mgmt"} <= set(found)
    assert "han2018_crnn_mgmt" not in found  # MGMT and MRI, but no diffusion
    assert _keys("mgmt DIFFUSION mri") == found
    assert _keys(["MGMT", "diffusion", "MRI"]) == found


@pytest.mark.parametrize("word", ["kras", "egfr", "yamamoto", "2012", "hotair"])
def test_hits_are_those_of_brute_force(word):
    """An oracle that knows nothing of groups, weights and other names: the entry as one text."""
    papers = load_papers()
    named = {k for k, e in papers.items() if word in f"{e['title']} {e['targets']} {e['year']}".casefold()}
    anywhere = {k for k, e in papers.items() if word in json.dumps(e).casefold()}
    assert named <= set(_keys(word)) <= anywhere
    assert _keys(word)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("GBM", "gutman2013_vasari_tcga"),
        ("HCC gadoxetic", "kitao2010_oatp8"),
        ("H&E", "coudray2018_inception_luad"),
        ("NF-kappaB", "nair2014_nfkb_pet"),
        ("Wilcoxon", "gutman2015_somatic_mutations"),
        ("pathology", "chidester2018_dbc"),
        ("De Ruysscher", "deruysscher2013_rild_ct"),
        ("TCGA-BRCA", "mazurowski2014_luminalb_dce"),
    ],
)
def test_other_names_find_the_same(typed, key):
    assert key in _keys(typed)


def test_facets_join_and_families_hold_their_members():
    assert set(_keys(modality="MRI-DWI")) < set(_keys(modality="MRI"))
    assert "pope2012_2hg_mrs" not in _keys(modality="MRI")
    both = _keys(modality="MRI-DWI", target="MGMT")
    assert set(both) == set(_keys(modality="MRI-DWI")) & set(_keys(target="mgmt"))
    assert set(_keys(year="2012-2013")) == set(_keys(year="2012")) | set(_keys(year="2013"))
    assert all(e["year"] >= 2018 for e in (load_papers()[k] for k in _keys(year="2018-")))
    assert len(_keys(analysable="yes")) + len(_keys(analysable="no")) == len(load_papers())
    assert "gutman2015_somatic_mutations" in _keys(dataset="tcga-gbm", verified="abstract")


@pytest.mark.parametrize("facet", [f for f in FACETS if f != "year"])
def test_values_of_facets_count_what_search_finds(facet):
    values = facet_values(facet, load_papers())
    assert values
    for value, count in list(values.items())[:5]:
        assert len(_keys(**{facet: value})) >= count


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"modalty": "MRI"}, "did you mean 'modality'"),
        ({"modality": "MRI-DIW"}, "did you mean 'MRI-DWI'"),
        ({"organ": "brian"}, "did you mean 'brain'"),
        ({"year": "12"}, "2012-2015"),
        ({"year": "-"}, "2012-2015"),
    ],
)
def test_unknown_facets_and_values(where, words):
    with pytest.raises(InputError, match="IGX-CAT-002") as caught:
        search_papers(where=where)
    assert words in str(caught.value)


def test_a_known_word_of_a_facet_without_papers_is_no_error():
    assert _keys(kind="study", year="1950") == []
    assert isinstance(_keys(modality="EEG"), list)


def test_a_misspelt_word_is_named_with_its_neighbour():
    assert search_papers("difusion MGMT") == []
    assert unknown_words("difusion MGMT") == {"difusion": "diffusion"}
    assert unknown_words("qqqqqq") == {"qqqqqq": ""}


def test_no_words_list_all():
    assert len(_keys()) == len(load_papers())
    assert _keys("   ") == _keys()


def test_search_needs_no_heavy_import():
    code = (
        "import sys; from imagenomics.catalogue.papers.search import search_papers; search_papers('MGMT');"
        "heavy = {'pandas', 'numpy', 'pydantic', 'typer', 'rich', 'tomllib', 'yaml'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
