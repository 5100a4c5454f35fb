import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from imagenomics.errors import InputError
from imagenomics.verdicts.calibration import calibration_curve, recalibration, wilson
from imagenomics.verdicts.decision_curve import decision_curve
from imagenomics.verdicts.probabilities import to_probabilities


def _predictions(n=600, seed=0, stretch=1.0):
    rng = np.random.default_rng(seed)
    logit = rng.normal(size=n) * 1.2
    label = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return pd.DataFrame(
        {
            "patient": [f"P{i:04d}" for i in range(n)],
            "repeat": 0,
            "fold": np.arange(n) % 5,
            "score": 1 / (1 + np.exp(-stretch * logit)),
            "label": label,
        }
    )


def test_right_probabilities_have_slope_one_and_extreme_ones_less():
    right = recalibration(_predictions())
    assert right["slope"] == pytest.approx(1, abs=0.25)
    assert right["intercept"] == pytest.approx(0, abs=0.25)
    assert recalibration(_predictions(stretch=3.0))["slope"] == pytest.approx(right["slope"] / 3, rel=0.05)


def test_curve_lies_near_the_diagonal_and_counts_everyone():
    curve = calibration_curve(_predictions(2000))
    assert curve["n"].sum() == 2000
    assert (np.abs(curve["predicted"] - curve["observed"]) < 0.08).all()
    assert ((curve["low"] < curve["observed"]) & (curve["observed"] < curve["high"])).all()
    flat = calibration_curve(_predictions().assign(score=0.4))
    assert flat[["bin", "n"]].to_numpy().tolist() == [[0, 600]]


def test_scores_that_are_no_probabilities_are_turned_into_some():
    table = _predictions()
    logit = np.log(table["score"] / (1 - table["score"]))
    turned = to_probabilities(table.assign(score=5 * logit + 3))
    assert turned["probability"].between(0, 1).all()
    assert np.abs(turned["probability"] - table["score"]).mean() < 0.06


def test_the_line_of_a_fold_does_not_know_its_labels():
    table = _predictions(100).assign(score=np.random.default_rng(1).normal(size=100) * 5)
    other = table.assign(label=np.where(table["fold"] == 0, 1 - table["label"], table["label"]))
    rows = table["fold"].to_numpy() == 0
    a, b = (to_probabilities(t)["probability"][rows] for t in (table, other))
    assert np.array_equal(a, b)


def test_repeats_are_averaged_by_patient():
    table = _predictions(20)
    twice = pd.concat([table, table.assign(repeat=1, score=table["score"] / 2)])
    assert np.allclose(to_probabilities(twice)["probability"], 0.75 * table["score"])
    with pytest.raises(InputError, match="IGX-VERD-003"):
        recalibration(table.assign(label=2.0))


def test_net_benefit_by_hand():
    table = _predictions(200)
    curve = decision_curve(table).set_index("threshold")
    for threshold in (0.2, 0.5, 0.77):
        (_, fp), (_, tp) = confusion_matrix(table["label"], table["score"] >= threshold)
        expected = tp / 200 - fp / 200 * threshold / (1 - threshold)
        row = curve.iloc[np.abs(curve.index - threshold).argmin()]
        assert row["model"] == pytest.approx(expected)
        assert row["none"] == 0
    assert curve["all"].iloc[49] == pytest.approx(2 * table["label"].mean() - 1)


def test_wilson_interval():
    """Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
