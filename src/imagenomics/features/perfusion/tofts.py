"""Exchange between plasma and tissue: Tofts, extended Tofts and Patlak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagenomics.features.perfusion.curves import interpolate, running_area
from imagenomics.features.perfusion.least_squares import fit_curves
from imagenomics.features.perfusion.washing_kernel import washed

PER_MINUTE = 60.0
LARGEST_KTRANS = 10.0  # 1/min
LARGEST_KEP = 50.0  # 1/min
FINE_STEP_S = 0.5  # of a population curve


@dataclass(frozen=True, eq=False)
class PlasmaCurve:
    """What the arteries bring.

    Parameters
    ----------
    times_s : array (m,)
        Times at which it is known; linear between.
    values : array (m,)
        Plasma concentration in mM.
    """

    times_s: np.ndarray
    values: np.ndarray

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Return the concentration at times (t,)."""
        return interpolate(self.values, self.times_s, times_s)

    def area_at(self, times_s: np.ndarray) -> np.ndarray:
        """Return the area up to times (t,), exactly for a curve that is linear between its times."""
        grid, place = self._grid(times_s)
        return running_area(self.at(grid), grid)[place]

    def washed_out(self, rates: np.ndarray, times_s: np.ndarray) -> np.ndarray:
        """Return the convolution with exp(-rate t) at times (t,) for rates (n,) in 1/s, as (n, t).

        Source
        ------
        Flouri 2016, Magnetic Resonance in Medicine 76:998: exact for a curve that is linear between its times.
        """
        grid, place = self._grid(times_s)
        values = self.at(grid)
        kept = np.full(len(grid), -1)
        kept[place] = np.arange(len(place))
        return washed(values, np.diff(grid), kept, rates, len(place))

    def _grid(self, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the curve's times up to the last asked for joined with those, and the places of the latter."""
        own = self.times_s[self.times_s <= times_s[-1]]
        grid = np.unique(np.concatenate([own, times_s]))
        return grid, np.searchsorted(grid, times_s)


def tofts_curves(parameters: np.ndarray, times_s: np.ndarray, plasma: PlasmaCurve) -> np.ndarray:
    """Return tissue concentrations (n, t) in mM of ktrans (1/min), kep (1/min) and vp: (n, 3), or (n, 2) without vp.

    Source
    ------
    Tofts 1999, Journal of Magnetic Resonance Imaging 10:223.
    """
    rates = parameters[:, :2] / PER_MINUTE
    exchanged: np.ndarray = rates[:, :1] * plasma.washed_out(rates[:, 1], times_s)
    return exchanged if parameters.shape[1] == 2 else exchanged + parameters[:, 2:3] * plasma.at(times_s)


def fit_tofts(
    curves: np.ndarray, times_s: np.ndarray, plasma: PlasmaCurve, *, extended: bool, nonlinear: bool = True
) -> dict[str, np.ndarray]:
    """Fit a Tofts model to tissue concentrations.

    Parameters
    ----------
    curves : array (n, t)
        Concentrations in mM.
    times_s : array (t,)
        Times in seconds, on the clock of ``plasma``.
    plasma : PlasmaCurve
        Arterial plasma.
    extended : bool
        With blood in the voxel (vp).
    nonlinear : bool
        Refine the linear solution; it then minimises the squared differences of the curve itself.

    Returns
    -------
    dict of str to array (n,)
        ``ktrans`` and ``kep`` in 1/min, ``ve`` and, extended, ``vp`` as shares; ``ve`` is NaN where nothing comes
        back (kep 0). A share ``ve`` above 1 says that the model does not hold there.

    Source
    ------
    Tofts 1999; Murase 2004, Magnetic Resonance in Medicine 51:858 (the linear form).
    """
    start = _linear(curves, times_s, plasma, extended)
    upper = (LARGEST_KTRANS, LARGEST_KEP, 1.0)[: start.shape[1]]
    found = np.clip(start, 0.0, upper)
    if nonlinear:
        # A start on a bound would have no slope to follow.
        inner = np.clip(found, 1e-4, np.array(upper) * 0.99)
        found, _ = fit_curves(
            lambda p: tofts_curves(p, times_s, plasma), inner, curves, lower=(0.0,) * len(upper), upper=upper
        )
    ktrans, kep = found[:, 0], found[:, 1]
    result = {
        "ktrans": ktrans,
        "kep": kep,
        "ve": np.where(kep > 0, ktrans / np.where(kep > 0, kep, 1.0), np.nan),
    }
    return result | ({"vp": found[:, 2]} if extended else {})


def fit_patlak(curves: np.ndarray, times_s: np.ndarray, plasma: PlasmaCurve) -> dict[str, np.ndarray]:
    """Fit the Patlak model: ``ktrans`` in 1/min and ``vp`` as a share, (n,), where nothing flows back.

    Source
    ------
    Patlak 1983, Journal of Cerebral Blood Flow and Metabolism 3:1.
    """
    design = np.stack([plasma.area_at(times_s), plasma.at(times_s)], axis=1)
    found = curves @ np.linalg.pinv(design).T
    return {"ktrans": found[:, 0] * PER_MINUTE, "vp": found[:, 1]}


def linear_error(curve: np.ndarray, times_s: np.ndarray, plasma: PlasmaCurve) -> float:
    """Return the squared error of the extended model's linear form for one curve (t,)."""
    design = np.stack([plasma.area_at(times_s), -running_area(curve, times_s), plasma.at(times_s)], axis=1)
    found = np.linalg.lstsq(design, curve, rcond=None)[0]
    return float(((design @ found - curve) ** 2).sum())


def _linear(curves: np.ndarray, times_s: np.ndarray, plasma: PlasmaCurve, extended: bool) -> np.ndarray:
    """Return ktrans, kep (1/min) and vp from the integrated equation, which is linear in them."""
    columns = [np.broadcast_to(plasma.area_at(times_s), curves.shape), -running_area(curves, times_s)]
    if extended:
        columns.append(np.broadcast_to(plasma.at(times_s), curves.shape))
    design = np.stack(columns, axis=2)
    found = (np.linalg.pinv(design) @ curves[:, :, None])[:, :, 0]
    kep = found[:, 1]
    ktrans = found[:, 0] - kep * found[:, 2] if extended else found[:, 0]
    parts = [ktrans * PER_MINUTE, kep * PER_MINUTE, *([found[:, 2]] if extended else [])]
    return np.stack(parts, axis=1)
