"""The one entry to derived labels: settings and molecule tables in, one more table for each block out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from imagenomics.genomics.derive.apoe import apoe_alleles
from imagenomics.genomics.derive.arm_events import arm_events
from imagenomics.genomics.derive.burden import mutational_burden
from imagenomics.genomics.derive.centroids import nearest_centroid
from imagenomics.genomics.derive.cuts import cut_levels, estimate_purity
from imagenomics.genomics.derive.glioma import glioma_classes
from imagenomics.genomics.derive.inputs import CALLED, Inputs, Label
from imagenomics.genomics.derive.mgmt import mgmt_methylation
from imagenomics.genomics.derive.settings import DeriveSettings
from imagenomics.genomics.derive.signatures import signature_scores
from imagenomics.genomics.derive.units import unit_labels
from imagenomics.genomics.table import (
    RULE_COLUMNS,
    UNCALLED_COLUMNS,
    MoleculeTable,
    block_table,
    empty,
)

RULES: Mapping[str, Callable[[Any, Inputs], list[Label]]] = {
    "tmb": mutational_burden,
    "arm-events": arm_events,
    "glioma-class": glioma_classes,
    "mgmt-stp27": mgmt_methylation,
    "cut": cut_levels,
    "estimate-purity": estimate_purity,
    "apoe": apoe_alleles,
    "signature": signature_scores,
    "centroid": nearest_centroid,
    "units": unit_labels,
}
DERIVED_COLUMNS = (*RULE_COLUMNS, "called", "not_called", "why")


def derive_labels(
    blocks: Sequence[DeriveSettings],
    tables: Mapping[str, MoleculeTable],
    *,
    patients: Sequence[str] | None = None,
    resolve: Callable[[str], Path] = Path,
) -> dict[str, MoleculeTable]:
    """Return one table for each block of derived labels.

    Parameters
    ----------
    blocks : sequence of DeriveSettings
        In order; a block may use what an earlier one derived.
    tables : mapping
        Name of a `[[molecules]]` block -> its table.
    patients : sequence of str, optional
        For whom labels are derived; None takes every patient of the tables.
    resolve : callable
        Makes a path of a file named in the settings.

    Returns
    -------
    dict of str to MoleculeTable
        Columns ``{block}.{label}`` with the role ``label``; ``rules`` says by which rule and from what, ``uncalled``
        for whom it could not be called, and why. Every patient is either called or there.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` a block or column that is not there; those of the rules.
    """
    known = dict(tables)
    ids = patients if patients is not None else set().union(*(_patients(t) for t in tables.values()))
    index = pd.Index(sorted(ids), name="patient", dtype=object)
    derived: dict[str, MoleculeTable] = {}
    for block in blocks:
        inputs = Inputs(index, known, resolve, f"[[derive]] {block.name}")
        labels = [_inherited(label, known) for label in RULES[block.kind](block, inputs)]
        derived[block.name] = known[block.name] = _table(block, labels, index)
    return derived


def count_calls(
    tables: Mapping[str, MoleculeTable], patients: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return, for these patients, how many each derived label called (``DERIVED_COLUMNS``), and whom it did not."""
    index = pd.Index(patients)
    rules = _stack([t.rules for t in tables.values()], RULE_COLUMNS)
    uncalled = _stack([t.uncalled for t in tables.values()], UNCALLED_COLUMNS)
    uncalled = uncalled[uncalled["patient"].isin(index)].reset_index(drop=True)
    rows = []
    for column in rules["column"]:
        reasons = uncalled.loc[uncalled["column"] == column, "reason"]
        counts = reasons.value_counts()
        why = "; ".join(
            f"{reason} ({n})" for reason, n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))
        )
        rows.append((len(index) - len(reasons), len(reasons), why))
    counted = pd.DataFrame(rows, columns=["called", "not_called", "why"], index=rules.index)
    return pd.concat([rules, counted], axis=1).reindex(columns=list(DERIVED_COLUMNS)), uncalled


def _patients(table: MoleculeTable) -> set[str]:
    own = set(map(str, table.table.values.index))
    return (
        own
        if table.units is None
        else own | set(map(str, table.units.values.index.get_level_values("patient")))
    )


def _inherited(label: Label, tables: Mapping[str, MoleculeTable]) -> Label:
    """Return the label; what is made of columns that were estimated across patients is so, too."""
    for name in label.inputs:
        source = tables[name.partition(".")[0]]
        described = source.table.columns if source.units is None else source.units.columns
        own = described.loc[[name]] if name in described.index else described
        if (own["learned"] != "").any():
            return replace(label, learned="cohort")
    return label


def _table(block: DeriveSettings, labels: Sequence[Label], patients: pd.Index) -> MoleculeTable:
    values = pd.DataFrame({label.name: label.values for label in labels}, index=patients)
    rules, uncalled = [], []
    for label in labels:
        column = f"{block.name}.{label.name}"
        rules.append((column, label.rule, ", ".join(label.inputs), label.learned))
        missed = label.reasons[label.reasons != CALLED]
        uncalled += [(column, patient, reason) for patient, reason in missed.items()]
    return MoleculeTable(
        table=block_table(
            values,
            block,
            role="label",
            family="derived",
            kind=[label.kind for label in labels],
            levels=["|".join(label.levels) for label in labels],
            unit=[label.unit for label in labels],
            learned=[label.learned for label in labels],
        ),
        notes=tuple(f"{block.name}: {note}" for label in labels for note in label.notes),
        rules=pd.DataFrame(rules, columns=list(RULE_COLUMNS)).astype(object),
        uncalled=_stack([pd.DataFrame(uncalled, columns=list(UNCALLED_COLUMNS))], UNCALLED_COLUMNS),
    )


def _stack(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True).astype(object) if filled else empty(columns)
