"""Separable wavelets, stationary: every subband has the size of the image."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import numpy as np

from imagenomics.features.filters.separable import Chain, pooled_response
from imagenomics.features.filters.settings import WaveletFilter, filtered_axes

Family = Literal["haar", "db2", "db3", "coif1"]


def wavelet_response(image: np.ndarray, settings: WaveletFilter) -> np.ndarray:
    """Return one subband, (z, y, x).

    Source
    ------
    Stationary transform (a trous) with the kernels of Daubechies, Ten lectures on wavelets, 1992; centred and
    joined over turns as in Whybra et al. 2024, Radiology 310:e231319.
    """
    axes = filtered_axes(settings)
    chains = subband_chains(settings)
    return pooled_response(image, chains, axes, boundary=settings.boundary, pooling=settings.pooling)


def wavelet_bank(
    family: Family, *, levels: Sequence[int] = (1,), in_plane: bool = False, pooling: str = "none"
) -> tuple[WaveletFilter, ...]:
    """Return all subbands of the levels: those with an H of each level, and the low pass of the last.

    Joined over turns, subbands with the same number of H are one.
    """
    size = 2 if in_plane else 3
    bands = ["".join(letters) for letters in itertools.product("LH", repeat=size)]
    if pooling != "none":
        bands = ["L" * (size - n) + "H" * n for n in range(size + 1)]
    chosen = [(level, band) for level in levels for band in bands if "H" in band or level == max(levels)]
    return tuple(
        WaveletFilter.model_validate({"family": family, "subband": band, "level": level, "pooling": pooling})
        for level, band in chosen
    )


def subband_chains(settings: WaveletFilter) -> list[Chain]:
    """Return the kernels along the filtered axes, in the order of the array."""
    low, high = wavelet_kernels(settings.family)
    before = tuple(_stretched(low, step) for step in range(1, settings.level))
    ends = {"L": _stretched(low, settings.level), "H": _stretched(high, settings.level)}
    return [(*before, ends[letter]) for letter in reversed(settings.subband)]  # named along x, y, z


def wavelet_kernels(family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Return the low and high pass of the decomposition, (2 n,) each."""
    low = _low_pass(family) / np.sqrt(2)
    high = low[::-1] * np.where(np.arange(len(low)) % 2 == 0, -1.0, 1.0)
    return low, high


def _low_pass(family: Family) -> np.ndarray:
    """Return the closed forms, with a sum of 2."""
    if family == "haar":
        return np.array([1.0, 1.0])
    if family == "db2":
        root = np.sqrt(3.0)
        return np.array([1 - root, 3 - root, 3 + root, 1 + root]) / 4
    if family == "coif1":
        root = np.sqrt(7.0)
        return np.array([-3 + root, 1 - root, 14 - 2 * root, 14 + 2 * root, 5 + root, 1 - root]) / 16
    ten = np.sqrt(10.0)
    root = np.sqrt(5 + 2 * ten)
    return (
        np.array(
            [
                1 + ten - root,
                5 + ten - 3 * root,
                10 - 2 * ten - 2 * root,
                10 - 2 * ten + 2 * root,
                5 + ten + 3 * root,
                1 + ten + root,
            ]
        )
        / 16
    )


def _stretched(kernel: np.ndarray, level: int) -> np.ndarray:
    """Put 2^(level - 1) - 1 zeros between the weights; the middle lies before the second half of them."""
    step = 2 ** (level - 1)
    half = step * (len(kernel) // 2)
    wide = np.zeros(2 * half + 1)
    wide[: 2 * half : step] = kernel
    return wide
