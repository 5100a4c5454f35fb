"""Whether each published number follows from what was printed beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from imagenomics.catalogue.claims.accuracies import check_accuracy
from imagenomics.catalogue.claims.answer import Answer, p_text
from imagenomics.catalogue.claims.areas import check_auc
from imagenomics.catalogue.claims.correlations import check_correlation
from imagenomics.catalogue.claims.counts import check_counts
from imagenomics.catalogue.claims.models import (
    CLAIMS,
    Area,
    Claim,
    Correlation,
    Diagnosis,
    Outcome,
    Proportion,
    Ratio,
    Table2x2,
    Unrepeatable,
)
from imagenomics.catalogue.claims.proportions import check_proportion
from imagenomics.catalogue.claims.ratios import check_ratio
from imagenomics.errors import unknown_name

LEVEL = 0.05


@dataclass(frozen=True)
class Checked:
    """A claim, what its check found, and the numbers behind it."""

    claim: Claim
    outcome: Outcome
    found: str

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**self.claim.model_dump(), "outcome": self.outcome, "found": self.found}


def load_claims() -> list[Claim]:
    """Read the claims that the package ships."""
    text = files("imagenomics.catalogue").joinpath("data/claims.toml").read_text(encoding="utf-8")
    return CLAIMS.validate_python(tomllib.loads(text)["claim"])


def check_claims(*, paper: str | None = None) -> list[Checked]:
    """Recompute all published numbers, or those of one paper.

    Parameters
    ----------
    paper : str, optional
        Key of the paper.

    Returns
    -------
    list of Checked
        In the order of the file.

    Raises
    ------
    InputError
        ``IGX-CLAIM-005``: no claim of such a paper.
    """
    claims = load_claims()
    keys = {claim.paper for claim in claims}
    if paper is not None and paper not in keys:
        raise unknown_name("IGX-CLAIM-005", "paper with claims", paper, keys)
    return [check_claim(claim) for claim in claims if paper in (None, claim.paper)]


def check_claim(claim: Claim) -> Checked:
    """Recompute one published number."""
    if isinstance(claim, Unrepeatable):
        return Checked(claim, "not reproducible", f"needs {claim.needs}")
    if isinstance(claim, Diagnosis):
        answer = check_accuracy(
            claim.sensitivity, claim.specificity, claim.n, accuracy=claim.accuracy, positives=claim.positives
        )
        return Checked(claim, "agrees" if answer.rows else "disagrees", answer.notes[0])
    if isinstance(claim, Proportion):
        return _proportion(claim)
    if isinstance(claim, Table2x2):
        answer = check_counts(claim.first, claim.second, printed_p=claim.printed_p)
        return _direction(claim, answer) if claim.printed_p is None else _by_p(claim, answer)
    return _by_p(claim, _answer(claim))


def _answer(claim: Correlation | Area | Ratio) -> Answer:
    if isinstance(claim, Correlation):
        return check_correlation(claim.r, claim.n, kind=claim.method, printed_p=claim.printed_p)
    if isinstance(claim, Area):
        return check_auc(claim.auc, error=claim.error, printed_p=claim.printed_p)
    return check_ratio(claim.ratio, interval=(claim.low, claim.high), printed_p=claim.printed_p)


def _by_p(claim: Claim, answer: Answer) -> Checked:
    if claim.printed_p is None:
        first = answer.rows[0]
        return Checked(claim, "not reproducible", f"no p was printed; {first.test}: {p_text(first.p)}")
    fitting = [row for row in answer.rows if row.fits]
    shown = "; ".join(f"{row.test}: p = {p_text(row.p)}" for row in (fitting or answer.rows[:1]))
    return Checked(claim, "agrees" if fitting else "disagrees", shown)


def _direction(claim: Table2x2, answer: Answer) -> Checked:
    p, ratio = answer.rows[0].p, next(row.effect for row in answer.rows if row.effect_name == "odds ratio")
    said = {"more": p <= LEVEL and ratio > 1, "less": p <= LEVEL and ratio < 1, "no difference": p > LEVEL}
    shown = f"odds ratio {ratio:.3g}, Fisher exact, two-sided: p = {p_text(p)}"
    if claim.direction is None:
        return Checked(claim, "not reproducible", shown)
    return Checked(claim, "agrees" if said[claim.direction] else "disagrees", shown)


def _proportion(claim: Proportion) -> Checked:
    answer = check_proportion(claim.share, claim.n, printed_p=claim.printed_p, chance=claim.chance)
    counts = [row.test for row in answer.rows]
    good = bool(counts) and (claim.k is None or f"{claim.k}/{claim.n}" in counts)
    if claim.printed_p is not None:
        good = good and any(row.fits for row in answer.rows)
    shown = f"{' or '.join(counts)}" if counts else answer.notes[0]
    p = "" if claim.printed_p is None or not counts else f"; binomial p = {p_text(answer.rows[0].p)}"
    return Checked(claim, "agrees" if good else "disagrees", shown + p)
