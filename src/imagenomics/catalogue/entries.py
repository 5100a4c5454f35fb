"""Folders of entries, one TOML file each, and the one index file that is made of them and read in their place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from imagenomics.errors import FileProblem

Entry = dict[str, Any]
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an entry, or with a list.

    Parameters
    ----------
    where : str
        File, or file and line.
    kind : str
        The rule that was broken.
    what : str
    remedy : str
    code : str
        Code of the error page; '' for problems of a list that is not ours.
    severe : bool
        False for matters of style.
    """

    where: str
    kind: str
    what: str
    remedy: str = ""
    code: str = ""
    severe: bool = True

    def document(self) -> dict[str, Any]:
        """Return the problem as plain values."""
        return asdict(self)

    def text(self) -> str:
        """Return the problem in one line, and its remedy in the next."""
        code = f"[{self.code}] " if self.code else ""
        line = f"{self.where}: {code}{self.kind}: {self.what}"
        return f"{line}\n    remedy: {self.remedy}" if self.remedy else line


def data_folder() -> Path:
    """Return the folder of the catalogue's data in this installation."""
    return Path(str(files("imagenomics.catalogue"))) / "data"


def read_index(kind: str) -> dict[str, Entry]:
    """Return all entries of ``kind`` ('papers' or 'datasets') by key, from the index file.

    Raises
    ------
    FileProblem
        ``IGX-CAT-008``: the index is absent or broken.
    """
    path = data_folder() / f"{kind}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        entries = document["entries"]
    except (OSError, ValueError, KeyError) as error:
        raise FileProblem(
            "IGX-CAT-008",
            f"the index of {kind} cannot be read ({error})",
            where=str(path),
            remedy=f"install the package again, or run `imagenomics {kind} compile` in a checkout",
        ) from error
    return {entry["key"]: entry for entry in entries}


def read_entry_file(path: Path) -> Entry:
    """Return one TOML file as it is, with its name as the key.

    Raises
    ------
    FileProblem, InputError
        ``IGX-CAT-003``: it cannot be read, or is not TOML.
    """
    from imagenomics.tables.read_toml import Complaint, read_toml

    unread = ("IGX-CAT-003", "check the path")
    not_toml = (
        "IGX-CAT-003",
        'text needs quotes, a list is ["a", "b"], a section is [links] or [[numbers]]; save as UTF-8',
    )
    tree = read_toml(path, Complaint("the entry", unread, not_toml))
    return {**tree, "key": tree.get("key", path.stem)}


def entry_files(folder: Path) -> list[Path]:
    """Return the TOML files of a folder, by name."""
    return sorted(folder.glob("*.toml"))


def index_text(kind: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """Return the index of checked entries: defaults left out, sorted by key, one line each."""
    lines = [json.dumps(entry, ensure_ascii=True, separators=(",", ":")) for entry in entries]
    body = ",\n".join(lines)
    return f'{{"schema_version": {SCHEMA_VERSION}, "kind": "{kind}", "entries": [\n{body}\n]}}\n'
