"""Stored numbers to grey values, and the proof that no number was cut or wrapped around on its way into 16 bits."""

from __future__ import annotations

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.dicom.frames import Frame
from imagenomics.images.dicom.layout import PixelLayout

LARGEST_HU = 32_767  # 16-bit numbers of a CT reach further only where negative ones were stored without sign


def grey_values(stored: np.ndarray, frame: Frame, layout: PixelLayout) -> np.ndarray:
    """Return slope * stored + intercept as float64 (y, x).

    Raises
    ------
    InputError
        ``IGX-IMG-115``: numbers that do not fit the declared bits, or that wrapped around; ``IGX-IMG-121``: not
        finite.
    """
    if layout.dtype.kind == "f":
        if not np.isfinite(stored).all():
            raise InputError(
                "IGX-IMG-121",
                f"{int((~np.isfinite(stored)).sum())} of {stored.size} pixels are NaN or infinite",
                where=frame.name,
                expected="finite numbers",
                remedy="replace them in the file by the value of the background, if that is what they stand for",
            )
    else:
        _check_bits(stored, frame, layout)
        _check_wrapped(stored, frame, layout)
    return stored.astype(np.float64) * frame.slope + frame.intercept


def _check_bits(stored: np.ndarray, frame: Frame, layout: PixelLayout) -> None:
    low, high = int(stored.min()), int(stored.max())
    half = 1 << (layout.bits_stored - 1)
    least, most = (-half, half - 1) if layout.is_signed else (0, 2 * half - 1)
    if least <= low and high <= most:
        return
    raise InputError(
        "IGX-IMG-115",
        f"stored numbers run from {low} to {high}, {layout.bits_stored} bits "
        f"{'with' if layout.is_signed else 'without'} sign hold {least} to {most}",
        where=frame.name,
        expected="numbers that fit the bits stored",
        remedy="the header or the numbers were changed after the scan (an overlay in unused bits, a lost sign): "
        "export the original series",
    )


def _check_wrapped(stored: np.ndarray, frame: Frame, layout: PixelLayout) -> None:
    """Refuse numbers that make sense only when their sign bit is read the other way."""
    low, high = int(stored.min()), int(stored.max())
    if layout.modality == "CT" and not layout.is_signed and high * frame.slope + frame.intercept > LARGEST_HU:
        raise _wrapped(frame, f"the largest value is {high * frame.slope + frame.intercept:g} HU")
    smallest, largest = layout.limits
    if smallest is None or largest is None or layout.bits_stored != 16 or layout.dtype.itemsize != 2:
        return
    if smallest > largest:
        smallest -= 1 << 16  # written with sign, read without
    if smallest <= low and high <= largest:
        return
    other = stored.astype(np.uint16 if layout.is_signed else np.int16)  # the same bits
    if smallest <= int(other.min()) and int(other.max()) <= largest:
        raise _wrapped(
            frame, f"stored numbers run from {low} to {high}, the header says {smallest:g} to {largest:g}"
        )


def _wrapped(frame: Frame, what: str) -> InputError:
    return InputError(
        "IGX-IMG-115",
        f"{what}: the sign of the stored numbers is declared wrongly",
        where=frame.name,
        expected="the pixel representation that the numbers were stored with",
        remedy="export the original series; where only the header is wrong, correct 'PixelRepresentation'",
    )
