"""Which id rule would match: every known rule and a few spellings tried on both sides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagenomics.cohort.ids import build_parser
from imagenomics.cohort.settings import IdRule

_SEPARATORS = re.compile(r"[\s_.\-‐‑–]+")
_ENDING = re.compile(r"(\.nii|\.tar)?\.[A-Za-z][A-Za-z0-9]{0,7}$")


@dataclass(frozen=True)
class Candidate:
    """A way to read ids, and what to write in the study file to get it."""

    label: str
    read: Callable[[str], str]
    remedy: str


@dataclass(frozen=True)
class Suggestion:
    """The candidate that matches most ids, with one example of each side."""

    candidate: Candidate
    matched: int
    example: tuple[str, str]


def best_suggestion(left: Sequence[str], right: Sequence[str]) -> Suggestion | None:
    """Return the way to read both sides that matches most ids; of equal ones the strictest; None if none."""
    best: Suggestion | None = None
    for candidate in _candidates([*left, *right]):
        a = {candidate.read(raw): raw for raw in reversed(left)}
        b = {candidate.read(raw): raw for raw in reversed(right)}
        common = sorted((a.keys() & b.keys()) - {""})
        if common and (best is None or len(common) > best.matched):
            best = Suggestion(candidate, len(common), (a[common[0]], b[common[0]]))
    return best


def without_zeros(raw: str) -> str:
    """Return ``raw`` with leading zeros of every run of digits dropped, and a trailing '.0'."""
    return re.sub(r"(?<![0-9.])0+(?=[0-9])", "", re.sub(r"\.0$", "", raw.strip()))


def lost_zeros(left: Sequence[str], right: Sequence[str]) -> tuple[int, str, str] | None:
    """Return how many ids match once zeros are put back, with an example of each side, or None.

    The mark of a column that was read as numbers: digits only, of unequal lengths or with a '.0', where the
    other side has digits with leading zeros.
    """
    for short, full in ((left, right), (right, left)):
        digits = all(re.fullmatch(r"[0-9]+(\.0)?", i.strip()) for i in short)
        padded = [i for i in full if re.fullmatch(r"0[0-9]+", i.strip())]
        if not digits or not padded or any(re.fullmatch(r"0[0-9]+", i.strip()) for i in short):
            continue
        present = set(full)
        stripped = {without_zeros(i): i for i in full}
        hits = [i for i in short if without_zeros(i) in stripped and i not in present]
        if hits:
            return len(hits), hits[0], stripped[without_zeros(hits[0])]
    return None


def loose(raw: str) -> str:
    """Return a spelling under which ids that differ only in case, separators or leading zeros are equal."""
    return _SEPARATORS.sub("-", without_zeros(raw.casefold()))


def _candidates(ids: Sequence[str]) -> list[Candidate]:
    # Strict ones first: of two that match equally many, the first is reported.
    rules = [IdRule(name=name) for name in ("exact", "tcga-patient", "bids", "plink")]
    found = [_of_rule(rule, ids) for rule in rules]
    spelled = "write the ids of both sides alike, or give one a { pattern = ... }"
    zeros = "leading zeros were lost: read the id columns as text and put the zeros back"
    found += [
        Candidate("capital and small letters taken as equal", str.casefold, spelled),
        Candidate("'-', '_', '.' and spaces taken as equal", _same_separators, spelled),
        Candidate("leading zeros dropped", without_zeros, zeros),
        _without_ending(),
    ]
    found += [_first_parts(k, sep) for sep in ("_", "-", ".") for k in (1, 2, 3)]
    found.append(_last_number())
    return found


def _of_rule(rule: IdRule, ids: Sequence[str]) -> Candidate:
    parse = build_parser(rule, known=ids if rule.name == "plink" else ())
    return Candidate(f"the rule '{rule.name}'", lambda raw: parse(raw).patient, f'rule = "{rule.name}"')


def _same_separators(raw: str) -> str:
    return _SEPARATORS.sub("-", raw.strip().casefold())


def _without_ending() -> Candidate:
    def read(raw: str) -> str:
        return _ENDING.sub("", raw.strip().replace("\\", "/").rsplit("/", 1)[-1])

    return Candidate(
        "folders and file endings dropped", read, r"rule = { pattern = '(?:.*/)?(?P<patient>[^/.]+)(\..*)?' }"
    )


def _first_parts(count: int, separator: str) -> Candidate:
    escaped = re.escape(separator)
    part = f"[^{escaped}]+"
    body = part + f"{escaped}{part}" * (count - 1)
    pattern = re.compile(f"({body})({escaped}.*)?", re.DOTALL)

    def read(raw: str) -> str:
        found = pattern.fullmatch(raw.strip())
        return found[1] if found else ""

    label = f"the text before '{separator}' number {count}"
    return Candidate(label, read, f"rule = {{ pattern = '(?P<patient>{body})({escaped}.*)?' }}")


def _last_number() -> Candidate:
    def read(raw: str) -> str:
        found = re.findall(r"[0-9]+", raw)
        return found[-1].lstrip("0") or "0" if found else ""

    return Candidate(
        "only the last number of each id", read, r"rule = { pattern = '.*?0*(?P<patient>[0-9]+)[^0-9]*' }"
    )
