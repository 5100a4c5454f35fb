"""Id rules: an id as written becomes a patient id (and a unit: sample, session), or a reason why not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.barcodes import read_barcode
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError, short_list
from imagenomics.tables.read import read_keyed_table

_SUB = re.compile(r"(?:.*/)?sub-(?P<label>[A-Za-z0-9]+)(?P<rest>[_/].*)?", re.DOTALL)
_SES = re.compile(r"[_/](ses-[A-Za-z0-9]+)")
_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class ParsedId:
    """An id as written, and what a rule read in it; ``patient`` is '' where ``reason`` says why not."""

    raw: str
    patient: str = ""
    unit: str = ""
    sample_type: str = ""
    reason: str = ""
    ambiguous: bool = False


Parser = Callable[[str], ParsedId]


def build_parser(
    rule: IdRule, *, known: Iterable[str] = (), labels: Mapping[str, str] | None = None
) -> Parser:
    """Return the function that reads one id by ``rule``.

    Parameters
    ----------
    rule : IdRule
        The declared rule.
    known : iterable of str
        What the rule may need to know: the other patients' ids for ``bids`` (labels drop hyphens), all ids of
        the file for ``plink`` (an IID alone names a patient only where it is unique).
    labels : mapping, optional
        BIDS label -> patient id, as read by :func:`read_participants`.
    """
    if rule.name == "tcga-patient":
        return _tcga
    if rule.name == "bids":
        return _bids_parser(known, dict(labels or {}))
    if rule.name == "plink":
        return _plink_parser(known)
    if rule.pattern is not None:
        return _pattern_parser(re.compile(rule.pattern))
    return _exact


def parse_id(raw: str, rule: IdRule | None = None) -> ParsedId:
    """Read one id by ``rule`` (default ``exact``) without knowing any other id."""
    return build_parser(rule or IdRule())(raw)


def parse_ids(
    raw: Sequence[str], rule: IdRule, *, known: Iterable[str] = (), labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Read many ids: one row each, with the fields of :class:`ParsedId` as columns.

    Raises
    ------
    InputError
        ``IGX-LINK-002`` for ids that are not text.
    """
    texts = check_text(raw, side="ids")
    parse = build_parser(rule, known=[*known, *(texts if rule.name == "plink" else ())], labels=labels)
    fields = list(ParsedId.__dataclass_fields__)
    rows = [[getattr(found, field) for field in fields] for found in map(parse, texts)]
    return pd.DataFrame(rows, columns=fields).astype({f: object for f in fields if f != "ambiguous"})


def check_text(raw: Sequence[object], *, side: str) -> list[str]:
    """Return ``raw`` as a list of strings; ids that are numbers are refused (``IGX-LINK-002``)."""
    if isinstance(raw, str):
        raise InputError(
            "IGX-LINK-002", f"one text '{raw}' instead of a list of ids", where=side, expected="a list of ids"
        )
    texts = [item for item in raw if isinstance(item, str)]
    if len(texts) < len(raw):
        wrong = [repr(item) for item in raw if not isinstance(item, str)]
        raise InputError(
            "IGX-LINK-002",
            f"{len(wrong)} ids are not text: {short_list(wrong)}",
            where=side,
            expected="ids as strings: a number has lost its leading zeros",
            remedy="read the id column as text, e.g. pandas.read_csv(..., dtype=str)",
        )
    return texts


def read_participants(path: Path, *, column: str) -> dict[str, str]:
    """Return BIDS label -> patient id from a participants.tsv with the study's ids in ``column``.

    Raises
    ------
    InputError
        ``IGX-TAB-012`` for an unknown column; ``IGX-LINK-007`` where one label leads to two ids.
    """
    frame = read_keyed_table(path, key="participant_id", separator="\t")
    if column not in frame.columns:
        frame = read_keyed_table(path, key=column, separator="\t")
    found: dict[str, str] = {}
    for written, patient in zip(frame["participant_id"], frame[column], strict=True):
        label = _NOT_ALNUM.sub("", written.removeprefix("sub-"))
        if found.setdefault(label, patient) != patient:
            raise InputError(
                "IGX-LINK-007",
                f"the label '{label}' leads to '{found[label]}' and to '{patient}'",
                where=str(path),
                remedy="give each participant one row",
            )
    return found


def _exact(raw: str) -> ParsedId:
    patient = raw.strip()
    return ParsedId(raw, patient) if patient else ParsedId(raw, reason="no id")


def _tcga(raw: str) -> ParsedId:
    found = read_barcode(raw)
    if isinstance(found, str):
        return ParsedId(raw, reason=found if raw.strip() else "no id")
    return ParsedId(raw, found.patient, found.unit, found.sample_type)


def _pattern_parser(pattern: re.Pattern[str]) -> Parser:
    def parse(raw: str) -> ParsedId:
        found = pattern.fullmatch(raw.strip())
        if found is None or not found["patient"]:
            return ParsedId(raw, reason="the pattern does not match the whole id")
        unit = found["unit"] if "unit" in pattern.groupindex else None
        return ParsedId(raw, found["patient"], unit or "")

    return parse


def _bids_parser(known: Iterable[str], labels: Mapping[str, str]) -> Parser:
    """Labels drop hyphens, so a label leads to the one known id that is equal without them."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for patient in known:
        if not patient.strip().startswith("sub-"):
            spelled[_NOT_ALNUM.sub("", patient)].add(patient.strip())

    def parse(raw: str) -> ParsedId:
        text = raw.strip()
        found = _SUB.fullmatch(text)
        if found is None and "sub-" in text:
            return ParsedId(raw, reason="a BIDS label is letters and digits after 'sub-'")
        label = found["label"] if found else _NOT_ALNUM.sub("", text)
        session = _SES.search(found["rest"] or "") if found else None
        unit = session[1] if session else ""
        if not label:
            return ParsedId(raw, reason="no id")
        if label in labels:
            return ParsedId(raw, labels[label], unit)
        names = sorted(spelled.get(label, ()))
        if len(names) > 1:
            reason = f"the label '{label}' stands for {short_list(names)}"
            return ParsedId(raw, reason=reason, ambiguous=True)
        return ParsedId(raw, names[0] if names else label, unit)

    return parse


def _plink_parser(known: Iterable[str]) -> Parser:
    families: dict[str, set[str]] = defaultdict(set)
    for text in known:
        parts = text.split()
        if len(parts) == 2 and parts[0] != "0":
            families[parts[1]].add(parts[0])
    repeated = {iid for iid, fids in families.items() if len(fids) > 1}

    def parse(raw: str) -> ParsedId:
        parts = raw.split()
        if not 1 <= len(parts) <= 2:
            return ParsedId(raw, reason="no id" if not parts else "more than FID and IID")
        individual = parts[-1]
        family = parts[0] if len(parts) == 2 and parts[0] != "0" else ""
        if individual not in repeated:
            return ParsedId(raw, individual)
        if not family:
            reason = f"IID '{individual}' belongs to families {short_list(sorted(families[individual]))}"
            return ParsedId(raw, reason=reason, ambiguous=True)
        return ParsedId(raw, f"{family} {individual}")

    return parse
