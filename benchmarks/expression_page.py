"""The page that shows what expression_peers.py found."""

from __future__ import annotations

from expression_cohorts import EFFECT, SCENARIOS

PAGE = """# Tests of expression beside limma, edgeR, DESeq2, PyDESeq2 and samr

Made by `python benchmarks/expression_peers.py --data DIR --write docs/reference/expression_peers.md` on {date}
({versions}, PyDESeq2 0.5.4).
{patients} patients, {genes} genes a cohort, one covariate in every model, a phenotype of two groups or a number;
{repeats} cohorts of each sort. A tenth of the genes of every second cohort was planted by thinning reads (Gerard 2020):
a factor of e^{binary} between groups, e^{continuous} for a standard deviation, up or down.

{sorts}

## The same numbers

Largest differences over all genes of {cohorts} cohorts of negative binomial counts, and genes with q at most .05 in all
of them. The first three are meant to be identical, and the d of SAM; `tests/reference/test_reference_limma.py` holds
the three, with missing values too, to R's. Moderated t tests read log2 counts per million with TMM library sizes here.
Our quasi-scores are no F of edgeR's, and differ where effects are large. SAM has no covariate and
100 permutations on both sides; samr adds one gene to the number beyond, so that its p is never below 1 / genes.

| ours | peer | statistic | p | p, relative | least rank correlation of p | called by ours, peer, both |
|---|---|---|---|---|---|---|
{agreement}

## Error rates and power

Shares of genes with p at most .05 and .001 where nothing was planted (two groups; a number): 5% and 0.1% are right.
Power: share of planted genes with q at most .05; false: share of genes with q at most .05 that were not planted. Both
DESeq2 have their defaults (Cook's distances, replaced counts), all genes kept.

| counts | method | p ≤ .05 | p ≤ .001 | power | false |
|---|---|---|---|---|---|
{rates}

## Time

{timed} genes, {patients} patients, two groups, one covariate; CPU seconds of one run and one thread, normalising
included.

| ours | seconds | peer | seconds | times ours |
|---|---|---|---|---|
{times}
"""
IDENTICAL = ("moderated", "moderated, trend", "voom")
PARTNERS = {
    "moderated": ["limma"],
    "voom": ["limma-voom"],
    "negative-binomial": ["DESeq2", "PyDESeq2"],
    "quasi-likelihood": ["edgeR QL"],
}


def page(found: dict) -> str:
    """Return the page as Markdown."""
    return PAGE.format(
        **{k: found[k] for k in ("date", "versions", "patients", "genes", "repeats")},
        **EFFECT,
        sorts="\n".join(f"- {name}: {what}." for name, what in SCENARIOS.items()),
        cohorts=max(row["cohorts"] for row in found["agreement"]),
        agreement="\n".join(map(_agreement, found["agreement"])),
        rates="\n".join(map(_rate, found["rates"])),
        timed=f"{found['timed_genes_kept']:,}",
        times="\n".join(_times(found["seconds"])),
    )


def _agreement(row: dict) -> str:
    shown = ("statistic", "p", "ratio of p") if row["ours"] in IDENTICAL else ("statistic", "p")
    numbers = " | ".join([*(f"{row[name]:.1e}" for name in shown), ""][:3])
    counts = ", ".join(f"{row[f'called by {who}']:.0f}" for who in ("ours", "peer", "both"))
    return f"| `{row['ours']}` | {row['peer']} | {numbers} | {row['rank correlation of p']:.4f} | {counts} |"


def _rate(row: dict) -> str:
    shares = [
        "; ".join(f"{row[f'p<={limit} ({kind})']:.{digits}%}" for kind in ("binary", "continuous"))
        for limit, digits in ((0.05, 1), (0.001, 2))
    ]
    shown = f"{row['power']:.0%} | {row['false discoveries']:.0%}"
    return f"| {row['scenario']} | {row['method']} | {' | '.join(shares)} | {shown} |"


def _times(seconds: dict) -> list[str]:
    return [
        f"| `{method}` | {own:.2f} | {peer} | {seconds['peers'][peer]:.2f} | {seconds['peers'][peer] / own:.1f} |"
        for method, own in seconds["ours"].items()
        for peer in PARTNERS.get(method, [])
    ]
