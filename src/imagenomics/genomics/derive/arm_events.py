"""Whole-arm gains and losses, and combinations such as 1p/19q and +7/-10."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.arms import ARM_NAMES, arm_name, arm_of_band, arms_of
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_copies import ArmEventSettings
from imagenomics.tables.read import read_text_table

GENE_NAMES, ARM_NAMED = ("gene", "gene symbol", "hugo_symbol", "symbol"), ("arm", "cytoband", "band")
GISTIC_GAIN, GISTIC_LOSS = 3, 1  # codes 0..4 stand for -2..2


@dataclass(frozen=True)
class Shares:
    """Shares of each arm that are gained and lost, (n, arms) each; NaN where the arm was not measured."""

    gained: pd.DataFrame
    lost: pd.DataFrame
    said: str


def arm_events(settings: ArmEventSettings, inputs: Inputs) -> list[Label]:
    """Return for each declared event whether it is there.

    An event is there when every part of it is (at least ``fraction`` of each arm), and it is not when one part is not
    (less than ``absent``). Anything between, or an arm that was not measured, leaves the patient without a call. The
    defaults, 80% and 20%, are those of Taylor and others.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such block; ``IGX-GEN-034`` the genes cannot be placed on arms, or an arm of an event was
        measured in nobody.

    Source
    ------
    Taylor and others 2018, Cancer Cell 33:676.
    """
    shares = arm_shares(settings, inputs)
    labels = [_event(name, text, shares, settings) for name, text in settings.events.items()]
    return [*labels, *(_arm(arm, shares, settings) for arm in shares.gained.columns if settings.arms)]


def arm_shares(settings: ArmEventSettings, inputs: Inputs) -> Shares:
    """Return which share of each arm is gained and lost in each patient."""
    table = inputs.block(settings.copy_number).table
    features = list(table.columns["feature"])
    if any(str(f).endswith(".gained") for f in features):
        values = inputs.numbers(settings.copy_number)
        arms = [arm for arm in ARM_NAMES if f"{arm}.gained" in values.columns]
        gained = values[[f"{arm}.gained" for arm in arms]].set_axis(arms, axis="columns")
        lost = values[[f"{arm}.lost" for arm in arms]].set_axis(arms, axis="columns")
        return Shares(gained, lost, "the measured length")
    ordinal = table.where(kind="ordinal")
    if len(ordinal.columns):
        cells = ordinal.values.set_axis(list(ordinal.columns["feature"]), axis="columns").reindex(
            inputs.patients
        )
        up, down = cells >= GISTIC_GAIN, cells <= GISTIC_LOSS
    else:
        cells = inputs.numbers(settings.copy_number)
        up, down = cells >= settings.gain, cells <= settings.loss
    return _by_arm(up, down, cells.notna(), settings, inputs)


def _by_arm(
    up: pd.DataFrame, down: pd.DataFrame, known: pd.DataFrame, settings: ArmEventSettings, inputs: Inputs
) -> Shares:
    """Return shares of genes by arm; columns that are arms themselves count as one measurement of the whole arm."""
    if settings.gene_arms is None:
        places = pd.Series({c: arm_name(str(c)) for c in known.columns}, dtype=object).dropna()
        least, said = 1, "the arm as measured"
    else:
        places = _gene_arms(settings.gene_arms, inputs)
        places = places[places.index.isin(known.columns)]
        least, said = settings.min_genes, "its genes with a value"
    if places.empty:
        raise InputError(
            "IGX-GEN-034",
            f"no column of '{settings.copy_number}' can be placed on an arm: {short_list(known.columns, 5)}",
            where=inputs.where,
            expected="columns named after arms (1p, 1q ...), or gene_arms = a table with the columns gene and arm",
            remedy="declare `gene_arms`",
        )
    cells = [frame[list(places.index)].to_numpy(dtype=bool) for frame in (known, up, down)]
    on_arm = np.array([places.to_numpy() == arm for arm in ARM_NAMES]).T.astype(float)
    n = cells[0] @ on_arm
    enough = (n >= least) & (n > 0)
    shares = [np.where(enough, ((c & cells[0]) @ on_arm) / np.maximum(n, 1), np.nan) for c in cells[1:]]
    gained, lost = (pd.DataFrame(s, index=known.index, columns=list(ARM_NAMES)) for s in shares)
    return Shares(gained, lost, said)


def _gene_arms(name: str, inputs: Inputs) -> pd.Series:
    path = inputs.resolve(name)
    frame = read_text_table(path)
    genes, written = _column(frame, GENE_NAMES, str(path)), _column(frame, ARM_NAMED, str(path))
    arms = written.map(arm_of_band)
    if not arms.notna().any() or genes.duplicated().any():
        raise InputError(
            "IGX-GEN-034",
            "a gene stands twice"
            if genes.duplicated().any()
            else f"no cell of '{written.name}' names an arm",
            where=str(path),
            expected="one row per gene, arms or bands written 1p, 19q13.2 ...",
            remedy="correct the table",
        )
    return pd.Series(arms.to_numpy(), index=genes, dtype=object).dropna()


def _column(frame: pd.DataFrame, names: tuple[str, ...], where: str) -> pd.Series:
    found = {str(c).lower(): c for c in frame.columns}
    for name in names:
        if name in found:
            return frame[found[name]]
    raise unknown_name("IGX-GEN-034", "column", names[0], frame.columns, where=where)


def _states(text: str, shares: Shares, settings: ArmEventSettings) -> tuple[pd.DataFrame, list[str]]:
    """Return 1 (there), 0 (not there) or NaN for each arm of an event."""
    states: dict[str, pd.Series] = {}
    for part in text.split():
        source = shares.gained if part[0] == "+" else shares.lost
        for arm in arms_of(part[1:]):
            share = source.get(arm, pd.Series(np.nan, index=shares.gained.index))
            called = (share >= settings.fraction) | (share < settings.absent)
            states[f"{part[0]}{arm}"] = (
                (share >= settings.fraction).astype(float).where(called & share.notna())
            )
    return pd.DataFrame(states), list(states)


def _event(name: str, text: str, shares: Shares, settings: ArmEventSettings) -> Label:
    states, parts = _states(text, shares, settings)
    measured = pd.DataFrame(
        {p: shares.gained.get(p[1:], pd.Series(np.nan, index=states.index)) for p in parts}
    ).notna()
    if not measured.any(axis=0).all():
        absent = [p[1:] for p in parts if not measured[p].any()]
        raise InputError(
            "IGX-GEN-034",
            f"the arms {short_list(absent, 6)} of '{name}' were measured in no patient",
            where=f"[[derive]] {settings.name}",
            remedy="declare events of arms that the block covers; with genes, `min_genes` may be lowered",
        )
    there, not_there = (states == 1).all(axis=1), (states == 0).any(axis=1)
    values = there.astype(float).where(there | not_there)
    reasons = give_reason(
        no_reasons(states.index), ~measured.any(axis=1), f"no row in '{settings.copy_number}'"
    )
    open_ = values.isna()
    reasons = give_reason(reasons, open_ & ~measured.all(axis=1), "an arm was not measured")
    reasons = give_reason(
        reasons, open_, f"an arm is changed in part ({settings.absent:g} to {settings.fraction:g})"
    )
    rule = (
        f"{text}: every part in at least {settings.fraction:g} of {shares.said}; not so where a part is in less than "
        f"{settings.absent:g}"
    )
    return Label(name, values, reasons, rule, (settings.copy_number,), kind="binary", levels=("no", "yes"))


def _arm(arm: str, shares: Shares, settings: ArmEventSettings) -> Label:
    gained, lost = shares.gained[arm], shares.lost[arm]
    values = pd.Series(np.nan, index=gained.index)
    values = values.mask((gained < settings.absent) & (lost < settings.absent), 1.0)
    values = values.mask(gained >= settings.fraction, 2.0).mask(lost >= settings.fraction, 0.0)
    reasons = give_reason(no_reasons(gained.index), gained.isna(), "the arm was not measured")
    reasons = give_reason(reasons, values.isna(), "the arm is changed in part")
    rule = (
        f"at least {settings.fraction:g} of {shares.said} gained or lost; neither below {settings.absent:g}"
    )
    levels = ("loss", "neither", "gain")
    return Label(arm, values, reasons, rule, (settings.copy_number,), kind="ordinal", levels=levels)
