"""The store: what was done is never done again, and what crashed twice never stops a run.

A unit's key is the hash of its stage, the stage's version, its settings, the content of its input files and
the keys it stands on. Frames and Parquet bytes are never hashed.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from glob import glob
from pathlib import Path
from typing import Any

from imagenomics.errors import FileProblem
from imagenomics.runs.payload import Payload, decode, encode
from imagenomics.tables.write import write_bytes, write_text
from imagenomics.work.failures import Failure

CHUNK = 1 << 20


def files_digest(root: Path, name: str) -> str:
    """Return the digest of a file or folder, or of all files that fit a glob."""
    if "*" not in name:
        return file_digest(root / name)
    found = sorted(glob(str(root / name)))
    listed = "".join(f"{os.path.relpath(path, root)}:{file_digest(Path(path))}\n" for path in found)
    return hashlib.sha256(listed.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, or of all files of a folder; ``IGX-RUN-001`` when it cannot be read."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{file.relative_to(path).as_posix()}:{file_digest(file)}\n".encode())
        return digest.hexdigest()
    try:
        with open(path, "rb") as handle:
            while chunk := handle.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise FileProblem(
            "IGX-RUN-001",
            f"file cannot be read ({error.strerror or error})",
            where=str(path),
            remedy="check that the file exists and that you may read it",
        ) from error
    return digest.hexdigest()


def make_key(stage: str, version: int, settings: str, inputs: Sequence[str]) -> str:
    """Return the key of a unit: stage, version raised by hand, canonical settings, input digests and keys."""
    text = json.dumps([stage, version, settings, list(inputs)])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Unit:
    """One piece of work with all that its result depends on.

    Parameters
    ----------
    stage : str
        Name of the stage; ``version`` is raised by hand when the stage's code changes its results.
    settings : str
        Canonical settings.
    files : mapping of str to Path
        Input files; their content is part of the key, their names are not.
    upstream : tuple of str
        Keys of the units this one stands on.
    data : object
        What the function needs, handed over as it is; not part of the key.
    """

    stage: str
    version: int
    settings: str
    files: Mapping[str, Path] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    data: Any = None

    def key(self) -> str:
        """Return the unit's key; reads the input files."""
        digests = [f"{name}:{file_digest(path)}" for name, path in sorted(self.files.items())]
        return make_key(self.stage, self.version, self.settings, [*digests, *self.upstream])


@dataclass(frozen=True)
class Store:
    """Results of units in one folder, one file for each."""

    folder: Path

    def _path(self, stage: str, key: str, ending: str) -> Path:
        return self.folder / stage / key[:2] / f"{key}.{ending}"

    def load(self, stage: str, key: str) -> Payload | None:
        """Return what was saved, or None; a file that does not open counts as not saved."""
        path = self._path(stage, key, "zip")
        try:
            return decode(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (zipfile.BadZipFile, KeyError, ValueError):
            path.unlink()
            return None

    def has(self, stage: str, key: str) -> bool:
        """Tell whether the unit was done."""
        return self._path(stage, key, "zip").is_file()

    def save(self, stage: str, key: str, payload: Mapping[str, Any]) -> None:
        """Keep a result; the mark that the unit was started goes away."""
        write_bytes(self._path(stage, key, "zip"), encode(payload))
        self.unmark(stage, key)

    def failure(self, stage: str, key: str) -> Failure | None:
        """Return why the unit failed before, or None."""
        try:
            return Failure(**json.loads(self._path(stage, key, "failed.json").read_text()))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def save_failure(self, stage: str, key: str, failure: Failure) -> None:
        """Keep why a unit failed, so that it is not tried again unless asked for."""
        write_text(self._path(stage, key, "failed.json"), json.dumps(asdict(failure)))
        self.unmark(stage, key)

    def forget_failure(self, stage: str, key: str) -> None:
        """Forget a failure and earlier starts, so that the unit is tried again."""
        self._path(stage, key, "failed.json").unlink(missing_ok=True)
        self.unmark(stage, key)

    def mark(self, stage: str, key: str) -> int:
        """Note that the unit is started; return how often it was started before without an end."""
        path = self._path(stage, key, "started")
        before = int(path.read_text() or 0) if path.is_file() else 0
        write_text(path, str(before + 1), durable=False)  # it tells of processes that died, not of the power
        return before

    def unmark(self, stage: str, key: str) -> None:
        """Note that the unit ended."""
        self._path(stage, key, "started").unlink(missing_ok=True)

    def forgive(self, stage: str) -> None:
        """Forget starts that a person interrupted: they are no crashes."""
        for path in (self.folder / stage).glob("*/*.started"):
            path.unlink(missing_ok=True)
