"""Small pictures of what was measured: a PNG per image and the contours of its regions."""

from __future__ import annotations

import re
import struct
import zlib
from hashlib import sha256

import numpy as np

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def png_bytes(pixels: np.ndarray) -> bytes:
    """Return a grey picture, uint8 (h, w), as PNG; equal pixels give equal bytes."""
    height, width = pixels.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row starts with filter type 0
    rows[:, 1:] = pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        PNG_MAGIC
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def declared_name(text: str) -> str:
    """Return a file name for a name that the study declares; its case is kept, because a person will type it."""
    plain = re.sub(r"[^A-Za-z0-9_+=-]", "_", text)[:60]
    return plain if plain == text else f"{plain}-{sha256(text.encode()).hexdigest()[:8]}"


def safe_name(text: str) -> str:
    """Return a file name for an id from data.

    It cannot leave the folder, is no reserved word of any system, and different ids stay different on disks that do
    not tell small from capital letters: a text that is not plain upper case gets a part of its hash.
    """
    plain = re.sub(r"[^A-Z0-9_-]", "_", text.upper())[:60]
    harmless = plain == text and not re.fullmatch(r"CON|PRN|AUX|NUL|COM\d|LPT\d", plain)
    return plain if harmless else f"{plain}-{sha256(text.encode()).hexdigest()[:8]}"
