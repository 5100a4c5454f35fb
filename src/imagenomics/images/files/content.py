"""The numbers of an image file, with proof that all of them are there."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from imagenomics.errors import FileProblem
from imagenomics.images.files.layout import Layout, too_short

Stream = io.BufferedIOBase
STEP = 1 << 24  # bytes asked for at a time


def read_numbers(layout: Layout) -> np.ndarray:
    """Read the stored numbers of one volume (z, y, x), in the file's number type and not yet scaled.

    Some readers fill what a truncated file lacks with zeros, or ignore a damaged checksum. Here a file is
    refused unless it holds what its header promises.

    Raises
    ------
    FileProblem
        ``IGX-IMG-004``: truncated or damaged; ``IGX-IMG-011``: more numbers than the header declares.
    """
    try:
        with _opened(layout) as stream:
            content = _exactly(stream, layout.n_bytes)
            rest = len(stream.read(_slice_bytes(layout) + STEP if layout.offset >= 0 else 0))
    except (EOFError, OSError, zlib.error) as error:
        raise FileProblem(
            "IGX-IMG-004",
            f"the compressed data end too early or are damaged ({error})",
            where=str(layout.data_path),
            remedy="copy or download the file again",
        ) from error
    if len(content) < layout.n_bytes:
        raise too_short(layout, f"only {len(content):,} are there")
    if rest >= _slice_bytes(layout):
        raise FileProblem(
            "IGX-IMG-011",
            f"the file holds at least one slice more than the size {layout.shape} (z, y, x) in its header",
            where=str(layout.data_path),
            expected="as many voxels as the header declares",
            remedy="the header is wrong or belongs to another image: export the image again",
        )
    return np.frombuffer(content, dtype=layout.dtype).reshape(layout.shape)


@contextmanager
def _opened(layout: Layout) -> Iterator[Stream]:
    """Open the stream of numbers at the first one."""
    with open(layout.data_path, "rb") as file:
        if layout.offset < 0:
            file.seek(-layout.n_bytes, 2)
        elif not layout.wrapped:
            file.seek(layout.offset)
        packed = "gzip" if layout.wrapped else layout.encoding
        if packed == "gzip":
            with gzip.GzipFile(fileobj=file) as stream:
                if layout.wrapped:
                    stream.seek(layout.offset)
                yield stream
        elif packed == "bzip2":
            with bz2.BZ2File(file) as stream:
                yield stream
        else:
            yield file


def _exactly(stream: Stream, n_bytes: int) -> bytearray:
    """Read up to ``n_bytes``; fewer come back only where the stream ends."""
    content = bytearray(n_bytes)
    view = memoryview(content)
    done = 0
    while done < n_bytes:
        got = stream.readinto(view[done : done + STEP])
        if not got:
            break
        done += got
    view.release()
    del content[done:]
    return content


def _slice_bytes(layout: Layout) -> int:
    return layout.n_bytes // layout.shape[0]
