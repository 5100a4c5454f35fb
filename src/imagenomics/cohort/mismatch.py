"""What is said when two sides do not meet: ids of each, the rule tried, and the rule that would match."""

from __future__ import annotations

from collections.abc import Mapping

from imagenomics.cohort.settings import IdRule
from imagenomics.cohort.suggest import best_suggestion, lost_zeros
from imagenomics.errors import InputError, short_list


def unreadable(side: str, texts: Mapping[str, list[str]], reason: str, rule: IdRule) -> InputError:
    """Return the error for a side of which the rule reads no id (``IGX-LINK-005``)."""
    others = [raw for other, ids in texts.items() if other != side for raw in ids]
    better = best_suggestion(texts[side], others)
    hint = f"{better.candidate.label} matches {better.matched}: {better.candidate.remedy}" if better else None
    return InputError(
        "IGX-LINK-005",
        f"none of the {len(texts[side])} ids can be read by the rule {rule.written()}: {reason}",
        where=f"{side}: {short_list(map(repr, texts[side]))}",
        remedy=hint or "declare the rule that fits these ids (exact takes them as they are)",
    )


def check_overlap(
    pair: tuple[str, str],
    texts: Mapping[str, list[str]],
    where: Mapping[str, set[str]],
    *,
    declared: Mapping[str, IdRule],
    min_match: float,
) -> None:
    """Stop where (almost) no patient of the smaller side is on the other: ``IGX-LINK-001``, ``-003``."""
    one, other = pair
    common = len(where[one] & where[other])
    smaller = min(len(where[one]), len(where[other]))
    # Of the ids as read: a declared pattern may well drop the zeros on purpose.
    zeros = lost_zeros(*(sorted(where[side], key=lambda i: (len(i), i)) for side in pair))
    if zeros is not None:
        n, short, full = zeros
        raise InputError(
            "IGX-LINK-003",
            f"{n} ids match only once leading zeros are put back: '{short}' is '{full}' on the other side",
            where=f"{one} and {other}",
            expected="ids read as text on both sides",
            remedy="write the table again with the id column as text: some program made it a number",
        )
    if common and common >= min_match * smaller:
        return
    raise _no_match(pair, texts, declared, counts=(common, smaller), min_match=min_match)


def _no_match(
    pair: tuple[str, str],
    texts: Mapping[str, list[str]],
    declared: Mapping[str, IdRule],
    *,
    counts: tuple[int, int],
    min_match: float,
) -> InputError:
    one, other = pair
    common, smaller = counts
    shown = "; ".join(
        f"{side} (rule {declared[side].written()}): {short_list(map(repr, dict.fromkeys(texts[side])))}"
        for side in pair
    )
    better = best_suggestion(texts[one], texts[other])
    remedy = "check that both sides are of the same patients"
    if better is not None and better.matched > common:
        a, b = better.example
        remedy = (
            f"{better.candidate.label} matches {better.matched} patients ('{a}' with '{b}'): "
            f"{better.candidate.remedy}"
        )
    return InputError(
        "IGX-LINK-001",
        f"{common or 'none'} of {smaller} patients match between '{one}' and '{other}'",
        where=shown,
        expected=f"at least {max(1, round(min_match * smaller))} patients on both sides",
        remedy=remedy,
    )
