"""What the run of a design says, in words: one finding after the other, and a sentence for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.designs.outcome import ALPHA
from imagenomics.stats.proportion import clopper_pearson_interval

ENOUGH = 0.8  # share of cohorts in which a study of good size finds what it looks for
STRICT = 0.999
MEANING = (
    "A simulation shows what a design of this size can show and how often it errs. It does not show that a published "
    "number is true."
)


def planted_found(row: Mapping[str, Any]) -> str:
    """Say whether the planted effect of a finding was found in the cohort with pictures: by the paper's rule, today."""
    paper, today = row["paper"]["published"], row["today"]["published"]
    words = {True: "found", False: "not found", None: "not testable"}
    said = words[paper["found"]]
    if paper["found"] != today["found"]:
        said += f"; today {words[today['found']]}"
    return f"{said} ({row['size']} size)" if row.get("size") else said


def null_words(row: Mapping[str, Any]) -> str:
    """Say whether today's rules kept the null of a finding, and from how many cohorts that is known."""
    if "power" in row:
        return {True: "kept", False: "NOT kept", None: "not testable"}[null_kept(row)]
    found = row["today"]["none"]["found"]
    words = {True: "something found", False: "nothing found", None: "not testable"}[found]
    return words if found is None else f"{words} in one cohort"


def null_kept(row: Mapping[str, Any]) -> bool | None:
    """Tell whether today's rules kept the null: nothing found without effect more often than they allow.

    The share of drawn cohorts decides, within its 99.9% interval; None where none was drawn, or none could be tested.
    """
    if "power" not in row:
        return None
    share = row["power"]["today"]["none"]
    if not share["of"]:
        return None
    low, _ = clopper_pearson_interval(share["found"], share["of"], confidence=STRICT)
    return bool(low <= ALPHA)


def could_show(row: Mapping[str, Any]) -> str:
    """Say whether a study of this size could have shown the published effect, and half of it."""
    if "power" not in row:
        return "not drawn"
    shares = row["power"]["today"]
    if not shares["published"]["of"]:
        return "not testable today"
    words = []
    for scale in ("published", "half"):
        share = shares[scale]
        words.append(f"{100 * share['found'] / share['of']:.0f}%" if share["of"] else "not testable")
    enough = shares["published"]["found"] >= ENOUGH * shares["published"]["of"]
    return f"{'yes' if enough else 'no'}: {words[0]} (half the effect: {words[1]})"


def design_text(result: Mapping[str, Any], *, title: str) -> str:
    """Return the run of a design for the terminal."""
    known = {"printed": "as printed", "derived": "derived from printed numbers", "assumed": "assumed"}
    lines = [
        f"{result['paper']}: {title}",
        result["question"],
        f"{result['n']} simulated patients ({known[result['known']]})",
        "",
    ]
    for row in result["findings"]:
        lines += [*_finding(row), ""]
    for name, shares in result["analyses"].items():
        raw, today = (_percent(shares[k]) for k in ("paper", "today"))
        lines.append(
            f"Without any effect, '{name}' reports something uncorrected in {raw} of cohorts; under today's rules in "
            f"{today}."
        )
    if result["differs"]:
        lines.append(f"Not as in the paper: {result['differs']}")
    return "\n".join([*lines, MEANING]) + "\n"


def _finding(row: Mapping[str, Any]) -> list[str]:
    lines = [f"- The paper: {row['printed']}"]
    for scale, words in (("published", "published effect"), ("half", "half of it"), ("none", "no effect")):
        paper, today = row["paper"][scale], row["today"][scale]
        lines.append(f"    {words:17s} paper's rule: {_seen(paper, row['by'])}; today: {_seen(today, 'q')}")
    lines.append(f"    could a study of this size have shown it? {could_show(row)}")
    return [*lines, f"    without effect: {'null ' if 'power' in row else ''}{null_words(row)}"]


def _seen(seen: Mapping[str, Any], by: str) -> str:
    if seen["found"] is None:
        return f"not testable ({seen['note']})"
    word = "found" if seen["found"] else "not found"
    effect = "" if seen["effect"] is None else f"{seen['effect_name']} {seen['effect']:.2f}, "
    note = f", {seen['note']}" if seen["note"] else ""
    return f"{word} ({effect}{by} = {seen[by]:.2g}{note})"


def _percent(share: Mapping[str, Any]) -> str:
    return f"{100 * share['found'] / share['of']:.0f}%" if share["of"] else "none that could be tested"


def own_text(found: Mapping[str, Any], *, title: str) -> str:
    """Return the run of a design on one's own cohort for the terminal."""
    lines = [f"{found['paper']}: {title}", found["question"], ""]
    for row in found["findings"]:
        lines += [
            f"- The paper: {row['printed']}",
            f"    here, paper's rule: {_seen(row['paper'], row['by'])}",
            f"    here, today's rules: {_seen(row['today'], 'q')}",
            "",
        ]
    if found["differs"]:
        lines.append(f"Not as in the paper: {found['differs']}")
    return "\n".join([*lines, f"page: {found['page']}"]) + "\n"
