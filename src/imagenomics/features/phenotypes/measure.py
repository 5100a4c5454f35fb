"""One measure of a study applied to one image of one patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import unknown_name
from imagenomics.features.phenotypes.ball import measured_ball
from imagenomics.features.phenotypes.kind import Planned, Rows
from imagenomics.features.phenotypes.kinds import Measure, kind_of, named_regions
from imagenomics.features.phenotypes.scene import Picture, Regions, Scene
from imagenomics.images.volume import Volume


def measure_phenotype(
    image: np.ndarray,
    regions: Regions,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    measure: Measure,
    patient: str = "",
) -> Rows:
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
        Those of :func:`measure_picture`.
    """
    z, y, x = (float(s) for s in spacing_mm)
    volume = Volume(image, spacing_mm=(z, y, x), spacing_known=spacing_known)
    return measure_picture(volume, regions, measure=measure, patient=patient)


def measure_picture(
    picture: Picture,
    regions: Regions,
    *,
    measure: Measure,
    patient: str = "",
    others: Mapping[str, Picture] | None = None,
    files: Mapping[str, Path] | None = None,
    resample: bool = False,
) -> Rows:
    """Measure every region of a volume or a series.

    Parameters
    ----------
    picture : Volume or Series4D
        The picture; which of both is a matter of the measure.
    regions : mapping of str to array of bool, (z, y, x)
        Regions by name on its grid.
    measure : Measure
        What is measured.
    patient : str
        Whose picture it is.
    others, files, resample
        See :class:`imagenomics.features.phenotypes.scene.Scene`.

    Raises
    ------
    InputError
        ``IGX-FEAT-150``: the measure names a region that the image does not have; ``IGX-FEAT-160``, ``IGX-FEAT-161``:
        a picture of the wrong form, or that is needed and not given; what the measurement refuses, where no region
        can be measured.
    """
    around = named_regions(measure)
    for name in around:
        if name not in regions:
            raise unknown_name("IGX-FEAT-150", "region", name, regions, where=f"measure '{measure.kind}'")
    measured = {name: mask for name, mask in regions.items() if name not in around}
    scene = Scene(picture, regions, measured, patient, others or {}, files or {}, resample)
    return kind_of(measure).measure(scene, measure)


def planned_rows(
    measure: Measure,
    regions: Sequence[str],
    *,
    spacing_known: bool,
    others: Sequence[str] = (),
    files: Mapping[str, Path] | None = None,
) -> pd.DataFrame:
    """Return the rows that a measure gives, with units and flags, before any image is read.

    Parameters
    ----------
    measure : Measure
        What is measured.
    regions : sequence of str
        Regions that are measured.
    spacing_known, others, files
        See :class:`imagenomics.features.phenotypes.kind.Planned`.
    """
    kind, planned = kind_of(measure), Planned(regions, spacing_known, others, files or {})
    if kind.plan is not None:
        return kind.plan(measure, planned)
    return measured_ball(kind.measure, measure, planned, around=named_regions(measure))
