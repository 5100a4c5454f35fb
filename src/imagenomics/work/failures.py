"""What is kept of an item that could not be done, so that the others can go on."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from imagenomics.errors import ImagenomicsError, StorageProblem


@dataclass(frozen=True)
class Failure:
    """One item that was not done: which, why, and what to do.

    Parameters
    ----------
    item : str
        Name of the item, as given to :meth:`Executor.map`.
    code : str
        Stable error code; ``IGX-WORK-001`` for an exception that no room foresaw.
    error : str
        What went wrong, in one sentence.
    where, remedy : str
        File or column, and what the reader can do; empty when not known.
    trace : str
        The original traceback, kept whole.
    fatal : bool
        No fault of the item: results cannot be kept, so going on is pointless.
    """

    item: str
    code: str
    error: str
    where: str = ""
    remedy: str = ""
    trace: str = ""
    fatal: bool = False


def failure_of(item: str, error: BaseException) -> Failure:
    """Describe ``error`` as the failure of ``item``."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, ImagenomicsError):
        what = error.what if error.expected is None else f"{error.what} (expected {error.expected})"
        fatal = isinstance(error, StorageProblem)
        return Failure(item, error.code, what, error.where or "", error.remedy or "", trace, fatal)
    if isinstance(error, MemoryError):
        remedy = "use fewer workers or a smaller region; `imagenomics check` estimates memory beforehand"
        return Failure(item, "IGX-WORK-003", "not enough memory", "", remedy, trace)
    text = f"{type(error).__name__}: {error}"
    return Failure(
        item, "IGX-WORK-001", text, "", "see the traceback in failures.json; please report it", trace
    )


def worker_died(item: str) -> Failure:
    """Describe an item whose worker process died, twice, while it was being done."""
    return Failure(
        item,
        "IGX-WORK-002",
        "the worker process died while doing this item, and died again when it was done alone",
        "",
        "look at the input file; if memory ran out, use fewer workers; then run again with --retry-failed",
    )
