"""Gene sets: reading GMT files."""

from __future__ import annotations

from pathlib import Path

from imagenomics.errors import FileProblem, InputError


def read_gmt(path: Path) -> dict[str, tuple[str, ...]]:
    """Return which genes each set of a GMT file has.

    Parameters
    ----------
    path : Path
        Tab-separated text: name, description, then the genes, one set per line. A weight after a comma
        (``TP53,1.0``, as Enrichr writes it) is left out.

    Returns
    -------
    dict of str to tuple of str
        Set -> its genes in the order of the file, each once; sets in the order of the file.

    Raises
    ------
    FileProblem
        ``IGX-GEN-020`` the file is absent or cannot be read as text.
    InputError
        ``IGX-GEN-021`` a line without genes, a set twice, or no set at all.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(
            "IGX-GEN-020",
            f"gene sets cannot be read ({type(error).__name__}: {error})",
            where=str(path),
            expected="a GMT file: UTF-8 text, tab-separated",
            remedy="check the path; relative paths start at --data or the study file",
        ) from error
    sets: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, genes = _set_of(line)
        where = f"{path}: line {number}"
        if not name or not genes:
            raise _broken("a line names no gene" if name else "a line begins without a name", where)
        if name in sets:
            raise _broken(f"the set '{name}' stands twice", where)
        sets[name] = genes
    if not sets:
        raise _broken("there is no gene set", str(path))
    return sets


def _set_of(line: str) -> tuple[str, tuple[str, ...]]:
    name, *rest = [cell.strip() for cell in line.split("\t")]
    genes = (cell.split(",")[0].strip() for cell in rest[1:])
    return name, tuple(dict.fromkeys(gene for gene in genes if gene))


def _broken(what: str, where: str) -> InputError:
    return InputError(
        "IGX-GEN-021",
        what,
        where=where,
        expected="name, description and at least one gene, separated by tabs",
        remedy="correct the line; a file with spaces instead of tabs must be saved again",
    )
