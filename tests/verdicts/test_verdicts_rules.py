import json
from dataclasses import replace

import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.tables.write import plain
from imagenomics.verdicts.evidence import Evidence
from imagenomics.verdicts.rules import increment_verdicts, prediction_verdicts
from imagenomics.verdicts.settings import VerdictSettings

RULES = VerdictSettings()
FIELDS = [
    "analysis",
    "kind",
    "target",
    "model",
    "verdict",
    "estimate",
    "estimate_name",
    "ci_low",
    "ci_high",
    "null_p",
    "null_p_adjusted",
    "detectable",
    "n",
    "reason",
    "observed",
    "null_centre",
    "source",
]
GOOD = Evidence(
    "idh", "IDH.status", "elastic-net", 110, 28, 82, 0.81, "auc", 0.72, 0.89, null_p=0.001, null_centre=0.49,
    null_spread=0.06,
)  # fmt: skip


def test_supported_needs_p_and_interval():
    (verdict,) = prediction_verdicts([GOOD], settings=RULES)
    assert tuple(verdict) == tuple(FIELDS)
    assert (verdict["verdict"], verdict["kind"]) == ("supported", "prediction")
    for change in ({"null_p": 0.06}, {"ci_low": 0.5}, {"ci_low": 0.49}):
        (weaker,) = prediction_verdicts([replace(GOOD, **change)], settings=RULES)
        assert weaker["verdict"] == "no evidence found"


def test_holm_over_all_declared_targets():
    items = [replace(GOOD, target=f"t{k}", null_p=0.02) for k in range(3)]
    assert {v["verdict"] for v in prediction_verdicts(items, settings=RULES)} == {"no evidence found"}
    assert prediction_verdicts(items, settings=RULES)[0]["null_p_adjusted"] == pytest.approx(0.06)
    step_down = [replace(GOOD, null_p=p) for p in (0.01, 0.04, 0.02)]
    verdicts = prediction_verdicts(step_down, settings=RULES)
    assert [v["null_p_adjusted"] for v in verdicts] == pytest.approx([0.03, 0.04, 0.04])
    assert {v["verdict"] for v in verdicts} == {"supported"}


def test_not_testable_targets_do_not_count_in_the_family():
    blocked = replace(
        GOOD, target="rare", untestable="Only 4 of 110 patients are positive for rare.", null_p=0.9
    )
    items = [blocked, replace(GOOD, null_p=0.04), blocked]
    verdicts = prediction_verdicts(items, settings=RULES)
    assert [v["verdict"] for v in verdicts] == ["not testable", "supported", "not testable"]
    assert np.isnan(verdicts[0]["null_p"])
    assert verdicts[0]["reason"].startswith("Only 4 of 110")
    assert verdicts[1]["null_p_adjusted"] == 0.04
    assert prediction_verdicts([], settings=RULES) == []


def test_a_crash_makes_no_other_prediction_significant():
    items = [replace(GOOD, null_p=0.02), replace(GOOD, null_p=0.5)]
    whole = prediction_verdicts([*items, replace(GOOD, null_p=0.6)], settings=RULES)
    crashed = prediction_verdicts(items, settings=RULES, broken=1)
    assert [v["null_p_adjusted"] for v in crashed] == [v["null_p_adjusted"] for v in whole[:2]]
    assert crashed[0]["verdict"] == whole[0]["verdict"] == "no evidence found"


def test_gains_are_judged_against_no_gain():
    gain = replace(GOOD, model="image+clinical vs clinical", estimate=0.06, ci_low=0.01, ci_high=0.11)
    (verdict,) = increment_verdicts([gain], settings=RULES)
    assert (verdict["verdict"], verdict["kind"]) == ("supported", "increment")
    assert "approximate" in verdict["reason"]
    (none,) = increment_verdicts([replace(gain, ci_low=-0.01)], settings=RULES)
    assert none["verdict"] == "no evidence found"
    assert "the interval includes zero" in none["reason"]
    (worse,) = increment_verdicts([replace(gain, estimate=-0.06, ci_low=-0.1, ci_high=-0.01)], settings=RULES)
    assert worse["verdict"] == "no evidence found"
    assert "the interval lies below zero" in worse["reason"]


def test_detectable_does_not_look_at_the_estimate():
    values = [
        prediction_verdicts([replace(GOOD, estimate=e, ci_low=e - 0.05)], settings=RULES)[0]["detectable"]
        for e in (0.55, 0.81)
    ]
    assert values[0] == values[1]
    assert 0.6 < values[0] < 0.8


def test_reasons_give_the_numbers_to_a_clinician():
    (yes,) = prediction_verdicts([GOOD], settings=RULES)
    for part in (
        "idh can be predicted",
        "AUC 0.81",
        "0.72 to 0.89",
        "110 patients, 28 of them positive",
        "p = 0.001",
    ):
        assert part in yes["reason"]
    weak = replace(GOOD, estimate=0.55, ci_low=0.44, ci_high=0.66, null_p=0.31)
    (no, _) = prediction_verdicts([weak, GOOD], settings=RULES)
    for part in (
        "No evidence",
        "0.44 to 0.66",
        "p = 0.31",
        "adjusted for 2 questions",
        "80% power",
        "optimistic",
    ):
        assert part in no["reason"]
    assert json.dumps(plain([yes, no]))


@pytest.mark.parametrize("name", ["null_p", "estimate", "ci_low", "ci_high"])
def test_evidence_without_its_numbers_is_refused(name):
    with pytest.raises(InputError, match=f"IGX-VERD-001[\\s\\S]*{name}"):
        prediction_verdicts([replace(GOOD, **{name: np.nan})], settings=RULES)
    with pytest.raises(InputError, match="IGX-VERD-001"):
        prediction_verdicts([replace(GOOD, estimate_name="brier")], settings=RULES)


def test_sentences_name_what_is_predicted_and_from_what():
    item = replace(GOOD, called="overall survival", source="readings")
    (verdict,) = prediction_verdicts([item], settings=RULES)
    assert verdict["reason"].startswith(
        "overall survival can be predicted from the readings by the elastic-net"
    )
    assert (verdict["analysis"], verdict["source"]) == ("idh", "readings")
