"""One file from a server onto the disk: in parts, resumed, its size and checksum compared, whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import re
import urllib.error
from pathlib import Path, PurePosixPath

from imagenomics.archive.web import Web, open_address, with_patience
from imagenomics.errors import FileProblem, InputError, StorageProblem

BLOCK = 1 << 20


def download(
    url: str, path: Path, *, size: int | None = None, md5: str | None = None, web: Web | None = None
) -> str:
    """Fetch one file unless it is there already, and return its SHA-256.

    Parameters
    ----------
    url, path
        From where, to where; the folder is made.
    size : int, optional
        Bytes that the archive promises.
    md5 : str, optional
        Checksum that the archive promises; a file that differs is thrown away and fetched once more.
    web : Web, optional
        How patient to be.

    Raises
    ------
    FileProblem
        ``IGX-ARCH-011``: the connection broke too often (the part is kept); ``IGX-ARCH-014``: size or checksum are
        wrong twice; ``IGX-ARCH-016``: it cannot be written.
    """
    patience = web or Web()
    if path.is_file() and _fits(path, size, md5):
        return digest(path, "sha256")
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(2):
            with_patience(lambda: _go_on(url, part, size, patience), url, patience)
            if _fits(part, size, md5):
                part.replace(path)
                return digest(path, "sha256")
            found = f"{part.stat().st_size} bytes, MD5 {digest(part, 'md5')}"
            part.unlink()
    except FileProblem:
        raise
    except OSError as error:
        raise StorageProblem(
            "IGX-ARCH-016",
            f"the file cannot be written ({error.strerror or error})",
            where=str(path),
            remedy="free space or choose another folder; what is whole stays, and the same command goes on",
        ) from error
    raise FileProblem(
        "IGX-ARCH-014",
        f"the file is not what the archive promises: {found}",
        where=url,
        expected=f"{'any number of' if size is None else size} bytes, MD5 {md5 or 'any'}",
        remedy="nothing was kept; try later, and report it to the archive if it stays so",
    )


def _go_on(url: str, part: Path, size: int | None, web: Web) -> None:
    """Ask for what is lacking; a server that cannot resume is read from the start."""
    have = part.stat().st_size if part.is_file() else 0
    if size is not None and have > size:
        part.unlink()
        have = 0
    if size is not None and have == size:
        return
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        with open_address(url, headers=headers, web=web) as response:
            resumed = response.status == 206 and _starts_at(response, have)
            with part.open("ab" if resumed else "wb") as stream:
                while block := response.read(BLOCK):
                    stream.write(block)
                _refuse_short(response, stream.tell(), size)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        part.unlink()  # what is there does not belong to this file
        raise ConnectionError("the server cannot resume here") from error


def _starts_at(response: http.client.HTTPResponse, have: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return found is not None and int(found[1]) == have


def _refuse_short(response: http.client.HTTPResponse, have: int, size: int | None) -> None:
    if response.length:  # http.client counts down what was promised
        raise ConnectionError(f"the connection ended {response.length} bytes early")
    if size is not None and have < size:
        raise ConnectionError(f"{have} of {size} bytes came")


def _fits(path: Path, size: int | None, md5: str | None) -> bool:
    if size is not None and path.stat().st_size != size:
        return False
    return md5 is None or digest(path, "md5") == md5.lower()


def digest(path: Path, kind: str) -> str:
    """Return the checksum of a file."""
    made = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            made.update(block)
    return made.hexdigest()


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file that a server named, inside ``folder``.

    Raises
    ------
    InputError
        ``IGX-ARCH-015``: the name leads out of the folder, or is no name of a file.
    """
    pure = PurePosixPath(name)
    clean = bool(name.strip()) and name.isprintable() and not set(name) & set('\\:*?"<>|')
    if not clean or pure.is_absolute() or ".." in pure.parts or pure.name in ("", "."):
        raise InputError(
            "IGX-ARCH-015",
            f"the archive names a file {name!r}, which is not a place inside the folder",
            where=str(folder),
            remedy="nothing was written; report it to the archive",
        )
    path = folder.joinpath(*pure.parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            "IGX-ARCH-015",
            f"{name!r} leads out of the folder by a link",
            where=str(folder),
            remedy="choose a folder without links to other places",
        )
    return path
