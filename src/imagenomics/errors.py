"""How imagenomics says that something is wrong: what, where, what was expected, and what to do.

Every message carries a code such as ``IGX-LINK-003``; each code is a page in ``docs/errors``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ImagenomicsError(Exception):
    """Base of all errors that imagenomics raises on purpose.

    Parameters
    ----------
    code : str
        Stable code, ``IGX-<ROOM>-<NNN>``.
    what : str
        What is wrong with the value, in one sentence.
    where : str, optional
        File, patient, column or study-file section.
    expected : str, optional
        What would have been right.
    remedy : str, optional
        What the reader can do now.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.code = code
        self.what = what
        self.where = where
        self.expected = expected
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        lines = [f"[{self.code}] {self.what}"]
        for title, text in (("where", self.where), ("expected", self.expected), ("remedy", self.remedy)):
            if text:
                lines.append(f"  {title}: {text}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes without losing a part."""
        parts = (self.code, self.what, self.where, self.expected, self.remedy)
        return _rebuild, (type(self), parts)


def _rebuild(
    kind: type[ImagenomicsError], parts: tuple[str, str, str | None, str | None, str | None]
) -> object:
    code, what, where, expected, remedy = parts
    return kind(code, what, where=where, expected=expected, remedy=remedy)


class InputError(ImagenomicsError, ValueError):
    """A value, a table or a study file that cannot be used as it is."""


class FileProblem(ImagenomicsError, OSError):
    """A file that is absent, unreadable, truncated or cannot be written."""

    def __str__(self) -> str:
        return self._message()


class StorageProblem(FileProblem):
    """Results cannot be kept: the disk is full, or the folder cannot be written to."""


class ArgumentTypeError(ImagenomicsError, TypeError):
    """An argument of a kind that the function does not take."""


class InternalError(ImagenomicsError, RuntimeError):
    """A broken promise of the package itself; please report it."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to ``word``, or None when none is close."""
    table = {k.lower(): k for k in known}
    found = difflib.get_close_matches(word.lower(), table, n=1, cutoff=0.6)
    return table[found[0]] if found else None


def unknown_name(
    code: str, kind: str, word: str, known: Iterable[str], *, where: str | None = None
) -> InputError:
    """Build the one message used everywhere for a name that is not among the known ones."""
    names = sorted(known)
    close = nearest(word, names)
    shown = ", ".join(names[:12]) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")
    remedy = f"did you mean '{close}'?" if close else f"use one of: {shown}" if names else None
    return InputError(
        code, f"unknown {kind} '{word}'", where=where, expected=f"one of: {shown}", remedy=remedy
    )


def short_list(values: Iterable[object], limit: int = 3) -> str:
    """Return the first ``limit`` values as text, with the number left out."""
    items = [str(v) for v in values]
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more
