"""Modules of genes: what they hold, which features follow them, and the trees of the module network."""

from __future__ import annotations

import pandas as pd

from imagenomics.report.badges import badge
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.set_charts import random_set_chart
from imagenomics.report.table import Column, data_table, without_constant
from imagenomics.report.text import as_float, count, fixed, many, number, p_value

LEADING = 10
MOST_ROWS = 40
SUPPORTED = "supported"
LOOSER = 0.1  # difference of mean correlations above which a module's random groups are not like it
P_RANDOM = (
    "How often the eigengene of a random group of as many genes, equally correlated and equally expressed, goes with "
    "the feature as well. Only pairs that pass q are compared."
)


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


def _map(pairs: pd.DataFrame, alpha: float) -> list[Html | None]:
    tested = pairs[pairs["p"].notna()].sort_values("p", kind="stable")
    if tested.empty:
        return [el("p.absent", "No module could be tested against a feature.")]
    columns = [
        Column("target", "module", breaks=True),
        Column("feature", "feature", breaks=True),
        Column("effect", "effect", fixed, numeric=True),
        Column("q", "q", p_value, numeric=True),
        Column("p", "p", p_value, numeric=True),
        Column("verdict", "verdict", badge),
        Column("reason", "why not"),
        Column("p_random_sets", "p random", p_value, numeric=True, hint=P_RANDOM),
        Column("p_maxt", "p maxT", p_value, numeric=True),
        Column("n", "patients", count, numeric=True),
        Column("test", "test"),
    ]
    first = tested.sort_values("verdict", key=lambda v: v != SUPPORTED, kind="stable")
    kept, same = without_constant(first.head(MOST_ROWS), columns, ["test"])
    drawn = first.rename(columns={"statistic": "statistic of the test", "z": "statistic"})
    return [
        el("h4", "Radiogenomic map"),
        el("p.lead", _sentence(tested, alpha)),
        random_set_chart(drawn.assign(set=drawn["target"].astype(str)), groups="modules"),
        data_table(first.head(MOST_ROWS), kept, caption=same, search=True),
        el("p.note", f"All {many(len(pairs), 'row')} are in module_map.parquet."),
    ]


def _sentence(tested: pd.DataFrame, alpha: float) -> str:
    passing = tested[tested["q"] <= alpha]
    if passing.empty:
        return (
            f"None of {many(len(tested), 'pair')} passes a false discovery rate of {alpha:.0%}; the smallest q is "
            f"{p_value(tested['q'].min())}."
        )
    verb = "has" if len(passing) == 1 else "have"
    said = f"{len(passing):,} of {many(len(tested), 'pair')} {verb} q of at most {alpha:g}"
    compared = passing["p_random_sets"].notna()
    if not compared.any():
        reasons = "; ".join(sorted(set(passing["reason"].astype(str)) - {""}))
        return (
            f"{said}, and none could be held against random groups of genes: {reasons}. Nothing is claimed."
        )
    beating = int((passing["verdict"] == SUPPORTED).sum())
    left = int((~compared).sum())
    more = f" {many(left, 'pair')} could not be compared." if left else ""
    if not beating:
        return (
            f"{said}, but none is shown to beat random groups of genes of the same size and correlation: other genes "
            f"that move together may say as much, and nothing is claimed.{more}"
        )
    chance = (
        f" That p is not adjusted for the number of pairs: among {int(compared.sum()):,} that say no more than random "
        f"groups do, about {number(alpha * float(compared.sum()), 2)} would beat them."
    )
    return (
        f"{said}, and {beating:,} of these beat random groups of genes of the same size and correlation.{chance}"
        f"{_looser(passing[passing['verdict'] == SUPPORTED])}{more}"
    )


def _looser(supported: pd.DataFrame) -> str:
    """Say of which claims the random groups were looser than the module; '' where there were groups like it."""
    loose = supported[supported["correlation"] - supported["correlation_random"] > LOOSER]
    if loose.empty:
        return ""
    least = records(loose.sort_values("correlation_random", kind="stable"))[0]
    return (
        f" For {len(loose):,} of them no other genes are as correlated (in the module {fixed(least['correlation'])}, "
        f"in its random groups {fixed(least['correlation_random'])}): they beat looser groups, whose strength was "
        "raised for that."
    )


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
    note = "Splits are held against permuted patients alone, not against random groups of genes."
    return el("div", el("h4", "Module network"), el("ul", items), el("p.note", note))


def _split_words(row: dict[str, object]) -> str:
    return (
        f"{row['module']}: {row['feature']} at {number(row['threshold'])} divides {count(row['n'])} patients and "
        f"explains {100 * (as_float(row['explained']) or 0.0):.0f}% of the module's variance there "
        f"(p {p_value(row['p'])})"
    )
