"""``imagenomics claims ...``: whether published numbers follow from what was printed beside them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imagenomics.cli.options import AsJson, print_json

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


def _show(answer: Answer, as_json: bool) -> int:
    if as_json:
        print_json(answer.document())
    else:
        sys.stdout.write(answer.text() + "\n")
    return 0
