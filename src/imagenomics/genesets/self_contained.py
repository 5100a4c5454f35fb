"""Self-contained statistics: whether any gene of the set is associated, whatever the other genes do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from imagenomics.genesets.set_index import SetIndex

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MeanStatistic:
    """The mean of the statistics of the set's genes, or of their squares.

    ``mean`` finds sets whose genes move together and has a direction; ``mean-square`` finds sets with strong genes in
    any direction. Both are tested by permuting patients, so that the correlation between genes is part of the null.

    Source
    ------
    Wu et al. 2010, Bioinformatics 26:2176 (ROAST, there with rotations); Goeman et al. 2004, Bioinformatics 20:93.
    """

    kind: Literal["mean", "mean-square"] = "mean"

    @property
    def tail(self) -> Literal["two-sided", "upper"]:
        """Which draws count as extreme."""
        return "two-sided" if self.kind == "mean" else "upper"

    @property
    def effect_name(self) -> str:
        """What the effect is."""
        return "mean z" if self.kind == "mean" else "mean z squared"

    @property
    def test(self) -> str:
        """Name of the test."""
        return f"self-contained, {self.kind}"

    def score(self, z: FloatArray, index: SetIndex) -> FloatArray:
        """Return the statistic of each set for gene statistics ``z`` (B, G), (B, K)."""
        values = z if self.kind == "mean" else z**2
        return index.sums(values) / np.maximum(index.sizes, 1)
