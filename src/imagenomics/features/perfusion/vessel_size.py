"""Vessel calibre and density from gradient and spin echoes taken together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.features.map_statistics import ParameterMaps
from imagenomics.features.perfusion.curves import check_curves

KISELEV = 0.867  # of the calibre of cylinders in the static limit


def vessel_size(
    gradient_echo: np.ndarray,
    spin_echo: np.ndarray,
    times_s: Sequence[float] | np.ndarray,
    *,
    adc_mm2_s: np.ndarray | float | None = None,
    blood_volume: np.ndarray | float | None = None,
) -> ParameterMaps:
    """Say how wide and how dense the vessels of each voxel are.

    Parameters
    ----------
    gradient_echo, spin_echo : array (..., t)
        Changes of the relaxation rates R2* and R2 in 1/s.
    times_s : sequence of float (t,)
        Times in seconds.
    adc_mm2_s : array (...) or float, optional
        Diffusion coefficient in mm2/s.
    blood_volume : array (...) or float, optional
        Blood volume as a share of the voxel (0.04, not 4).

    Returns
    -------
    ParameterMaps
        ``q`` in s^(-1/3), the ratio of the peak of R2 to the peak of R2* to the power 2/3, which follows vessel
        density; ``vsi`` in micrometres where ``adc_mm2_s`` and ``blood_volume`` are given. NaN where a peak is
        not positive.

    Raises
    ------
    InputError
        ``IGX-FEAT-050`` to ``IGX-FEAT-052``: curves and times that do not fit.

    Source
    ------
    Jensen and Chandra 2000, Magnetic Resonance in Medicine 44:224 (Q); Kiselev 2005, Magnetic Resonance in
    Medicine 53:553 (vessel size, factor 0.867), which overestimates calibres systematically.
    """
    star, _ = check_curves(gradient_echo, times_s)
    spin, _ = check_curves(spin_echo, times_s)
    high_star, high = star.max(axis=-1), spin.max(axis=-1)
    good = (high_star > 0) & (high > 0)
    high_star, high = np.where(good, high_star, np.nan), np.where(good, high, np.nan)
    values, units = {"q": high / high_star ** (2 / 3)}, {"q": "s^(-1/3)"}
    if adc_mm2_s is not None and blood_volume is not None:
        reach = np.sqrt(np.maximum(np.asarray(blood_volume) * np.asarray(adc_mm2_s) * 1e6, 0.0))
        values["vsi"], units["vsi"] = KISELEV * reach * high_star / high**1.5, "um"
    return ParameterMaps("vessel-size", values, units, ("peaks of the changes of R2* and R2",))
