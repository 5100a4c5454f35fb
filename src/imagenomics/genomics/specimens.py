"""Specimens to patients: which samples count, whose they are, and which of several stands for the patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from imagenomics.cohort.barcodes import SAMPLE_TYPES, read_barcode
from imagenomics.cohort.ids import parse_ids
from imagenomics.cohort.link import link_patients
from imagenomics.cohort.losses import AMBIGUOUS, DROPPED, MATCHED, Loss, join_losses, loss_table
from imagenomics.cohort.mismatch import unreadable
from imagenomics.cohort.nested import reduce_units
from imagenomics.cohort.settings import IdRule, SampleRule
from imagenomics.errors import InputError, short_list

PATIENTS = "patients"
EXACT = IdRule()


@dataclass(frozen=True)
class Linking:
    """To whom the rows of a block are linked.

    Parameters
    ----------
    patients : tuple of str or None
        The patients of the study; None takes every patient of the file.
    rule : IdRule
        How the ids of the block become patient ids.
    labels : mapping, optional
        BIDS label -> patient.
    min_match : float
        See :func:`~imagenomics.cohort.link.link_patients`.
    """

    patients: tuple[str, ...] | None = None
    rule: IdRule = EXACT
    labels: Mapping[str, str] | None = None
    min_match: float = 0.05


@dataclass(frozen=True)
class Specimens:
    """Rows that count: positions in the file, by (patient, unit), and what was lost."""

    rows: pd.Series  # position in the file, indexed by (patient, unit)
    raw: pd.Series  # id as written, indexed by position
    losses: pd.DataFrame
    side: str


def find_specimens(ids: pd.Series, linking: Linking, samples: SampleRule, *, side: str) -> Specimens:
    """Return which rows are specimens that count, and whose they are.

    Parameters
    ----------
    ids : Series, (m,)
        Ids as written.
    linking : Linking
        The patients and the id rule.
    samples : SampleRule
        Accepted sample types and vials (TCGA).
    side : str
        Name of the block.

    Raises
    ------
    InputError
        ``IGX-LINK-001`` to ``-005``; ``IGX-GEN-006`` no sample of a declared type.
    """
    raw = pd.Series(ids.tolist(), dtype=object)
    parsed = parse_ids(raw.tolist(), linking.rule, known=linking.patients or (), labels=linking.labels)
    readable = parsed["patient"] != ""
    if not readable.any():
        texts = {side: raw.tolist(), PATIENTS: list(linking.patients or ())}
        raise unreadable(side, texts, parsed["reason"].iloc[0], linking.rule)
    refused = _refused(parsed, samples)
    accepted = readable & (refused == "")
    if not accepted.any():
        raise _no_sample(parsed, samples, side)
    rows, unlinked = _linked(parsed[accepted], linking, side)
    index = pd.MultiIndex.from_arrays([rows["patient"], rows["unit"]], names=["patient", "unit"])
    positions = pd.Series(rows.index.to_numpy(), index=index)
    losses = join_losses([_losses(parsed, refused, side), unlinked])
    return Specimens(positions, raw, losses, side)


def one_per_patient(
    values: pd.DataFrame, specimens: Specimens, samples: SampleRule
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per patient by the declared rule, and the specimens that were not taken.

    Parameters
    ----------
    values : DataFrame, (m, p)
        Rows of the specimens, in the order of ``specimens.rows``.
    specimens : Specimens
        Whose rows they are.
    samples : SampleRule
        ``choose`` and, for 'first', the order of ``types``.

    Raises
    ------
    InputError
        ``IGX-COHORT-011`` several samples of a patient and no rule.
    """
    frame = values.set_axis(specimens.rows.index, axis="index")
    raw = specimens.raw[specimens.rows.to_numpy()].tolist()
    keys = frame.index.to_frame(index=False)
    reasons = _repeats(keys, frame)
    if samples.choose == "first":
        reasons = reasons.where(reasons != "", _not_preferred(keys, samples))
    gone = (reasons != "").to_numpy()
    lost = [
        Loss(patient, specimens.side, written, DROPPED, why)
        for patient, written, why in zip(keys["patient"], raw, reasons, strict=True)
        if why
    ]
    rule = None if samples.choose == "refuse" else samples.choose
    remedy = "declare samples = { choose = 'first' }, and types where they differ"
    reduced = reduce_units(frame[~gone], rule, side=specimens.side, remedy=remedy)
    written = dict(zip(frame.index, raw, strict=True))
    units = reduced.losses[["patient", "id_as_written"]].to_numpy()
    others = reduced.losses.assign(side=specimens.side, id_as_written=[written[p, u] for p, u in units])
    return reduced.values, join_losses([loss_table(lost), others])


