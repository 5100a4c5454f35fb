import numpy as np
import pytest

from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.verdicts.testable import check_testable, site_overlap

RULES = VerdictSettings()


def _check(y, sites=None, task="binary"):
    return check_testable(np.asarray(y, float), sites, target="IDH", task=task, settings=RULES)


def test_a_small_class_is_not_testable():
    found = _check([1] * 9 + [0] * 50)
    assert "Only 9 of 59 patients are positive for IDH" in found.reason
    assert (found.positives, found.negatives) == (9, 50)
    assert "negative for IDH" in _check([1] * 50 + [0] * 3).reason
    assert _check([1] * 10 + [0] * 50).reason == ""


def test_numbers_need_patients():
    assert "Only 8 patients" in _check(np.arange(8), task="continuous").reason
    assert _check(np.arange(25), task="continuous").reason == ""


def test_site_that_determines_the_class():
    y = np.repeat([1, 0], 30)
    found = _check(y, np.repeat(["A", "B"], 30))
    assert found.mixed == 0
    assert "0% of the 60 patients" in found.reason
    assert _check(y, np.tile(["A", "B"], 30)).reason == ""


def test_one_exception_in_a_site_does_not_make_it_testable():
    """All patients come from mixed sites, but hardly any of the spread lies within them."""
    y = np.r_[np.ones(29), 0, np.zeros(29), 1]
    found = _check(y, np.repeat(["A", "B"], 30))
    assert found.mixed == 1
    assert found.within < 0.25
    assert "Site nearly determines IDH" in found.reason


def test_overlap_figures():
    mixed, within = site_overlap(np.array([0, 1, 0, 1.0]), ["a", "a", "b", "b"], binary=True)
    assert (mixed, within) == (1, 1)
    mixed, within = site_overlap(np.array([0, 0, 0, 1.0]), ["a", "a", "b", "b"], binary=True)
    assert mixed == 0.5
    assert within == pytest.approx(0.5 / 0.75)
    assert site_overlap(np.array([1.0, 2.0]), None, binary=False) == (1.0, 1.0)


def test_sites_count_where_the_permutation_is_free_too():
    y, sites = np.repeat([1.0, 0.0], 30), np.repeat(["A", "B"], 30)
    found = check_testable(y, sites, target="IDH", task="binary", settings=RULES, stratified=False)
    assert "a model could learn the site" in found.reason
    y = np.tile([1.0, 1.0, 0.0, 0.0], 15)
    assert (
        check_testable(
            y, np.tile(["A", "B"], 30), target="IDH", task="binary", settings=RULES, stratified=False
        ).reason
        == ""
    )
