"""Filters that are defined by what they do to each frequency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np

Transfer = Callable[
    [Sequence[np.ndarray]], np.ndarray
]  # factor of the frequencies along each axis, 1 = Nyquist
PAD_MODES = MappingProxyType({"mirror": "symmetric", "zero": "constant", "nearest": "edge"})
BLOCK_VOXELS = 250_000  # factors are computed for so many frequencies at a time


def padded(image: np.ndarray, margin: Sequence[int], *, boundary: str) -> np.ndarray:
    """Return the image with what lies beyond it; sizes become convenient for Fourier transforms.

    A periodic image is returned as it is: the transform repeats it.
    """
    if boundary == "periodic":
        return image
    goal = padded_shape(image.shape, margin, boundary=boundary)
    widths = [(m, g - n - m) for n, m, g in zip(image.shape, margin, goal, strict=True)]
    found: np.ndarray = np.pad(image, widths, mode=PAD_MODES[boundary])  # type: ignore[call-overload]
    return found


def padded_shape(shape: Sequence[int], margin: Sequence[int], *, boundary: str) -> tuple[int, ...]:
    """Return the shape of :func:`padded`."""
    if boundary == "periodic":
        return tuple(shape)
    return tuple(n if m == 0 else fast_length(n + 2 * m) for n, m in zip(shape, margin, strict=True))


def fast_length(n: int) -> int:
    """Return the next length that is quick to transform."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(n, real=True))


def cut_box(
    image: np.ndarray, low: Sequence[int], high: Sequence[int], *, boundary: str, fill: bool
) -> tuple[np.ndarray, list[int]]:
    """Cut a box out of an image of which it may stick out.

    Parameters
    ----------
    image : array, (z, y, x)
        The image.
    low, high : (z, y, x)
        The voxels ``low <= index < high``.
    boundary : str
        What lies beyond the image.
    fill : bool
        True: the whole box, with what lies beyond the image; False: what of it lies in the image (a periodic image
        goes on until it would meet itself).

    Returns
    -------
    array, first : (z, y, x)
        The voxels, and the place of the first of them in the image.
    """
    if boundary == "periodic":
        spans = [
            (0, n) if b - a >= n and not fill else (a, b)
            for a, b, n in zip(low, high, image.shape, strict=True)
        ]
        places = [np.arange(a, b) % n for (a, b), n in zip(spans, image.shape, strict=True)]
        return image[np.ix_(*places)], [a for a, _ in spans]
    first = [max(a, 0) for a in low]
    last = [min(b, n) for b, n in zip(high, image.shape, strict=True)]
    part = image[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
    if not fill:
        return part, first
    missing = [(f - a, b - e) for f, a, b, e in zip(first, low, high, last, strict=True)]
    found: np.ndarray = np.pad(part, missing, mode=PAD_MODES[boundary])  # type: ignore[call-overload]
    return found, list(low)


def inner(image: np.ndarray, shape: Sequence[int], margin: Sequence[int], *, boundary: str) -> np.ndarray:
    """Cut the padding off."""
    if boundary == "periodic":
        return image
    box = tuple(slice(m, m + n) for m, n in zip(margin, shape, strict=True))
    return np.ascontiguousarray(image[box])


def multiply_spectrum(
    image: np.ndarray, axes: Sequence[int], transfer: Transfer, *, even: bool, spread: bool = False
) -> np.ndarray:
    """Multiply the frequencies of a periodic image along ``axes`` by a factor.

    Parameters
    ----------
    image : array of float64, (z, y, x)
        The image, already padded.
    axes : (0, 1, 2) or (1, 2)
        The axes transformed; without the first each slice is on its own.
    transfer : function of frequencies
        The factor, real or complex; of it counts what keeps a real image real.
    even : bool
        The factor is real and the same for opposite frequencies, so that half of the work can be saved.
    spread : bool
        Frequencies evenly spaced from -1 to 1 instead of those of the transform.
    """
    from scipy import fft

    shape = [image.shape[a] for a in axes]
    spectrum = fft.rfftn(image, axes=axes)
    forth, back = _frequencies(shape, spread=spread)
    lengths = [len(f) for f in forth]
    rows = max(1, BLOCK_VOXELS // int(np.prod(lengths[1:])))
    for start in range(0, lengths[0], rows):
        part = slice(start, start + rows)
        factor = transfer(_open([forth[0][part], *forth[1:]]))
        if spread or not even:
            factor = 0.5 * (factor + np.conj(transfer(_open([back[0][part], *back[1:]]))))
        if len(axes) == 3:
            spectrum[part] *= factor
        else:
            spectrum[:, part] *= factor
    found: np.ndarray = fft.irfftn(spectrum, s=shape, axes=axes, overwrite_x=True)
    return found


def radius(frequencies: Sequence[np.ndarray]) -> np.ndarray:
    """Return the length of the frequency vector."""
    return np.sqrt(sum((f * f for f in frequencies), start=np.zeros(1)))


def _frequencies(shape: Sequence[int], *, spread: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the frequencies along each axis, and those of the opposite places of the transform."""
    forth = []
    for n in shape:
        exact = 2 * np.fft.fftfreq(n)
        forth.append(np.fft.ifftshift(np.linspace(-1, 1, n)) if spread and n > 1 else exact)
    back = [f[-np.arange(len(f))] for f in forth]
    half = shape[-1] // 2 + 1
    forth[-1], back[-1] = forth[-1][:half], back[-1][:half]
    return forth, back


def _open(frequencies: Sequence[np.ndarray]) -> list[np.ndarray]:
    return list(np.meshgrid(*frequencies, indexing="ij", sparse=True))
