"""How each patient's picture was made: scanner, kernel, spacing, contrast, field strength, as possible confounders."""

from __future__ import annotations

import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.images.dicom.attributes import CONFOUNDERS, Attribute
from imagenomics.tables.patient_table import PatientTable, describe

FAMILY = "acquisition"


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
        Role ``clinical``, family ``acquisition``: text columns are categorical, numbers continuous. Columns that no
        patient has a value of are left out. Nothing that describes the patient is among them.

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
    series = series.set_index(
        pd.Index(series[patient].astype(str), name="patient", dtype=object)
    ).sort_index()
    cells = {a: _cells(series[a.column], a) for a in CONFOUNDERS}
    kept = {a: c for a, c in cells.items() if c.notna().any()}
    values = pd.DataFrame({f"{name}.{FAMILY}.{a.column}": c for a, c in kept.items()}, index=series.index)
    columns = describe(
        values.columns,
        kind=["categorical" if a.kind == "text" else "continuous" for a in kept],
        role="clinical",
        source=name,
        family=FAMILY,
        feature=[a.column for a in kept],
        unit=[a.unit for a in kept],
        levels=["|".join(sorted(set(c.dropna()))) if a.kind == "text" else "" for a, c in kept.items()],
    )
    return PatientTable(values, columns)


def _cells(column: pd.Series, attribute: Attribute) -> pd.Series:
    if attribute.kind == "number":
        return column.astype("float64")
    text = column.astype(object).map(lambda v: str(v).replace("|", "/") if isinstance(v, str) and v else None)
    return text.astype(object).where(text.notna(), None)


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
