"""Progress on stderr when a person is watching; silence otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where progress goes; ``Progress(shown=False)`` is quiet."""

    shown: bool = False

    @classmethod
    def automatic(cls) -> Progress:
        """Show progress only when stderr is a terminal."""
        return cls(shown=sys.stderr.isatty())

    @contextmanager
    def bar(self, label: str, total: int | None) -> Iterator[Callable[[], None]]:
        """Show a bar with ``total`` steps; the block receives the function that advances it."""
        if not self.shown:
            yield _nothing
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=Console(stderr=True)) as view:
            task = view.add_task(label, total=total)
            yield lambda: view.advance(task)

    def say(self, text: str) -> None:
        """Print one line for the person who is watching."""
        if self.shown:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()


def _nothing() -> None:
    """Advance no bar."""
