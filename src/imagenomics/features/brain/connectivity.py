"""Functional connectivity: which regions of one patient go up and down together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.brain.rows import region_rows
from imagenomics.features.brain.settings import ConnectivitySettings

CONSTANT = "the series of a region is constant"
LINK = "--"


def connectivity_matrix(series: np.ndarray, *, settings: ConnectivitySettings) -> np.ndarray:
    """Return how strongly each two regions go together, (p, p) with ones in the diagonal.

    Parameters
    ----------
    series : ndarray (frames, p)
        Cleaned time series (:func:`imagenomics.features.brain.cleaning.clean_series`).
    settings : ConnectivitySettings
        Kind and shrinkage; ``fisher_z`` belongs to :func:`connectivity_rows`.

    Returns
    -------
    ndarray (p, p)
        Correlations in [-1, 1]. Rows and columns of constant series are NaN, whatever stands beside them.

    Raises
    ------
    InputError
        ``IGX-FEAT-131``: fewer than three frames, or cells that hold no number; ``IGX-FEAT-132``: partial
        correlations of more regions than the frames can tell apart.

    Source
    ------
    Ledoit and Wolf 2004, Journal of Multivariate Analysis 88:365, on series scaled to unit variance; Marrelec et al.
    2006, NeuroImage 32:228 (partial correlation).
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 2 or len(values) < 3 or not np.isfinite(values).all():
        raise InputError(
            "IGX-FEAT-131",
            f"no connectivity of a series of shape {values.shape}"
            + ("" if np.isfinite(values).all() else " that holds NaN"),
            expected="at least three frames by regions, all numbers",
            remedy="look at the series of this patient",
        )
    centred = values - values.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    varies = size > 1e-12 * np.maximum(np.linalg.norm(values, axis=0), np.finfo(np.float64).tiny)
    scaled = centred[:, varies] / size[varies] * np.sqrt(len(values))
    matrix = scaled.T @ scaled / len(values)
    if settings.shrink == "ledoit-wolf":
        matrix = (1 - ledoit_wolf_share(scaled)) * matrix
        np.fill_diagonal(matrix, 1.0)
    if settings.kind == "partial":
        matrix = _partial(matrix)
    out = np.full((values.shape[1], values.shape[1]), np.nan)
    out[np.ix_(varies, varies)] = _symmetric(matrix)
    return out


def connectivity_rows(
    matrix: np.ndarray, regions: Sequence[str], *, settings: ConnectivitySettings
) -> pd.DataFrame:
    """Return one row for each pair of regions, region ``<a>--<b>`` in the order given.

    Parameters
    ----------
    matrix : ndarray (p, p)
        Of :func:`connectivity_matrix`.
    regions : sequence of str
        Their p names.
    settings : ConnectivitySettings
        Names the feature, e.g. ``partial_ledoit-wolf_z``. A correlation of exactly 1 has no Fisher z: status
        ``failed``.

    Raises
    ------
    InputError
        ``IGX-FEAT-133``: not one name for each region, or a name twice.
    """
    names = check_names(regions, len(matrix))
    shrunk = "" if settings.shrink == "none" else f"_{settings.shrink}"
    feature = settings.kind + shrunk + ("_z" if settings.fisher_z else "")
    values = fisher_z(matrix) if settings.fisher_z else matrix
    pairs = {
        f"{names[i]}{LINK}{names[j]}": {feature: CONSTANT if np.isnan(matrix[i, j]) else float(values[i, j])}
        for i in range(len(names))
        for j in range(i + 1, len(names))
    }
    return region_rows("connectivity", pairs)


def fisher_z(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse hyperbolic tangent; NaN where a correlation is 1 or -1 (the diagonal)."""
    with np.errstate(divide="ignore"):
        z = np.arctanh(np.clip(matrix, -1.0, 1.0))
    return np.where(np.isinf(z), np.nan, z)


def ledoit_wolf_share(scaled: np.ndarray) -> float:
    """Return how far to pull the covariance of centred columns (n, p) towards a multiple of the identity, in [0, 1]."""
    n, p = scaled.shape
    covariance = scaled.T @ scaled / n
    mean = np.trace(covariance) / p
    distance = ((covariance - mean * np.eye(p)) ** 2).sum()
    if distance == 0:
        return 0.0
    noise = ((scaled**2).sum(axis=1) ** 2).sum() / n**2 - (covariance**2).sum() / n
    return float(min(max(noise, 0.0), distance) / distance)


def check_names(regions: Sequence[str], n: int) -> list[str]:
    """Refuse names that are not one for each region (``IGX-FEAT-133``)."""
    names = list(regions)
    if len(names) != n or len(set(names)) != n:
        raise InputError(
            "IGX-FEAT-133",
            f"{len(names)} names, {len(set(names))} different, for {n} regions",
            expected="one name for each region",
            remedy="give the names in the order of the columns",
        )
    return names


def _partial(matrix: np.ndarray) -> np.ndarray:
    p = len(matrix)
    eigen = np.linalg.eigvalsh(matrix) if p else np.ones(1)
    if eigen[0] <= eigen[-1] * p * 1e-13:
        raise InputError(
            "IGX-FEAT-132",
            f"the correlations of {p} regions cannot be inverted",
            expected="more degrees of freedom than regions, and no region that the others make up exactly",
            remedy='set shrink = "ledoit-wolf", or use an atlas with fewer regions',
        )
    precision = np.linalg.inv(matrix)
    size = np.sqrt(np.diag(precision))
    partial = -precision / np.outer(size, size)
    np.fill_diagonal(partial, 1.0)
    return partial


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    even = np.clip((matrix + matrix.T) / 2, -1.0, 1.0)
    np.fill_diagonal(even, 1.0)
    return even
