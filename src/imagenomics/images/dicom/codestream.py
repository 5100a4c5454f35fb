"""What a compressed frame says of itself, read from its first bytes: the decoder allocates what stands there."""

from __future__ import annotations

from dataclasses import dataclass

JPEG_START = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"
JP2_START = b"\x00\x00\x00\x0cjP  "
# Start-of-frame markers of JPEG (C0-CF without the tables C4, C8, CC) and of JPEG-LS (F7).
FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


@dataclass(frozen=True)
class Codestream:
    """Size and depth that a compressed frame declares.

    Parameters
    ----------
    rows, columns : int
        Number of pixels along y and x.
    samples : int
        Number of components.
    bits : int
        Bits of a sample.
    """

    rows: int
    columns: int
    samples: int
    bits: int


def read_codestream(frame: bytes) -> Codestream | None:
    """Return what a JPEG, JPEG-LS or JPEG 2000 frame declares, None where its start cannot be understood."""
    if frame.startswith(JP2_START):
        at = frame.find(J2K_START)
        return None if at < 0 else _jpeg_2000(frame[at:])
    if frame.startswith(J2K_START):
        return _jpeg_2000(frame)
    if frame.startswith(JPEG_START):
        return _jpeg(frame)
    return None


def _jpeg_2000(frame: bytes) -> Codestream | None:
    # After the two markers: length, capabilities, then the size and the offset of the reference grid.
    if len(frame) < 44:
        return None
    width, height, x0, y0 = (int.from_bytes(frame[i : i + 4], "big") for i in range(8, 24, 4))
    samples = int.from_bytes(frame[40:42], "big")
    return Codestream(height - y0, width - x0, samples, (frame[42] & 0x7F) + 1)


def _jpeg(frame: bytes) -> Codestream | None:
    at = 2
    while at + 4 <= len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in ALONE:
            at += 2
            continue
        if marker in FRAME_MARKERS:
            return _frame_header(frame[at + 4 : at + 10])
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return None


def _frame_header(body: bytes) -> Codestream | None:
    if len(body) < 6:
        return None
    rows, columns = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return Codestream(rows, columns, body[5], body[0])
