"""A made-up ball: what a measure gives there has the names, units and flags that every patient will have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.features.phenotypes.kind import Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.images.volume import Volume


def measured_ball(
    measure: Callable[[Scene, Any], Rows], settings: Any, planned: Planned, *, around: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the rows of a measure in a ball that stands for every region.

    Parameters
    ----------
    measure : callable
        ``measure(scene, settings)``.
    settings : Settings
        Of the measure.
    planned : Planned
        Regions and spacing.
    around : sequence of str
        Regions beside those that are measured: what is not the ball.
    """
    z, y, x = np.ogrid[:24, :24, :24]
    ball = (z - 12) ** 2 + (y - 12) ** 2 + (x - 12) ** 2 <= 64
    random = np.random.default_rng(0)
    image = 10.0 + random.random(ball.shape) + 5.0 * ball
    measured = dict.fromkeys((name for name in planned.regions if name not in around), ball)
    scene = Scene(
        Volume(image, spacing_known=planned.spacing_known),
        {**dict.fromkeys(planned.regions, ball), **dict.fromkeys(around, ~ball)},
        measured,
    )
    rows, _ = measure(scene, settings)
    return rows
