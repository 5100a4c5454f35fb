"""Products of one-dimensional kernels, and what becomes of them when the image is turned by right angles.

A kernel is an odd number of weights with offset 0 in the middle; it is convolved, so that weight ``k`` lands ``k``
voxels further on. A chain is a tuple of kernels that follow each other along one axis, each with its own boundary.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from types import MappingProxyType

import numpy as np
from numba import njit

Chain = tuple[np.ndarray, ...]
MODES = MappingProxyType(
    {"mirror": "reflect", "zero": "constant", "nearest": "nearest", "periodic": "wrap"}
)  # as scipy.ndimage calls them


PAD_MODES = MappingProxyType(
    {"mirror": "symmetric", "zero": "constant", "nearest": "edge", "periodic": "wrap"}
)  # as numpy.pad calls them
CUT = "cut"  # boundary of an image that brings its margin along: the response lacks what the kernels reach
BLOCK = 2048  # voxels that stay near the processor while all weights go over them


def convolve_axis(image: np.ndarray, kernel: np.ndarray, axis: int, *, boundary: str) -> np.ndarray:
    """Convolve with one kernel (2 r + 1,) along one axis; with the boundary ``CUT`` r voxels go at each end."""
    if len(kernel) == 1:
        return image * kernel[0]
    reach = len(kernel) // 2
    if boundary != CUT:
        widths = [(reach, reach) if a == axis else (0, 0) for a in range(image.ndim)]
        image = np.pad(image, widths, mode=PAD_MODES[boundary])  # type: ignore[call-overload]
    shape = [n - 2 * reach if a == axis else n for a, n in enumerate(image.shape)]
    step = int(np.prod(shape[axis + 1 :], dtype=np.int64))
    rows = np.ascontiguousarray(image, np.float64).reshape(-1, image.shape[axis] * step)
    found = np.empty((len(rows), shape[axis] * step))
    _convolve(rows, np.ascontiguousarray(kernel, np.float64), step, found)
    return found.reshape(shape)


@njit(cache=True, nogil=True, error_model="numpy")
def _convolve(rows: np.ndarray, kernel: np.ndarray, step: int, found: np.ndarray) -> None:
    # The weights of both sides are added as one term, so that a mirrored image gives the mirrored response to the last
    # bit. Views, and places counted from 0, let the compiler take several voxels at once.
    n, reach = found.shape[1], kernel.size // 2
    for row in range(found.shape[0]):
        for start in range(0, n, BLOCK):
            stop = min(start + BLOCK, n)
            out = found[row, start:stop]
            middle, weight = rows[row, start + reach * step : stop + reach * step], kernel[reach]
            for j in range(out.size):
                out[j] = weight * middle[j]
            for k in range(1, reach + 1):
                left, right = kernel[reach + k], kernel[reach - k]
                if left == 0 and right == 0:
                    continue
                before = rows[row, start + (reach - k) * step : stop + (reach - k) * step]
                behind = rows[row, start + (reach + k) * step : stop + (reach + k) * step]
                for j in range(out.size):
                    out[j] += left * before[j] + right * behind[j]


def convolve_chains(
    image: np.ndarray, chains: Sequence[Chain], axes: Sequence[int], *, boundary: str
) -> np.ndarray:
    """Convolve with a chain of kernels along each of the axes."""
    for axis, chain in zip(axes, chains, strict=True):
        for kernel in chain:
            image = convolve_axis(image, kernel, axis, boundary=boundary)
    return image


def pooled_response(
    image: np.ndarray, chains: Sequence[Chain], axes: Sequence[int], *, boundary: str, pooling: str
) -> np.ndarray:
    """Return the response of a separable filter, joined over its right-angle turns.

    Parameters
    ----------
    image : array of float64, (z, y, x)
        The image.
    chains : sequence of tuples of arrays
        Kernels along each of ``axes``.
    axes : sequence of int
        The axes filtered: two (4 turns) or three (24 turns).
    boundary : str
        What lies beyond the image.
    pooling : {"none", "average", "max"}
        How the turns are joined.
    """
    if pooling == "none":
        return convolve_chains(image, chains, axes, boundary=boundary)
    if pooling == "average":
        return _average(image, chains, axes, boundary)
    return _maximum(image, chains, axes, boundary)


def reach_of(chain: Chain) -> int:
    """Return how many voxels away a chain looks."""
    return sum(len(kernel) // 2 for kernel in chain)


def turns(n: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the proper right-angle turns of n axes: where each axis goes, and which axes are mirrored."""
    for places in itertools.permutations(range(n)):
        parity = _parity(places)
        for signs in itertools.product((1, -1), repeat=n):
            if int(np.prod(signs)) == parity:
                yield places, signs


