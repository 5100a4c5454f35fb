"""Blood volume where contrast agent leaves the vessels: the correction of Boxerman, Schmainda and Weisskoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagenomics.features.perfusion.curves import running_area

FLAT = 1e-12  # a reference curve with less area has no bolus


@dataclass(frozen=True, eq=False)
class Leakage:
    """What the correction found in each voxel (n,).

    Parameters
    ----------
    corrected : array (n, t)
        Change of relaxation without leakage.
    k1 : array (n,)
        Blood volume relative to the reference tissue.
    k2 : array (n,)
        Leakage in 1/s: positive where T1 effects raise the signal, negative where T2* effects prevail.
    """

    corrected: np.ndarray
    k1: np.ndarray
    k2: np.ndarray


def correct_leakage(relaxation: np.ndarray, times_s: np.ndarray, *, reference: np.ndarray) -> Leakage:
    """Split each curve into what the blood does and what leakage does.

    Parameters
    ----------
    relaxation : array (n, t)
        Change of the relaxation rate in 1/s.
    times_s : array (t,)
        Times in seconds.
    reference : array (t,)
        Mean change in tissue that does not enhance.

    Returns
    -------
    Leakage
        Each curve is K1 times the reference minus K2 times its running area; the second part is taken out.

    Assumes
    -------
    The residue of the voxel is that of the reference tissue: no other transit time, no other arrival.

    Source
    ------
    Boxerman, Schmainda and Weisskoff 2006, American Journal of Neuroradiology 27:859.
    """
    grown = running_area(reference, times_s)
    design = np.stack([reference, -grown], axis=1)
    found = relaxation @ np.linalg.pinv(design).T
    return Leakage(relaxation + found[:, 1:] * grown, found[:, 0], found[:, 1])


def not_enhancing(signal: np.ndarray, *, before: slice, tail: int) -> np.ndarray:
    """Tell which voxels (n,) end no higher than one standard deviation above their baseline.

    Parameters
    ----------
    signal : array (n, t)
        Signal.
    before : slice
        Volumes before the bolus.
    tail : int
        Number of volumes at the end that are averaged.
    """
    baseline = signal[:, before]
    limit = baseline.mean(axis=1) + baseline.std(axis=1)
    quiet: np.ndarray = signal[:, -tail:].mean(axis=1) <= limit
    return quiet
