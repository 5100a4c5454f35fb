"""Where a patient was treated: read from the patient id, from barcodes in a column, or from a column."""

from __future__ import annotations

import re

import pandas as pd

from imagenomics.cohort.barcodes import read_barcode
from imagenomics.cohort.settings import SiteSettings
from imagenomics.cohort.source import text_column
from imagenomics.errors import InputError, short_list, unknown_name


def site_column(rows: pd.DataFrame, settings: SiteSettings, *, where: str) -> pd.Series:
    """Return the site of each patient as text, None where it is missing.

    Parameters
    ----------
    rows : DataFrame, (n, ...)
        Text columns, indexed by patient.
    settings : SiteSettings
        ``from`` with a rule, or a column.
    where : str
        Name of the table, for messages.

    Raises
    ------
    InputError
        ``IGX-COHORT-004`` unknown column; ``IGX-COHORT-018`` the rule reads no site in any id.
    """
    if settings.column is not None:
        return text_column(_column(rows, settings.column, where))
    if settings.from_ == "patient":
        cells = pd.Series(rows.index.to_list(), index=rows.index, dtype=object)
    else:
        cells = text_column(_column(rows, str(settings.from_), where))
    sites = [_site_of(cell, settings) if cell else None for cell in cells]
    if not any(sites):
        raise InputError(
            "IGX-COHORT-018",
            f"the site rule '{settings.rule}' reads no site",
            where=f"{where}: {short_list(map(repr, cells))}",
            remedy="declare the site as { column = '...' }, or a pattern with a group `site`",
        )
    return pd.Series(sites, index=rows.index, dtype=object)


def _site_of(text: str, settings: SiteSettings) -> str | None:
    if settings.pattern is not None:
        found = re.fullmatch(settings.pattern, text.strip())
        return found["site"] if found else None
    barcode = read_barcode(text)
    return None if isinstance(barcode, str) else barcode.site


def _column(rows: pd.DataFrame, name: str, where: str) -> pd.Series:
    if name not in rows.columns:
        raise unknown_name("IGX-COHORT-004", "column", name, map(str, rows.columns), where=where)
    return rows[name]
