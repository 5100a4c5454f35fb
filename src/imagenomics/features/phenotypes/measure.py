"""One measure of a study applied to one image of one patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import unknown_name
from imagenomics.features.each_region import each_region
from imagenomics.features.map_statistics import ParameterMaps, region_rows
from imagenomics.features.phenotypes.control import control_rows
from imagenomics.features.phenotypes.feature_maps import (
    FeatureMapMeasure,
    feature_map_rows,
    planned_feature_map_rows,
)
from imagenomics.features.phenotypes.filtered import filtered_rows
from imagenomics.features.phenotypes.settings import (
    CompartmentMeasure,
    ControlMeasure,
    FilterMeasure,
    MapMeasure,
    Measure,
    RegionMeasure,
    SpectraMeasure,
    UptakeMeasure,
    named_regions,
)
from imagenomics.features.regions.measure import Surroundings, measure_region
from imagenomics.features.regions.volumes import compartment_features
from imagenomics.features.spectra.measure import measure_spectra
from imagenomics.features.uptake import uptake_rows

Regions = Mapping[str, np.ndarray]
ALL = "all"


def measure_phenotype(
    image: np.ndarray,
    regions: Regions,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    measure: Measure,
    patient: str = "",
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Measure every region of an image in one way.

    Parameters
    ----------
    image : array of float64, (z, y, x)
        Intensities.
    regions : mapping of str to array of bool, (z, y, x)
        Regions by name; those that the measure names as surroundings (liver, reference) are not measured.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres.
    spacing_known : bool
        False: one voxel is the unit of length, and what depends on it is flagged ``voxel-units``.
    measure : Measure
        What is measured.
    patient : str
        Whose image it is: negative controls draw from a stream of their own for each patient.

    Returns
    -------
    rows : DataFrame
        Columns of :func:`imagenomics.features.rows.measured_rows`, and ``region``.
    problems : list of dict
        ``region, code, error, remedy`` for each region that could not be measured.

    Raises
    ------
    InputError
        ``IGX-FEAT-150``: the measure names a region that the image does not have; what the measurement refuses,
        where no region can be measured.
    """
    for name in named_regions(measure):
        if name not in regions:
            raise unknown_name("IGX-FEAT-150", "region", name, regions, where=f"measure '{measure.kind}'")
    space = {"spacing_mm": spacing_mm, "spacing_known": spacing_known}
    if isinstance(measure, CompartmentMeasure):
        ratios = {name: (above, below) for name, (above, below) in measure.ratios.items()}
        return compartment_features(regions, **space, ratios=ratios).assign(region=ALL), []  # type: ignore[arg-type]
    around = named_regions(measure)
    return each_region(
        {name: mask for name, mask in regions.items() if name not in around},
        lambda mask: _one_region(image, mask, regions, measure=measure, patient=patient, **space),  # type: ignore[arg-type]
    )


def _one_region(
    image: np.ndarray,
    mask: np.ndarray,
    regions: Regions,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool,
    measure: Measure,
    patient: str,
) -> pd.DataFrame:
    if isinstance(measure, ControlMeasure):
        return control_rows(
            image,
            mask,
            spacing_mm=spacing_mm,
            spacing_known=spacing_known,
            allowed=None if measure.allowed is None else regions[measure.allowed],
            patient=patient,
            settings=measure,
        )
    if isinstance(measure, FilterMeasure):
        return filtered_rows(
            image, mask, spacing_mm=spacing_mm, spacing_known=spacing_known, settings=measure
        )
    if isinstance(measure, FeatureMapMeasure):
        return feature_map_rows(
            image, mask, spacing_mm=spacing_mm, spacing_known=spacing_known, settings=measure
        )
    if isinstance(measure, SpectraMeasure):
        return measure_spectra(
            image, mask, spacing_mm=spacing_mm, spacing_known=spacing_known, settings=measure
        )
    if isinstance(measure, UptakeMeasure):
        liver = None if measure.liver is None else regions[measure.liver]
        return uptake_rows(
            image, mask, spacing_mm=spacing_mm, spacing_known=spacing_known, liver=liver, settings=measure
        )
    if isinstance(measure, MapMeasure):
        maps = ParameterMaps("map", {"map": image}, {"map": ""})
        reference = None if measure.reference is None else regions[measure.reference]
        return region_rows(maps, mask, reference_region=reference, settings=measure)
    assert isinstance(measure, RegionMeasure)
    around = Surroundings(
        allowed=None if measure.allowed is None else regions[measure.allowed],
        reference=None if measure.reference is None else regions[measure.reference],
    )
    return measure_region(
        image, mask, spacing_mm=spacing_mm, spacing_known=spacing_known, settings=measure, surroundings=around
    )


def planned_rows(measure: Measure, regions: Sequence[str], *, spacing_known: bool) -> pd.DataFrame:
    """Return the rows that a measure gives, with units and flags, before any image is read.

    A made-up ball is measured: names, units and flags do not depend on the patient.
    """
    if isinstance(measure, FeatureMapMeasure):
        rows = planned_feature_map_rows(measure, spacing_known=spacing_known)
        return pd.concat([rows.assign(region=region) for region in regions], ignore_index=True)
    if isinstance(measure, ControlMeasure):  # the ball leaves no room to move, and the rows are the same
        measure = measure.model_copy(update={"control": "shuffled", "allowed": None})
    z, y, x = np.ogrid[:24, :24, :24]
    ball = (z - 12) ** 2 + (y - 12) ** 2 + (x - 12) ** 2 <= 64
    random = np.random.default_rng(0)
    image = 10.0 + random.random(ball.shape) + 5.0 * ball
    around = dict.fromkeys(regions, ball)
    around |= dict.fromkeys(named_regions(measure), ~ball)
    rows, _ = measure_phenotype(
        image, around, spacing_mm=(1.0, 1.0, 1.0), spacing_known=spacing_known, measure=measure
    )
    return rows
