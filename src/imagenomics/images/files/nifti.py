"""The NIfTI-1 header: what it promises about the pixels."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Literal

import numpy as np

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.files.layout import Layout

NUMBER_TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
NOT_GREY = {32: "complex", 1792: "complex", 2048: "complex", 128: "colour (RGB)", 2304: "colour (RGBA)"}
GZIP_MAGIC = b"\x1f\x8b"
HEADER_BYTES = 348
HEADER_BYTES_OF_VERSION_2 = 540
FIRST_VOXEL = 352  # the earliest place, after the four bytes that announce extensions
HEADER = np.dtype(
    {
        "names": ["dim", "datatype", "pixdim", "vox_offset", "scale", "magic"],
        "formats": ["8i2", "i2", "8f4", "f4", "2f4", "S3"],
        "offsets": [40, 70, 76, 108, 112, 344],
        "itemsize": HEADER_BYTES,
    }
)


def read_nifti_layout(path: Path) -> Layout:
    """Read the header of a ``.nii`` or ``.nii.gz`` file.

    Raises
    ------
    FileProblem
        ``IGX-IMG-003``: not a NIfTI file; ``IGX-IMG-004``: it ends within its header.
    InputError
        ``IGX-IMG-007``: colour or complex numbers; ``IGX-IMG-013``: a number type or version that is not
        supported.
    """
    wrapped = path.name.lower().endswith(".gz")
    header, order = _header(path, _first_bytes(path, wrapped))
    n_axes = int(header["dim"][0])
    if not 1 <= n_axes <= 7:
        raise _not_nifti(path, f"it declares {n_axes} axes")
    slope, intercept = (float(v) for v in header["scale"])
    if slope == 0 or not math.isfinite(slope) or not math.isfinite(intercept):
        slope, intercept = 1.0, 0.0  # the standard's way to say 'not scaled'
    n_space = min(n_axes, 3)
    return Layout(
        path=path,
        data_path=path,
        sizes=_without_trailing_ones(tuple(int(v) for v in header["dim"][1 : n_axes + 1])),
        dtype=_number_type(path, int(header["datatype"])).newbyteorder(order),
        offset=_first_voxel(path, header),
        wrapped=wrapped,
        slope=slope,
        intercept=intercept,
        spacing_mm=tuple(float(v) for v in header["pixdim"][1 : n_space + 1]),
    )


def _first_bytes(path: Path, wrapped: bool) -> bytes:
    with open(path, "rb") as handle:
        start = handle.read(FIRST_VOXEL)
    is_packed = start.startswith(GZIP_MAGIC)
    if is_packed != wrapped:
        raise FileProblem(
            "IGX-IMG-003",
            "the content is gzip, the name is not"
            if is_packed
            else "the name says .gz, the content is not gzip",
            where=str(path),
            remedy="rename it to " + (f"{path.name}.gz" if is_packed else path.name[:-3]),
        )
    if not wrapped:
        return start
    try:
        with gzip.open(path, "rb") as packed:
            return packed.read(FIRST_VOXEL)
    except (EOFError, OSError, zlib.error) as error:
        raise FileProblem(
            "IGX-IMG-004",
            f"the compressed file ends or breaks within its header ({error})",
            where=str(path),
            remedy="copy or download the file again",
        ) from error


def _header(path: Path, start: bytes) -> tuple[np.void, Literal["<", ">"]]:
    """Return the fields that are read, and the byte order."""
    orders: tuple[Literal["<", ">"], ...] = ("<", ">")
    lengths = {order: int.from_bytes(start[:4], "little" if order == "<" else "big") for order in orders}
    if HEADER_BYTES_OF_VERSION_2 in lengths.values():
        raise InputError(
            "IGX-IMG-013",
            "this is a NIfTI-2 file, which is not supported",
            where=str(path),
            expected="NIfTI-1",
            remedy="convert it to NIfTI-1 (nibabel: Nifti1Image.from_image)",
        )
    order = next((order for order in orders if lengths[order] == HEADER_BYTES), None)
    if order is None:
        raise _not_nifti(path, "its first bytes are not those of a header")
    if len(start) < HEADER_BYTES:
        raise FileProblem(
            "IGX-IMG-004",
            f"the file ends within its header ({len(start)} of {HEADER_BYTES} bytes)",
            where=str(path),
            remedy="copy or download the file again",
        )
    header = np.frombuffer(start, dtype=HEADER.newbyteorder(order), count=1)[0]
    if header["magic"] != b"n+1":
        raise _not_nifti(path, "it is an Analyze file or half of a .hdr/.img pair")
    return header, order


def _first_voxel(path: Path, header: np.void) -> int:
    place = float(header["vox_offset"])
    if not 0 <= place < 2**40:
        raise _not_nifti(path, f"it places the first voxel at byte {place}")
    return max(int(place), FIRST_VOXEL)


def _number_type(path: Path, code: int) -> np.dtype:
    if code in NUMBER_TYPES:
        return np.dtype(NUMBER_TYPES[code])
    if code in NOT_GREY:
        raise InputError(
            "IGX-IMG-007",
            f"the voxels are {NOT_GREY[code]}, not grey values",
            where=str(path),
            expected="one number for each voxel",
            remedy="export one channel, or the magnitude, as a grey-value image",
        )
    raise InputError(
        "IGX-IMG-013",
        f"NIfTI data type {code} is not supported",
        where=str(path),
        expected="integers of 8 to 64 bits, or float32 or float64",
        remedy="export the image as int16 or float32",
    )


def _without_trailing_ones(sizes: tuple[int, ...]) -> tuple[int, ...]:
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    return sizes


def _not_nifti(path: Path, reason: str) -> FileProblem:
    return FileProblem(
        "IGX-IMG-003",
        f"this is not a NIfTI image: {reason}",
        where=str(path),
        expected="a NIfTI-1 file (.nii, .nii.gz)",
        remedy="export the image again as .nii.gz",
    )
