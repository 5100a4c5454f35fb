"""One DICOM file opened with care: what is in it, or one error that names it.

pydicom raises many kinds of errors on damaged files, believes the lengths that a file declares, and quotes values
of the file in its warnings. Here a read never asks for more bytes than the file has, a packed data set is measured
before it is unpacked, and no message repeats a value, because values may identify the patient.
"""

from __future__ import annotations

import io
import logging
import os
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagenomics.errors import FileProblem, ImagenomicsError
from imagenomics.images.dicom.need import need

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

PREAMBLE_BYTES = 128
MAGIC = b"DICM"
DEFLATED = b"1.2.840.10008.1.2.1.99"
META_BYTES = 4096  # the transfer syntax stands well within these first bytes
MAX_INFLATED = 1 << 30  # bytes
STEP = 1 << 20


class _Bounded(io.BufferedReader):
    """A file that is never asked for more bytes than it has, whatever length its content declares."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._limit = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._limit if size is None or size < 0 else min(size, self._limit))


def open_dicom(path: Path, *, pixels: bool = False, tags: Sequence[int] | None = None) -> FileDataset:
    """Read the data set of one file.

    Parameters
    ----------
    path : Path
        A DICOM file with the usual 128-byte preamble (PS3.10).
    pixels : bool
        False stops before the pixel data.
    tags : sequence of int, optional
        Only these elements; not given: all.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001`` absent; ``IGX-IMG-005`` empty; ``IGX-IMG-101`` not DICOM; ``IGX-IMG-102`` damaged;
        ``IGX-IMG-116`` a packed data set that is too large.
    """
    path = Path(path)
    pydicom = need()
    with reading(path), _Bounded(path) as stream:
        _check_start(path, stream)
        dataset = pydicom.dcmread(
            stream,
            stop_before_pixels=not pixels,
            specific_tags=None if tags is None else list(tags),
        )
    dataset.filename = str(path)
    return dataset


@contextmanager
def reading(path: Path | str, what: str = "the file is damaged") -> Iterator[None]:
    """Turn whatever a decoder raises about this file into ``IGX-IMG-102``; silence its warnings."""
    try:
        with _quiet():
            yield
    except ImagenomicsError:
        raise
    except MemoryError:
        raise
    except FileNotFoundError as error:
        raise FileProblem("IGX-IMG-001", "image file not found", where=str(path)) from error
    except PermissionError as error:
        raise FileProblem(
            "IGX-IMG-102", "the file may not be read", where=str(path), remedy="ask for the right to read it"
        ) from error
    except Exception as error:  # noqa: BLE001 - pydicom and its decoders raise many kinds
        # The text of the error may quote the file, so only its kind is told.
        raise damaged(path, f"{what} ({type(error).__name__})") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the warnings of pydicom, which quote values, from reaching a screen or a log."""
    logger = logging.getLogger("pydicom")
    before = logger.propagate
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = before


def damaged(path: Path | str, what: str) -> FileProblem:
    """Build the message for a DICOM file that cannot be understood (``IGX-IMG-102``)."""
    return FileProblem(
        "IGX-IMG-102",
        what,
        where=str(path),
        remedy="copy or download the file again, or export the series again",
    )


def is_dicom(path: Path) -> bool:
    """Tell whether the file starts like a DICOM file."""
    with open(path, "rb") as stream:
        return stream.read(PREAMBLE_BYTES + 4)[PREAMBLE_BYTES:] == MAGIC


def _check_start(path: Path, stream: io.BufferedReader) -> None:
    start = stream.read(META_BYTES)
    if not start:
        raise FileProblem(
            "IGX-IMG-005", "the file is empty", where=str(path), remedy="copy or export the image again"
        )
    if start[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] != MAGIC:
        raise FileProblem(
            "IGX-IMG-101",
            "this is not a DICOM file: the letters DICM are not at byte 128",
            where=str(path),
            expected="a DICOM file with its preamble (PS3.10)",
            remedy="leave it out; where it is DICOM without a preamble, rewrite it (dcmconv of DCMTK does)",
        )
    stream.seek(0)
    if DEFLATED in start:
        _check_inflated(path, stream)
        stream.seek(0)


def _check_inflated(path: Path, stream: io.BufferedReader) -> None:
    """Refuse a packed data set that would fill the memory; nothing of it is kept."""
    meta: Any = need("pydicom.filereader")
    meta.read_preamble(stream, False)
    meta._read_file_meta_info(stream)
    packer = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    while (piece := stream.read(STEP)) and not packer.eof:
        while piece:
            total += len(packer.decompress(piece, STEP))
            piece = packer.unconsumed_tail
            if total > MAX_INFLATED:
                raise FileProblem(
                    "IGX-IMG-116",
                    f"the packed data set unpacks to more than {MAX_INFLATED:,} bytes",
                    where=str(path),
                    remedy="export the series again without deflate compression",
                )
