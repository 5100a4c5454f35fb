"""Linking: which patients stand on every side, and for every id that does not come through, why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from imagenomics.cohort import losses as categories
from imagenomics.cohort.flow import Flow
from imagenomics.cohort.ids import ParsedId, build_parser, check_text
from imagenomics.cohort.losses import Loss, loss_table
from imagenomics.cohort.mismatch import check_overlap, unreadable
from imagenomics.cohort.settings import IdRule
from imagenomics.cohort.suggest import loose
from imagenomics.errors import InputError, short_list, unknown_name

Rules = IdRule | Mapping[str, IdRule]


@dataclass(frozen=True)
class Linkage:
    """Who stands on which side.

    Parameters
    ----------
    matched : tuple of str
        Patients on every required side, sorted.
    ids : mapping
        Side -> id as written -> patient, for every id that could be read.
    losses : DataFrame
        One row per id of each side, in the order given (columns ``LOSS_COLUMNS``); the category of an id that
        came through is ``matched``, else ``only <side>``, ``partial``, ``ambiguous`` or ``dropped``.
    flow : Flow
        Counts of patients.
    notes : tuple of str
        What a user should look at.
    """

    matched: tuple[str, ...]
    ids: Mapping[str, Mapping[str, str]]
    losses: pd.DataFrame
    flow: Flow
    notes: tuple[str, ...] = ()


def link_patients(
    sides: Mapping[str, Sequence[str]],
    *,
    rules: Rules | None = None,
    require: Sequence[str] | None = None,
    min_match: float = 0.05,
    labels: Mapping[str, str] | None = None,
) -> Linkage:
    """Return which patients stand on every side, and why the others do not.

    Parameters
    ----------
    sides : mapping of str to sequence of str
        Name of the side (``images``, ``molecules``, ...) -> its ids as written.
    rules : IdRule or mapping, optional
        One rule for all sides, or side -> rule; a side without one is read by ``exact``.
    require : sequence of str, optional
        Sides on which a patient must stand; default: all.
    min_match : float
        Linking stops where a smaller share of the smaller side than this finds its patient.
    labels : mapping, optional
        BIDS label -> patient (:func:`~imagenomics.cohort.ids.read_participants`).

    Returns
    -------
    Linkage

    Raises
    ------
    InputError
        ``IGX-LINK-001`` no or almost no id matches (with the rule that would match); ``IGX-LINK-002`` ids
        that are not text; ``IGX-LINK-003`` leading zeros lost; ``IGX-LINK-004`` a side without ids;
        ``IGX-LINK-005`` no id of a side can be read; ``IGX-LINK-006`` unknown side.
    """
    texts = {side: check_text(raw, side=side) for side, raw in sides.items()}
    declared = _rules_by_side(texts, rules)
    required = list(texts) if require is None else list(require)
    for side in required:
        if side not in texts:
            raise unknown_name("IGX-LINK-006", "side", side, texts, where="link_patients")
    parsed = _parse_sides(texts, declared, labels)
    where = {side: {p.patient for p in found if p.patient} for side, found in parsed.items()}
    for one, other in combinations(required, 2):
        check_overlap((one, other), texts, where, declared=declared, min_match=min_match)
    ambiguous = _ambiguous_patients(parsed)
    matched = set.intersection(*(where[s] for s in required)) - set(ambiguous) if required else set()
    rows = _loss_rows(parsed, where, required=required, ambiguous=ambiguous)
    return Linkage(
        matched=tuple(sorted(matched)),
        ids={side: {p.raw: p.patient for p in found if p.patient} for side, found in parsed.items()},
        losses=loss_table(rows),
        flow=_flow(rows, required),
        notes=_notes(rows),
    )


def _rules_by_side(texts: Mapping[str, list[str]], rules: Rules | None) -> dict[str, IdRule]:
    if rules is None or isinstance(rules, IdRule):
        return dict.fromkeys(texts, rules or IdRule())
    for side in rules:
        if side not in texts:
            raise unknown_name("IGX-LINK-006", "side", side, texts, where="rules")
    return {side: rules.get(side, IdRule()) for side in texts}


def _parse_sides(
    texts: Mapping[str, list[str]], rules: Mapping[str, IdRule], labels: Mapping[str, str] | None
) -> dict[str, list[ParsedId]]:
    """Read every side; ``bids`` last, because its labels lead to the ids of the other sides."""
    plink = [raw for side, ids in texts.items() if rules[side].name == "plink" for raw in ids]
    found: dict[str, list[ParsedId]] = {}
    for side in sorted(texts, key=lambda s: rules[s].name == "bids"):
        known = plink
        if rules[side].name == "bids":
            known = [
                p.patient for s, ids in found.items() if rules[s].name != "bids" for p in ids if p.patient
            ]
        found[side] = [*map(build_parser(rules[side], known=known, labels=labels), texts[side])]
        if not texts[side]:
            raise InputError(
                "IGX-LINK-004", f"the side '{side}' has no ids", remedy="check its table or its path"
            )
        if not any(p.patient or p.ambiguous for p in found[side]):
            raise unreadable(side, texts, found[side][0].reason, rules[side])
    return {side: found[side] for side in texts}


def _ambiguous_patients(parsed: Mapping[str, list[ParsedId]]) -> dict[str, str]:
    """Return patient -> reason where two ids of one side are the same patient and the same unit."""
    found: dict[str, str] = {}
    for side, ids in parsed.items():
        spelled: dict[tuple[str, str], list[str]] = defaultdict(list)
        for p in ids:
            if p.patient:
                spelled[p.patient, p.unit].append(p.raw)
        for (patient, _), written in spelled.items():
            if len(written) > 1:
                found[patient] = f"several ids of '{side}' are this patient: {short_list(map(repr, written))}"
    return found


def _loss_rows(
    parsed: Mapping[str, list[ParsedId]],
    where: Mapping[str, set[str]],
    *,
    required: Sequence[str],
    ambiguous: Mapping[str, str],
) -> list[Loss]:
    near = _near_ids(where, required)
    rows: list[Loss] = []
    for side, ids in parsed.items():
        for p in ids:
            if not p.patient:
                kind = categories.AMBIGUOUS if p.ambiguous else categories.DROPPED
                rows.append(Loss("", side, p.raw, kind, p.reason))
            elif p.patient in ambiguous:
                rows.append(Loss(p.patient, side, p.raw, categories.AMBIGUOUS, ambiguous[p.patient]))
            else:
                missing = [s for s in required if p.patient not in where[s]]
                kind = _category(p.patient, missing, where)
                reason = f"not in {' and '.join(missing)}" if missing else ""
                detail = near.get((side, p.patient), "") if missing else ""
                rows.append(Loss(p.patient, side, p.raw, kind, reason, detail))
    return rows


def _category(patient: str, missing: Sequence[str], where: Mapping[str, set[str]]) -> str:
    if not missing:
        return categories.MATCHED
    present = [side for side, patients in where.items() if patient in patients]
    return f"only {present[0]}" if len(present) == 1 else categories.PARTIAL


def _near_ids(where: Mapping[str, set[str]], required: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return (side, unmatched patient) -> what is spelled almost alike on another side."""
    found: dict[tuple[str, str], str] = {}
    for one in where:
        for other in required:
            if one == other:
                continue
            spelled = {loose(p): p for p in sorted(where[other] - where[one])}
            for patient in where[one] - where[other]:
                close = spelled.get(loose(patient))
                if close is not None:
                    found[one, patient] = f"spelled almost like '{close}' of {other}"
    return found


def _flow(rows: Sequence[Loss], required: Sequence[str]) -> Flow:
    category = {r.patient: r.category for r in rows if r.patient}
    counts = Counter(kind for kind in category.values() if kind != categories.MATCHED)
    flow = Flow.start("patients seen on any side", len(category))
    flow = flow.then(f"patients in {' and '.join(required)}", dict(sorted(counts.items())))
    unread = Counter(r.side for r in rows if not r.patient)
    for side, n in unread.items():
        flow = flow.note(f"{n} ids of '{side}' could not be read as a patient")
    return flow


def _notes(rows: Sequence[Loss]) -> tuple[str, ...]:
    near = [r for r in rows if r.detail]
    if not near:
        return ()
    shown = short_list(f"'{r.id_as_written}' ({r.side}) is {r.detail}" for r in near)
    return (f"{len(near)} unmatched ids differ from another only in case, separators or zeros: {shown}",)
