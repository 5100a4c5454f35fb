"""How each patient's picture was made, whatever its format: what headers and sidecars say, as columns to adjust for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from imagenomics.errors import ImagenomicsError
from imagenomics.images.bids.acquired import read_sidecar
from imagenomics.images.dicom.attributes import CONFOUNDERS, Attribute
from imagenomics.images.files.formats import is_dicom_source
from imagenomics.images.files.header import format_of
from imagenomics.images.settings import ImageSettings
from imagenomics.tables.patient_table import PatientTable, describe

FAMILY = "acquisition"
ROLE = "acquisition"
Made = dict[str, str | float]
SPACINGS = ("spacing_z_mm", "spacing_y_mm", "spacing_x_mm")
# A tenth of a micrometre: differences below it are how numbers were stored, not how pictures were made.
DIGITS = 4


def read_acquisition(path: Path, settings: ImageSettings) -> tuple[Made, str]:
    """Return what the header of one image and its sidecar say about how it was made; no pixel is read.

    Parameters
    ----------
    path : Path
        A file, or the folder of a DICOM series.
    settings : ImageSettings
        Its ``acquisition`` says which attributes are wanted, its ``spacing`` whether that of the file counts.

    Returns
    -------
    made : dict
        Value by attribute (``field_strength_t``, ``spacing_z_mm``, ...); what is not written is not there.
    problem : str
        What could not be read, '' for nothing: the rest is there all the same.
    """
    made: Made = {}
    problem = ""
    try:
        if is_dicom_source(path):
            made = _of_dicom(path, settings)
        else:
            made, problem = read_sidecar(path)
            made |= _written_spacing(path)
    except ImagenomicsError as error:
        problem = error.what
    return _kept(_declared_spacing(made, settings), settings), problem


def acquisition_table(made: Mapping[str, Mapping[str, str | float | None]], *, name: str) -> PatientTable:
    """Set what was read side by side, one row for each patient.

    Parameters
    ----------
    made : mapping
        By patient, as :func:`read_acquisition` returns it.
    name : str
        Name of the image; the columns are called ``<name>.acquisition.<attribute>``.

    Returns
    -------
    PatientTable
        Role and family ``acquisition``: texts are categorical, numbers continuous. An attribute that no patient has
        makes no column.
    """
    index = pd.Index(list(made), name="patient", dtype=object)
    cells = {a: _cells([row.get(a.column) for row in made.values()], index, a) for a in CONFOUNDERS}
    kept = {a: c for a, c in cells.items() if c.notna().any()}
    values = pd.DataFrame({f"{name}.{FAMILY}.{a.column}": c for a, c in kept.items()}, index=index)
    columns = describe(
        values.columns,
        kind=["categorical" if a.kind == "text" else "continuous" for a in kept],
        role=ROLE,
        source=name,
        family=FAMILY,
        feature=[a.column for a in kept],
        unit=[a.unit for a in kept],
        levels=["|".join(sorted(set(c.dropna()))) if a.kind == "text" else "" for a, c in kept.items()],
    )
    return PatientTable(values, columns)


def _cells(values: list[str | float | None], index: pd.Index, attribute: Attribute) -> pd.Series:
    if attribute.kind == "number":
        return pd.to_numeric(pd.Series(values, index=index, dtype=object), errors="coerce").astype("float64")
    texts = [v.replace("|", "/") if isinstance(v, str) and v else None for v in values]
    return pd.Series(texts, index=index, dtype=object)


def _of_dicom(path: Path, settings: ImageSettings) -> Made:
    from imagenomics.images.dicom.acquisition import series_attributes
    from imagenomics.images.dicom.load import chosen_source

    return series_attributes(chosen_source(path, settings))


def _written_spacing(path: Path) -> Made:
    spacing = format_of(path).read_layout(path).spacing_mm
    # The third number of a flat picture and the fourth of a series say nothing of a voxel.
    if spacing is None or len(spacing) < 3:
        return {}
    named = zip(SPACINGS, reversed(spacing[:3]), strict=True)
    return {name: float(s) for name, s in named if 0 < s < float("inf")}


def _declared_spacing(made: Made, settings: ImageSettings) -> Made:
    """Return no spacing where the study says that what is written is wrong."""
    return made if settings.spacing == "file" else {k: v for k, v in made.items() if k not in SPACINGS}


def _kept(made: Made, settings: ImageSettings) -> Made:
    wanted = settings.acquisition
    return {
        name: round(value, DIGITS) if isinstance(value, float) else value
        for name, value in made.items()
        if wanted is True or (not isinstance(wanted, bool) and name in wanted)
    }
