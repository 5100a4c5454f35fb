"""Writing files so that a reader never sees half of one: temporary name, fsync, rename."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from imagenomics.errors import StorageProblem

SCHEMA_VERSION = "1"


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write ``content`` under ``path`` whole or not at all.

    Parameters
    ----------
    path : Path
        File to write; its folder is made.
    content : bytes
        What is written.
    durable : bool
        Wait until the disk has it. Without, a file that the next run makes again anyway may be lost with the power.

    Raises
    ------
    StorageProblem
        ``IGX-TAB-020`` when the disk is full, the folder is read-only or a size limit is reached.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as handle:
            handle.write(content)
            handle.flush()
            if durable:
                os.fsync(handle.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise StorageProblem(
            "IGX-TAB-020",
            f"file cannot be written ({error.strerror or error})",
            where=str(path),
            remedy="free disk space or choose another --out; the same command then resumes",
        ) from error


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Write UTF-8 text whole or not at all."""
    write_bytes(path, text.encode("utf-8"), durable=durable)


def write_json(path: Path, data: Any, *, indent: int | None = 1) -> None:
    """Write JSON with sorted keys; NaN becomes null. Large lists of plain numbers are faster without ``indent``."""
    if indent is None:
        try:
            write_text(path, _json(data, None))
            return
        except (TypeError, ValueError):
            pass  # something that is no plain JSON yet
    write_text(path, _json(plain(data), indent))


def _json(data: Any, indent: int | None) -> str:
    return json.dumps(data, indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def plain(data: Any) -> Any:
    """Return ``data`` in plain JSON types; numbers that are not finite become None."""
    if isinstance(data, dict):
        return {str(k): plain(v) for k, v in data.items()}
    if isinstance(data, (set, frozenset)):
        return sorted(plain(v) for v in data)
    if isinstance(data, (list, tuple)):
        return [plain(v) for v in data]
    if isinstance(data, (str, int)) or data is None:
        return data
    if hasattr(data, "item"):
        data = data.item()
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    if isinstance(data, (bool, int, float)):
        return data
    return str(data)


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a CSV with a ``schema_version`` column last."""
    with_version = frame.assign(schema_version=SCHEMA_VERSION)
    write_text(path, with_version.to_csv(index=False, lineterminator="\n"))


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file whose metadata carries ``schema_version``."""
    write_bytes(path, parquet_bytes(frame))


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return ``frame`` as Parquet; equal frames give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=frame.index.name is not None)
    metadata = {**(table.schema.metadata or {}), b"schema_version": SCHEMA_VERSION.encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer, compression="zstd")
    return buffer.getvalue()
