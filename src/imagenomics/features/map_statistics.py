"""Numbers of a region of any parameter map: blood volume, ADC, Ktrans, uptake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.intensity import spread
from imagenomics.features.rows import measured_rows
from imagenomics.settings import Settings

PERCENTILES = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0)
N_BINS = 100
ROUNDING = 1e-14
SCALE_FREE = ("skewness", "kurtosis", "hist_peak_height", "n_voxels", "share_failed")
FAILED = "failed-voxels"  # flag: more voxels have no value than the settings allow


class MapSettings(Settings):
    """Which statistics of a parameter map are measured."""

    percentiles: tuple[float, ...] = Field(
        default=PERCENTILES, description="Percentiles of the region, linearly interpolated."
    )
    n_bins: int = Field(
        default=N_BINS, ge=2, le=10_000, description="Bins of the histogram whose peak is reported."
    )
    max_failed: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Where a larger share of the region's voxels has no value, or a doubtful one, its numbers are "
        "flagged.",
    )

    @field_validator("percentiles")
    @classmethod
    def _within(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 <= v <= 100 for v in value) or len(set(value)) != len(value):
            raise ValueError("percentiles are different numbers from 0 to 100")
        return value


@dataclass(frozen=True, eq=False)
class ParameterMaps:
    """Parameters of every voxel, as a model gave them.

    Parameters
    ----------
    family : str
        Where they come from: ``dsc``, ``dce``, ``ct-perfusion``, ``adc``, ``dti``.
    values : mapping of str to array of float64 (...)
        One array for each parameter, all of one shape; NaN where the model gave no number.
    units : mapping of str to str
        Unit of each parameter.
    history : tuple of str
        How they were made, oldest first.
    doubts : mapping of str to array of bool (...)
        Flag -> voxels whose value is doubtful, such as ``noise-floor``.
    """

    family: str
    values: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    history: tuple[str, ...] = ()
    doubts: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def on(self, region: np.ndarray) -> ParameterMaps:
        """Return the maps of a region's voxels (n,) painted into its image (z, y, x), NaN elsewhere."""
        painted = {}
        for name, values in self.values.items():
            painted[name] = np.full(region.shape, np.nan)
            painted[name][region] = values
        doubts = {}
        for flag, doubtful in self.doubts.items():
            doubts[flag] = np.zeros(region.shape, bool)
            doubts[flag][region] = doubtful
        return ParameterMaps(self.family, painted, self.units, self.history, doubts)


def map_statistics(
    parameter_map: np.ndarray,
    region: np.ndarray,
    *,
    reference_region: np.ndarray | None = None,
    percentiles: Sequence[float] = PERCENTILES,
    family: str = "map",
    name: str = "map",
    unit: str = "",
) -> pd.DataFrame:
    """Say how a parameter is spread over a region.

    Parameters
    ----------
    parameter_map : array of float (...)
        One value for each voxel; NaN where there is none.
    region : array of bool (...)
        The region.
    reference_region : array of bool (...), optional
        Normal white matter, or the mirrored region: with it each number that has the unit of the map is also
        given as a multiple of the reference mean.
    percentiles : sequence of float
        Percentiles from 0 to 100.
    family, name, unit : str
        Family of the rows, and name and unit of the map.

    Returns
    -------
    DataFrame
        The rows of :func:`imagenomics.features.rows.measured_rows`: ``<name>_mean``, ``_sd`` (divisor n),
        ``_p<percentile>``, ``_skewness``, ``_kurtosis`` (0 for a normal distribution), ``_hist_peak`` (middle of
        the fullest of 100 equal bins) and ``_hist_peak_height`` (its share of the voxels), ``_n_voxels``,
        ``_share_failed``, and ``<name>_norm_...``. A region without any value gives rows that say so.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-002`` arrays that do not fit; ``IGX-FEAT-003`` an empty region; ``IGX-FEAT-055`` a reference
        region without values or with a mean that is not positive; ``IGX-SET-001`` percentiles out of range.

    Source
    ------
    Law 2007, American Journal of Neuroradiology 28:761 (histograms of blood volume, normalised to their area).
    """
    settings = MapSettings.read({"percentiles": tuple(percentiles)}, where="map_statistics")
    maps = ParameterMaps(family, {name: np.asarray(parameter_map)}, {name: unit})
    return region_rows(maps, region, reference_region=reference_region, settings=settings)


