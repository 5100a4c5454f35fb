"""Modules of genes: what they hold, which features follow them, and the trees of the module network."""

from __future__ import annotations

import pandas as pd

from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, fixed, many, number, p_value

LEADING = 10
MOST_ROWS = 40


def module_blocks(results: Results) -> list[Html]:
    """Return one block for each ``[[modules]]`` block of the study."""
    genes, mapped = results.table("modules.parquet"), results.table("module_map.parquet")
    trees = results.table("module_trees.parquet")
    found = []
    for block in results.blocks("modules"):
        name = str(block.get("name"))
        own = genes[genes["analysis"].astype(str) == name]
        pairs = mapped[mapped["analysis"].astype(str) == name]
        if not results.has("modules.parquet"):
            continue
        title = el("summary.block-head", el("span", name), el("small", f"modules: {block.get('method')}"))
        if own.empty:
            words = "No module was found: these genes do not move together in groups of that size."
            found.append(el("details.block", title, el("p.absent", words), attrs={"open": True}))
            continue
        tests = block.get("tests")
        alpha = (as_float(tests.get("alpha")) if isinstance(tests, dict) else None) or 0.05
        parts = [_members(own), *_map(pairs, alpha), _trees(trees[trees["analysis"].astype(str) == name])]
        found.append(el("details.block", title, parts, attrs={"open": True}))
    return found


def _members(genes: pd.DataFrame) -> Html:
    rows = [
        {
            "module": module,
            "genes": len(own),
            "leading": ", ".join(own.sort_values("rank")["gene"].head(LEADING)),
        }
        for module, own in genes.groupby("module", sort=False)
    ]
    columns = [
        Column("module", "module", breaks=True),
        Column("genes", "genes", count, numeric=True),
        Column("leading", "leading genes"),
    ]
    caption = "Genes that move together, found without looking at any picture; modules.parquet has them all."
    return data_table(pd.DataFrame(rows), columns, caption=caption)


def _map(pairs: pd.DataFrame, alpha: float) -> list[Html]:
    tested = pairs[pairs["p"].notna()].sort_values("p", kind="stable")
    if tested.empty:
        return [el("p.absent", "No module could be tested against a feature.")]
    passing = int((tested["q"] <= alpha).sum())
    result = (
        f"{many(passing, 'pair')} of {len(tested):,} with q of at most {alpha:g}"
        if passing
        else f"None of {len(tested):,} pairs passes a false discovery rate of {alpha:.0%}; the smallest q is "
        f"{p_value(tested['q'].min())}"
    )
    columns = [
        Column("target", "module", breaks=True),
        Column("feature", "feature", breaks=True),
        Column("test", "test"),
        Column("n", "patients", count, numeric=True),
        Column("effect", "effect", fixed, numeric=True),
        Column("p", "p", p_value, numeric=True),
        Column("q", "q", p_value, numeric=True),
        Column("p_maxt", "p maxT", p_value, numeric=True),
    ]
    shown = tested.head(MOST_ROWS)
    return [el("h4", "Radiogenomic map"), data_table(shown, columns, caption=f"{result}.", search=True)]


def _trees(trees: pd.DataFrame) -> Html | None:
    if trees.empty:
        return None
    roots = trees[(trees["node"] == 1) & trees["p"].notna()]
    splits = trees[trees["status"] == "split"]
    if splits.empty:
        best = f" The best root split has p {p_value(roots['p'].min())}." if len(roots) else ""
        words = f"No feature divides the patients by the activity of a module better than chance.{best}"
        return el("div", el("h4", "Module network"), el("p.absent", words))
    items = [el("li", _split_words(row)) for row in records(splits)]
    return el("div", el("h4", "Module network"), el("ul", items))


def _split_words(row: dict[str, object]) -> str:
    return (
        f"{row['module']}: {row['feature']} at {number(row['threshold'])} divides {count(row['n'])} patients and "
        f"explains {100 * (as_float(row['explained']) or 0.0):.0f}% of the module's variance there "
        f"(p {p_value(row['p'])})"
    )
