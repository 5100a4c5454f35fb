"""A TOML file, or an error that says which file and what to do."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from imagenomics.errors import FileProblem, InputError


class Complaint(NamedTuple):
    """How messages name the file, and the code and remedy of one that cannot be read and of one that is not TOML."""

    what: str
    unread: tuple[str, str]
    not_toml: tuple[str, str]


def read_toml(path: Path, complaint: Complaint) -> dict[str, Any]:
    """Return a TOML file as it is.

    Raises
    ------
    FileProblem
        The first code of ``complaint``: it is absent or cannot be read.
    InputError
        The second: it is not TOML, or not UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        code, remedy = complaint.unread
        reason = error.strerror or error
        raise FileProblem(
            code, f"{complaint.what} cannot be read ({reason})", where=str(path), remedy=remedy
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        code, remedy = complaint.not_toml
        raise InputError(
            code, f"{complaint.what} is not valid TOML: {error}", where=str(path), remedy=remedy
        ) from error
