"""Gene sets in GMT files: a name, a description, and the genes, one set a line."""

from __future__ import annotations

from pathlib import Path

from imagenomics.errors import FileProblem, InputError


def read_gmt(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the genes of each set, in the order of the file; a gene named twice in a set counts once.

    Parameters
    ----------
    path : Path
        Text with tabs: name, description (may be empty), genes.

    Raises
    ------
    FileProblem
        ``IGX-SETS-001``: the file cannot be read.
    InputError
        ``IGX-SETS-002``: a line is no set, a set has no gene, or two sets have one name; the line is named.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(
            "IGX-SETS-001",
            f"the file of gene sets cannot be read ({getattr(error, 'strerror', None) or error})",
            where=str(path),
            expected="a GMT file: text with tabs",
            remedy="check the path; MSigDB and Enrichr offer their collections as GMT",
        ) from error
    sets: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            name, genes = _one_set(line, where=f"{path}, line {number}")
            if name in sets:
                raise _malformed(f"the set '{name}' is there twice", where=f"{path}, line {number}")
            sets[name] = genes
    if not sets:
        raise _malformed("the file holds no set", where=str(path))
    return sets


def _one_set(line: str, *, where: str) -> tuple[str, tuple[str, ...]]:
    name, *rest = (cell.strip() for cell in line.split("\t"))
    genes = tuple(dict.fromkeys(gene for gene in rest[1:] if gene))
    if not name or not genes:
        raise _malformed("a line holds no name, or no gene", where=where)
    return name, genes


def _malformed(what: str, *, where: str) -> InputError:
    return InputError(
        "IGX-SETS-002",
        what,
        where=where,
        expected="name, description and genes, separated by tabs, one set a line, each name once",
        remedy="correct the line; spaces instead of tabs are the usual cause",
    )
