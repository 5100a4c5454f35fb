"""``imagenomics claims ...``: whether published numbers follow from what was printed beside them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imagenomics.cli.options import AsJson, print_json
from imagenomics.errors import InputError

if TYPE_CHECKING:
    from imagenomics.catalogue.claims.answer import Answer

PrintedP = Annotated[
    str | None,
    typer.Option(
        metavar="P", help="The p value that was printed, such as .048 or '<.001'.", show_default=False
    ),
]

group = typer.Typer(
    help="Recompute published numbers, and say which test and which side they fit.", no_args_is_help=True
)


@group.command("check")
def check(
    paper: Annotated[
        str | None, typer.Option(help="Only this paper, by its key.", show_default=False)
    ] = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a table for the documentation.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Recompute the published numbers of the catalogue."""
    from imagenomics.catalogue.claims.check import check_claims
    from imagenomics.catalogue.claims.table import markdown, plain_text

    checked = check_claims(paper=paper)
    if as_json:
        print_json([one.document() for one in checked])
    else:
        sys.stdout.write(markdown(checked) if as_markdown else plain_text(checked))
    return 0


@group.command("proportion")
def proportion(
    share: Annotated[str, typer.Argument(metavar="SHARE", help="As printed: 88% or .877.")],
    n: Annotated[int, typer.Option("--n", help="Of how many.", min=1)],
    printed_p: PrintedP = None,
    chance: Annotated[float, typer.Option(help="Share under the null hypothesis.", min=0, max=1)] = 0.5,
    as_json: AsJson = False,
) -> int:
    """All counts behind a printed percentage."""
    from imagenomics.catalogue.claims.proportions import check_proportion

    return _show(check_proportion(share, n, printed_p=printed_p, chance=chance), as_json)


@group.command("counts")
def counts(
    first: Annotated[str, typer.Argument(metavar="K/N", help="First group, such as 17/30.")],
    second: Annotated[str, typer.Argument(metavar="K/N", help="Second group, such as 19/97.")],
    printed_p: PrintedP = None,
    as_json: AsJson = False,
) -> int:
    """All tests and estimates of a 2 x 2 table."""
    from imagenomics.catalogue.claims.counts import check_counts

    return _show(check_counts(first, second, printed_p=printed_p), as_json)


@group.command("correlation")
def correlation(
    r: Annotated[str, typer.Option("--r", help="As printed.")],
    n: Annotated[int, typer.Option("--n", help="Patients.", min=3)],
    kind: Annotated[str, typer.Option(help="pearson, spearman or kendall.")] = "pearson",
    controlled: Annotated[int, typer.Option(help="Variables partialled out.", min=0)] = 0,
    printed_p: PrintedP = None,
    as_json: AsJson = False,
) -> int:
    """Interval and p of a printed correlation."""
    from imagenomics.catalogue.claims.correlations import check_correlation

    answer = check_correlation(r, n, kind=kind, controlled=controlled, printed_p=printed_p)  # type: ignore[arg-type]
    return _show(answer, as_json)


@group.command("groups")
def groups(
    mean: Annotated[str, typer.Option(metavar="M,M", help="Means.")],
    sd: Annotated[str, typer.Option(metavar="S,S", help="Standard deviations.")],
    n: Annotated[str, typer.Option("--n", metavar="N,N", help="Sizes.")],
    printed_p: PrintedP = None,
    as_json: AsJson = False,
) -> int:
    """Recompute the tests of published means, standard deviations and sizes."""
    from imagenomics.catalogue.claims.groups import check_groups

    return _show(check_groups(mean.split(","), sd.split(","), _sizes(n), printed_p=printed_p), as_json)


@group.command("auc")
def auc(
    area: Annotated[str, typer.Option("--auc", help="As printed.")],
    n: Annotated[
        str | None, typer.Option("--n", metavar="P,N", help="Positives, negatives.", show_default=False)
    ] = None,
    error: Annotated[str | None, typer.Option("--se", help="Standard error.", show_default=False)] = None,
    printed_p: PrintedP = None,
    as_json: AsJson = False,
) -> int:
    """Test a printed AUC against chance."""
    from imagenomics.catalogue.claims.areas import check_auc

    sizes = None if n is None else _sizes(n, wanted=2)
    both = None if sizes is None else (sizes[0], sizes[1])
    return _show(check_auc(area, error=error, n=both, printed_p=printed_p), as_json)


@group.command("hazard-ratio")
def hazard_ratio(
    ratio: Annotated[str, typer.Option("--hr", help="Hazard (or odds) ratio as printed.")],
    interval: Annotated[
        str | None, typer.Option("--ci", metavar="LOW,HIGH", help="95% interval.", show_default=False)
    ] = None,
    printed_p: PrintedP = None,
    as_json: AsJson = False,
) -> int:
    """P of a printed ratio from its interval, or the interval from p."""
    from imagenomics.catalogue.claims.ratios import check_ratio

    limits = None if interval is None else _parts(interval, wanted=2)
    both = None if limits is None else (limits[0], limits[1])
    return _show(check_ratio(ratio, interval=both, printed_p=printed_p), as_json)


@group.command("accuracy")
def accuracy(
    sensitivity: Annotated[str, typer.Option(help="As printed.")],
    specificity: Annotated[str, typer.Option(help="As printed.")],
    n: Annotated[int, typer.Option("--n", help="Patients in all.", min=2)],
    share: Annotated[str | None, typer.Option("--accuracy", help="As printed.", show_default=False)] = None,
    positives: Annotated[int | None, typer.Option(help="Diseased.", min=1, show_default=False)] = None,
    as_json: AsJson = False,
) -> int:
    """All 2 x 2 tables behind a printed sensitivity and specificity."""
    from imagenomics.catalogue.claims.accuracies import check_accuracy

    return _show(check_accuracy(sensitivity, specificity, n, accuracy=share, positives=positives), as_json)


def _parts(text: str, *, wanted: int | None = None) -> list[str]:
    parts = text.split(",")
    if wanted is not None and len(parts) != wanted:
        expected = f"{wanted}, with a comma between"
        raise InputError("IGX-CLAIM-004", f"'{text}' is not {wanted} numbers", expected=expected)
    return parts


def _sizes(text: str, *, wanted: int | None = None) -> list[int]:
    parts = _parts(text, wanted=wanted)
    if not all(part.strip().isdecimal() for part in parts):
        raise InputError(
            "IGX-CLAIM-004", f"'{text}' are no sizes", expected="whole numbers with commas between"
        )
    return [int(part) for part in parts]


def _show(answer: Answer, as_json: bool) -> int:
    if as_json:
        print_json(answer.document())
    else:
        sys.stdout.write(answer.text() + "\n")
    return 0
