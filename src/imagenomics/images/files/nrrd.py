"""The NRRD header: what it promises about the pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.files.layout import Encoding, Layout

NUMBER_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
TYPE_OF_NAME = {name: kind for kind, names in NUMBER_TYPES.items() for name in names}
ENCODINGS: Mapping[str, Encoding] = {
    "raw": "raw",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
}
GREY_KINDS = {"domain", "space", "time", "none", "???", "scalar", "stub"}
LONGEST_HEADER = 1 << 20


def read_nrrd_layout(path: Path) -> Layout:
    """Read the header of a ``.nrrd`` or ``.nhdr`` file.

    Raises
    ------
    FileProblem
        ``IGX-IMG-003``: not an NRRD file or a broken header.
    InputError
        ``IGX-IMG-007``: colour or vectors; ``IGX-IMG-013``: an encoding or number type that is not supported.
    """
    fields, header_bytes = _fields(path)
    sizes = tuple(int(n) for n in _numbers(path, fields, "sizes"))
    kinds = fields.get("kinds", "").lower().split()
    if any(kind not in GREY_KINDS for kind in kinds):
        raise InputError(
            "IGX-IMG-007",
            f"each voxel holds several numbers (kinds: {fields['kinds']})",
            where=str(path),
            expected="one number for each voxel",
            remedy="export one channel as a grey-value image, or overlapping segments as one label map",
        )
    data_path, offset = _data_place(path, fields, header_bytes)
    return Layout(
        path=path,
        data_path=data_path,
        sizes=sizes,
        dtype=_number_type(path, fields),
        offset=offset,
        encoding=_encoding(path, fields),
        spacing_mm=_spacing(path, fields),
    )


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the header's fields by lower-case name, and its length in bytes."""
    with open(path, "rb") as handle:
        start = handle.read(LONGEST_HEADER)
    if not start.startswith(b"NRRD000"):
        raise _broken(path, "its first bytes are not 'NRRD000'")
    end = re.search(rb"\r?\n\r?\n", start)
    head = start if end is None else start[: end.start()]
    if end is None and path.suffix.lower() != ".nhdr":
        raise _broken(path, "the empty line that ends the header is missing")
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", errors="replace").splitlines()[1:]:
        if not line.startswith("#") and ":=" not in line and ": " in line:
            name, value = line.split(": ", 1)
            fields[name.strip().lower()] = value.strip()
    for name in ("sizes", "type", "encoding", "dimension"):
        if name not in fields:
            raise _broken(path, f"the field '{name}' is missing")
    return fields, len(start) if end is None else end.end()


def _numbers(path: Path, fields: Mapping[str, str], name: str) -> list[float]:
    try:
        return [float(part) for part in fields[name].split()]
    except ValueError:
        raise _broken(path, f"'{name}: {fields[name]}' is not a list of numbers") from None


def _count(path: Path, fields: Mapping[str, str], name: str) -> int:
    try:
        return int(fields.get(name, "0"))
    except ValueError:
        raise _broken(path, f"'{name}: {fields[name]}' is not a number") from None


def _number_type(path: Path, fields: Mapping[str, str]) -> np.dtype:
    name = fields["type"].lower()
    if name not in TYPE_OF_NAME:
        raise InputError(
            "IGX-IMG-013",
            f"NRRD type '{fields['type']}' is not supported",
            where=str(path),
            expected="an integer type, float or double",
            remedy="export the image as short or float",
        )
    big = fields.get("endian", "little").lower() == "big"
    return np.dtype(TYPE_OF_NAME[name]).newbyteorder(">" if big else "<")


def _encoding(path: Path, fields: Mapping[str, str]) -> Encoding:
    name = fields["encoding"].lower()
    if name not in ENCODINGS:
        raise InputError(
            "IGX-IMG-013",
            f"NRRD encoding '{fields['encoding']}' is not supported",
            where=str(path),
            expected="raw, gzip or bzip2",
            remedy="save the image again with gzip compression",
        )
    return ENCODINGS[name]


def _data_place(path: Path, fields: Mapping[str, str], header_bytes: int) -> tuple[Path, int]:
    """Return the file that holds the numbers and the bytes to skip in it."""
    skip = _count(path, fields, "byte skip")
    if _count(path, fields, "line skip") or (skip and fields["encoding"].lower() != "raw"):
        raise InputError(
            "IGX-IMG-013",
            "skipping lines, or bytes of compressed data, is not supported",
            where=str(path),
            remedy="save the image again as a single .nrrd",
        )
    named = fields.get("data file", fields.get("datafile"))
    if named is None:
        return path, header_bytes + skip if skip >= 0 else skip
    if named.upper().startswith("LIST") or "%" in named:
        raise InputError(
            "IGX-IMG-013",
            "the numbers are spread over several data files",
            where=str(path),
            expected="one data file",
            remedy="save the image again as a single .nrrd",
        )
    return path.parent / named, skip


def _spacing(path: Path, fields: Mapping[str, str]) -> tuple[float, ...] | None:
    """Return the spacing of each axis as written, or None where the header has none (or says 'nan')."""
    if "spacings" in fields:
        spacings = tuple(_numbers(path, fields, "spacings"))
        return None if any(math.isnan(s) for s in spacings) else spacings
    if "space directions" not in fields:
        return None
    vectors = re.findall(r"\(([^)]*)\)|none", fields["space directions"])
    try:
        lengths = [float(np.linalg.norm([float(v) for v in text.split(",")])) for text in vectors if text]
    except ValueError:
        raise _broken(path, f"'space directions: {fields['space directions']}' cannot be read") from None
    return tuple(lengths)


def _broken(path: Path, reason: str) -> FileProblem:
    return FileProblem(
        "IGX-IMG-003",
        f"this is not a readable NRRD image: {reason}",
        where=str(path),
        expected="an NRRD file (.nrrd, .nhdr)",
        remedy="export the image again as .nrrd or .nii.gz",
    )
