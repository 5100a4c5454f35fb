"""Counts behind printed percentages."""

import json

import pytest

from imagenomics.catalogue.claims.proportions import check_proportion
from imagenomics.cli import app
from imagenomics.errors import InputError


@pytest.mark.parametrize(
    ("share", "n", "counts"),
    [
        ("88%", 73, ["64/73"]),
        ("77.1%", 48, ["37/48"]),
        ("70.1%", 70, []),
        ("68.6%", 70, ["48/70"]),
        ("38%", 52, ["20/52"]),
    ],
)
def test_counts(share, n, counts):
    assert [row.test for row in check_proportion(share, n).rows] == counts


def test_a_count_need_not_be_unique():
    answer = check_proportion("90%", 200)
    assert [row.test for row in answer.rows] == ["179/200", "180/200", "181/200"]
    assert "not unique" in answer.notes[0]


def test_a_printed_p_is_compared():
    row = check_proportion("63%", 152, printed_p="<.01").rows[0]
    assert row.fits is True
    assert row.test == "95/152"
    assert row.p == pytest.approx(0.00257357, rel=1e-5)
    assert check_proportion("50%", 20, printed_p=".01").rows[0].fits is False


@pytest.mark.parametrize(
    ("share", "n", "code"),
    [
        ("88", 73, "IGX-CLAIM-002"),
        ("-5%", 73, "IGX-CLAIM-002"),
        ("<.9", 73, "IGX-CLAIM-002"),
        ("x", 73, "IGX-CLAIM-001"),
        ("5%", -3, "IGX-STAT-040"),
    ],
)
def test_bad_input(share, n, code):
    with pytest.raises(InputError, match=code):
        check_proportion(share, n)


def test_from_the_command_line(capsys):
    app.register()
    assert app.run(["claims", "proportion", "88%", "--n", "73"]) == 0
    shown = capsys.readouterr().out
    assert "64/73" in shown
    assert "unique" in shown
    assert app.run(["claims", "proportion", "88%", "--n", "73", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"][0]["effect"] == pytest.approx(64 / 73)
    assert app.run(["claims", "proportion", "88", "--n", "73"]) == 2
    assert "IGX-CLAIM-002" in capsys.readouterr().err
