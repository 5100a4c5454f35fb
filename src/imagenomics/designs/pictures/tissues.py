"""The tissues of a series: a lesion, white matter, the rest of the brain, an artery."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.images.grid import Grid

SERIES = Grid((3, 16, 16), (3.0, 2.0, 2.0))
LESION, WHITE, REST, ARTERY = 1, 2, 3, 4
REGIONS = {"lesion": LESION, "white": WHITE, "brain": [LESION, WHITE, REST], "artery": ARTERY}


def tissue_labels() -> npt.NDArray[np.float64]:
    """Return the label of each voxel (z, y, x)."""
    labels = np.full(SERIES.shape, float(REST))
    labels[:, :2] = ARTERY
    labels[:, 3:8, 3:8] = LESION
    labels[:, 10:15, 3:13] = WHITE
    return labels
