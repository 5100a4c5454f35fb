"""Gene sets: what was found, what was not, and where random sets lie."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.report.badges import badge
from imagenomics.report.brain_maps import brain_map_blocks
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.module_maps import module_blocks
from imagenomics.report.random_signatures import signature_block
from imagenomics.report.set_charts import random_set_chart, score_charts
from imagenomics.report.table import Column, data_table, without_constant
from imagenomics.report.text import as_float, count, fixed, listed, many, met, p_value

MOST_ROWS = 60
P_RANDOM = (
    "How often a random set of as many genes, equally correlated and equally expressed, does as well. A set that "
    "does not beat its random sets is no better than any group of genes that move together."
)
P_PATIENTS = (
    "How often so strong a result appears when patients are permuted; genes stay as correlated as they are."
)
METHODS = {
    "phenotype-permutation": "gene set enrichment analysis with patients permuted",
    "self-contained": "self-contained test, patients permuted",
    "competitive": "competitive test with the correlation between genes",
    "preranked": "pre-ranked gene set enrichment analysis, genes permuted",
    "over-representation": "over-representation, the tested genes being the background",
}


def gene_set_section(results: Results) -> Html | None:
    """Return the section of gene sets and modules, None where the study declares none."""
    table = results.table("enrichment.parquet")
    blocks = [
        _block(results, str(name), own, i)
        for i, (name, own) in enumerate(table.groupby("analysis", sort=False, observed=True))
    ]
    modules, signatures = module_blocks(results), signature_block(results)
    maps = brain_map_blocks(results)
    if not blocks and not modules and not maps and signatures is None:
        if not results.declares("enrich", "modules", "brain_maps"):
            return None
        return el("p.absent", "Gene sets and modules were not tested: the run stopped before.")
    return el("div", blocks, modules, signatures, maps)


def _block(results: Results, name: str, rows: pd.DataFrame, i: int) -> Html:
    declared = next((b for b in results.blocks("enrich") if b.get("name") == name), {})
    adjust = [str(a) for a in declared.get("adjust") or ()]
    how = METHODS.get(str(declared.get("method")), "")
    words = f"{how}; " if how else ""
    title = el(
        "summary.block-head",
        el("span", name),
        el("small", f"{words}{'adjusted for ' + listed(adjust) if adjust else 'not adjusted'}"),
    )
    ordered = _ordered(rows)
    tested = ordered[ordered["p"].notna()]
    if tested.empty:
        reasons = "; ".join(sorted(set(rows["reason"].astype(str)) - {""})[:3])
        return el(
            "details.block",
            title,
            el("p.absent", f"No set could be tested. {reasons}"),
            attrs={"open": True},
        )
    return el(
        "details.block",
        title,
        el("p.lead", _sentence(ordered, tested, as_float(declared.get("alpha")) or 0.05)),
        random_set_chart(tested),
        score_charts(results, name, tested),
        el("h4", "Strongest sets"),
        _set_table(tested.head(MOST_ROWS)),
        el("p.note", f"All {many(len(rows), 'row')} are in enrichment.parquet."),
        attrs={"open": i < 3},
    )


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.assign(_supported=rows["verdict"] == "supported")
    keys = ["_supported", "p", "set", "feature"]
    return first.sort_values(keys, ascending=[False, True, True, True], kind="stable").drop(
        columns="_supported"
    )


def _sentence(rows: pd.DataFrame, tested: pd.DataFrame, alpha: float) -> str:
    sides = (tested["feature"].nunique(), "feature"), (tested["set"].nunique(), "gene set")
    pairs = f"{many(len(tested), 'pair')} tested{met(len(tested), *sides)}"
    left = len(rows) - len(tested)
    more = f"; {many(left, 'pair')} could not be tested" if left else ""
    found = int((tested["verdict"] == "supported").sum())
    passing = tested[tested["q"] <= alpha]
    if found:
        return (
            f"{pairs}{more}. {many(found, 'pair')} passed all three questions: the false discovery rate of the method, "
            "that of permuted patients, and random sets of the same size and correlation."
        )
    if len(passing):
        return (
            f"{pairs}{more}. {many(len(passing), 'pair')} had q of at most {alpha:g} under the null of the method, "
            "but none did better than permuted patients and random gene sets: nothing is claimed."
        )
    return (
        f"{pairs}{more}. No set passes a false discovery rate of {alpha:.0%}: the smallest q is "
        f"{p_value(tested['q'].min())}. Among so many pairs chance alone gives p values like those below; a set may "
        "lie beyond its random sets and still be one of them."
    )


def _set_table(shown: pd.DataFrame) -> Html:
    columns = [
        Column("set", "gene set", breaks=True),
        Column("feature", "feature", breaks=True),
        Column("effect", "effect", fixed, numeric=True),
        Column("effect_name", "effect is"),
        Column("q", "q", p_value, numeric=True),
        Column("p", "p", p_value, numeric=True, hint="Under the null of the method."),
        Column("verdict", "verdict", badge),
        Column("reason", "why not"),
        Column("p_permutation", "p patients", p_value, numeric=True, hint=P_PATIENTS),
        Column("p_random_sets", "p random sets", p_value, numeric=True, hint=P_RANDOM),
        Column("n", "patients", count, numeric=True),
        Column("size_tested", "genes tested", count, numeric=True),
        Column("leading", "leading genes", _genes),
    ]
    shown = shown.assign(effect_name=shown["effect_name"].replace("NES", "normalised enrichment score"))
    kept, same = without_constant(shown, columns, ["effect_name", "reason"])
    return data_table(shown, kept, caption=same, search=True)


def _genes(value: Any) -> str:
    genes = str(value or "").split("|")
    return ", ".join(genes[:6]) + (f" and {len(genes) - 6} more" if len(genes) > 6 else "")
