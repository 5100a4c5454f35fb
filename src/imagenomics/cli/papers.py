"""``imagenomics papers ...``: the reading list of the field, searched, shown, checked, rendered and cited."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagenomics.cli.catalogue import Day, OutFile, Words, day_of, facets_of, report_problems, write_out
from imagenomics.cli.exit_codes import DONE
from imagenomics.cli.options import AsJson, Data, RetryFailed, Workers, print_json

if TYPE_CHECKING:
    from imagenomics.catalogue.claims.check import Checked
    from imagenomics.catalogue.entries import Entry

group = typer.Typer(
    help="The reading list: search, show, check, render and cite papers.", no_args_is_help=True
)

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FACET=VALUE",
        help="Only papers with this value; repeatable. Facets: section, kind, organ, modality, phenotype, assay, "
        "target, method, dataset, verified, journal, author, year, analysable.",
        show_default=False,
    ),
]


@group.command("search")
def search(
    words: Words = None,
    where: Where = None,
    as_json: AsJson = False,
) -> int:
    """Find papers by words, by facets, or both: `papers search MGMT diffusion MRI --where year=2012-`."""
    from imagenomics.catalogue.papers.search import search_papers

    hits = search_papers(words or (), where=facets_of(where))
    return _show([hit.entry for hit in hits], words or [], as_json)


@group.command("list")
def list_papers(where: Where = None, as_json: AsJson = False) -> int:
    """List all papers, newest first."""
    return search(None, where, as_json)


@group.command("facets")
def facets(
    facet: Annotated[str, typer.Argument(metavar="FACET", help="Such as modality, assay or method.")],
    as_json: AsJson = False,
) -> int:
    """Print the values of a facet, each with its number of papers."""
    from imagenomics.catalogue.papers.load import load_papers
    from imagenomics.catalogue.papers.search import FACETS, facet_values
    from imagenomics.catalogue.plain import terminal
    from imagenomics.errors import unknown_name

    if facet not in FACETS:
        raise unknown_name("IGX-CAT-002", "facet", facet, FACETS)
    counts = facet_values(facet, load_papers())
    if as_json:
        print_json(counts)
    else:
        sys.stdout.write("".join(f"{n:4d}  {terminal(value)}\n" for value, n in counts.items()))
    return DONE


@group.command("show")
def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `papers search` prints it.")],
    as_json: AsJson = False,
) -> int:
    """Print all that the catalogue knows of one paper, its checked numbers included."""
    from imagenomics.catalogue.papers.load import load_paper
    from imagenomics.catalogue.papers.show import paper_text

    entry, checked = load_paper(key), _claims(key)
    if as_json:
        print_json({**entry, "claims": [c.document() for c in checked]})
        return DONE
    sys.stdout.write(paper_text(entry) + "\n")
    if checked:
        from imagenomics.catalogue.claims.table import plain_text

        sys.stdout.write("\nrecomputed:\n" + plain_text(checked))
    return DONE


@group.command("lint")
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="New entries (TOML), folders of them, or a list (Markdown)."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check the catalogue, new entries, or a list of papers in Markdown."""
    from imagenomics.catalogue.papers.lint import lint_entries
    from imagenomics.catalogue.papers.seed_lint import lint_list

    chosen = files or []
    entries = [file for file in chosen if file.suffix == ".toml" or file.is_dir()]
    problems = [p for file in chosen if file not in entries for p in lint_list(file)]
    if entries or not chosen:
        problems += lint_entries(entries)[1]
    return report_problems(problems, as_json)


@group.command("compile")
def compile_index() -> int:
    """Make the index that search reads, in a checkout of the project; wrong entries leave the old one."""
    from imagenomics.catalogue.papers.lint import compile_papers

    sys.stdout.write(f"{compile_papers()}\n")
    return DONE


@group.command("render")
def render(
    where: Where = None,
    out: OutFile = None,
    date: Day = None,
) -> int:
    """Write the list as Markdown in the sections of the founding list: sorted, repaired, extended."""
    from imagenomics.catalogue.datasets.load import load_datasets
    from imagenomics.catalogue.papers.render import render_list
    from imagenomics.catalogue.papers.search import search_papers

    chosen = {hit.key: hit.entry for hit in search_papers(where=facets_of(where))}
    datasets = None if where else load_datasets()
    text = render_list(chosen, date=day_of(date), datasets=datasets)
    return write_out(text, out)


@group.command("cite")
def cite(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEYS", help="Without any: all papers.")] = None,
    form: Annotated[str, typer.Option("--format", help="bibtex or csl.")] = "bibtex",
    where: Where = None,
    out: OutFile = None,
) -> int:
    """Print citations for a reference manager."""
    from imagenomics.catalogue.papers.cite import cite_papers
    from imagenomics.catalogue.papers.load import load_paper
    from imagenomics.catalogue.papers.search import search_papers

    entries = [load_paper(key) for key in dict.fromkeys(keys or [])]
    if not keys:
        entries = [hit.entry for hit in search_papers(where=facets_of(where))]
    return write_out(cite_papers(entries, form=form), out)


@group.command("run")
def run(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEYS", help="Papers with a design.")] = None,
    all_papers: Annotated[bool, typer.Option("--all", help="Run every design.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Name the papers that have a design.")] = False,
    study: Annotated[
        Path | None,
        typer.Option("--study", help="Run the paper's analysis on this study.", show_default=False),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=COLUMN", help="Column of --study; repeatable.", show_default=False
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the runs.", show_default=False)] = None,
    data: Data = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write the page of all runs.", show_default=False),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the simulated pictures.")] = False,
    workers: Workers = 1,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
) -> int:
    """Run papers as studies: on simulated cohorts with the published effect, half of it and none, or on your own."""
    from imagenomics.cli import paper_runs

    if listed:
        return paper_runs.name_designs(as_json)
    if study is not None:
        place = paper_runs.Own(study, data, tuple(mapping or ()), workers)
        return paper_runs.run_on_study(keys or [], place, out, as_json)
    how = paper_runs.How(out, workers, retry_failed, keep, page)
    return paper_runs.run_simulated(keys or [], all_papers, how, as_json)


def _show(entries: list[Entry], words: list[str], as_json: bool) -> int:
    from imagenomics.catalogue.papers.search import unknown_words
    from imagenomics.catalogue.papers.show import list_text

    if as_json:
        print_json(entries)
    elif entries:
        sys.stdout.write(f"{list_text(entries)}\n{len(entries)} papers\n")
    else:
        sys.stdout.write("no paper has all of this\n")
    if not entries:
        for word, near in unknown_words(words).items():
            hint = f"; did you mean '{near}'?" if near else ""
            sys.stderr.write(f"no paper has the word '{word}'{hint}\n")
    return DONE


def _claims(key: str) -> list[Checked]:
    from imagenomics.catalogue.claims.check import check_claim, load_claims

    return [check_claim(claim) for claim in load_claims() if claim.paper == key]
