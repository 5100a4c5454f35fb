"""Signatures against random signatures: no family claims one that any group of genes that move together would match."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from imagenomics.errors import InputError
from imagenomics.genesets.lineup import COMPARED, Lineup, compare_with_random, line_up
from imagenomics.genesets.verdict import Null, q_above, stand_against
from imagenomics.genomics.derive.inputs import Inputs as DeriveInputs
from imagenomics.genomics.derive.settings_sets import SignatureSettings
from imagenomics.genomics.derive.signatures import gene_sets_of, score_gene_sets
from imagenomics.runs.families.declared import declared_families
from imagenomics.runs.families.kind import FamilyKind, Inputs
from imagenomics.runs.folder import RunFolder
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.verdicts.rules import ABSENT, SUPPORTED, UNTESTABLE

STAGE = "random signatures"
VERSION = 3
NAME = "random_signatures"
NOT_BEATING = "not shown to beat random signatures of the same size and correlation"
COLUMNS = (
    *("analysis", "feature", "target", "signature", "n", "q", *COMPARED[:5]),
    *("genes", "effective", "correlation", "correlation_random", "verdict", "reason"),
)


def test_signatures(
    plan: Plan, inputs: Inputs, associations: pd.DataFrame, *, shop: Workshop
) -> pd.DataFrame:
    """Compare every tested signature with random ones (``COLUMNS``); empty where no family tests any."""
    signatures = signature_columns(plan, inputs)
    parts = []
    for kind, block in declared_families(plan) if signatures else ():
        if kind.retest is None or associations.empty:
            continue
        rows = associations[associations["analysis"].astype(str) == block.name]
        side = kind.molecules_are
        for column in [c for c in signatures if (rows[side].astype(str) == c).any()]:
            own = rows[rows[side].astype(str) == column]
            parts.append(_one(kind, block, inputs, (column, signatures[column]), own, shop=shop))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def signature_columns(plan: Plan, inputs: Inputs) -> dict[str, SignatureSettings]:
    """Return the signatures of the study by column."""
    blocks = {b.name: b for b in plan.derive if isinstance(b, SignatureSettings)}
    sources = inputs.linked.molecules.columns["source"].astype(str)
    return {str(c): blocks[s] for c, s in sources.items() if s in blocks}


def read_comparisons(folder: RunFolder) -> pd.DataFrame:
    """Return what :func:`test_signatures` wrote into a run folder; empty where it wrote nothing."""
    path = folder.path / f"{NAME}.parquet"
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame(columns=list(COLUMNS))


def with_random_signatures(
    verdict: dict[str, Any], rows: pd.DataFrame, compared: pd.DataFrame, *, alpha: float
) -> dict[str, Any]:
    """Return the verdict of a target; one that rests on signatures alone has to beat random ones, too.

    Parameters
    ----------
    verdict : dict
        Of one target of a family.
    rows : DataFrame
        The family's rows of ``associations``.
    compared : DataFrame
        ``COLUMNS``.
    alpha : float
        q at which a pair passes.
    """
    mine = (compared["analysis"].astype(str) == verdict["analysis"]) & (
        compared["target"] == verdict["target"]
    )
    own = compared[mine & (compared["q"] <= alpha)]
    if verdict["verdict"] != SUPPORTED or own.empty:
        return verdict
    passing = rows[(rows["target"].astype(str) == verdict["target"]) & (rows["q"] <= alpha)]
    others = len(passing) - len(own)
    beating = int((own["verdict"] == SUPPORTED).sum())
    said = (
        f"{verdict['reason']} Of {len(own)} passing pairs with a signature {beating} beat random signatures"
    )
    if beating or others:
        return {**verdict, "reason": f"{said} of its size and correlation."}
    smallest = own["p_random_sets"].min()
    words = f" (smallest p {smallest:.2g})" if smallest == smallest else ""
    return {
        **verdict,
        "verdict": ABSENT,
        "why_not": f"{NOT_BEATING}{words}",
        "reason": f"{said} of its size and correlation{words}: other groups of genes that move together may say "
        "as much, so nothing is claimed for this one.",
    }


def _one(
    kind: FamilyKind,
    block: Any,
    inputs: Inputs,
    signature: tuple[str, SignatureSettings],
    rows: pd.DataFrame,
    *,
    shop: Workshop,
) -> pd.DataFrame:
    """Return the comparison of one signature in one family, from the store where it was made before."""
    column, settings = signature

    def compute() -> dict[str, Any]:
        return {"table": _compared(kind, block, inputs, (column, settings), rows)}

    upstream = (inputs.linked.key, inputs.extracted.key, str(inputs.seed))
    unit = Unit(STAGE, VERSION, block.canonical() + column, upstream=upstream)
    table: pd.DataFrame = shop.once(unit, compute)["table"]
    return table


def _compared(
    kind: FamilyKind, block: Any, inputs: Inputs, signature: tuple[str, SignatureSettings], rows: pd.DataFrame
) -> pd.DataFrame:
    assert kind.retest is not None
    side = kind.molecules_are
    partner = "target" if side == "feature" else "feature"
    own = rows[["analysis", "feature", "target", "n", "q"]].astype(
        {"feature": str, "target": str, "analysis": str}
    )
    own = own.assign(signature=signature[0])
    try:
        lineup = _lineup(inputs, signature, analysis=block.name, seed=inputs.seed)
    except InputError as error:
        return own.assign(verdict=UNTESTABLE, reason=error.what).reindex(columns=list(COLUMNS))
    tested = kind.retest(block, inputs, kind.where(block), lineup.scores)
    found = compare_with_random(tested, lineup, side=side).reindex(own[partner])
    table = own.reset_index(drop=True).join(found.reset_index(drop=True))
    table = table.assign(
        genes=lineup.genes,
        effective=lineup.effective,
        correlation=lineup.wanted,
        correlation_random=lineup.reached,
    )
    answers = pd.DataFrame(_answers(table, block.alpha), columns=["verdict", "reason"], index=table.index)
    return table.join(answers)[list(COLUMNS)]


def _answers(table: pd.DataFrame, alpha: float) -> Iterator[tuple[str, str]]:
    for q, p, why in zip(table["q"], table["p_random_sets"], table["why_not"], strict=True):
        nulls = Null(q, q_above(alpha)), Null(p, NOT_BEATING, str(why))
        yield stand_against(nulls, alpha=alpha, reason="")


def _lineup(inputs: Inputs, signature: tuple[str, SignatureSettings], *, analysis: str, seed: int) -> Lineup:
    column, settings = signature
    linked = inputs.linked
    source = linked.molecules.columns["source"].astype(str) == settings.expression
    table = linked.molecules.select(linked.molecules.columns.index[source]).where(kind="continuous")
    numbers = table.values.set_axis(list(table.columns["feature"]), axis="columns")
    where = f"[[derive]] {settings.name}"
    sets = gene_sets_of(settings, DeriveInputs(numbers.index, {}, lambda name: linked.root / name, where))
    chosen = sets[column.removeprefix(f"{settings.name}.")]
    score = partial(score_gene_sets, settings, numbers)
    return line_up(chosen, numbers, score, count=settings.random_sets, stream=(seed, analysis, column))
