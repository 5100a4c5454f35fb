"""What a model family is: it scores a whole grid of settings on held-out rows, and refits one of them."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from imagenomics.prepare.base import FloatArray, Task


class Part(NamedTuple):
    """A prepared training part.

    ``Z`` (m, k) standardised columns, ``y`` (m,) labels 0/1, numbers or signed times, ``light`` (k,) columns that are
    penalised lightly, ``many`` whether the model had many columns to choose from.
    """

    Z: FloatArray
    y: FloatArray
    task: Task
    light: npt.NDArray[np.bool_]
    many: bool

    @property
    def binary(self) -> bool:
        """Whether classes are predicted."""
        return self.task == "binary"


class Fitted(Protocol):
    """A fitted model."""

    @property
    def weights(self) -> FloatArray | None:
        """Weights (k,) of the standardised columns, for linear families."""
        ...

    def score(self, Z: FloatArray) -> FloatArray:
        """Score each row of ``Z`` (n, k); larger speaks for the positive class or a larger value."""
        ...


class Family(Protocol):
    """A model family with its grid of settings, the simplest first."""

    @property
    def probabilistic(self) -> bool:
        """Whether binary scores are probabilities."""
        ...

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid, one dictionary of named values for each setting."""
        ...

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """Fit every setting on ``part`` and score the rows of ``Z`` (n, k): an array (n, settings)."""
        ...

    def refit(self, part: Part, setting: int) -> Fitted:
        """Fit one setting of the grid on ``part``."""
        ...
