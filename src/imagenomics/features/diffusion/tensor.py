"""The diffusion tensor and what does not change when the head turns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.diffusion.settings import TensorSettings
from imagenomics.features.diffusion.weighting import (
    NOISE_FLOOR,
    check_weighting,
    noise_limited,
    noise_note,
)
from imagenomics.features.map_statistics import ParameterMaps

NEGATIVE = "negative-eigenvalue"
PLACES = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
WORST_CONDITION = 1e6  # of the design with columns of unit length


def tensor_maps(
    signal: np.ndarray,
    b_values: Sequence[float] | np.ndarray,
    b_vectors: np.ndarray,
    *,
    settings: TensorSettings | None = None,
) -> ParameterMaps:
    """Say how directed and how fast diffusion is in each voxel.

    Parameters
    ----------
    signal : array (..., t)
        Diffusion-weighted signal.
    b_values : sequence of float (t,)
        In s/mm2.
    b_vectors : array (t, 3)
        Unit directions; not used where b is 0.
    settings : TensorSettings, optional
        Range of b-values, weights, noise floor.

    Returns
    -------
    ParameterMaps
        ``fa`` (0 to 1), and ``md``, ``ad``, ``rd`` in 1e-3 mm2/s: the mean of the eigenvalues, the largest, and the
        mean of the other two; ``s0``. Negative eigenvalues, which noise makes, count as 0 and are doubts named
        ``negative-eigenvalue``; voxels at the noise floor are doubts named ``noise-floor``.

    Raises
    ------
    InputError
        ``IGX-FEAT-062``: b-values that do not fit or are all equal; ``IGX-FEAT-064``: directions that do not
        fit or do not determine a tensor; ``IGX-FEAT-054``: no positive signal.

    Source
    ------
    Basser 1994, Journal of Magnetic Resonance B 103:247; Chung 2006, NeuroImage 33:531 (weights from the unweighted
    fit); Basser and Pierpaoli 1996, Journal of Magnetic Resonance B 111:209 (FA).
    """
    chosen = settings or TensorSettings()
    signal, weights = check_weighting(signal, b_values)
    vectors = np.asarray(b_vectors, np.float64)
    _check_directions(vectors, weights)
    used = weights <= chosen.b_max
    signal, weights = check_weighting(signal[..., used], weights[used])
    design = _design(weights, vectors[used])
    flat = signal.reshape(-1, len(weights))
    usable = (flat > 0).all(axis=1)
    found = _solve(np.log(flat[usable]), design, chosen.reweightings)
    eigenvalues = np.full((len(flat), 3), np.nan)
    eigenvalues[usable] = np.linalg.eigvalsh(_matrices(found))[:, ::-1]
    values = tensor_measures(np.maximum(eigenvalues, 0.0))
    values["s0"] = np.full(len(flat), np.nan)
    values["s0"][usable] = np.exp(found[:, 6])
    shape = signal.shape[:-1]
    return ParameterMaps(
        "dti",
        {k: v.reshape(shape) for k, v in values.items()},
        {"fa": "1", "md": "1e-3 mm2/s", "ad": "1e-3 mm2/s", "rd": "1e-3 mm2/s", "s0": "1"},
        (f"weighted least squares of {len(weights)} volumes", noise_note(chosen)),
        {
            NEGATIVE: np.asarray((eigenvalues < 0).any(axis=1)).reshape(shape),
            NOISE_FLOOR: noise_limited(flat, weights, chosen).reshape(shape),
        },
    )


def tensor_measures(eigenvalues: np.ndarray) -> dict[str, np.ndarray]:
    """Return ``fa``, ``md``, ``ad`` and ``rd`` (n,) of eigenvalues (n, 3) in mm2/s, largest first."""
    mean = eigenvalues.mean(axis=1)
    squared = (eigenvalues**2).sum(axis=1)
    spread = ((eigenvalues - mean[:, None]) ** 2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fa = np.sqrt(1.5 * spread / squared)
    return {
        "fa": fa,
        "md": mean * 1e3,
        "ad": eigenvalues[:, 0] * 1e3,
        "rd": eigenvalues[:, 1:].mean(axis=1) * 1e3,
    }


def _design(b_values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the matrix (t, 7) of the six tensor elements, in 1e-3 mm2/s, and the logarithm of S0."""
    columns = [-1e-3 * b_values * vectors[:, i] * vectors[:, j] * (1.0 if i == j else 2.0) for i, j in PLACES]
    design = np.stack([*columns, np.ones(len(b_values))], axis=1)
    length = np.linalg.norm(design, axis=0)
    scaled = design / np.where(length > 0, length, 1.0)
    if len(design) < 7 or np.linalg.cond(scaled) > WORST_CONDITION:
        raise InputError(
            "IGX-FEAT-064",
            f"{len(design)} volumes do not determine a tensor",
            expected="at least six directions that are not in one plane or cone, and a volume without weighting",
            remedy="look at the .bvec file, and whether 'b_max' leaves enough volumes; the ADC needs no directions",
        )
    return design


def _solve(logs: np.ndarray, design: np.ndarray, reweightings: int) -> np.ndarray:
    found = logs @ np.linalg.pinv(design).T
    for _ in range(reweightings):
        predicted = found @ design.T
        # Weights relative to the largest, so that none overflows.
        weights = np.exp(2 * (predicted - predicted.max(axis=1, keepdims=True)))
        normal = np.einsum("nt,ti,tj->nij", weights, design, design, optimize=True)
        found = np.linalg.solve(normal, ((weights * logs) @ design)[:, :, None])[:, :, 0]
    return found


def _matrices(found: np.ndarray) -> np.ndarray:
    """Return symmetric tensors (n, 3, 3) in mm2/s."""
    matrices = np.empty((len(found), 3, 3))
    for k, (i, j) in enumerate(PLACES):
        matrices[:, i, j] = matrices[:, j, i] = found[:, k] * 1e-3
    return matrices


def _check_directions(vectors: np.ndarray, b_values: np.ndarray) -> None:
    if vectors.shape == (len(b_values), 3) and np.isfinite(vectors).all():
        length = np.linalg.norm(vectors, axis=1)
        if (np.abs(length[b_values > 0] - 1) < 0.05).all():
            return
    raise InputError(
        "IGX-FEAT-064",
        f"directions of shape {vectors.shape} cannot be used with {len(b_values)} b-values",
        expected="a finite direction (t, 3) of unit length wherever b is not 0",
        remedy="read the .bvec file of this very series; leave out volumes that are a trace or an ADC",
    )
