"""A thin client of the NCI Genomic Data Commons: open files of a project, with sizes and checksums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagenomics.archive.download import download, inside
from imagenomics.archive.web import Web, ask_json
from imagenomics.errors import FileProblem, InputError

SERVER = "https://api.gdc.cancer.gov"
MUTATIONS = "Masked Somatic Mutation"
EXPRESSION = "Gene Expression Quantification"
FIELDS = (
    "file_id,file_name,file_size,md5sum,access,data_type,"
    "cases.submitter_id,cases.samples.submitter_id,cases.samples.sample_type"
)
PAGE = 500


@dataclass(frozen=True)
class GdcFile:
    """One open file.

    Parameters
    ----------
    file_id, name, md5 : str
    size : int
        Bytes.
    patients : tuple of str
        Cases that the file is of.
    samples : tuple of str
        Their samples, normal ones left out.
    """

    file_id: str
    name: str
    md5: str
    size: int
    patients: tuple[str, ...]
    samples: tuple[str, ...]


def list_files(
    project: str,
    *,
    data_type: str = MUTATIONS,
    patients: Iterable[str] | None = None,
    server: str = SERVER,
    web: Web | None = None,
) -> list[GdcFile]:
    """Return the open files of one kind of a project, sorted by name.

    Only open files are asked for, and an answer that holds another one is refused.

    Raises
    ------
    InputError
        ``IGX-ARCH-020``: the answer names a controlled file; others as :func:`imagenomics.archive.web.ask_json`.
    FileProblem
        ``IGX-ARCH-021``: the answer is not laid out as documented.
    """
    conditions = [("cases.project.project_id", [project]), ("data_type", [data_type]), ("access", ["open"])]
    if patients is not None:
        conditions.append(("cases.submitter_id", sorted(set(patients))))
    content = [{"op": "in", "content": {"field": field, "value": value}} for field, value in conditions]
    question: dict[str, Any] = {"filters": {"op": "and", "content": content}, "fields": FIELDS}
    question |= {"format": "JSON", "size": PAGE, "sort": "file_id:asc"}
    found: dict[str, GdcFile] = {}
    start, total = 0, 1
    while start < total:
        answer = ask_json(f"{server}/files", body={**question, "from": start}, web=web)
        rows, total = _page(answer, server)
        if not rows:
            break
        for row in rows:
            file = _file(row, server)
            found[file.file_id] = file
        start += len(rows)
    return sorted(found.values(), key=lambda file: (file.name, file.file_id))


def release(*, server: str = SERVER, web: Web | None = None) -> str:
    """Return the data release of the server, as it says."""
    answer = ask_json(f"{server}/status", web=web)
    return str(answer.get("data_release", "unknown")) if isinstance(answer, dict) else "unknown"


def download_files(
    files: Sequence[GdcFile], folder: Path, *, server: str = SERVER, web: Web | None = None
) -> dict[Path, str]:
    """Fetch files into ``folder``; return the path of each and its SHA-256. Names that leave it are refused first."""
    paths = {file.file_id: inside(folder, f"{file.file_id}/{file.name}") for file in files}
    return {
        paths[file.file_id]: download(
            f"{server}/data/{file.file_id}", paths[file.file_id], size=file.size, md5=file.md5, web=web
        )
        for file in files
    }


def _page(answer: Any, server: str) -> tuple[list[Any], int]:
    try:
        data = answer["data"]
        return list(data["hits"]), int(data["pagination"]["total"])
    except (KeyError, TypeError, ValueError) as error:
        raise _other_layout(server, f"no {error}") from error


def _file(row: Any, server: str) -> GdcFile:
    try:
        if row["access"] != "open":
            raise InputError(
                "IGX-ARCH-020",
                f"the answer names a file that is not open: {row['file_id']} ({row['access']})",
                where=server,
                remedy="nothing was fetched; imagenomics asks for open files only",
            )
        cases = row.get("cases", [])
        samples = [s for case in cases for s in case.get("samples", [])]
        tumours = [s["submitter_id"] for s in samples if "Normal" not in str(s.get("sample_type", ""))]
        return GdcFile(
            file_id=str(row["file_id"]),
            name=str(row["file_name"]),
            md5=str(row["md5sum"]),
            size=int(row["file_size"]),
            patients=tuple(sorted({str(case["submitter_id"]) for case in cases})),
            samples=tuple(sorted(set(map(str, tumours)))),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _other_layout(server, f"{type(error).__name__} {error}") from error


def _other_layout(server: str, what: str) -> FileProblem:
    return FileProblem(
        "IGX-ARCH-021",
        f"the answer is not laid out as documented ({what})",
        where=server,
        remedy="the interface may have changed; please report it",
    )
