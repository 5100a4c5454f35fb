"""How a command ends; scripts rely on these numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagenomics.runs.summary import Summary

DONE, INTERNAL, BAD_INPUT, TOO_MANY_FAILURES, INTERRUPTED = 0, 1, 2, 3, 130


def exit_code(summary: Summary) -> int:
    """Return the code that the outcome of a run deserves."""
    return TOO_MANY_FAILURES if summary.too_many_failures else DONE
