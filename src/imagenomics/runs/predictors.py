"""What a prediction is made from when it is not made from pictures: genes, or the modules that they form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.genomics.derive.settings import DeriveSettings
from imagenomics.prepare.learned import Teaching
from imagenomics.runs.choose import choose_targets
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.set_blocks import ModulesBlock
from imagenomics.runs.train_block import TrainBlock

WORDS = ("name", "kind", "levels", "rule")  # of a [[derive]] block: they name no column that is read


@dataclass(frozen=True)
class GenePredictors:
    """Columns that a model sees, and arrays from which modules are learned in each training part.

    Parameters
    ----------
    columns : DataFrame, (n, p)
        Genes, by patient; no column where modules are learned.
    bags : dict of str to Series
        By block the array of genes (p,) of each patient.
    learned : list
        The blocks that say how modules are learned.
    settings : str
        What they depend on, as canonical text.
    """

    columns: pd.DataFrame
    bags: dict[str, pd.Series] = field(default_factory=dict)
    learned: list[Teaching] = field(default_factory=list)
    settings: str = ""


def gene_predictors(block: TrainBlock, plan: Plan, linked: Linked) -> GenePredictors:
    """Return the genes, or what modules are learned from, for a block whose ``predictors`` are not images."""
    where = f"[[train]] {block.name}"
    modules = modules_of(block, plan.modules)
    if modules is None:
        genes = choose_targets(linked.molecules, block.predictors, where=where)
        return GenePredictors(genes.values.astype(np.float64))
    genes = choose_targets(linked.molecules, modules.molecules, where=where)
    cells = np.empty(len(genes.values), dtype=object)
    cells[:] = list(genes.values.to_numpy(dtype=np.float64))
    return GenePredictors(
        pd.DataFrame(index=genes.values.index),
        {modules.name: pd.Series(cells, index=genes.values.index)},
        [modules],
        modules.learning(),
    )


def refuse_own_genes(block: TrainBlock, target: str, plan: Plan, linked: Linked) -> None:
    """Refuse a target that is one of the genes that predict it, or derived from them.

    Raises
    ------
    InputError
        ``IGX-RUN-064``: such a target.
    """
    columns = linked.molecules.columns
    if not block.from_genes or target not in columns.index:
        return
    where = f"[[train]] {block.name}"
    modules = modules_of(block, plan.modules)
    genes = choose_targets(
        linked.molecules, block.predictors if modules is None else modules.molecules, where=where
    ).columns
    made_of = str(columns.at[target, "source"]) in derived_from(genes, plan.derive)
    if target in genes.index or made_of:
        raise InputError(
            "IGX-RUN-064",
            f"'{target}' is {'made of' if made_of else 'one of'} the genes that predict it",
            where=where,
            expected="a target that was measured otherwise",
            remedy="predict an image feature, or a label that was not read from the expression",
        )


def derived_from(genes: pd.DataFrame, blocks: Iterable[DeriveSettings]) -> set[str]:
    """Return the ``[[derive]]`` blocks that read genes, or what an earlier block derived from them.

    Parameters
    ----------
    genes : DataFrame
        Descriptions of the columns, with ``source``.
    blocks : iterable of DeriveSettings
        In the order of the study.
    """
    used, made = {*genes.index, *genes["source"]}, set[str]()
    for block in blocks:
        names = set(_strings(block.model_dump(exclude=set(WORDS))))
        if names & used or any(name.partition(".")[0] in made for name in names):
            made.add(block.name)
    return made


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings(tuple(value.values()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from _strings(part)


def modules_of(block: TrainBlock, modules: Iterable[ModulesBlock]) -> ModulesBlock | None:
    """Return the ``[[modules]]`` block whose modules a prediction learns; None for images or plain genes."""
    return next((m for m in modules if m.name == block.predictors), None)


def predictors_in_words(block: TrainBlock, modules: Iterable[ModulesBlock]) -> str:
    """Return what a prediction is made from, for ``check``; '' for images."""
    if not block.from_genes:
        return ""
    own = modules_of(block, modules)
    if own is None:
        return f"the genes of {block.predictors}"
    return (
        f"{'metagenes' if own.method == 'metagenes' else 'modules'} of {own.molecules}, learned in each fold"
    )