def _parity(places: Sequence[int]) -> int:
    swaps = sum(a > b for a, b in itertools.combinations(places, 2))
    return -1 if swaps % 2 else 1


def _mirrored(chain: Chain) -> Chain:
    return tuple(kernel[::-1] for kernel in chain)


def _key(chain: Chain) -> bytes:
    return b"|".join(kernel.tobytes() for kernel in chain)


def _symmetry(chain: Chain) -> int:
    """Return 1 for a chain that is its own mirror image, -1 for one that only changes sign, else 0."""
    odd = 0
    for kernel in chain:
        if np.array_equal(kernel, -kernel[::-1]):
            odd += 1
        elif not np.array_equal(kernel, kernel[::-1]):
            return 0
    return -1 if odd % 2 else 1


def _average(image: np.ndarray, chains: Sequence[Chain], axes: Sequence[int], boundary: str) -> np.ndarray:
    # The average over all mirrored versions of one arrangement is the product of the even parts of its kernels,
    # plus (for half of the arrangements minus) the product of the odd parts: all mixed products cancel.
    parts: dict[tuple[int, tuple[bytes, ...]], tuple[list[Chain], float]] = {}
    arrangements = list(itertools.permutations(range(len(axes))))
    for places in arrangements:
        ordered = [chains[p] for p in places]
        for sign in (1, -1):
            weight = 1.0 if sign > 0 else float(_parity(places))
            key = (sign, tuple(_key(chain) for chain in ordered))
            before = parts.get(key, (ordered, 0.0))[1]
            parts[key] = (ordered, before + weight / len(arrangements))
    total = np.zeros_like(image)
    for (sign, _), (ordered, weight) in parts.items():
        if weight == 0 or any(_symmetry(chain) == -sign for chain in ordered):
            continue
        response = image
        for axis, chain in zip(axes, ordered, strict=True):
            response = _part(response, chain, axis, sign, boundary)
        total += weight * response
    return total


def _part(image: np.ndarray, chain: Chain, axis: int, sign: int, boundary: str) -> np.ndarray:
    """Convolve with the even (sign 1) or odd (sign -1) part of a chain."""
    if len(chain) == 1:
        kernel = 0.5 * (chain[0] + sign * chain[0][::-1])
        return convolve_axis(image, kernel, axis, boundary=boundary)
    forth = convolve_chains(image, [chain], [axis], boundary=boundary)
    if _symmetry(chain) == sign:
        return forth
    forth += sign * convolve_chains(image, [_mirrored(chain)], [axis], boundary=boundary)
    forth *= 0.5
    return forth


def _maximum(image: np.ndarray, chains: Sequence[Chain], axes: Sequence[int], boundary: str) -> np.ndarray:
    # Turns that differ by the sign of the response alone are computed once.
    groups: dict[tuple[bytes, ...], tuple[list[Chain], set[int]]] = {}
    for places, signs in turns(len(axes)):
        total_sign, ordered = 1, []
        for place, sign in zip(places, signs, strict=True):
            chain = chains[place]
            symmetry = _symmetry(chain)
            if sign < 0 and symmetry == 0:
                chain = _mirrored(chain)
            elif sign < 0:
                total_sign *= symmetry
            ordered.append(chain)
        key = tuple(_key(chain) for chain in ordered)
        groups.setdefault(key, (ordered, set()))[1].add(total_sign)
    best = np.full_like(image, -np.inf)
    for ordered, found in groups.values():
        response = convolve_chains(image, ordered, axes, boundary=boundary)
        if len(found) == 2:
            np.abs(response, out=response)
        elif -1 in found:
            np.negative(response, out=response)
        np.maximum(best, response, out=best)
    return best
