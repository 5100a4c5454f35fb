"""Verdicts on predicted survival: who is testable, what could have been shown, and the words."""

from dataclasses import replace

import numpy as np
import pytest

from imagenomics.stats.auc_summary import hanley_mcneil
from imagenomics.stats.ordered_pairs import ordered_pairs
from imagenomics.verdicts.evidence import Evidence
from imagenomics.verdicts.power import detectable_auc, detectable_c
from imagenomics.verdicts.rules import increment_verdicts, prediction_verdicts
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.verdicts.testable import check_testable

RULES = VerdictSettings()
GOOD = Evidence(
    "os", "months", "elastic-net", 110, 40, 70, 0.68, "c_index", 0.59, 0.77, null_p=0.001, null_centre=0.5,
    null_spread=0.05,
)  # fmt: skip


def _signed(n, events, seed=0):
    time = np.random.default_rng(seed).exponential(size=n) + 0.01
    return np.where(np.arange(n) < events, time, -time)


def _check(y, sites=None):
    return check_testable(y, sites, target="os", task="survival", settings=RULES)


def test_survival_needs_events_and_patients():
    found = _check(_signed(60, 9))
    assert "Only 9 of 60 patients had the event of os" in found.reason
    assert (found.positives, found.negatives) == (9, 51)
    assert _check(_signed(60, 10)).reason == ""
    assert _check(_signed(25, 25)).reason == ""  # censoring is not asked for
    assert "Only 19 patients" in _check(_signed(19, 15)).reason


def test_site_that_determines_survival():
    y = np.sort(np.abs(_signed(60, 60)))
    assert "Site nearly determines os" in _check(y, np.repeat(["A", "B", "C", "D", "E", "F"], 10)).reason
    assert _check(y, np.tile(["A", "B"], 30)).reason == ""


def test_detectable_is_that_of_an_auc_against_very_many():
    for events in (10, 40):
        many = detectable_auc(events, 10**7, alpha=0.05)
        assert detectable_c(events, alpha=0.05) == pytest.approx(many, abs=1e-3)
    assert detectable_c(40, alpha=0.05, null_spread=0.09) > detectable_c(40, alpha=0.05)
    assert detectable_c(40, alpha=0.005) > detectable_c(40, alpha=0.05)
    assert np.isnan(detectable_c(3, alpha=0.001))


@pytest.mark.parametrize("censored", [0.0, 0.8])
def test_no_censoring_makes_concordance_surer_than_that_auc(censored):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(400):
        n = 120
        event = rng.random(n) >= censored
        won, known = ordered_pairs(rng.exponential(size=n), event, rng.normal(size=n))
        found.append(((won.sum() / known.sum()) - 0.5) / hanley_mcneil(0.5, event.sum(), 10**7))
    assert 0.93 < np.std(found) < 1.35


def test_words_and_figures():
    (yes,) = prediction_verdicts([GOOD], settings=RULES)
    assert yes["verdict"] == "supported"
    assert "C-index 0.68 (95% interval 0.59 to 0.77)" in yes["reason"]
    assert "110 patients, 40 of them with the event" in yes["reason"]
    weak = replace(GOOD, estimate=0.53, ci_low=0.43, ci_high=0.63, null_p=0.3)
    (no,) = prediction_verdicts([weak], settings=RULES)
    assert no["verdict"] == "no evidence found"
    assert f"a C-index of about {no['detectable']:.2f}" in no["reason"]
    assert 0.6 < no["detectable"] < 0.7
    gain = replace(GOOD, model="image+clinical vs clinical", estimate=0.05, ci_low=0.01, ci_high=0.09)
    assert "gain in C-index 0.05" in increment_verdicts([gain], settings=RULES)[0]["reason"]
    site = replace(GOOD, null_centre=0.62)
    assert "Sites alone give about 0.62" in prediction_verdicts([site], settings=RULES)[0]["reason"]
