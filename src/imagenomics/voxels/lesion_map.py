"""Voxel by voxel, whether a target differs between patients with and without a lesion there."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special, stats

from imagenomics.associate.permute import permute_rows
from imagenomics.voxels.settings import VoxelSettings
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)
THIRDS = 3
AT_ONCE = 64  # draws of one matrix product
TIE = 1e-9


class Patterns(NamedTuple):
    """Voxels that can be tested, those alike in all patients together.

    Parameters
    ----------
    lesions : array, (P, n)
        1 where a patient has a lesion.
    counts : int array, (P,)
        Patients with a lesion.
    of_voxel : int array, (z, y, x)
        Pattern of each voxel, -1 where it is not tested.
    """

    lesions: FloatArray
    counts: IntArray
    of_voxel: IntArray


class Cluster(NamedTuple):
    """Neighbouring voxels beyond the cluster-forming p, all of one sign."""

    sign: int
    voxels: int
    peak: tuple[int, int, int]
    z: float
    p_peak: float
    p_cluster: float


class LesionMap(NamedTuple):
    """What the voxels say of one target.

    Parameters
    ----------
    z : array, (z, y, x)
        Signed deviate of each voxel; positive where lesions go with the target. NaN where it is not tested.
    p_fwe : array, (z, y, x)
        Chance of so strong a voxel anywhere in the map.
    clusters : list of Cluster
        The largest first.
    patterns : int
        Different patterns of patients that were tested.
    strongest : array, (draws,)
        Largest absolute deviate of the map in each permutation.
    most_lesions : int
        Patients with a lesion where, of all tested voxels, most have one.
    """

    z: FloatArray
    p_fwe: FloatArray
    clusters: list[Cluster]
    patterns: int
    strongest: FloatArray
    most_lesions: int

    def voxel_p(self, alpha: float) -> float:
        """Return the two-sided p that a single voxel must be below to be significant in the whole map at ``alpha``.

        It comes from the permutations alone, not from what was observed; NaN where they are too few for that level.
        """
        most = int(alpha * (self.strongest.size + 1) + 1e-9) - 1  # draws that may be as large
        if most < 0:
            return math.nan
        return float(2.0 * special.ndtr(-np.sort(self.strongest)[::-1][most]))


def find_patterns(lesions: BoolArray, *, least: int) -> Patterns:
    """Return the testable voxels of lesions (n, z, y, x): at least ``least`` patients with and without one."""
    n = lesions.shape[0]
    flat = lesions.reshape(n, -1)
    counts = flat.sum(axis=0)
    tested = np.flatnonzero((counts >= least) & (n - counts >= least))
    packed = np.ascontiguousarray(np.packbits(flat[:, tested], axis=0).T)
    _, first, inverse = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    of_voxel = np.full(flat.shape[1], -1, dtype=np.int64)
    of_voxel[tested] = inverse.ravel()
    chosen = flat[:, tested[first]].T.astype(np.float64)
    return Patterns(chosen, chosen.sum(axis=1).astype(np.int64), of_voxel.reshape(lesions.shape[1:]))


def map_target(
    patterns: Patterns,
    target: FloatArray,
    strata: IntArray,
    *,
    binary: bool,
    settings: VoxelSettings,
    name: str,
    seed: int,
) -> LesionMap:
    """Map one target, and judge its strongest voxel and its clusters by permutation.

    Parameters
    ----------
    patterns : Patterns
        Of the n patients who have the target.
    target : array, (n,)
        0 and 1, or numbers, which are ranked.
    strata : int array, (n,)
        Patients change places within their stratum.
    binary : bool
    settings : VoxelSettings
    name : str
        Names the random streams.
    seed : int

    Source
    ------
    Bates et al. 2003, Nature Neuroscience 6:448 (lesion-symptom mapping); Rorden, Karnath & Bonilha 2007, Journal of
    Cognitive Neuroscience 19:1081 (mid-p for binary targets); Nichols & Holmes 2002, Human Brain Mapping 15:1.
    """
    deviate = _Binary(patterns, target) if binary else _Ranked(patterns, target)
    observed = deviate.of(np.arange(target.size)[None, :])[:, 0]
    cut = float(special.ndtri(1.0 - settings.cluster_p / 2.0))
    strongest, largest = np.zeros(settings.permutations), np.zeros(settings.permutations)
    for start in range(0, settings.permutations, AT_ONCE):
        draws = range(start, min(start + AT_ONCE, settings.permutations))
        orders = np.stack([permute_rows(strata, generator(seed, "voxels", name, draw)) for draw in draws])
        drawn = deviate.of(orders)
        strongest[draws.start : draws.stop] = np.abs(drawn).max(axis=0, initial=0.0)
        for k, draw in enumerate(draws):
            largest[draw] = _largest(drawn[:, k], patterns.of_voxel, cut)
    p_fwe = _exceeded(np.abs(observed), strongest)
    z, p = (_volume(values, patterns.of_voxel) for values in (observed, p_fwe))
    found = _clusters(z, p, cut, largest)
    return LesionMap(z, p, found, observed.size, strongest, int(patterns.counts.max()))


class _Binary:
    """Mid-p of the hypergeometric distribution as a signed deviate, looked up by the counts of a table."""

    def __init__(self, patterns: Patterns, target: FloatArray) -> None:
        self.lesions, self.target = patterns.lesions, target
        n, ones = target.size, round(float(target.sum()))
        kinds, self.kind = np.unique(patterns.counts, return_inverse=True)
        both = np.arange(ones + 1)
        law = stats.hypergeom(n, ones, kinds[:, None])
        half = 0.5 * law.pmf(both)
        upper, lower = law.sf(both) + half, law.cdf(both) - half
        with np.errstate(divide="ignore"):
            self.table = np.where(upper <= lower, -special.ndtri(upper), special.ndtri(lower))
        self.table[~np.isfinite(self.table)] = 0.0  # counts that cannot occur

    def of(self, orders: IntArray) -> FloatArray:
        """Return the deviate of each pattern in each draw, (P, B)."""
        together = np.rint(self.lesions @ self.target[orders].T).astype(np.int64)
        found: FloatArray = self.table[self.kind[:, None], together]
        return found


class _Ranked:
    """Rank sums of patients with a lesion, standardised with tie correction."""

    def __init__(self, patterns: Patterns, target: FloatArray) -> None:
        ranks = stats.rankdata(target)
        self.lesions, self.ranks = patterns.lesions, ranks - ranks.mean()
        n = target.size
        spread = patterns.counts * (n - patterns.counts) / (n * (n - 1.0)) * float((self.ranks**2).sum())
        self.scale = 1.0 / np.sqrt(spread)

    def of(self, orders: IntArray) -> FloatArray:
        """Return the deviate of each pattern in each draw, (P, B)."""
        found: FloatArray = (self.lesions @ self.ranks[orders].T) * self.scale[:, None]
        return found


def size_strata(sizes: npt.ArrayLike, sites: IntArray) -> IntArray:
    """Return sites divided by thirds of lesion size among all patients."""
    size = np.asarray(sizes, dtype=np.float64)
    third = np.searchsorted(np.quantile(size, np.arange(1, THIRDS) / THIRDS), size, side="right")
    return np.asarray(np.unique(sites * THIRDS + third, return_inverse=True)[1], dtype=np.int64)


def _exceeded(observed: FloatArray, drawn: FloatArray) -> FloatArray:
    """Return (draws as large + 1) / (draws + 1)."""
    ordered = np.sort(drawn)
    counts = ordered.size - np.searchsorted(ordered, observed - TIE, side="left")
    return np.asarray((counts + 1.0) / (ordered.size + 1.0))


def _volume(values: FloatArray, of_voxel: IntArray) -> FloatArray:
    return np.append(values, math.nan)[of_voxel]


def _label(z: FloatArray, sign: int, cut: float) -> tuple[IntArray, int]:
    labels, count = ndimage.label(np.nan_to_num(sign * z) >= cut, structure=NEIGHBOURS)
    return labels, int(count)


def _largest(drawn: FloatArray, of_voxel: IntArray, cut: float) -> int:
    """Return the voxels of the largest cluster of either sign."""
    if np.abs(drawn).max(initial=0.0) < cut:
        return 0
    z = _volume(drawn, of_voxel)
    sizes = [np.bincount(_label(z, sign, cut)[0].ravel())[1:] for sign in (1, -1)]
    return int(max(part.max(initial=0) for part in sizes))


def _clusters(z: FloatArray, p_fwe: FloatArray, cut: float, largest: FloatArray) -> list[Cluster]:
    found = []
    for sign in (1, -1):
        labels, count = _label(z, sign, cut)
        for k in range(1, count + 1):
            here = labels == k
            size = int(here.sum())
            place = np.unravel_index(int(np.argmax(np.where(here, sign * z, -np.inf))), z.shape)
            peak = (int(place[0]), int(place[1]), int(place[2]))
            p = float(_exceeded(np.array([float(size)]), largest)[0])
            found.append(Cluster(sign, size, peak, float(z[peak]), float(p_fwe[peak]), p))
    return sorted(found, key=lambda c: (-c.voxels, c.peak))
