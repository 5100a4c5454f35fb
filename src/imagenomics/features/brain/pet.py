"""Uptake of a tracer relative to a reference region (SUVR), and the Centiloid scale of amyloid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, unknown_name
from imagenomics.features.brain.lateralisation import check_mask
from imagenomics.features.brain.rows import BRAIN, region_rows
from imagenomics.images.volume import Volume


@dataclass(frozen=True)
class CentiloidEquation:
    """Centiloid = slope * SUVR + intercept, with the paper that fitted it.

    Parameters
    ----------
    slope, intercept : float
        Of the line.
    source : str
        Paper; the images must have been made and measured as there.
    """

    slope: float
    intercept: float
    source: str

    def centiloid(self, suvr: float) -> float:
        """Return the Centiloid of a global cortical SUVR."""
        return self.slope * suvr + self.intercept


# By tracer and pipeline. All: global cortical target over the whole cerebellum.
EQUATIONS: Mapping[tuple[str, str], CentiloidEquation] = {
    ("pib", "standard"): CentiloidEquation(
        100 / 1.067, -100 * 1.009 / 1.067, "Klunk et al. 2015, Alzheimer's & Dementia 11:1"
    ),
    ("florbetapir", "standard"): CentiloidEquation(
        175.0, -182.0, "Navitsky et al. 2018, Alzheimer's & Dementia 14:1565"
    ),
    ("florbetapir", "avid"): CentiloidEquation(
        183.07, -177.26, "Navitsky et al. 2018, Alzheimer's & Dementia 14:1565"
    ),
    ("florbetapir", "berkeley"): CentiloidEquation(
        188.22, -189.16, "Royse et al. 2021, Alzheimer's Research & Therapy 13:99"
    ),
    ("florbetaben", "standard"): CentiloidEquation(
        153.4, -154.9, "Rowe et al. 2017, European Journal of Nuclear Medicine and Molecular Imaging 44:2053"
    ),
    ("florbetaben", "berkeley"): CentiloidEquation(
        157.15, -151.87, "Royse et al. 2021, Alzheimer's Research & Therapy 13:99"
    ),
    ("flutemetamol", "standard"): CentiloidEquation(
        121.42, -121.16, "Battle et al. 2018, EJNMMI Research 8:107"
    ),
    ("flutemetamol", "pmod"): CentiloidEquation(115.24, -107.86, "Battle et al. 2018, EJNMMI Research 8:107"),
    ("flutemetamol", "fsl"): CentiloidEquation(120.32, -112.75, "Battle et al. 2018, EJNMMI Research 8:107"),
    ("nav4694", "standard"): CentiloidEquation(
        85.2, -87.6, "Rowe et al. 2016, Journal of Nuclear Medicine 57:1233"
    ),
}


def centiloid_equation(tracer: str, *, pipeline: str = "standard") -> CentiloidEquation:
    """Return the published line for a tracer.

    Parameters
    ----------
    tracer : str
        ``pib``, ``florbetapir``, ``florbetaben``, ``flutemetamol`` or ``nav4694``.
    pipeline : str
        ``standard``: the regions and the SPM8 steps of Klunk et al. 2015; ``avid``, ``berkeley``, ``pmod``, ``fsl``:
        those of the paper. The equation of one pipeline is wrong for the numbers of another.

    Raises
    ------
    InputError
        ``IGX-FEAT-140``: no published equation for this tracer and pipeline.
    """
    key = (tracer.strip().lower(), pipeline.strip().lower())
    if key not in EQUATIONS:
        known = [" / ".join(k) for k in EQUATIONS]
        raise unknown_name("IGX-FEAT-140", "tracer and pipeline", " / ".join(key), known)
    return EQUATIONS[key]


def suvr_rows(
    volume: Volume,
    targets: Mapping[str, np.ndarray],
    reference: np.ndarray,
    *,
    equation: CentiloidEquation | None = None,
    cortex: str | None = None,
) -> pd.DataFrame:
    """Return the mean uptake of each region relative to a reference region.

    Parameters
    ----------
    volume : Volume
        Uptake of a late static frame, in any unit (amyloid, tau, FDG).
    targets : mapping of str to ndarray of bool (z, y, x)
        Regions.
    reference : ndarray of bool (z, y, x)
        Whole cerebellum, cerebellar grey matter, pons, ...: whatever the tracer calls for.
    equation : CentiloidEquation, optional
        Adds ``centiloid`` of the region ``cortex``: amyloid only.
    cortex : str, optional
        The global cortical target among ``targets``; needed with ``equation``.

    Returns
    -------
    DataFrame
        ``suvr`` for each region, ``reference_mean`` and ``reference_sd`` as ``brain``; family ``uptake``. An empty
        target has a reason; voxels without a number too.

    Raises
    ------
    InputError
        ``IGX-FEAT-120`` masks of another shape; ``IGX-FEAT-138`` empty reference; ``IGX-FEAT-141``: a reference
        without positive uptake, or ``cortex`` that is no target.

    Source
    ------
    Klunk et al. 2015, Alzheimer's & Dementia 11:1.
    """
    shape = volume.array.shape
    inside = volume.array[check_mask(reference, shape, name="reference")]
    mean = float(inside.mean())
    if not np.isfinite(mean) or mean <= 0:
        raise InputError(
            "IGX-FEAT-141",
            f"the mean uptake of the reference region is {mean:g}",
            where=volume.source,
            expected="a number above 0",
            remedy="check that image and reference lie on each other",
        )
    rows: dict[str, dict[str, float | str]] = {
        name: {"suvr": _suvr(volume.array, mask, mean, name)} for name, mask in targets.items()
    }
    if equation is not None:
        if cortex not in rows:
            raise InputError(
                "IGX-FEAT-141",
                f"the global cortical target '{cortex}' is not among the targets",
                expected=f"one of: {', '.join(targets)}",
                remedy="name the region that the equation was fitted for",
            )
        suvr = rows[cortex]["suvr"]
        rows[cortex]["centiloid"] = suvr if isinstance(suvr, str) else equation.centiloid(suvr)
    sd = float(inside.std(ddof=1)) if inside.size > 1 else float("nan")
    whole = region_rows("uptake", {BRAIN: {"reference_mean": mean, "reference_sd": sd}}, units="intensity")
    return pd.concat([region_rows("uptake", rows, units={"centiloid": "CL"}), whole], ignore_index=True)


def _suvr(array: np.ndarray, mask: np.ndarray, reference: float, name: str) -> float | str:
    region = np.asarray(mask, dtype=bool)
    if region.shape == array.shape and not region.any():
        return "the mask of this region is empty"
    values = array[check_mask(region, array.shape, name=name)]
    n = int((~np.isfinite(values)).sum())
    return f"{n} of {values.size} voxels hold no number" if n else float(values.mean() / reference)
