"""The run folder: where tables go, and where failures and warnings are gathered."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.write import SCHEMA_VERSION, write_bytes, write_csv, write_json, write_parquet
from imagenomics.work.failures import Failure

FAILURE_COLUMNS = ("patient", "stage", "file", "error", "code", "remedy")
WARNING_COLUMNS = ("stage", "patient", "code", "message", "remedy")


@dataclass(frozen=True)
class RunFolder:
    """Writes the files whose names users script against (docs/reference/run_folder.md)."""

    path: Path

    def write_table(self, name: str, table: PatientTable) -> None:
        """Write ``name.parquet`` and ``name.columns.parquet``."""
        write_parquet(self.path / f"{name}.parquet", table.values)
        write_parquet(self.path / f"{name}.columns.parquet", table.columns)

    def write_frame(self, name: str, frame: pd.DataFrame) -> None:
        """Write ``name.parquet``."""
        write_parquet(self.path / f"{name}.parquet", frame)

    def write_csv(self, name: str, frame: pd.DataFrame) -> None:
        """Write ``name.csv``."""
        write_csv(self.path / f"{name}.csv", frame)

    def write_json(self, name: str, document: dict[str, Any]) -> None:
        """Write ``name.json``."""
        write_json(self.path / f"{name}.json", {"schema_version": SCHEMA_VERSION, **document})

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file as it is."""
        write_bytes(self.path / name, content)

    def remove(self, *names: str) -> None:
        """Remove files of stages that this run does not have, so that no page shows an older run's results."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)


def read_patient_table(path: Path, name: str) -> PatientTable:
    """Read ``name.parquet`` and ``name.columns.parquet`` of a run folder."""
    return PatientTable(
        pd.read_parquet(path / f"{name}.parquet"), pd.read_parquet(path / f"{name}.columns.parquet")
    )


@dataclass
class Issues:
    """Failures and warnings of a run, gathered while it goes on."""

    failures: list[tuple[str, str, str, Failure]] = field(default_factory=list)
    warnings: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def fail(self, patient: str, stage: str, failure: Failure, *, file: str = "") -> None:
        """Note that something of this patient could not be done."""
        self.failures.append((patient, stage, file or failure.where, failure))

    def warn(self, stage: str, code: str, message: str, *, patient: str = "", remedy: str = "") -> None:
        """Note something that a user can act on."""
        row = (stage, patient, code, message, remedy)
        if row not in self.warnings:
            self.warnings.append(row)

    def write(self, folder: RunFolder) -> None:
        """Write ``failures.csv``, ``failures.json`` (with tracebacks) and ``warnings.csv``, sorted."""
        ordered = sorted(self.failures, key=lambda row: (row[1], row[0], row[2]))
        rows = [(p, s, f, x.error, x.code, x.remedy) for p, s, f, x in ordered]
        folder.write_csv("failures", pd.DataFrame(rows, columns=list(FAILURE_COLUMNS)))
        traces = [
            {"patient": p, "stage": s, "file": f, "code": x.code, "trace": x.trace} for p, s, f, x in ordered
        ]
        folder.write_json("failures", {"failures": traces})
        warnings = pd.DataFrame(sorted(self.warnings), columns=list(WARNING_COLUMNS))
        folder.write_csv("warnings", warnings)
