"""Every claim of the catalogue is found as it is known to be."""

import pytest

from imagenomics.catalogue.claims.check import check_claims, load_claims
from imagenomics.cli import app
from imagenomics.errors import InputError


@pytest.mark.parametrize("one", check_claims(), ids=lambda one: f"{one.claim.paper}-{one.claim.name}")
def test_outcome(one):
    assert one.outcome == one.claim.expect, one.found
    if one.outcome == "disagrees":
        assert one.claim.explanation


def test_names_are_unique_and_all_papers_are_there():
    claims = load_claims()
    assert len({(c.paper, c.name) for c in claims}) == len(claims)
    assert len({c.paper for c in claims}) == 53


def test_unknown_paper():
    with pytest.raises(InputError, match="IGX-CLAIM-005"):
        check_claims(paper="moon2013")


def test_from_the_command_line(capsys):
    app.register()
    assert app.run(["claims", "check", "--paper", "moon2012_ct_dti_mgmt"]) == 0
    assert "first larger" in capsys.readouterr().out
    assert app.run(["claims", "check", "--markdown"]) == 0
    assert "| demerath2017_mesoscopic_gbm |" in capsys.readouterr().out
