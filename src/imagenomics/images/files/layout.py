"""What a file's header promises about its pixels, and the checks that need no pixel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from imagenomics.errors import FileProblem, InputError

Encoding = Literal["raw", "gzip", "bzip2"]
# The deflate format cannot shrink data further than this, so a smaller file cannot hold what its header says.
MOST_COMPRESSION = 1032


@dataclass(frozen=True)
class Layout:
    """How the numbers of one image lie in its file.

    Parameters
    ----------
    path : Path
        File with the header.
    data_path : Path
        File with the numbers; another one for detached headers.
    sizes : tuple of int
        Number of voxels along each axis of the file, fastest first (x, y, z, ...).
    dtype : dtype
        Number type with byte order.
    offset : int
        Bytes before the first number, after decompression where ``wrapped``; negative: numbers come last.
    encoding : str
        How the numbers are packed.
    wrapped : bool
        True when header and numbers are compressed together (.nii.gz), False when at most the numbers are.
    slope, intercept : float
        Grey value = slope * number + intercept.
    spacing_mm : tuple of float or None
        Spacing as the header has it (x, y, z, ...), unchecked; None where the header has none.
    """

    path: Path
    data_path: Path
    sizes: tuple[int, ...]
    dtype: np.dtype
    offset: int
    encoding: Encoding = "raw"
    wrapped: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    spacing_mm: tuple[float, ...] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along z, y, x."""
        x, y, z = (*self.sizes[:3], 1, 1, 1)[:3]
        return z, y, x

    @property
    def n_voxels(self) -> int:
        """Number of voxels of one volume."""
        z, y, x = self.shape
        return z * y * x

    @property
    def n_bytes(self) -> int:
        """Bytes that the numbers take when they are not compressed."""
        return self.n_voxels * self.dtype.itemsize

    @property
    def is_flat(self) -> bool:
        """Whether the file holds a single 2-D picture."""
        return len(self.sizes) == 2


def check_layout(layout: Layout, *, max_voxels: int) -> None:
    """Refuse what cannot be read as one volume, before memory is taken for it.

    Raises
    ------
    InputError
        ``IGX-IMG-006``: more or fewer than three dimensions; ``IGX-IMG-010``: too many voxels.
    FileProblem
        ``IGX-IMG-005``: no voxels; ``IGX-IMG-004``: the file is too short for what its header says.
    """
    where = str(layout.path)
    if any(size < 1 for size in layout.sizes):
        raise FileProblem(
            "IGX-IMG-005",
            f"the header declares the size {layout.sizes}: no voxels",
            where=where,
            remedy="export the image again",
        )
    if len(layout.sizes) < 2 or any(size > 1 for size in layout.sizes[3:]):
        raise InputError(
            "IGX-IMG-006",
            f"the image has {len(layout.sizes)} dimensions, size {layout.sizes} (x, y, z, ...)",
            where=where,
            expected="one volume (or one slice)",
            remedy="write each volume or time point to a file of its own and name one of them; in a study, a series of "
            'volumes is declared with form = "series"',
        )
    if layout.n_voxels > max_voxels:
        raise InputError(
            "IGX-IMG-010",
            f"the header declares {layout.n_voxels:,} voxels, size {layout.shape} (z, y, x)",
            where=where,
            expected=f"at most {max_voxels:,}",
            remedy="if the size is true, crop the image or raise max_voxels of its [[images]] block; "
            "if not, the header is damaged: export the image again",
        )
    _check_length(layout)


def _check_length(layout: Layout) -> None:
    """Refuse a file that is certainly too short; the exact check comes with the numbers."""
    try:
        present = layout.data_path.stat().st_size
    except OSError as error:
        raise FileProblem(
            "IGX-IMG-001",
            f"the header names the data file '{layout.data_path.name}', which is not there",
            where=str(layout.path),
            remedy="put the data file beside its header",
        ) from error
    needed = layout.n_bytes + max(layout.offset, 0)
    if layout.encoding == "gzip" or layout.wrapped:
        needed = needed // MOST_COMPRESSION
    elif layout.encoding == "bzip2":
        needed = 0
    if present < needed:
        raise too_short(layout, f"{present:,} bytes on disk cannot hold them")


def too_short(layout: Layout, detail: str) -> FileProblem:
    """Build the message for a file that ends before its numbers do (``IGX-IMG-004``)."""
    return FileProblem(
        "IGX-IMG-004",
        f"the file is truncated: its header promises {layout.n_bytes:,} bytes of voxels; {detail}",
        where=str(layout.data_path),
        expected=f"size {layout.shape} (z, y, x) of {layout.dtype.name}",
        remedy="copy or download the file again",
    )
