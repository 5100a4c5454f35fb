"""The run folder: where tables go, and where failures and warnings are gathered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.write import SCHEMA_VERSION, write_bytes, write_csv, write_json, write_parquet
from imagenomics.work.failures import Failure

FAILURE_COLUMNS = ("patient", "stage", "file", "error", "code", "remedy")


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

    def write_json(self, name: str, document: dict[str, Any], *, indent: int | None = 1) -> None:
        """Write ``name.json``."""
        document = {"schema_version": SCHEMA_VERSION, **document}
        write_json(self.path / f"{name}.json", document, indent=indent)

    def write_bytes(self, name: str, content: bytes, *, durable: bool = True) -> None:
        """Write a file as it is; not ``durable``: one that each run writes anew from the store."""
        write_bytes(self.path / name, content, durable=durable)

    def remove(self, *names: str) -> None:
        """Remove files of stages that this run does not have, so that no page shows an older run's results."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)


def read_patient_table(path: Path, name: str) -> PatientTable:
    """Read ``name.parquet`` and ``name.columns.parquet`` of a run folder."""
    return PatientTable(
        pd.read_parquet(path / f"{name}.parquet"), pd.read_parquet(path / f"{name}.columns.parquet")
    )


class FailureRow(NamedTuple):
    """Something of a patient that could not be done."""

    patient: str
    stage: str
    file: str
    failure: Failure


class WarningRow(NamedTuple):
    """Something that a user can act on."""

    stage: str
    patient: str
    code: str
    message: str
    remedy: str


@dataclass
class Issues:
    """Failures and warnings of a run, gathered while it goes on."""

    failures: list[FailureRow] = field(default_factory=list)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[WarningRow] = field(default_factory=list)
    _said: set[tuple[str, ...]] = field(default_factory=set)

    def fail(self, patient: str, stage: str, failure: Failure, *, file: str = "") -> None:
        """Note that something of this patient could not be done; the same failure of the same file is one row."""
        row = FailureRow(patient, stage, file or failure.where, failure)
        said = (patient, stage, row.file, failure.code, failure.error)
        if said not in self._said:
            self._said.add(said)
            self.failures.append(row)

    def warn(self, stage: str, code: str, message: str, *, patient: str = "", remedy: str = "") -> None:
        """Note something that a user can act on."""
        row = WarningRow(stage, patient, code, message, remedy)
        if row not in self.warnings:
            self.warnings.append(row)

    def leave_out(self, analysis: str, patients: Mapping[str, str]) -> None:
        """Note who does not enter an analysis, and why."""
        self.left_out += [(analysis, patient, reason) for patient, reason in sorted(patients.items())]

    def failure_table(self) -> pd.DataFrame:
        """Return the failures with the columns ``FAILURE_COLUMNS``, sorted by stage, patient and file."""
        rows = [
            (row.patient, row.stage, row.file, row.failure.error, row.failure.code, row.failure.remedy)
            for row in self._ordered()
        ]
        return pd.DataFrame(rows, columns=list(FAILURE_COLUMNS))

    def warning_table(self) -> pd.DataFrame:
        """Return the warnings with the fields of :class:`WarningRow`, sorted."""
        return pd.DataFrame(sorted(self.warnings), columns=list(WarningRow._fields))

    def _ordered(self) -> list[FailureRow]:
        return sorted(self.failures, key=lambda row: (row.stage, row.patient, row.file))

    def write(self, folder: RunFolder) -> None:
        """Write ``failures.csv``, ``failures.json`` (with tracebacks), ``warnings.csv`` and ``left_out.csv``."""
        folder.write_csv("failures", self.failure_table())
        traces = [
            {"patient": row.patient, "stage": row.stage, "file": row.file, "code": row.failure.code}
            | {"trace": row.failure.trace}
            for row in self._ordered()
        ]
        folder.write_json("failures", {"failures": traces})
        folder.write_csv("warnings", self.warning_table())
        folder.write_csv("left_out", pd.DataFrame(self.left_out, columns=["analysis", "patient", "reason"]))
