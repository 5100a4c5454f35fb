"""Plasma curves of whole populations, where none was measured."""

from __future__ import annotations

from typing import Literal

import numpy as np

from imagenomics.errors import unknown_name

Population = Literal["parker", "weinmann", "fritz-hansen"]
# Parker: area (mM min), centre and width (min) of two Gaussians, then the sigmoid exponential, at 0.1 mmol/kg.
PARKER_PEAKS = ((0.809, 0.17046, 0.0563), (0.330, 0.365, 0.132))
PARKER_TAIL = (1.050, 0.1685, 38.078, 0.483)  # mM, 1/min, 1/min, min
PARKER_DOSE = 0.1
# Two exponentials: amplitude in kg/l and rate in 1/min; plasma.
EXPONENTIALS = {
    "weinmann": ((3.99, 0.144), (4.78, 0.0111)),
    "fritz-hansen": ((24.0, 3.0), (6.2, 0.016)),
}


def population_curve(
    times_s: np.ndarray,
    *,
    name: Population = "parker",
    dose_mmol_kg: float = 0.1,
    hematocrit: float = 0.42,
) -> np.ndarray:
    """Return a plasma concentration in mM at times (t,) in seconds after arrival; 0 before.

    Parameters
    ----------
    times_s : array (t,)
        Seconds after the bolus arrived.
    name : "parker", "weinmann" or "fritz-hansen"
        Which population.
    dose_mmol_kg : float
        Dose; concentrations are taken to be proportional to it.
    hematocrit : float
        Turns whole blood into plasma ('parker'; the other two are plasma already).

    Raises
    ------
    InputError
        ``IGX-FEAT-060``: an unknown name.

    Source
    ------
    Parker 2006, Magnetic Resonance in Medicine 56:993; Weinmann 1984 with the parameters of Tofts and Kermode
    1991, Magnetic Resonance in Medicine 17:357; Fritz-Hansen 1996, Magnetic Resonance in Medicine 36:225.
    """
    minutes = np.asarray(times_s, np.float64) / 60
    since = np.maximum(minutes, 0.0)
    if name == "parker":
        curve = _parker(since) * (dose_mmol_kg / PARKER_DOSE) / (1 - hematocrit)
    elif name in EXPONENTIALS:
        curve = sum((dose_mmol_kg * a * np.exp(-m * since) for a, m in EXPONENTIALS[name]), np.zeros(1))
    else:
        raise unknown_name("IGX-FEAT-060", "population curve", name, ("parker", *EXPONENTIALS))
    return np.where(minutes >= 0, curve, 0.0)


def _parker(minutes: np.ndarray) -> np.ndarray:
    peaks = sum(
        (
            area / (width * np.sqrt(2 * np.pi)) * np.exp(-((minutes - centre) ** 2) / (2 * width**2))
            for area, centre, width in PARKER_PEAKS
        ),
        np.zeros(1),
    )
    height, decay, steep, place = PARKER_TAIL
    tail = height * np.exp(-decay * minutes) / (1 + np.exp(-steep * (minutes - place)))
    curve: np.ndarray = peaks + tail
    return curve
