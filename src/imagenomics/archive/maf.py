"""MAF files of single tumours joined to one, column names compared."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

from imagenomics.errors import FileProblem


def join_mafs(paths: Sequence[Path]) -> str:
    """Return the rows of several (gzipped) MAF files under one header, comments left out.

    Raises
    ------
    FileProblem
        ``IGX-ARCH-023``: a file is damaged, or its columns differ from those of the first.
    """
    header: str | None = None
    rows: list[str] = []
    for path in paths:
        lines = [line for line in _lines(path) if line.strip() and not line.startswith("#")]
        if not lines:
            continue
        if header is None:
            header = lines[0]
        elif lines[0] != header:
            raise FileProblem(
                "IGX-ARCH-023",
                "the columns of the file differ from those of the first one",
                where=str(path),
                remedy="the archive changed its layout between files; please report it",
            )
        rows += lines[1:]
    return "\n".join([header or "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode", *rows]) + "\n"


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        return text.decode("utf-8").splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise FileProblem(
            "IGX-ARCH-023",
            f"the MAF file is damaged ({error})",
            where=str(path),
            remedy="delete it and run the same command again",
        ) from error
