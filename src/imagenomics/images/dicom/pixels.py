"""The stored numbers of a file's frames, decoded, with proof that all of them are there and mean what they should."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imagenomics.errors import FileProblem
from imagenomics.images.dicom.codestream import read_codestream
from imagenomics.images.dicom.layout import FLOATS, PixelLayout, pixel_layout
from imagenomics.images.dicom.need import need
from imagenomics.images.dicom.open import open_dicom, reading

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

RLE = "1.2.840.10008.1.2.5"
# An honest run-length packer adds a byte to 128 at most; a longer frame unpacks to more than it should.
MOST_RLE = 2


def decode_frames(path: Path, indices: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, stored numbers (y, x)) of these frames of one file, in the order of the file.

    Raises
    ------
    FileProblem
        ``IGX-IMG-102`` damaged; ``IGX-IMG-113`` a compression that is not read; ``IGX-IMG-114`` truncated, or
        compressed frames that are not what the header says.
    """
    dataset = open_dicom(path, pixels=True)
    layout = pixel_layout(dataset, path)
    keyword = next((k for k in (*FLOATS, "PixelData") if k in dataset), "")
    if not keyword:
        raise broken(path, "the file ends before its pixels")
    layout = dataclasses.replace(layout, keyword=keyword)
    with reading(path, "the pixels cannot be read"):
        content = dataset[keyword].value
    frames = _native if layout.is_native else _compressed
    yield from frames(dataset, layout, path, content, sorted(indices))


def _native(
    dataset: FileDataset, layout: PixelLayout, path: Path, content: Any, indices: Sequence[int]
) -> Iterator[tuple[int, np.ndarray]]:
    needed = layout.frame_bytes * layout.n_frames
    present = len(content) if isinstance(content, (bytes, bytearray)) else 0
    if present < needed:
        raise broken(path, f"the header promises {needed:,} bytes of pixels, {present:,} are there")
    if present - needed >= layout.frame_bytes + 2:
        raise broken(path, f"{present:,} bytes of pixels are there, the header promises {needed:,} only")
    shape = (layout.n_frames, layout.rows, layout.columns)
    stored = np.frombuffer(content, dtype=layout.dtype, count=int(np.prod(shape))).reshape(shape)
    for index in indices:
        yield index, stored[index]


def _compressed(
    dataset: FileDataset, layout: PixelLayout, path: Path, content: Any, indices: Sequence[int]
) -> Iterator[tuple[int, np.ndarray]]:
    decoder = _decoder(layout, path)
    _check_frames(layout, path, content)
    shape = (layout.rows, layout.columns)
    # Bits beyond those stored are left as they are, so that numbers that do not fit can be seen.
    with reading(path, "the compressed pixels cannot be decoded"):
        arrays = decoder.iter_array(dataset, indices=list(indices), raw=True, correct_unused_bits=False)
        for index, (array, _) in zip(indices, arrays, strict=True):
            if array.shape != shape:
                raise broken(path, f"frame {index + 1} decodes to the size {array.shape}, not to {shape}")
            yield index, array


def _decoder(layout: PixelLayout, path: Path) -> Any:
    with reading(path, "the transfer syntax cannot be read"):
        name = str(need("pydicom.uid").UID(layout.syntax).name)
        try:
            decoder = need("pydicom.pixels").get_decoder(layout.syntax)
        except NotImplementedError:
            decoder = None
    if decoder is not None and decoder.is_available:
        return decoder
    raise FileProblem(
        "IGX-IMG-113",
        f"pixels in the transfer syntax '{name}' are not read",
        where=str(path),
        remedy="pip install 'imagenomics[dicom]'"
        if decoder is not None
        else "convert the file to an uncompressed one (gdcmconv -w)",
    )


def _check_frames(layout: PixelLayout, path: Path, content: Any) -> None:
    """Compare what each compressed frame says of itself with the header, before a decoder takes memory for it."""
    with reading(path, "the compressed pixels are damaged"):
        frames = need("pydicom.encaps").generate_frames(content, number_of_frames=layout.n_frames)
        count = 0
        for count, frame in enumerate(frames, start=1):
            _check_frame(layout, path, frame, count)
    if count != layout.n_frames:
        raise broken(path, f"{layout.n_frames} frames are declared, {count} are there")


def _check_frame(layout: PixelLayout, path: Path, frame: bytes, number: int) -> None:
    if layout.syntax == RLE:
        if len(frame) > MOST_RLE * layout.frame_bytes + 1024:
            raise broken(
                path, f"frame {number} has {len(frame):,} bytes of run-length code, too many for its size"
            )
        return
    found = read_codestream(frame)
    if found is None:
        raise broken(path, f"the compressed frame {number} does not start as it should")
    if (found.rows, found.columns, found.samples) != (layout.rows, layout.columns, 1) or not (
        1 <= found.bits <= layout.dtype.itemsize * 8
    ):
        raise broken(
            path,
            f"the compressed frame {number} is {found.rows} x {found.columns} pixels with {found.samples} samples of "
            f"{found.bits} bits, the header says {layout.rows} x {layout.columns}, 1 sample",
        )


def broken(path: Path | str, what: str) -> FileProblem:
    """Build the message for pixels that are not what the header says (``IGX-IMG-114``)."""
    return FileProblem(
        "IGX-IMG-114",
        what,
        where=str(path),
        expected="as many pixels as the header declares",
        remedy="copy or download the file again, or export the series again",
    )