def region_rows(
    maps: ParameterMaps,
    region: np.ndarray,
    *,
    reference_region: np.ndarray | None = None,
    settings: MapSettings | None = None,
) -> pd.DataFrame:
    """Return the rows of :func:`map_statistics` for each map of a model.

    Parameters
    ----------
    maps : ParameterMaps
        What a model gave.
    region, reference_region : array of bool (...)
        See :func:`map_statistics`.
    settings : MapSettings, optional
        Percentiles, bins, and how many voxels may be without a value.

    Returns
    -------
    DataFrame
        One row for each map and statistic; flagged ``failed-voxels`` where too many voxels have no value, and with
        each doubt of the maps that holds for too many.
    """
    chosen = settings or MapSettings()
    frames = []
    for name, values in maps.values.items():
        check_region(values, region)
        scale = None if reference_region is None else reference_mean(values, reference_region, name=name)
        frames.append(_rows_of_map(values, region, scale, maps, name=name, settings=chosen))
    return pd.concat(frames, ignore_index=True)


def check_region(values: np.ndarray, region: np.ndarray) -> None:
    """Refuse a region that does not fit a map (``IGX-FEAT-002``) or is empty (``IGX-FEAT-003``)."""
    if region.dtype != np.bool_ or values.dtype.kind not in "fiu":
        raise ArgumentTypeError(
            "IGX-FEAT-002",
            f"a map of {values.dtype} and a region of {region.dtype} cannot be used",
            expected="real numbers and bool",
            remedy="choose one label of the mask, e.g. labels == 1",
        )
    if region.shape != values.shape:
        raise InputError(
            "IGX-FEAT-002",
            f"a map of shape {values.shape} and a region of shape {region.shape} do not belong together",
            expected="one shape",
            remedy="bring the mask to the grid of the map",
        )
    if not region.any():
        raise InputError(
            "IGX-FEAT-003",
            "the mask has no voxel",
            expected="at least one voxel inside the region",
            remedy="check the label of the region",
        )


def reference_mean(values: np.ndarray, region: np.ndarray, *, name: str = "map") -> float:
    """Return the mean of a map in a reference region; refuse one that cannot divide (``IGX-FEAT-055``)."""
    check_region(values, region)
    found = values[region]
    found = found[np.isfinite(found)]
    mean = float(found.mean()) if len(found) else float("nan")
    if mean > 0:
        return mean
    raise InputError(
        "IGX-FEAT-055",
        f"the mean of '{name}' in the reference region is {mean:g} ({len(found)} voxels with a value)",
        expected="a positive mean",
        remedy="draw the reference in normal white matter, away from vessels, ventricles and the lesion",
    )


def _rows_of_map(
    values: np.ndarray,
    region: np.ndarray,
    scale: float | None,
    maps: ParameterMaps,
    *,
    name: str,
    settings: MapSettings,
) -> pd.DataFrame:
    voxels = values[region]
    known = voxels[np.isfinite(voxels)].astype(np.float64)
    failed = 1 - len(known) / len(voxels)
    found: dict[str, float | str] = dict(_statistics(np.sort(known), settings))
    found |= {"n_voxels": float(len(known)), "share_failed": failed}
    unit = maps.units.get(name, "")
    units = {k: "1" if k in SCALE_FREE else unit for k in found}
    if scale is not None:
        scaled = {
            f"norm_{k}": v if isinstance(v, str) else v / scale
            for k, v in found.items()
            if k not in SCALE_FREE
        }
        found, units = found | scaled, units | dict.fromkeys(scaled, "1")
    doubts = {FAILED: failed} | {k: float(v[region].mean()) for k, v in maps.doubts.items()}
    flags = "|".join(k for k, share in doubts.items() if share > settings.max_failed)
    named = {f"{name}_{k}": v for k, v in found.items()}
    return measured_rows(maps.family, named, units={f"{name}_{k}": u for k, u in units.items()}, flags=flags)


def _statistics(ordered: np.ndarray, settings: MapSettings) -> dict[str, float | str]:
    percentiles = {f"p{q:g}": q for q in settings.percentiles}
    names = ["mean", "sd", *percentiles, "skewness", "kurtosis", "hist_peak", "hist_peak_height"]
    if not len(ordered):
        return dict.fromkeys(names, "no voxel of the region has a value")
    moments = spread(ordered)
    place, height = histogram_peak(ordered, settings.n_bins)
    values = np.percentile(ordered, list(percentiles.values()))
    return {
        "mean": moments["mean"],
        "sd": float(np.sqrt(moments["var"])),
        **{k: float(v) for k, v in zip(percentiles, values, strict=True)},
        "skewness": moments["skew"],
        "kurtosis": moments["kurt"],
        "hist_peak": place,
        "hist_peak_height": height,
    }


def histogram_peak(values: np.ndarray, n_bins: int = N_BINS) -> tuple[float, float]:
    """Return the middle of the fullest bin (the lowest of several) and its share of the values."""
    if np.ptp(values) <= ROUNDING * n_bins * np.abs(values).max():  # equal but for rounding: one bin
        return float(np.median(values)), 1.0
    counts, edges = np.histogram(values, bins=n_bins)
    place = int(counts.argmax())
    return float(edges[place : place + 2].mean()), float(counts[place] / len(values))
