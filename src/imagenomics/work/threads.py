"""One numeric thread per task, so that results do not depend on how many tasks run side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

VARIABLES: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
}


@dataclass
class _Limits:
    """The limits of the outermost block, and how many modules were loaded when they were last set."""

    stack: ExitStack
    modules: int = -1

    def set_for_all(self) -> None:
        if self.modules != len(sys.modules):  # perhaps another such library was loaded meanwhile
            from threadpoolctl import threadpool_limits

            self.stack.enter_context(threadpool_limits(limits=1))
            self.modules = len(sys.modules)


_limits: ContextVar[_Limits | None] = ContextVar("limits", default=None)


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS and OpenMP to one thread inside the block; a block inside a block costs nothing."""
    outer = _limits.get()
    if outer is not None:
        outer.set_for_all()
        yield
        return
    with ExitStack() as stack:
        own = _Limits(stack)
        token = _limits.set(own)
        stack.callback(_limits.reset, token)
        own.set_for_all()
        yield


def limit_process() -> None:
    """Limit this process for good; worker processes call it when they start."""
    os.environ.update(VARIABLES)
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)


def available_cores() -> int:
    """Return the processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
