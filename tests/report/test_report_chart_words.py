import numpy as np
import pandas as pd
import pytest

from imagenomics.report.chart_words import null_words, roc_words
from imagenomics.report.models import Model
from imagenomics.report.risk_curves import risk_chart
from imagenomics.resample.sequential import SequentialP


def scores(repeats, folds):
    rows = [("m", r, f) for r in range(repeats) for f in range(folds)]
    return pd.DataFrame(rows, columns=["model", "repeat", "fold"])


def null_of(draws, observed, maximum):
    """Return the curves and the verdict of a null that was really drawn."""
    state = SequentialP(observed, maximum)
    for draw in draws:
        state.add(draw)
    curves = pd.DataFrame({"model": "m", "curve": "null", "x": range(len(state.draws)), "y": state.draws})
    verdict = {"null_p": state.p, "observed": observed, "estimate": observed, "estimate_name": "auc"}
    return curves, verdict


@pytest.mark.parametrize(
    ("repeats", "folds", "said"), [(5, 4, "(4 folds of 5 repeats)"), (1, 10, "(10 folds)")]
)
def test_roc_says_of_what_it_is_the_mean(repeats, folds, said):
    assert said in roc_words(scores(repeats, folds), "m")
    assert "the mean of the curves of all test folds" in roc_words(scores(1, 1), "another model")


def test_null_that_ended_early_says_so():
    curves, verdict = null_of(np.linspace(0.3, 0.7, 400), 0.4, 400)
    said = null_words(curves, verdict, "m")
    assert len(curves) < 400
    assert f"{len(curves)} runs with shuffled answers" in said
    assert "10 of them did as well as the real answers: drawing stopped there" in said


@pytest.mark.parametrize(("observed", "above"), [(0.9, 0), (0.6975, 2)])
def test_null_that_was_drawn_to_its_end_says_so(observed, above):
    curves, verdict = null_of(np.linspace(0.3, 0.7, 200), observed, 200)
    said = null_words(curves, verdict, "m")
    assert f"{above} of them did as well" in said
    assert "all planned runs were made" in said


def test_ties_and_draws_without_a_value_count_as_well():
    curves, verdict = null_of([0.5, float("nan"), 0.5 + 1e-12, 0.4], 0.5, 4)
    assert "3 of them did as well" in null_words(curves, verdict, "m")


def test_both_numbers_stand_there_only_where_two_decimals_differ():
    curves, verdict = null_of([0.4] * 20, 0.712, 20)
    assert "headline" not in null_words(curves, {**verdict, "estimate": 0.709}, "m")
    said = null_words(curves, {**verdict, "estimate": 0.741}, "m")
    assert "The line marks 0.71, the AUC of the first repeat" in said
    assert "headline 0.74 is the mean of all repeats" in said


def test_null_without_a_verdict_says_how_many_runs():
    curves, _ = null_of([0.4] * 20, 0.712, 20)
    assert null_words(curves, {}, "m") == "20 runs with shuffled answers; null p –."


def test_patients_whom_risk_groups_leave_out_are_counted():
    steps = {"risk:low": ([0, 10, 20], [6, 5, 4]), "risk:high": ([0, 5, 15], [5, 3, 2])}
    curves = pd.concat(
        pd.DataFrame(
            {"model": "m", "curve": name, "x": x, "y": [1.0, 0.9, 0.8], "low": 0.5, "high": 1.0, "n": n}
        )
        for name, (x, n) in steps.items()
    )
    block = {"unit": "months", "endpoint": "overall survival"}
    said = str(risk_chart(curves, Model("m", "primary", "mp0"), block, patients=15))
    assert "4 of 15 patients are not drawn" in said
    assert (
        "Fewer than 5 patients are at risk in low risk from 20 months and high risk from 5.0 months on"
        in said
    )
    assert "not drawn" not in str(risk_chart(curves, Model("m", "primary", "mp0"), block, patients=11))
