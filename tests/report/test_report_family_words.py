"""Every kind of block has its sentence, which names the analysis and what it was adjusted for."""

import pytest

from imagenomics.report import family_words
from imagenomics.report.text import adjusted_for

SENTENCES = {name: f for name, f in vars(family_words).items() if name.endswith("_sentence")}
UNADJUSTED = ("paired_sentence", "voxels_sentence", "markers_sentence")
BLOCK = {"name": "own name", "adjust": ["age", "site"], "max_frequency": 0.01, "targets": ["classes.IDH"]}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_names_its_analysis_and_its_covariates(name):
    said, bare = SENTENCES[name](BLOCK), SENTENCES[name]({**BLOCK, "adjust": []})
    assert "“own name”" in said
    assert said.endswith(".")
    assert ("adjusted for age and site" in said) == (name not in UNADJUSTED)
    assert "adjusted for" not in bare


def test_all_kinds_of_families_are_there():
    assert len(SENTENCES) == 9


def test_adjustment_in_words():
    assert adjusted_for({"adjust": ["age"]}, before=", ") == ", adjusted for age"
    assert adjusted_for({}, before=", ", otherwise="not adjusted") == "not adjusted"
