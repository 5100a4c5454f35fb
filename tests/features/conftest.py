"""What the tests of the features room share: how a small array of levels becomes a region."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imagenomics.features.grid import LevelGrid, level_grid
from imagenomics.features.region import Region, prepare_region
from imagenomics.features.settings import FeatureSettings, preset


@pytest.fixture(scope="session")
def region_of() -> Callable[..., Region]:
    def make(
        image: np.ndarray,
        mask: np.ndarray | None = None,
        *,
        spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
        settings: FeatureSettings | None = None,
    ) -> Region:
        return prepare_region(
            np.asarray(image, np.float64),
            np.asarray(image) > 0 if mask is None else mask,
            spacing_mm=spacing_mm,
            settings=settings or preset("ibsi-digital"),
            spacing_known=True,
        )

    return make


@pytest.fixture(scope="session")
def grid_of(region_of: Callable[..., Region]) -> Callable[[np.ndarray], LevelGrid]:
    """Levels 1, 2, ...; 0 lies outside."""

    def make(levels: np.ndarray) -> LevelGrid:
        return level_grid(region_of(levels))

    return make
