"""The page of all runs: paper by paper, what was planted, what was found, and what cannot be run and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from imagenomics.catalogue.claims.check import check_claim, load_claims
from imagenomics.catalogue.papers.load import load_papers
from imagenomics.catalogue.plain import markdown
from imagenomics.designs.load import design_keys, why_none
from imagenomics.designs.words import MEANING, could_show, null_kept, null_words, planted_found
from imagenomics.work.failures import Failure

HEAD = (
    "paper",
    "the paper reported",
    "planted effect",
    "a study of this size could have shown it",
    "without effect",
    "published numbers recomputed",
    "remark",
)
LEGEND = (
    "The planted effect is the published one where it was printed, and else derived or assumed: its size is marked. "
    "*Planted effect*: whether the paper's own rule finds it in one simulated cohort with pictures or readers, and "
    "whether today's rules (corrected for the whole family, the package's defaults) do. *Could have shown it*: how "
    "often today's rules find it in 20 to 100 drawn cohorts of the same size (each design says how many), and when "
    "only half of it is there; of an assumed size it answers an assumption. *Without effect*: whether today's rules "
    "keep to their error rate, and in how many cohorts without any effect the paper's analysis reports something by "
    "an uncorrected p of at most .05."
)
Results = Mapping[str, Mapping[str, Any]]


def paper_runs_page(results: Results, failures: Mapping[str, Failure], *, date: str) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    results, failures
        As of :func:`imagenomics.designs.run.run_designs`.
    date : str
        The day of the runs.
    """
    papers = load_papers()
    claims = _claims()
    conventional = [k for k, paper in papers.items() if paper["section"] == "conventional"]
    lines = [
        "# The papers of the list, run",
        "",
        f"Made by `imagenomics papers run --all --page` on {date}. {_sum(results, failures)}",
        "",
        f"{MEANING} {LEGEND}",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
    ]
    for key in conventional:
        lines += _rows(key, results, failures, claims.get(key, ""))
    lines += ["", "## The machine-learning section", "", _learning(papers), ""]
    return "\n".join(lines)


def _rows(key: str, results: Results, failures: Mapping[str, Failure], claims: str) -> list[str]:
    if key in failures:
        return [_row(key, "", "did not run", "", "", claims, failures[key].error)]
    if key not in results:
        return [
            _row(
                key,
                "",
                "not run",
                "",
                "",
                claims,
                why_none(key) if key not in design_keys() else "not asked for",
            )
        ]
    result = results[key]
    rows = []
    for k, finding in enumerate(result["findings"]):
        rows.append(
            _row(
                key if not k else "",
                finding["printed"],
                planted_found(finding),
                could_show(finding),
                _without(finding, result),
                claims if not k else "",
                result["differs"] if not k else "",
            )
        )
    return rows


def _without(finding: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    words = null_words(finding)
    shares = result["analyses"].get(finding["analysis"])
    if shares is None or not shares["paper"]["of"]:
        return words
    return f"{words}; uncorrected, {100 * shares['paper']['found'] / shares['paper']['of']:.0f}% report something"


def _row(*cells: str) -> str:
    return f"| {' | '.join(markdown(c) for c in cells)} |"


def _claims() -> dict[str, str]:
    counts: dict[str, Counter[str]] = {}
    for claim in load_claims():
        counts.setdefault(claim.paper, Counter())[check_claim(claim).outcome] += 1
    return {key: ", ".join(f"{n} {what}" for what, n in count.items()) for key, count in counts.items()}


def _sum(results: Results, failures: Mapping[str, Failure]) -> str:
    rows = [row for result in results.values() for row in result["findings"]]
    found = sum(row["today"]["published"]["found"] is True for row in rows)
    judged = [kept for row in rows if (kept := null_kept(row)) is not None]
    sizes = Counter(row["size"] for row in rows)
    said = ", ".join(f"{sizes[k]} {k}" for k in ("printed", "derived", "assumed"))
    return (
        f"{len(results)} designs ran, {len(failures)} failed. Of {len(rows)} findings (size of the effect: {said}) "
        f"today's rules find {found} at the planted effect; of the {len(judged)} for which cohorts were drawn and "
        f"could be tested, they keep the null in {sum(judged)}."
    )


def _learning(papers: Mapping[str, Mapping[str, Any]]) -> str:
    keys = [k for k, paper in papers.items() if paper["section"] == "machine-learning"]
    return f"{', '.join(keys)}: entries and claims stand; their designs follow when their methods are in the package."
