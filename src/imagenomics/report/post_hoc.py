"""Which levels of a categorical column differ: the pairwise tests of one family."""

from __future__ import annotations

from imagenomics.report.effects import effect_interval, effect_text
from imagenomics.report.families import Family
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, many, p_value
from imagenomics.report.wording import Wording

MOST_ROWS = 60


def level_table(results: Results, family: Family, wording: Wording) -> Html | None:
    """Return the pairwise tests of a family, the surest first; nothing where it has none."""
    own = results.rows_of("post_hoc.parquet", family.analysis)
    if own.empty:
        return None
    shown = own.sort_values(["p_adjusted", "p"], kind="stable").head(MOST_ROWS)
    ends = [effect_interval(r["ci_low"], r["ci_high"], str(r["effect_name"])) for r in records(shown)]
    columns = [
        Column("feature", "feature", wording.feature, breaks=True),
        Column("target", "target", breaks=True),
        Column("levels", "levels"),
        Column("effect", "effect", effect_text, numeric=True),
        Column("interval", family.ends),
        Column("p_adjusted", "adjusted p", p_value, numeric=True),
        Column("p", "p", p_value, numeric=True),
        Column("n", "n"),
    ]
    frame = shown.assign(
        interval=ends,
        levels=[f"{a} against {b}" for a, b in zip(shown["level_a"], shown["level_b"], strict=True)],
        n=[f"{count(a)} and {count(b)}" for a, b in zip(shown["n_a"], shown["n_b"], strict=True)],
    )
    how = f"{own['test'].iloc[0]}; the effect is the {own['effect_name'].iloc[0]}"
    caption = f"{many(len(shown), 'comparison')} of {len(own):,}. {how}. The adjusted p covers the levels of one pair."
    return el(
        "div.chart-block",
        el("h4", "Which levels differ"),
        data_table(frame, columns, caption=caption, search=True),
    )
