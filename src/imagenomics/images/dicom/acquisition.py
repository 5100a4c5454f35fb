"""How each patient's picture was made: scanner, kernel, spacing, contrast, field strength, as possible confounders."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.images.acquisition import acquisition_table
from imagenomics.images.dicom.attributes import CONFOUNDERS
from imagenomics.images.dicom.index import index_folder
from imagenomics.images.dicom.scan import KEYWORDS, Scan, scan_files
from imagenomics.images.dicom.walk import Problem
from imagenomics.tables.patient_table import PatientTable


def acquisition_columns(
    index: pd.DataFrame, *, name: str = "dicom", patient: str = "patient_id"
) -> PatientTable:
    """Return how the series of each patient was acquired and reconstructed.

    Parameters
    ----------
    index : DataFrame
        Rows of :func:`imagenomics.images.dicom.index.index_folder`, cut to one series for each patient; rows
        of problems are passed over.
    name : str
        Name of the image; the columns are called ``<name>.acquisition.<column>``.
    patient : str
        Column with the patient id as used in the study.

    Returns
    -------
    PatientTable
        As :func:`imagenomics.images.acquisition.acquisition_table`. Nothing that describes the patient is among the
        columns.

    Raises
    ------
    InputError
        ``IGX-IMG-142``: a patient has several series; ``IGX-IMG-143``: no column of that name, or a series
        without patient.
    """
    if patient not in index.columns:
        raise unknown_name("IGX-IMG-143", "column", patient, map(str, index.columns))
    series = index[index["kind"] == "series"]
    _check_patients(series, patient)
    series = series.set_index(series[patient].astype(str)).sort_index()
    rows = series[[a.column for a in CONFOUNDERS]].to_dict("records")
    made = {str(p): {str(k): v for k, v in row.items()} for p, row in zip(series.index, rows, strict=True)}
    return acquisition_table(made, name=name)


def series_attributes(source: Path | Scan) -> dict[str, str | float]:
    """Return how the one series of a file or of scanned headers was made; what is not written is not there.

    Raises
    ------
    InputError
        ``IGX-IMG-104``: the headers are those of several series, or of none.
    """
    scan = source if isinstance(source, Scan) else Scan(*_table(source))
    index = index_folder(scan)
    series = index[(index["kind"] == "series") & index["is_picture"]]
    if len(series) != 1:
        raise InputError(
            "IGX-IMG-104",
            f"{len(series)} series are there",
            where=str(source) if isinstance(source, Path) else "",
            expected="one series",
            remedy="declare dicom.description",
        )
    row = series.iloc[0]
    values = {a.column: row[a.column] for a in CONFOUNDERS}
    return {k: v if isinstance(v, str) else float(v) for k, v in values.items() if _known(v)}


def _table(path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    rows, problems = scan_files([str(path)])
    return pd.DataFrame(rows, columns=["path", *KEYWORDS], dtype=object), problems


def _known(value: object) -> bool:
    return value is not None and value == value and value != ""


def _check_patients(series: pd.DataFrame, patient: str) -> None:
    nobody = series[series[patient].isna() | (series[patient] == "")]
    if len(nobody):
        raise InputError(
            "IGX-IMG-143",
            f"{len(nobody)} series without patient id",
            where=short_list(nobody["path"]),
            remedy="leave them out, or write the ids into the column yourself",
        )
    counts = series[patient].value_counts()
    several = counts[counts > 1]
    if len(several):
        raise InputError(
            "IGX-IMG-142",
            f"{len(several)} patients have several series: {short_list(sorted(several.index))}",
            expected="one series for each patient",
            remedy="cut the index to the series that the features come from, e.g. by modality and description",
        )
