"""Several readers of one image: agreed answers, and a declared rule where they differ."""

from __future__ import annotations

from collections import Counter
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.features.semantic.dictionary import MISSING, Item
from imagenomics.settings import Settings

DISAGREEMENT_COLUMNS = ("patient", "item", "reader", "answer", "taken")
UNDECIDED = "undecided"  # the readers differ, and the rule finds no winner


class Consensus(Settings):
    """What counts where readers differ."""

    rule: Literal["first", "majority", "mean"] = Field(
        description="'first': the first reader, in the order of `readers`, who gave an answer; 'majority': the "
        "answer of most readers, none where several have as many; 'mean': of the numbers, or of the positions of "
        "ordinal levels, which become numbers."
    )
    classes: Literal["first", "majority"] | None = Field(
        None, description="With 'mean': the rule for binary and categorical items, which have no mean."
    )
    readers: tuple[str, ...] = Field((), description="The readers in order, for 'first'.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if "first" in (self.rule, self.classes) and not self.readers:
            raise ValueError("'first' needs `readers` in their order")
        if (self.rule == "mean") != (self.classes is not None):
            raise ValueError("`classes` belongs to rule = 'mean': binary and categorical items have no mean")
        return self

    def rule_of(self, item: Item) -> str:
        """Return the rule for this item."""
        if self.rule == "mean" and item.kind in ("binary", "categorical"):
            return str(self.classes)
        return self.rule

    def averages(self, item: Item) -> bool:
        """Tell whether the levels of this item become numbers."""
        return self.rule_of(item) == "mean"


def agree(wide: pd.DataFrame, item: Item, consensus: Consensus | None) -> tuple[pd.Series, pd.DataFrame]:
    """Return one answer for each patient, and every answer where readers differ.

    Parameters
    ----------
    wide : DataFrame, (patients, readers)
        Answers of :class:`~imagenomics.features.semantic.cells.Answers`; None where a reader gave none.
    item : Item
        The question.
    consensus : Consensus or None
        The rule; None: readers must agree.

    Returns
    -------
    taken : Series
        The answer; the state 'undecided' where the rule finds none.
    disagreements : DataFrame
        ``patient, item, reader, answer, taken``.

    Raises
    ------
    InputError
        ``IGX-FEAT-045`` readers differ and no rule is declared; ``IGX-FEAT-046`` a reader in the order who is none.
    """
    differ = wide.nunique(axis=1) > 1
    if differ.any() and consensus is None:
        raise _no_rule(wide[differ], item)
    order = _order(wide, consensus)
    # Where readers agree, any rule gives their answer; a mean is still taken of positions.
    taken = wide[order].bfill(axis=1).iloc[:, 0].astype(object) if order else pd.Series(dtype=object)
    if consensus is not None:
        rule = consensus.rule_of(item)
        rows = wide.index if rule == "mean" else wide.index[differ]
        for patient in rows:
            given = [a for a in wide.loc[patient, order] if isinstance(a, str)]
            taken[patient] = _decide(given, rule, item)
    taken = taken.where(taken.notna(), None)
    return taken, _listed(wide[differ], taken, item)


def _decide(given: list[str], rule: str, item: Item) -> str | None:
    if not given:
        return None
    if rule == "first":
        return given[0]
    if rule == "mean":
        return _mean(given, item)
    counts = Counter(given).most_common()
    return UNDECIDED if len(counts) > 1 and counts[0][1] == counts[1][1] else counts[0][0]


def _mean(given: list[str], item: Item) -> str:
    """Return the mean of the readers with a value; the most frequent state where none has one."""
    positions = {level.label: float(k) for k, level in enumerate(item.levels)}
    values = [positions[a] if item.levels else float(a) for a in given if a not in item.states()]
    if values:
        return repr(float(np.mean(values)))
    return str(_decide(given, "majority", item))


def _order(wide: pd.DataFrame, consensus: Consensus | None) -> list[str]:
    names = [str(c) for c in wide.columns]
    declared = list(consensus.readers) if consensus else []
    for name in declared:
        if name not in names:
            raise unknown_name("IGX-FEAT-046", "reader", name, names)
    if declared and len(declared) < len(names):
        left = sorted(set(names) - set(declared))
        raise InputError(
            "IGX-FEAT-046",
            f"readers without a place in the order: {short_list(left)}",
            remedy="name every reader in `readers`",
        )
    return declared or sorted(names)


def _listed(wide: pd.DataFrame, taken: pd.Series, item: Item) -> pd.DataFrame:
    rows = [
        (patient, item.code, str(reader), answer if isinstance(answer, str) else MISSING, final or MISSING)
        for patient, answers, final in zip(wide.index, wide.to_numpy(), taken[wide.index], strict=True)
        for reader, answer in zip(wide.columns, answers, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(DISAGREEMENT_COLUMNS))


def _no_rule(wide: pd.DataFrame, item: Item) -> InputError:
    shown = short_list(
        f"{patient} ({' / '.join(a if isinstance(a, str) else '-' for a in answers)})"
        for patient, answers in wide.iterrows()
    )
    return InputError(
        "IGX-FEAT-045",
        f"the readers differ in '{item.label}' for {len(wide)} patients: {shown}",
        where=f"readers {', '.join(map(str, wide.columns))}",
        remedy="declare a consensus: rule = 'first' with the order of the readers, 'majority' or 'mean'",
    )
