"""Parameter maps of a model as rows of each region, and the same rows before any picture is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.errors import unknown_name
from imagenomics.features.map_statistics import MapSettings, ParameterMaps, region_rows

MapNames = Annotated[
    tuple[str, ...],
    Field(description="Maps that are measured, by name; empty: all that the model gives."),
]
Normalised = Annotated[
    tuple[str, ...],
    Field(description="Maps that are also given as multiples of their mean in 'reference'."),
]
Reference = Annotated[
    str | None,
    Field(
        description="Region of normal tissue (white matter), one of the image's 'regions'; it is not measured itself."
    ),
]
Statistics = Annotated[MapSettings, Field(description="Which statistics of each map are measured.")]
Curves = Annotated[
    bool, Field(description="Also measure the mean curve of each region, features curve_<what>.")
]


def refuse_unknown_maps(chosen: Sequence[str], known: Collection[str]) -> None:
    """Refuse names of maps that the model does not give, while settings are read."""
    for name in chosen:
        if name not in known:
            raise ValueError(str(unknown_name("IGX-SET-001", "map", name, sorted(known)).what))


def only(maps: ParameterMaps, chosen: Sequence[str]) -> ParameterMaps:
    """Return some of the maps, in the order of the model; all where none is chosen."""
    values = {k: v for k, v in maps.values.items() if not chosen or k in chosen}
    return ParameterMaps(maps.family, values, maps.units, maps.history, maps.doubts)


def map_rows(
    maps: ParameterMaps,
    region: np.ndarray,
    *,
    reference: np.ndarray | None,
    normalised: Collection[str],
    settings: MapSettings,
) -> pd.DataFrame:
    """Return the statistics of each map in a region; see :func:`imagenomics.features.map_statistics.region_rows`.

    Parameters
    ----------
    maps : ParameterMaps
        Maps (...).
    region, reference : array of bool (...)
        The region, and normal tissue.
    normalised : collection of str
        Maps that are set in proportion to normal tissue: one whose mean there may be zero (leakage) has no proportion.
    settings : MapSettings
        Which statistics.
    """
    return pd.concat(
        [
            region_rows(
                ParameterMaps(maps.family, {name: values}, maps.units, maps.history, maps.doubts),
                region,
                reference_region=reference if name in normalised else None,
                settings=settings,
            )
            for name, values in maps.values.items()
        ],
        ignore_index=True,
    )


def planned_map_rows(
    units: Mapping[str, str],
    *,
    family: str,
    has_reference: bool,
    normalised: Collection[str],
    settings: MapSettings,
) -> pd.DataFrame:
    """Return the rows that maps with these names and units will give in any region."""
    values = {name: np.linspace(1.0, 2.0, 8) for name in units}
    everything = np.ones(8, bool)
    return map_rows(
        ParameterMaps(family, values, units),
        everything,
        reference=everything if has_reference else None,
        normalised=normalised,
        settings=settings,
    )


def in_each(rows: pd.DataFrame, regions: Sequence[str]) -> pd.DataFrame:
    """Return the same rows for each region, one after the other."""
    return pd.concat([rows.assign(region=name) for name in regions], ignore_index=True)
