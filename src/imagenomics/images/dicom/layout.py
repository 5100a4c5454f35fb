"""How the numbers of a data set are stored, and the checks that need no number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.fields import number, text, whole
from imagenomics.images.dicom.need import need
from imagenomics.images.dicom.open import damaged, reading

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

GREY = ("MONOCHROME1", "MONOCHROME2")
# Uncompressed transfer syntaxes and their byte order.
NATIVE = {
    "1.2.840.10008.1.2": "<",
    "1.2.840.10008.1.2.1": "<",
    "1.2.840.10008.1.2.1.99": "<",
    "1.2.840.10008.1.2.2": ">",
}
SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
FLOATS = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}


@dataclass(frozen=True)
class PixelLayout:
    """How the numbers of one file are stored.

    Parameters
    ----------
    n_frames, rows, columns : int
        Size of the data.
    dtype : dtype
        Number type of the stored numbers, in the byte order of the file.
    bits_stored : int
        Bits that a number may use.
    keyword : str
        Element with the numbers; '' where none was seen yet.
    syntax : str
        UID of the transfer syntax.
    inverted : bool
        True for MONOCHROME1, which is shown with low values bright.
    modality : str
        CT, MR, PT, ...
    limits : (float or None, float or None)
        Smallest and largest stored number as the file has them.
    padding : float or None
        Stored number that marks pixels outside of the image.
    """

    n_frames: int
    rows: int
    columns: int
    dtype: np.dtype
    bits_stored: int
    keyword: str
    syntax: str
    inverted: bool
    modality: str
    limits: tuple[float | None, float | None] = (None, None)
    padding: float | None = None

    @property
    def is_native(self) -> bool:
        """Whether the numbers are stored without compression."""
        return self.syntax in NATIVE

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame without compression."""
        return self.rows * self.columns * self.dtype.itemsize

    @property
    def is_signed(self) -> bool:
        """Whether stored numbers may be negative."""
        return self.dtype.kind != "u"


def pixel_layout(dataset: FileDataset, path: Path) -> PixelLayout:
    """Return how the numbers of this file are stored; only its header is looked at.

    Raises
    ------
    InputError
        ``IGX-IMG-106``: no grey values (colour, a segmentation, a lookup table, 1-bit numbers).
    FileProblem
        ``IGX-IMG-102``: bits that contradict each other, an unknown transfer syntax.
    """
    where = str(path)
    _check_grey(dataset, where)
    with reading(path, "the file meta information cannot be read"):
        syntax = str(dataset.file_meta.TransferSyntaxUID)
    keyword, dtype, bits = _numbers(dataset, path)
    if syntax == "1.2.840.10008.1.2.2" and dtype.itemsize == 1:
        raise _not_grey(
            "8-bit numbers in big-endian order", where, "convert it to little-endian (gdcmconv -w)"
        )
    return PixelLayout(
        n_frames=whole(dataset, "NumberOfFrames", where=where) or 1,
        rows=whole(dataset, "Rows", where=where) or 0,
        columns=whole(dataset, "Columns", where=where) or 0,
        dtype=dtype.newbyteorder(NATIVE.get(syntax, "=")),  # type: ignore[arg-type]
        bits_stored=bits,
        keyword=keyword,
        syntax=syntax,
        inverted=text(dataset, "PhotometricInterpretation", where=where) == GREY[0],
        modality=text(dataset, "Modality", where=where),
        limits=tuple(
            _quiet(dataset, k, where) for k in ("SmallestImagePixelValue", "LargestImagePixelValue")
        ),  # type: ignore[arg-type]
        padding=_quiet(dataset, "PixelPaddingValue", where),
    )


def check_length(layout: PixelLayout, path: Path) -> None:
    """Refuse an uncompressed file that is certainly too short (``IGX-IMG-114``)."""
    needed = layout.frame_bytes * layout.n_frames
    present = path.stat().st_size
    if layout.is_native and not layout.syntax.endswith(".99") and present < needed:
        raise FileProblem(
            "IGX-IMG-114",
            f"the file is truncated: its header promises {needed:,} bytes of pixels, the file has {present:,} in all",
            where=str(path),
            expected=f"{layout.n_frames} frames of {layout.rows} x {layout.columns} {layout.dtype.name}",
            remedy="copy or download the file again",
        )


def _check_grey(dataset: FileDataset, where: str) -> None:
    kind_of_object = text(dataset, "SOPClassUID", where=where)
    if kind_of_object in SEGMENTATION:
        raise _not_grey("a segmentation", where, "name it as the mask of its image")
    samples = whole(dataset, "SamplesPerPixel", where=where)
    kind = text(dataset, "PhotometricInterpretation", where=where)
    if samples is None and not kind:
        if _is_image(kind_of_object, where):
            raise damaged(where, "the header ends before it says how the pixels are stored")
        raise _not_grey("no picture", where, "name a CT, MR or PET series")
    if samples not in (None, 1) or kind not in GREY:
        raise _not_grey(f"a colour picture ({kind or samples})", where, "use the original grey-value series")
    if "ModalityLUTSequence" in dataset:
        raise _not_grey("grey values behind a lookup table", where, "export the series with a rescale slope")


def _is_image(kind: str, where: str) -> bool:
    """Tell whether objects of this class hold pictures; a class that is not known may be a damaged one."""
    with reading(where):
        name = str(need("pydicom.uid").UID(kind).name)
    return name == kind or "Image Storage" in name


def _numbers(dataset: FileDataset, path: Path) -> tuple[str, np.dtype, int]:
    where = str(path)
    allocated = whole(dataset, "BitsAllocated", where=where)
    for keyword, code in FLOATS.items():
        if keyword in dataset:
            return keyword, np.dtype(code), np.dtype(code).itemsize * 8
    if allocated == 1:
        raise _not_grey("1-bit numbers", where, "name it as a mask")
    stored = whole(dataset, "BitsStored", where=where)
    high = whole(dataset, "HighBit", where=where)
    signed = whole(dataset, "PixelRepresentation", where=where)
    if allocated not in (8, 16, 32) or stored is None or not 1 <= stored <= allocated or signed not in (0, 1):
        raise damaged(
            path, f"bits allocated {allocated}, bits stored {stored}, sign {signed} contradict each other"
        )
    if high is not None and high != stored - 1:
        raise damaged(path, f"high bit {high} does not fit to {stored} bits stored")
    return "PixelData", np.dtype(f"{'i' if signed else 'u'}{allocated // 8}"), stored


def _quiet(dataset: FileDataset, keyword: str, where: str) -> float | None:
    """Return a number that is a help and no need: None where it cannot be read."""
    try:
        return number(dataset, keyword, where=where)
    except FileProblem:
        return None


def _not_grey(what: str, where: str, remedy: str) -> InputError:
    return InputError(
        "IGX-IMG-106",
        f"the file holds {what}",
        where=where,
        expected="one grey value per pixel",
        remedy=remedy,
    )
