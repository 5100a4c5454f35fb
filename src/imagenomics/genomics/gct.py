"""GCT files: a matrix of genes by samples with two lines before the header."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd

from imagenomics.errors import FileProblem, InputError

VERSIONS = ("#1.2", "#1.3")
NAME = "Name"


def is_gct(path: Path) -> bool:
    """Tell whether a file name is that of a GCT file, also compressed."""
    return path.name.lower().removesuffix(".gz").endswith(".gct")


def read_gct(path: Path, *, names: str | None = None) -> pd.DataFrame:
    """Return a GCT file as text: the column ``Name`` and one column per sample.

    Parameters
    ----------
    path : Path
        GCT 1.2, or 1.3 with descriptions of rows and of columns.
    names : str, optional
        The descriptive column that names the genes, e.g. ``Description``; default: the first.

    Raises
    ------
    FileProblem
        ``IGX-TAB-010`` absent, ``IGX-TAB-011`` unreadable.
    InputError
        ``IGX-GEN-042`` no GCT file, or another size than its second line says.
    """
    lines = _lines(path)
    version = lines[0].split("\t")[0].strip() if lines else ""
    sizes = [cell for cell in lines[1].split("\t") if cell] if len(lines) > 1 else []
    if (
        version not in VERSIONS
        or not all(cell.isdigit() for cell in sizes)
        or len(sizes) < 2
        or len(lines) < 3
    ):
        raise _broken("the first two lines are not those of a GCT file", path)
    n_genes, n_samples, *more = [int(cell) for cell in sizes]
    describing, skipped = (more[0], more[1]) if len(more) == 2 else (1, 0)
    header = lines[2].split("\t")
    rows = [line.split("\t") for line in lines[3 + skipped :] if line.strip()]
    first = describing + 1
    if len(header) != first + n_samples or len(rows) != n_genes or any(len(r) != len(header) for r in rows):
        raise _broken(
            f"{n_genes} genes and {n_samples} samples are announced; there are {len(rows)} rows and "
            f"{len(header) - first} columns of samples",
            path,
        )
    chosen = names or header[0]
    if chosen not in header[:first]:
        raise _broken(f"no descriptive column is called '{chosen}'", path)
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    return frame[[chosen, *header[first:]]].rename(columns={chosen: NAME})


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise FileProblem("IGX-TAB-010", "table not found", where=str(path), remedy="check the path")
    try:
        packed = path.suffix.lower() == ".gz"
        content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        return content.decode("utf-8-sig").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise FileProblem(
            "IGX-TAB-011",
            f"table cannot be read ({type(error).__name__}: {error})",
            where=str(path),
            expected="a GCT file, UTF-8",
            remedy="a truncated .gz must be copied again",
        ) from error


def _broken(what: str, path: Path) -> InputError:
    return InputError(
        "IGX-GEN-042",
        what,
        where=str(path),
        expected="'#1.2', then the numbers of genes and samples, then a header with Name, Description and the samples",
        remedy="save the file again; a plain table should end in .tsv",
    )
