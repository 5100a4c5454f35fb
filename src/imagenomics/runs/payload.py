"""What a unit of work leaves behind: named frames, bytes and plain values in one zip file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pandas as pd

from imagenomics.tables.write import parquet_bytes

Payload = dict[str, Any]
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def encode(payload: Mapping[str, Any]) -> bytes:
    """Return the payload as bytes: frames as Parquet, bytes as they are, everything else as JSON."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, value in payload.items():
            if isinstance(value, pd.DataFrame):
                _add(archive, f"{name}.parquet", parquet_bytes(value))
            elif isinstance(value, bytes):
                _add(archive, f"{name}.bin", value)
            else:
                _add(archive, f"{name}.json", json.dumps(value).encode())
    return buffer.getvalue()


def decode(content: bytes) -> Payload:
    """Return what :func:`encode` was given."""
    payload: Payload = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            name, _, kind = member.rpartition(".")
            data = archive.read(member)
            if kind == "parquet":
                payload[name] = _frame(data)
            elif kind == "bin":
                payload[name] = data
            else:
                payload[name] = json.loads(data)
    return payload


def _frame(content: bytes) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Frames of units are small: threads, and what pandas does to find files, would take longer than reading.
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        return file.read(use_threads=False).to_pandas(use_threads=False)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data)
