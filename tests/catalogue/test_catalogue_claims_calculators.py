"""Published numbers recomputed, from Python and from the command line."""

import json

import pytest

from imagenomics.catalogue.claims.accuracies import check_accuracy
from imagenomics.catalogue.claims.areas import check_auc
from imagenomics.catalogue.claims.correlations import check_correlation
from imagenomics.catalogue.claims.counts import check_counts
from imagenomics.catalogue.claims.groups import check_groups
from imagenomics.catalogue.claims.ratios import check_ratio
from imagenomics.cli import app
from imagenomics.errors import InputError


def test_the_side_of_moon_2012():
    rows = {row.test: row for row in check_counts("5/11", "1/13", printed_p=".048").rows}
    assert [name for name, row in rows.items() if row.fits] == ["Fisher exact, first larger"]
    assert rows["Fisher exact, two-sided"].p == pytest.approx(0.061, abs=5e-4)
    assert rows["chi-square"].p == pytest.approx(0.033, abs=5e-4)
    assert rows["chi-square with Yates's correction"].p == pytest.approx(0.098, abs=5e-4)


def test_correlations():
    assert check_correlation("-.35", 45, kind="spearman", printed_p=".02").rows[0].fits
    near = check_correlation("-.30", 45, kind="spearman", printed_p=".04").rows[0]
    assert near.fits
    assert near.p_low < 0.045 < near.p < near.p_high
    demerath = check_correlation("0.5", 26, printed_p=".0002")
    assert not demerath.rows[0].fits
    assert demerath.rows[0].p == pytest.approx(0.0093, abs=5e-5)


def test_other_calculators():
    welch = check_groups(["30.3", "39.2"], ["9.5", "4.7"], [11, 13]).rows[1]
    assert welch.p == pytest.approx(0.0134, abs=1e-4)
    assert len(check_groups(["1", "2", "3"], ["1", "1", "1"], [9, 9, 9]).rows) == 2
    assert check_auc(".679", error=".068", printed_p="<.001").rows[0].fits is False
    assert check_auc(".8", n=(40, 60)).rows[0].p < 0.001
    assert check_ratio("2.49", interval=("1.12", "5.56"), printed_p=".026").rows[0].fits
    back = check_ratio("2.49", printed_p=".0256").rows[0]
    assert (back.low, back.high) == pytest.approx((1.12, 5.56), abs=0.02)
    banerjee = check_accuracy(".76", ".94", 157, accuracy=".89")
    assert any(row.test == "31/41 and 109/116" for row in banerjee.rows)
    assert "not unique" in banerjee.notes[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["counts", "17/30", "19/97", "--printed-p", "<.001"], "Fisher"),
        (["correlation", "--r", ".57", "--n", "70", "--kind", "spearman"], "spearman"),
        (["groups", "--mean", "1.2,0.9", "--sd", ".3,.4", "--n", "20,25"], "Hedges"),
        (["auc", "--auc", ".8", "--n", "40,60", "--se", ".05"], "AUC"),
        (["hazard-ratio", "--hr", "2.1", "--ci", "1.2,3.6"], "ratio"),
        (["accuracy", "--sensitivity", ".76", "--specificity", ".94", "--n", "157"], "unique"),
    ],
)
def test_from_the_command_line(arguments, words, capsys):
    app.register()
    assert app.run(["claims", *arguments]) == 0
    assert words in capsys.readouterr().out
    assert app.run(["claims", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: check_counts("30/17", "1/3"), "IGX-STAT-040"),
        (lambda: check_counts("17 of 30", "1/3"), "IGX-CLAIM-003"),
        (lambda: check_counts("-1/30", "1/3"), "IGX-CLAIM-003"),
        (lambda: check_correlation("1.2", 30), "IGX-STAT-041"),
        (lambda: check_correlation(".2", 30, kind="phi"), "IGX-STAT-045"),
        (lambda: check_groups(["1"], ["1", "2"], [3, 4]), "IGX-CLAIM-004"),
        (lambda: check_groups(["1", "x"], ["1", "2"], [3, 4]), "IGX-CLAIM-001"),
        (lambda: check_auc(".8"), "IGX-CLAIM-004"),
        (lambda: check_auc("80", n=(3, 4)), "IGX-STAT-047"),
        (lambda: check_ratio("2"), "IGX-CLAIM-004"),
        (lambda: check_ratio("2", interval=("3", "4")), "IGX-STAT-046"),
        (lambda: check_accuracy("76", ".9", 20), "IGX-CLAIM-002"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(InputError, match=code):
        call()
