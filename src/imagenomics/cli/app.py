"""The command ``imagenomics``: verbs, exit codes, and how an error is shown."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import typer
from typer.main import get_command

from imagenomics import __version__
from imagenomics.cli.exit_codes import BAD_INPUT, DONE, INTERNAL, INTERRUPTED
from imagenomics.errors import ImagenomicsError, InternalError

VERBS = (
    "demo",
    "init",
    "check",
    "run",
    "link",
    "extract",
    "associate",
    "enrich",
    "train",
    "nulls",
    "report",
    "predict",
    "papers",
    "datasets",
    "fetch",
    "claims",
)

app = typer.Typer(
    name="imagenomics",
    help="Trace genes from pictures: link medical images with the molecular data of the same patients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Trace genes from pictures."""


def register(verbs: Sequence[str] = VERBS) -> None:
    """Give each verb its command, or its group of commands; its module imports nothing heavy until it is called."""
    for verb in verbs:
        module = import_module(f"imagenomics.cli.{verb}")
        if hasattr(module, "group"):
            app.add_typer(module.group, name=verb)
        else:
            app.command(verb)(module.command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the code that the outcome deserves."""
    given = arguments if arguments is not None else sys.argv[1:]
    # The commands of other verbs cost time that a search does not have; help and unknown words need them all.
    register(given[:1] if given and given[0] in VERBS else VERBS)
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are printed to stderr."""
    try:
        outcome = get_command(app).main(args=arguments, prog_name="imagenomics", standalone_mode=False)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted: what was done is kept, the same command resumes\n")
        return INTERRUPTED
    except InternalError as error:
        return _report_internal(error)
    except ImagenomicsError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001 - the last line of defence turns surprises into exit codes
        return _usage_or_internal(error)
    return outcome if isinstance(outcome, int) else DONE


def _usage_or_internal(error: Exception) -> int:
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return int(getattr(error, "exit_code", BAD_INPUT))
    if type(error).__name__ == "Abort":
        return INTERRUPTED
    return _report_internal(error)


def _report_internal(error: Exception) -> int:
    traceback.print_exception(error, file=sys.stderr)
    sys.stderr.write("\nThis is a defect of imagenomics; please report it with the lines above.\n")
    return INTERNAL
