"""What finished runs of the examples found and did not find, as Markdown.

    python benchmarks/example_run.py RUN [RUN ...] [--write examples/glioma.md]

Reads the tables of the run folders: verdicts, associations, gene sets with their random sets, signatures with their
random signatures, modules. ``--write`` puts it between the marks ``<!-- runs -->`` and ``<!-- /runs -->`` of a file.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

BEGIN, END = "<!-- runs -->", "<!-- /runs -->"
ALPHA = 0.05
STRONGEST = 3


def summary(run: Path) -> str:
    record = json.loads((run / "record.json").read_text())
    head = (
        f"### {record['study']}\n\nRun of {record['finished'][:10]} with imagenomics {record['imagenomics']}, seed "
        f"{record['seed']}; {record['patients']} patients."
    )
    lines = [
        *predictions(run),
        *associations(run),
        *gene_sets(run),
        *signatures(run),
        *modules(run),
    ]
    return "\n".join([head, "", *lines])


def table(run: Path, name: str) -> pd.DataFrame:
    path = run / f"{name}.parquet"
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame()


def verdicts(run: Path) -> pd.DataFrame:
    rows = json.loads((run / "verdicts.json").read_text())["verdicts"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["kind", "analysis", "target", "verdict"])


def predictions(run: Path) -> Iterator[str]:
    rows = verdicts(run)
    for row in rows[rows["kind"].isin(("prediction", "increment"))].itertuples():
        what = row.estimate_name.upper() if row.kind == "prediction" else "gain in AUC"
        yield (
            f"- **{row.analysis}**, {row.kind} by {row.model}, {row.n:.0f} patients: {what} {row.estimate:.2f} "
            f"({row.ci_low:.2f} to {row.ci_high:.2f}), adjusted p {row.null_p_adjusted:.2g}: {row.verdict}."
        )


def associations(run: Path) -> Iterator[str]:
    judged, rows = verdicts(run), table(run, "associations")
    judged = judged[judged["kind"] == "association"]
    if rows.empty:
        return
    for analysis, own in rows.groupby("analysis", sort=False, observed=True):
        tested = own[own["p"].notna()].sort_values("p")
        mine = judged[judged["analysis"] == analysis]
        held = mine[mine["verdict"] == "supported"]["target"].astype(str)
        words = f"supported: {', '.join(f'`{t}`' for t in held)}" if len(held) else "none is supported"
        passing = int((own["q"] <= ALPHA).sum())
        yield (
            f"- **{analysis}**: {len(tested):,} tests of {own['target'].nunique()} targets, {passing} with q up to "
            f"{ALPHA:g}; {words}."
        )
        for row in tested.head(STRONGEST).itertuples():
            yield (
                f"  - `{row.feature}` with `{row.target}`: {row.effect_name} {row.effect:.2f} ({row.ci_low:.2f} to "
                f"{row.ci_high:.2f}), q {row.q:.2g}, {row.n} patients"
            )


def gene_sets(run: Path) -> Iterator[str]:
    rows = table(run, "enrichment")
    if rows.empty:
        return
    for analysis, own in rows.groupby("analysis", sort=False, observed=True):
        tested = own[own["p"].notna()].sort_values("p")
        small = tested[tested["q"] <= ALPHA]
        beats = int((small["p_random_sets"] <= ALPHA).sum()) if "p_random_sets" in small else 0
        held = int((own["verdict"] == "supported").sum())
        yield (
            f"- **{analysis}**: {len(tested):,} tests of {tested['set'].nunique()} sets along "
            f"{tested['feature'].nunique()} features; {len(small)} with q up to {ALPHA:g}, {beats} of them beat their "
            f"random sets, {held} supported; smallest q {tested['q'].min():.2g}."
        )
        for row in tested.head(STRONGEST).itertuples():
            yield (
                f"  - `{row.set}` along `{row.feature}`: q {row.q:.2g}, against random sets p {row.p_random_sets:.2g}"
            )


def signatures(run: Path) -> Iterator[str]:
    rows = table(run, "random_signatures")
    if rows.empty:
        return
    for analysis, own in rows.groupby("analysis", sort=False, observed=True):
        p = own["p_random_sets"]
        beats = int((p <= ALPHA).sum())
        yield (
            f"- **{analysis}**, signatures beside random signatures of the same size, correlation and level: "
            f"{int(p.notna().sum())} tests compared, {beats} beat their random ones (p up to {ALPHA:g}); by chance "
            f"{ALPHA * p.notna().sum():.1f} would."
        )


def modules(run: Path) -> Iterator[str]:
    genes, rows = table(run, "modules"), table(run, "module_map")
    if rows.empty:
        return
    for analysis, own in rows.groupby("analysis", sort=False, observed=True):
        tested = own[own["p"].notna()].sort_values("p")
        mine = genes[genes["analysis"] == analysis]
        sizes = (
            mine[~mine["module"].astype(str).isin(("grey", "none", ""))]
            .groupby("module", observed=True)
            .size()
        )
        best = tested.iloc[0]
        beating = int((own["verdict"] == "supported").sum())
        passing = int((tested["q"] <= ALPHA).sum())
        compared = f", {beating} of them beat random groups of genes" if passing else ""
        p = best["p_random_sets"]
        yield (
            f"- **{analysis}**: {len(sizes)} modules of {sizes.min()} to {sizes.max()} genes, {len(tested)} tests, "
            f"{passing} with q up to {ALPHA:g}{compared}; the strongest is `{best['feature']}` with "
            f"`{best['target']}`, {best['effect_name']} {best['effect']:.2f}, q {best['q']:.2g}"
            f"{f', against random groups p {p:.2g}' if p == p else ''}."
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    text = "\n\n".join(summary(run) for run in options.runs)
    if options.write is None:
        print(text)
        return
    page = options.write.read_text()
    inside = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not inside.search(page):
        raise SystemExit(f"{options.write} has no marks {BEGIN} and {END}")
    options.write.write_text(inside.sub(lambda _: f"{BEGIN}\n{text}\n{END}", page))


if __name__ == "__main__":
    main()
