"""``imagenomics init FOLDER``: a first study file, with comments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagenomics.errors import InputError


def command(
    folder: Annotated[Path, typer.Argument(help="The folder with pictures and tables.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write; default: FOLDER/study.toml.", show_default=False),
    ] = None,
) -> int:
    """Write a first study file, with comments, from what lies in a folder."""
    from imagenomics.study.init import sketch_study
    from imagenomics.tables.write import write_text

    path = out or folder / "study.toml"
    if path.exists():
        raise InputError(
            "IGX-STUDY-008",
            "the study file exists already",
            where=str(path),
            remedy="give another name with --out",
        )
    text = sketch_study(folder)
    write_text(path, text)
    data = "" if path.resolve().parent == folder.resolve() else f" --data {folder}"
    sys.stdout.write(f"{path}\nread it, then: imagenomics check {path}{data}\n")
    return 0
