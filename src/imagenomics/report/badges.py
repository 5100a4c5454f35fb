"""Verdicts as words with a colour and a sign of their own."""

from __future__ import annotations

from imagenomics.report.html import Html, el

ORDER = ("supported", "no evidence found", "not testable")
CLASSES = {"supported": "yes", "no evidence found": "no", "not testable": "open"}
MEANING = {
    "supported": "more than chance, by the rule written down beforehand",
    "no evidence found": "these data do not show it; a result in its own right",
    "not testable": "too few patients, or site and finding cannot be told apart",
}


def badge(verdict: str) -> Html:
    """Return the verdict as a coloured word with its own sign."""
    return el(f"span.badge.{CLASSES.get(verdict, 'open')}", verdict)


def verdict_class(verdict: str) -> str:
    """Return the class that gives a verdict its colour."""
    return CLASSES.get(verdict, "open")
