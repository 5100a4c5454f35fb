"""The ids that the files themselves name, whether or not the study knows them."""

from __future__ import annotations

import re
from pathlib import Path

from imagenomics.images.find import read_file_table
from imagenomics.images.settings import PLACEHOLDER, ImageSettings


def ids_in_files(settings: ImageSettings, root: Path) -> list[str]:
    """Return every text that stands where ``{patient}`` stands in a path of an existing file, sorted.

    Parameters
    ----------
    settings : ImageSettings
        The ``[[images]]`` block; with a file table, the ids of the table; in a BIDS folder, the labels.
    root : Path
        Folder at which relative paths start.
    """
    if settings.table is not None:
        return sorted(map(str, read_file_table(settings.table, root).index))
    if settings.bids is not None:
        folders = (root / settings.bids.folder).glob("sub-*")
        return sorted(p.name.removeprefix("sub-") for p in folders if p.is_dir())
    template = str(settings.path)
    pattern = re.compile(_to_regex(template))
    base = root / _fixed_part(template)
    if not base.is_dir():
        return []
    found = set()
    for path in base.rglob("*") if "/" in template[len(_fixed_part(template)) :] else base.iterdir():
        match = pattern.fullmatch(_relative(path, root, template))
        if match:
            found.add(match["patient"])
    return sorted(found)


def _relative(path: Path, root: Path, template: str) -> str:
    return path.as_posix() if Path(template).is_absolute() else path.relative_to(root).as_posix()


def _fixed_part(template: str) -> str:
    """Return the folders of the template before the first placeholder or wildcard."""
    fixed = re.split(r"[{*?\[]", template, maxsplit=1)[0]
    return fixed.rpartition("/")[0] + "/" if "/" in fixed else ""


def _to_regex(template: str) -> str:
    text = template.removeprefix("./")
    parts = []
    seen = False
    for piece in re.split(r"(\{patient\}|\*|\?)", text):
        if piece == f"{{{PLACEHOLDER}}}":
            parts.append("(?P=patient)" if seen else "(?P<patient>[^/]+)")
            seen = True
        elif piece == "*":
            parts.append("[^/]*")
        elif piece == "?":
            parts.append("[^/]")
        else:
            parts.append(re.escape(piece.replace("{{", "{").replace("}}", "}")))
    return "".join(parts)
