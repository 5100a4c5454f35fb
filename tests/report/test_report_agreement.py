"""What the page says of intervals of agreement."""

from imagenomics.report.agreement_words import agreement_sentence
from imagenomics.report.text import interval_name

BLOCK = {"name": "a", "of": "ct", "weights": "none", "icc": ["ICC(2,1)"], "alpha": "none", "draws": 500}


def test_intervals_are_called_by_their_confidence():
    assert interval_name(0.9) == "90% interval"
    assert interval_name(0.999) == "99.9% interval"
    assert interval_name(None) == "95% interval"


def test_methods_say_which_intervals_there_are():
    said = agreement_sentence({**BLOCK, "confidence": 0.9})
    assert "90% interval" in said
    assert "500 bootstrap samples" in said
    assert "bootstrap" not in agreement_sentence({**BLOCK, "draws": 0})
