"""The signals of a series in the voxels that a measure needs, and the rows that maps and curves of them give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.each_region import each_region
from imagenomics.features.map_statistics import MapSettings, ParameterMaps
from imagenomics.features.phenotypes.kind import Planned, Rows
from imagenomics.features.phenotypes.map_rows import in_each, map_rows, only, planned_map_rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.rows import measured_rows

CURVE = "curve"
Values = Mapping[str, float | str]


class MapChoice(Protocol):
    """What the settings of every measure of maps say."""

    @property
    def maps(self) -> tuple[str, ...]: ...  # noqa: D102 - see the settings
    @property
    def normalised(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def reference(self) -> str | None: ...  # noqa: D102
    @property
    def statistics(self) -> MapSettings: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Signals:
    """Signals of the voxels of several regions together.

    Parameters
    ----------
    values : array of float64 (n, t)
        Signal of each voxel.
    inside : array of bool (z, y, x)
        Where the n voxels lie.
    """

    values: np.ndarray
    inside: np.ndarray

    def flat(self, region: np.ndarray | None) -> np.ndarray | None:
        """Return which of the n voxels belong to a region."""
        return None if region is None else region[self.inside]

    def mean(self, region: np.ndarray) -> np.ndarray:
        """Return the mean curve (t,) of a region (``IGX-FEAT-003`` where it is empty)."""
        chosen = self.values[region[self.inside]]
        if not len(chosen):
            raise InputError(
                "IGX-FEAT-003",
                "the mask has no voxel",
                expected="at least one voxel inside the region",
                remedy="check the label of the region",
            )
        curve: np.ndarray = chosen.mean(axis=0)
        return curve


def gather(scene: Scene, *around: str | None) -> Signals:
    """Return the signals of all measured regions and of those named ``around``; one pass through the series."""
    inside = np.zeros(scene.picture.grid.shape, bool)
    for mask in [*scene.measured.values(), *(scene.regions[name] for name in around if name is not None)]:
        inside |= mask
    return Signals(scene.series.signals(inside), inside)


def times_of(scene: Scene) -> np.ndarray:
    """Return when the volumes were taken (``IGX-FEAT-162`` where nobody said it)."""
    times = scene.series.times_s
    if times is not None:
        return np.asarray(times)
    raise _not_said(scene, "times of the volumes", "declare series.tr_s, series.frame_s or series.sidecar")


def weights_of(scene: Scene) -> np.ndarray:
    """Return the b-values of the volumes (``IGX-FEAT-162``)."""
    weights = scene.series.b_values
    if weights is not None:
        return np.asarray(weights)
    raise _not_said(scene, "b-values of the volumes", "declare series.b_values")


def directions_of(scene: Scene) -> np.ndarray:
    """Return the gradient directions of the volumes (``IGX-FEAT-162``)."""
    if scene.series.b_vectors is not None:
        return scene.series.b_vectors
    raise _not_said(scene, "gradient directions of the volumes", "declare series.b_vectors, or take the ADC")


def measured_maps(
    scene: Scene,
    signals: Signals,
    maps: ParameterMaps,
    settings: MapChoice,
    *,
    more: Callable[[np.ndarray], Values] | None = None,
    units: Mapping[str, str] | None = None,
) -> Rows:
    """Return the rows of each region: statistics of each map (n,), and what ``more`` says of the region.

    Parameters
    ----------
    more : callable, optional
        ``more(region)`` gives further values of a region (z, y, x), such as those of its mean curve.
    units : mapping of str to str, optional
        Units of these.
    """
    chosen, reference = only(maps, settings.maps), signals.flat(scene.region(settings.reference))

    def one(mask: np.ndarray) -> pd.DataFrame:
        rows = map_rows(
            chosen,
            mask[signals.inside],
            reference=reference,
            normalised=settings.normalised,
            settings=settings.statistics,
        )
        if more is None:
            return rows
        further = measured_rows(maps.family, more(mask), units=units or {})
        return pd.concat([rows, further], ignore_index=True)

    return each_region(scene.measured, one)


def planned_maps(
    settings: MapChoice,
    planned: Planned,
    *,
    family: str,
    maps: Mapping[str, str],
    more: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the rows that :func:`measured_maps` will give, from names and units."""
    rows = planned_map_rows(
        {k: u for k, u in maps.items() if not settings.maps or k in settings.maps},
        family=family,
        has_reference=settings.reference is not None,
        normalised=settings.normalised,
        settings=settings.statistics,
    )
    if more:
        further = measured_rows(family, dict.fromkeys(more, 1.0), units=more)
        rows = pd.concat([rows, further], ignore_index=True)
    return in_each(rows, planned.regions)


def curve_values(maps: ParameterMaps, names: Sequence[str]) -> dict[str, float | str]:
    """Return maps of one curve, (1,), as values named ``curve_<map>``."""
    return {f"{CURVE}_{name}": float(maps[name][0]) for name in names}


def curve_units(units: Mapping[str, str]) -> dict[str, str]:
    """Return the units of :func:`curve_values`."""
    return {f"{CURVE}_{name}": unit for name, unit in units.items()}


def _not_said(scene: Scene, what: str, remedy: str) -> InputError:
    return InputError(
        "IGX-FEAT-162",
        f"the measure needs the {what}, and the series has none",
        where=scene.picture.source,
        expected="what was read beside the image",
        remedy=remedy,
    )
