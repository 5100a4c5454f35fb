"""Maps of grey level co-occurrence: which levels stand side by side around each voxel."""

from __future__ import annotations

import itertools

import numpy as np
from numba import njit

from imagenomics.features.settings import Aggregation

HALF = np.array([s for s in itertools.product((-1, 0, 1), repeat=3) if s > (0, 0, 0)], np.int64)


def pairs_around(steps: np.ndarray, aggregation: Aggregation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs of neighbours within a neighbourhood, sorted by the matrix that counts them.

    Parameters
    ----------
    steps : array of int64, (k, 3)
        The neighbourhood.
    aggregation : str
        Which pairs share a matrix; features are averaged over matrices. See
        :func:`imagenomics.features.texture.cooccurrence.cooccurrence_features`.

    Returns
    -------
    first, second : array of int64, (q, 3)
        Both ends of each pair.
    bounds : array of int64, (m + 1,)
        Pairs ``bounds[j]:bounds[j + 1]`` belong to matrix j.
    """
    dimension, how = aggregation.rsplit("_", 1)
    present = {tuple(s) for s in steps.tolist()}
    by_matrix: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]] = {}
    for d, way in enumerate(HALF):
        if dimension != "3D" and way[0] != 0:
            continue
        for step in steps:
            if tuple((step + way).tolist()) in present:
                key = (int(step[0]) if dimension == "2D" else 0, d if how == "avg" else 0)
                by_matrix.setdefault(key, []).append((step, step + way))
    listed = [by_matrix[key] for key in sorted(by_matrix)]
    ends = np.array([p for pairs in listed for p in pairs], np.int64).reshape(-1, 2, 3)
    bounds = np.concatenate([[0], np.cumsum([len(pairs) for pairs in listed])]).astype(np.int64)
    return ends[:, 0], ends[:, 1], bounds


def cooccurrence_maps(
    levels: np.ndarray,
    places: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    n_levels: int,
    fill: bool = False,
) -> np.ndarray:
    """Return the 25 features (25, n) around each voxel, in the order of ``GLCM``.

    Parameters
    ----------
    levels : array of int32, (p,)
        Grey levels on a padded grid, flat; 0 outside the region.
    places : array of int64, (n,)
        The region's voxels in ``levels``.
    pairs : tuple of arrays of int64
        First and second ends (q,) as steps in ``levels``, and bounds (m + 1,) of the matrices.
    n_levels : int
        Number of grey levels of the whole region.
    fill : bool
        Correlation 1 and first information correlation 0 where there is one grey level, as PyRadiomics has it;
        otherwise they are NaN.

    Notes
    -----
    Counts are whole numbers up to the last division, and p log p comes from a table of c log c: a pair costs a few
    additions, and a matrix as much as it has different cells and levels.
    """
    first, second, bounds = pairs
    largest = int(2 * np.diff(bounds).max(initial=0))
    c = np.arange(largest + 1, dtype=np.float64)
    c_log_c = c * np.log2(np.maximum(c, 1.0))
    return _maps(levels, places, first, second, bounds, n_levels, fill, c_log_c)


@njit(cache=True, nogil=True, error_model="numpy")
def _maps(
    levels: np.ndarray,
    places: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    bounds: np.ndarray,
    n_levels: int,
    fill: bool,
    c_log_c: np.ndarray,
) -> np.ndarray:
    found = np.empty((25, places.size))
    total, defined = np.zeros(25), np.zeros(25, np.int64)
    own = np.empty(25)
    cells = np.zeros(n_levels * n_levels, np.int64)
    touched = np.empty(cells.size, np.int64)
    marginal, differ = np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64)
    sums = np.zeros(2 * n_levels, np.int64)
    for v in range(places.size):
        place = places[v]
        total[:] = 0.0
        defined[:] = 0
        for m in range(bounds.size - 1):
            n_touched = 0
            for q in range(bounds[m], bounds[m + 1]):
                a, b = levels[place + first[q]] - 1, levels[place + second[q]] - 1
                if a >= 0 and b >= 0:
                    cell = min(a, b) * n_levels + max(a, b)
                    if cells[cell] == 0:
                        touched[n_touched] = cell
                        n_touched += 1
                    cells[cell] += 1
            if n_touched == 0:
                continue
            _describe(cells, touched[:n_touched], marginal, differ, sums, c_log_c, fill, own)
            for f in range(25):
                if not np.isnan(own[f]):
                    total[f] += own[f]
                    defined[f] += 1
        for f in range(25):
            found[f, v] = total[f] / defined[f] if defined[f] > 0 else np.nan
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _describe(
    cells: np.ndarray,
    touched: np.ndarray,
    marginal: np.ndarray,
    differ: np.ndarray,
    sums: np.ndarray,
    c_log_c: np.ndarray,
    fill: bool,
    own: np.ndarray,
) -> None:
    # ``own`` is in the order of GLCM. ``cells`` holds each pair once, its lower level first; the symmetric matrix
    # holds it twice. All tables are zeroed again on the way out.
    size = marginal.size
    n, largest, squares, logs, products = 0, 0, 0, 0.0, 0
    low, high = size, 0
    for t in range(touched.size):
        cell = touched[t]
        i, j = cell // size, cell % size
        c = cells[cell]
        cells[cell] = 0
        n += 2 * c
        marginal[i] += c
        marginal[j] += c
        differ[j - i] += 2 * c
        sums[i + j] += 2 * c
        products += 2 * c * (i + 1) * (j + 1)
        entry = 2 * c if i == j else c
        times = 1 if i == j else 2
        largest = max(largest, entry)
        squares += times * entry * entry
        logs += times * c_log_c[entry]
        low, high = min(low, i), max(high, j)
    log_n = c_log_c[n] / n
    h_pair = log_n - logs / n
    total, logs = 0, 0.0
    for i in range(low, high + 1):
        total += (i + 1) * marginal[i]
        logs += c_log_c[marginal[i]]
    mean, h_one = total / n, log_n - logs / n
    variance = 0.0
    for i in range(low, high + 1):
        variance += (i + 1 - mean) ** 2 * marginal[i]
        marginal[i] = 0
    variance /= n
    _of_differences(differ, high - low, n, log_n, c_log_c, own)
    _of_sums(sums, 2 * low, 2 * high, n, mean, log_n, c_log_c, own)
    covariance = (own[8] - own[11]) / 4
    own[0] = largest / n
    own[1] = mean
    own[2] = variance
    own[3] = h_pair
    own[7] = 2 * mean
    own[10] = squares / n / n
    own[18] = covariance / variance if variance > 1e-12 else (1.0 if fill else np.nan)
    own[19] = products / n
    own[20] = own[8]
    own[23] = (h_pair - 2 * h_one) / h_one if h_one > 1e-12 else (0.0 if fill else np.nan)
    own[24] = np.sqrt(max(0.0, 1 - np.exp(-2 * max(0.0, 2 * h_one - h_pair))))


@njit(cache=True, nogil=True, error_model="numpy")
def _of_differences(
    differ: np.ndarray, widest: int, n: int, log_n: float, c_log_c: np.ndarray, own: np.ndarray
) -> None:
    size = differ.size
    first, second, logs = 0, 0, 0.0
    inverse, inverse_norm, moment, moment_norm, variance = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(widest + 1):
        c = differ[k]
        if c == 0:
            continue
        first += k * c
        second += k * k * c
        logs += c_log_c[c]
        inverse += c / (1 + k)
        inverse_norm += c / (1 + k / size)
        moment += c / (1 + k * k)
        moment_norm += c / (1 + (k / size) ** 2)
        if k > 0:
            variance += c / (k * k)
    mean = first / n
    spread = 0.0
    for k in range(widest + 1):
        spread += (k - mean) ** 2 * differ[k]
        differ[k] = 0
    own[4] = mean
    own[5] = spread / n
    own[6] = log_n - logs / n
    own[11] = second / n
    own[12] = mean
    own[13] = inverse / n
    own[14] = inverse_norm / n
    own[15] = moment / n
    own[16] = moment_norm / n
    own[17] = variance / n


@njit(cache=True, nogil=True, error_model="numpy")
def _of_sums(
    sums: np.ndarray,
    lowest: int,
    highest: int,
    n: int,
    mean: float,
    log_n: float,
    c_log_c: np.ndarray,
    own: np.ndarray,
) -> None:
    second, third, fourth, logs = 0.0, 0.0, 0.0, 0.0
    for s in range(lowest, highest + 1):
        c = sums[s]
        if c > 0:
            x = s + 2 - 2 * mean
            second += c * x * x
            third += c * x * x * x
            fourth += c * x * x * x * x
            logs += c_log_c[c]
            sums[s] = 0
    own[8] = second / n
    own[9] = log_n - logs / n
    own[21] = third / n
    own[22] = fourth / n