def _repeats(keys: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """Return the reason for rows that say of the same sample what an earlier row says, '' for the others."""
    repeated = pd.concat([keys, frame.reset_index(drop=True)], axis=1).duplicated()
    return repeated.map({True: "repeats another row of this sample with equal values", False: ""}).astype(
        object
    )


def _refused(parsed: pd.DataFrame, samples: SampleRule) -> pd.Series:
    """Return why each specimen does not count, '' where it does."""
    reasons = [
        _refusal(raw, kind, samples) if patient else ""
        for raw, patient, kind in parsed[["raw", "patient", "sample_type"]].to_numpy()
    ]
    return pd.Series(reasons, index=parsed.index, dtype=object)


def _refusal(raw: str, sample_type: str, samples: SampleRule) -> str:
    if not sample_type:
        return ""
    if sample_type not in samples.types:
        return f"sample type {sample_type} ({SAMPLE_TYPES[sample_type]}) is not declared"
    barcode = read_barcode(raw)
    if samples.vials and not isinstance(barcode, str) and barcode.vial and barcode.vial not in samples.vials:
        return f"vial {barcode.vial} is not declared"
    return ""


def _losses(parsed: pd.DataFrame, refused: pd.Series, side: str) -> pd.DataFrame:
    """Return the loss rows of specimens that could not be read or do not count."""
    rows = []
    fields = parsed[["raw", "patient", "ambiguous", "reason"]].to_numpy()
    for (raw, patient, ambiguous, unread), why in zip(fields, refused, strict=True):
        if not patient:
            rows.append(Loss("", side, raw, AMBIGUOUS if ambiguous else DROPPED, unread))
        elif why:
            rows.append(Loss(patient, side, raw, DROPPED, why))
    return loss_table(rows)


def _no_sample(parsed: pd.DataFrame, samples: SampleRule, side: str) -> InputError:
    counts = Counter(parsed.loc[parsed["sample_type"] != "", "sample_type"])
    shown = [f"{n} of type {kind} ({SAMPLE_TYPES[kind]})" for kind, n in sorted(counts.items())]
    return InputError(
        "IGX-GEN-006",
        f"no sample is of a declared type ({', '.join(samples.types)}): {short_list(shown, 5)}",
        where=side,
        expected="tumour samples",
        remedy="declare samples = { types = [...] }; normal samples (10 to 14) cannot stand for the tumour",
    )


def _linked(table: pd.DataFrame, linking: Linking, side: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the patients of the study, and the loss rows of the others."""
    if linking.patients is None:
        return table, loss_table([])
    linkage = link_patients(
        {PATIENTS: linking.patients, side: list(dict.fromkeys(table["raw"]))},
        rules={side: linking.rule},
        min_match=linking.min_match,
        labels=linking.labels,
    )
    losses = linkage.losses[linkage.losses["category"] != MATCHED].reset_index(drop=True)
    return table[table["patient"].isin(linkage.matched)], losses


def _not_preferred(keys: pd.DataFrame, samples: SampleRule) -> pd.Series:
    """Return the reason for samples of a patient who also has one of a type declared before theirs."""
    ranks = {kind: rank for rank, kind in enumerate(samples.types)}
    rank = keys["unit"].str[:2].map(ranks).fillna(0).astype(int)
    best = rank.groupby(keys["patient"]).transform("min")
    reasons = [
        f"a sample of the preferred type {samples.types[b]} was taken" if r > b else ""
        for r, b in zip(rank, best, strict=True)
    ]
    return pd.Series(reasons, index=keys.index, dtype=object)
