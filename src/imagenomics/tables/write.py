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


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` under ``path`` whole or not at all.

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


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write JSON with sorted keys; NaN becomes null."""
    write_text(
        path, json.dumps(plain(data), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )


def plain(data: Any) -> Any:
    """Return ``data`` in plain JSON types; numbers that are not finite become None."""
    if isinstance(data, dict):
        return {str(k): plain(v) for k, v in data.items()}
    if isinstance(data, (set, frozenset)):
        return sorted(plain(v) for v in data)
    if isinstance(data, (list, tuple)):
        return [plain(v) for v in data]
    if isinstance(data, str) or data is None:
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
