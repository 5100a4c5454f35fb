"""What is to be predicted: a declared target becomes numbers by patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from imagenomics.cohort.coding import CodedColumn, code_column
from imagenomics.cohort.settings import ColumnSettings
from imagenomics.cohort.source import text_column
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.predict.families import check_survival
from imagenomics.prepare.base import Task
from imagenomics.runs.families.follow_up import read_follow_up
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.predictors import refuse_own_genes
from imagenomics.runs.survival_block import FollowUpSettings
from imagenomics.runs.train_block import TrainBlock
from imagenomics.stats.class_counts import count_classes
from imagenomics.stats.signed_times import sign_times
from imagenomics.tables.patient_table import PatientTable

EACH = "each"


@dataclass(frozen=True)
class Target:
    """One declared target.

    Parameters
    ----------
    analysis : str
        Name of the ``[[train]]`` block; with ``=class`` where each class is a target of its own.
    column : str
        The molecule, label, clinical column or (predicted from genes) image feature; of survival the column of times.
    task : {"binary", "continuous", "survival"}
        Classes, numbers, or times to an event.
    values : Series
        1 for the positive class and 0 for the others, numbers, or signed times; NaN where not known; by patient.
    positive, negative : str
        What 1 and 0, or the signs of times, mean.
    block : TrainBlock
        The declaration.
    pictured : bool
        It is an image feature.
    """

    analysis: str
    column: str
    task: Task
    values: pd.Series
    positive: str
    negative: str
    block: TrainBlock
    pictured: bool = False

    @property
    def baselines(self) -> tuple[str, ...]:
        """Return the baselines that are asked for; the volume is none for what is seen in the same picture.

        Where the study names it all the same, it stays, and its verdict says why it cannot be tested.
        """
        named = "baselines" in self.block.model_fields_set
        return tuple(b for b in self.block.baselines if named or not (self.pictured and b == "volume"))

    def counts(self, labels: pd.Series) -> tuple[int | None, int | None]:
        """Return how many of these patients are positive and negative, or had the event and are censored."""
        return count_classes(labels.to_numpy(dtype=np.float64), self.task)


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str
    values: pd.Series
    levels: list[str]
    pictured: bool = False


def resolve_targets(plan: Plan, linked: Linked, features: PatientTable | None = None) -> list[Target]:
    """Return every declared target of the study, in the order of the file.

    Parameters
    ----------
    plan : Plan
    linked : Linked
    features : PatientTable, optional
        Image features, among which genes may find their target.

    Raises
    ------
    InputError
        ``IGX-RUN-060``: no such column; ``IGX-RUN-061``: several columns of that name; ``IGX-RUN-062``: a target
        with classes and no ``positive``; ``IGX-RUN-063``: a class that the column does not have; ``IGX-RUN-064``: a
        module, a measure that is learned from all patients, or what is made of the genes that predict it;
        ``IGX-PRED-008``: a model that does not know survival;
        errors of :func:`~imagenomics.runs.families.follow_up.read_follow_up`.
    """
    modules = {block.name for block in plan.modules}
    for block in plan.train:
        _refuse_learned(block, modules, features)
    targets = [target for block in plan.train for target in _targets(block, linked, features)]
    for target in targets:
        refuse_own_genes(target.block, target.column, plan, linked)
    return targets


def _refuse_learned(block: TrainBlock, modules: set[str], features: PatientTable | None) -> None:
    """Refuse what was learned from the patients of the test part as a target (``IGX-RUN-064``)."""
    module = block.target.partition(".")[0] in modules and block.target.partition(".")[2].startswith(
        ("module_", "metagene_")
    )
    learned = (
        features is not None and block.target in features.columns.index[features.columns["role"] == "learned"]
    )
    if module or learned:
        raise InputError(
            "IGX-RUN-064",
            f"'{block.target}' is learned from all patients, those of the test part included",
            where=f"[[train]] {block.name}",
            expected="a target that is known of each patient alone",
            remedy="predict a `signature` of [[derive]] with stated genes, or predict from modules (`predictors`)"
            if module
            else "predict a measured feature",
        )


def _targets(block: TrainBlock, linked: Linked, features: PatientTable | None) -> list[Target]:
    where = f"[[train]] {block.name}"
    outcome = block.outcome()
    if outcome is not None:
        return [_survival(block, outcome, linked, where)]
    column = _find(block, linked, features if block.from_genes else None, where)
    if column.kind == "continuous":
        if block.positive is not None:
            raise InputError("IGX-RUN-063", f"'{column.name}' is a number and has no classes", where=where)
        values = column.values.astype("float64")
        return [Target(block.name, column.name, "continuous", values, "", "", block, column.pictured)]
    codes = _as_levels(column)
    if block.positive == EACH:
        return [_one_class(block, column, codes, level, f"{block.name}={level}") for level in column.levels]
    positive = block.positive
    if positive is None and column.kind == "binary" and len(column.levels) == 2:
        positive = column.levels[1]
    if positive is None:
        raise InputError(
            "IGX-RUN-062",
            f"'{column.name}' has the classes {short_list(column.levels, 8)} and none is declared positive",
            where=where,
            remedy="declare positive = '...', or positive = 'each' for one target per class",
        )
    if positive not in column.levels:
        raise unknown_name("IGX-RUN-063", f"class of {column.name}", positive, column.levels, where=where)
    return [_one_class(block, column, codes, positive, block.name)]


def _survival(block: TrainBlock, outcome: FollowUpSettings, linked: Linked, where: str) -> Target:
    """Return times to the event as signed times; patients without follow-up are not known."""
    for name in (block.primary, *block.models, *block.nulls):
        check_survival(name, where=where)
    found = read_follow_up(outcome, linked, where)
    signed = pd.Series(sign_times(found.times.time, found.times.event), index=found.times.ids)
    values = signed.reindex(linked.clinical.values.index)
    return Target(block.name, block.target, "survival", values, found.causes[0], "censored", block)


def _as_levels(column: _Column) -> pd.Series:
    """Return the level name of each patient, None where not known."""
    if column.kind == "categorical":
        return column.values.astype(object)
    names = dict(enumerate(column.levels))
    return column.values.map(lambda code: None if pd.isna(code) else names[int(code)]).astype(object)


def _one_class(block: TrainBlock, column: _Column, levels: pd.Series, positive: str, analysis: str) -> Target:
    values = levels.map(lambda level: None if pd.isna(level) else float(level == positive)).astype("float64")
    others = [level for level in column.levels if level != positive]
    return Target(
        analysis, column.name, "binary", values, positive, short_list(others), block, column.pictured
    )


def _find(block: TrainBlock, linked: Linked, features: PatientTable | None, where: str) -> _Column:
    """Look for the target among molecules, clinical variables, image features and columns of the patients table."""
    for table in (linked.molecules, linked.clinical):
        names = [block.target] if block.target in table.columns.index else _by_feature(table, block.target)
        if len(names) > 1:
            raise InputError(
                "IGX-RUN-061",
                f"'{block.target}' is {len(names)} columns: {short_list(names)}",
                where=where,
                remedy="write the block's name before it",
            )
        if names:
            kind = str(table.columns.at[names[0], "kind"])
            return _Column(names[0], kind, table.values[names[0]], table.levels(names[0]))
    if features is not None and block.target in features.columns.index:
        kind = str(features.columns.at[block.target, "kind"])
        return _Column(
            block.target, kind, features.values[block.target], features.levels(block.target), pictured=True
        )
    return _raw_column(block, linked, where)


def _by_feature(table: PatientTable, name: str) -> list[str]:
    return list(table.columns.index[table.columns["feature"] == name])


def _raw_column(block: TrainBlock, linked: Linked, where: str) -> _Column:
    """Code a column of the patients table that no block declares; every spelling is a class of its own."""
    if block.target not in linked.raw.columns:
        known = [*linked.molecules.columns.index, *linked.clinical.columns.index, *linked.raw.columns]
        raise unknown_name("IGX-RUN-060", "target", block.target, map(str, known), where=where)
    kind: Literal["categorical"] | None = "categorical" if block.positive is not None else None
    coded: CodedColumn = code_column(
        text_column(linked.raw[block.target]),
        ColumnSettings(kind=kind),
        name=block.target,
        where=f"table of patients: {block.target}",
    )
    return _Column(block.target, coded.kind, coded.values, list(coded.levels))
