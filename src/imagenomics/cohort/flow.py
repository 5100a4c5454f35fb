"""How many patients were kept at each step, and why the others left: counts that always add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imagenomics.errors import InternalError
from imagenomics.tables.write import SCHEMA_VERSION


@dataclass(frozen=True)
class FlowStep:
    """Patients left after one step, and how many it removed for which reason."""

    label: str
    n: int
    removed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Flow:
    """The patient flow of a study (CONSORT-like).

    Parameters
    ----------
    steps : tuple of FlowStep
        In order; each step keeps what the one before kept, less what it removed.
    notes : tuple of str
        What a reader of the diagram should know, e.g. how many intervals are unknown.
    """

    steps: tuple[FlowStep, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for before, step in zip(self.steps, self.steps[1:], strict=False):
            if before.n - sum(step.removed.values()) != step.n or min(step.removed.values(), default=0) < 0:
                raise InternalError("IGX-COHORT-020", f"the patient flow does not add up at '{step.label}'")

    @classmethod
    def start(cls, label: str, n: int) -> Flow:
        """Return a flow that begins with ``n`` patients."""
        return cls((FlowStep(label, n),))

    @property
    def n(self) -> int:
        """Return the number of patients at the end."""
        return self.steps[-1].n

    def then(self, label: str, removed: Mapping[str, int]) -> Flow:
        """Return the flow with one more step that removed these patients, by reason."""
        counts = {reason: int(n) for reason, n in removed.items() if n}
        step = FlowStep(label, self.n - sum(counts.values()), counts)
        return Flow((*self.steps, step), self.notes)

    def note(self, text: str) -> Flow:
        """Return the flow with one more remark."""
        return Flow(self.steps, (*self.notes, text))

    def as_dict(self) -> dict[str, Any]:
        """Return what ``flow.json`` holds."""
        steps = [
            {"label": s.label, "n": s.n, "removed": [{"reason": r, "n": n} for r, n in s.removed.items()]}
            for s in self.steps
        ]
        return {
            "schema_version": SCHEMA_VERSION,
            "unit": "patient",
            "steps": steps,
            "notes": list(self.notes),
        }
