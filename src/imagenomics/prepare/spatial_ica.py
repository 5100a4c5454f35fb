"""Independent spatial components of stacked maps: reduction, FastICA from several starts, sign and order by rule."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from imagenomics.prepare.base import FloatArray
from imagenomics.work.seeds import generator

NEGLIGIBLE = 1e-10  # share of the largest variance below which a direction is rounding


@dataclass(frozen=True, eq=False)
class SpatialComponents:
    """Independent maps.

    Parameters
    ----------
    maps : array, (k, v)
        Mean 0 and variance 1 over places.
    mixing : array, (m, k)
        How much of each map each row of the data holds.
    stability : array, (k,)
        Mean absolute correlation of each map with its like from the other starts; NaN with one start.
    n_converged : int
        Starts that settled.
    n_iter : int
        Steps of the start that counts.
    """

    maps: FloatArray
    mixing: FloatArray
    stability: FloatArray
    n_converged: int
    n_iter: int


def centred_both_ways(values: FloatArray) -> FloatArray:
    """Return rows by places (t, v) without the mean of each place and then without that of each row."""
    centred = values - values.mean(axis=0)
    return np.asarray(centred - centred.mean(axis=1, keepdims=True))


def principal_maps(values: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Return at most ``n`` principal maps (k, v), rows of length sqrt(v), and their weights (m, k) in the rows.

    Directions that hold nothing but rounding are left out. The largest number of each map is positive.
    """
    gram = values @ values.T
    size, left = np.linalg.eigh(gram)
    order = np.argsort(size)[::-1][:n]
    order = order[size[order] > NEGLIGIBLE * size.max(initial=0.0)]
    scale = np.sqrt(size[order])
    maps = (left[:, order] / scale).T @ values
    sign = np.sign(np.take_along_axis(maps, np.abs(maps).argmax(axis=1)[:, None], axis=1))
    root = np.sqrt(values.shape[1])
    return maps * sign * root, left[:, order] * scale * sign.T / root


def independent_maps(
    values: FloatArray, n_components: int, *, n_starts: int, max_iter: int, seed: int
) -> SpatialComponents:
    """Separate stacked maps (m, v), centred along both axes, into ``n_components`` independent ones.

    Of several starts the one counts whose maps are most like those of the others. Maps are signed so that their
    skewness is positive and ordered by the variance that they explain, so that neither depends on chance. Data of lower
    rank give their principal maps, fewer than asked for.

    Source
    ------
    Hyvärinen 1999, IEEE Transactions on Neural Networks 10:626 (FastICA); Himberg, Hyvärinen & Esposito 2004,
    NeuroImage 22:1214 (several starts, and how alike their results are).
    """
    white, weights = principal_maps(values, n_components)
    if len(white) < n_components:
        return SpatialComponents(white, weights, np.full(len(white), np.nan), n_converged=0, n_iter=0)
    runs = [_one_start(white, max_iter, seed, start) for start in range(n_starts)]
    unmixing = [u for u, _, _ in runs]
    alike = _likeness(unmixing)
    best = int(np.argmax(np.round(alike.mean(axis=(1, 2)), 12)))
    others = np.delete(alike[best], best, axis=0)
    stability = others.mean(axis=0) if len(others) else np.full(len(white), np.nan)
    maps, mixing = unmixing[best] @ white, weights @ unmixing[best].T
    sign = np.where((maps**3).sum(axis=1) < 0, -1.0, 1.0)
    order = np.argsort(-(mixing**2).sum(axis=0), kind="stable")
    return SpatialComponents(
        maps=(maps * sign[:, None])[order],
        mixing=(mixing * sign)[:, order],
        stability=stability[order],
        n_converged=sum(settled for _, settled, _ in runs),
        n_iter=runs[best][2],
    )


def _one_start(white: FloatArray, max_iter: int, seed: int, start: int) -> tuple[FloatArray, bool, int]:
    """Return an orthogonal unmixing matrix (k, k), whether it settled, and after how many steps."""
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    k = len(white)
    first = generator(seed, "independent components", start).normal(size=(k, k))
    search = FastICA(whiten=False, w_init=first, max_iter=max_iter, tol=1e-6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(white.T)
    settled = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
    return np.asarray(search.components_, dtype=np.float64), settled, int(search.n_iter_)


def _likeness(unmixing: list[FloatArray]) -> npt.NDArray[np.float64]:
    """Return for each pair of starts, and each map of the first, its correlation with its like (s, s, k).

    The data are white and the matrices orthogonal: correlations of maps are products of the matrices' rows.
    """
    found = np.ones((len(unmixing), len(unmixing), len(unmixing[0])))
    for a, one in enumerate(unmixing):
        for b, other in enumerate(unmixing):
            r = np.abs(one @ other.T)
            own, like = linear_sum_assignment(-r)
            found[a, b, own] = r[own, like]
    return found
