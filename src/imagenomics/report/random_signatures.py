"""Gene signatures that were tested, each among random signatures of its kind."""

from __future__ import annotations

from imagenomics.report.badges import badge
from imagenomics.report.families import PASSES
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.set_charts import random_set_chart
from imagenomics.report.table import Column, data_table, without_constant
from imagenomics.report.text import as_float, count, fixed, many, p_value

MOST_ROWS = 40
HINT = (
    "How often a random signature of as many genes, equally correlated and equally expressed, scored in the same way, "
    "goes with it as well."
)


def signature_block(results: Results) -> Html | None:
    """Return what became of signatures in associations and survival; nothing where none was tested."""
    table = results.table("random_signatures.parquet")
    if table.empty:
        return None
    compared = table[table["p_random_sets"].notna()].sort_values(
        ["q", "p_random_sets", "signature", "feature"], kind="stable"
    )
    levels = {str(b.get("name")): as_float(b.get("alpha")) for b in results.family_blocks()}
    passing = table[table["q"] <= table["analysis"].astype(str).map(levels).fillna(PASSES)]
    beating = int((table["verdict"] == "supported").sum())
    words = (
        f"{many(len(table), 'pair')} of a signature were tested; {count(len(passing))} pass the false discovery rate "
        f"of their block, and {count(beating)} of these are shown to beat random signatures of the same size and "
        "correlation."
    )
    drawn = compared.rename(columns={"z": "statistic"}).assign(set=compared["signature"])
    drawn["feature"] = drawn["feature"].where(drawn["feature"] != drawn["signature"], drawn["target"])
    shown = compared.head(MOST_ROWS)
    kept, same = without_constant(shown, _columns(), ["reason"])
    return el(
        "details.block",
        el("summary.block-head", el("span", "Signatures"), el("small", "against random signatures")),
        el("p.lead", words),
        random_set_chart(drawn, groups="signatures"),
        data_table(shown, kept, caption=same, search=True),
        el("p.note", f"All {many(len(table), 'row')} are in random_signatures.parquet."),
        attrs={"open": True},
    )


def _columns() -> list[Column]:
    return [
        Column("signature", "signature", breaks=True),
        Column("feature", "feature", breaks=True),
        Column("target", "target", breaks=True),
        Column("z", "z", fixed, numeric=True, hint="The p value of the pair as a standard normal deviate."),
        Column("q", "q", p_value, numeric=True),
        Column("p_random_sets", "p random", p_value, numeric=True, hint=HINT),
        Column("verdict", "verdict", badge),
        Column("reason", "why not"),
        Column("n", "patients", count, numeric=True),
        Column("genes", "genes", count, numeric=True),
        Column("analysis", "analysis"),
    ]
