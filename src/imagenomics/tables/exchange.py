"""Tables of other tools: AnnData and MuData in and out (extra ``exchange``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem, InputError, unknown_name
from imagenomics.tables.patient_table import DESCRIPTION, KINDS, PatientTable, describe

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

SAMPLE = "sample"


def read_h5ad(
    path: Path, *, layer: str | None = None, names: str | None = None, ids: str | None = None
) -> pd.DataFrame:
    """Return an h5ad file as a frame: a column of ids and one column of numbers for each gene.

    Parameters
    ----------
    path : Path
        The file.
    layer : str, optional
        The layer that is read; default: X.
    names : str, optional
        Column of ``var`` that names the genes; default: the names of ``var``.
    ids : str, optional
        Column of ``obs`` with the ids; default: the names of ``obs``, as the column ``sample``.

    Raises
    ------
    FileProblem
        ``IGX-GEN-060`` the extra is not installed; ``IGX-GEN-061`` the file is absent or cannot be read.
    InputError
        ``IGX-GEN-062`` no such layer or column.
    """
    anndata = _need("anndata")
    if not path.is_file():
        raise FileProblem("IGX-GEN-061", "file not found", where=str(path), remedy="check the path")
    try:
        data = anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise FileProblem(
            "IGX-GEN-061",
            f"file cannot be read ({type(error).__name__}: {error})",
            where=str(path),
            expected="an .h5ad file as anndata writes it",
            remedy="open it with anndata.read_h5ad and write it again",
        ) from error
    if layer is not None and layer not in data.layers:
        raise unknown_name("IGX-GEN-062", "layer", layer, data.layers, where=str(path))
    genes = data.var_names if names is None else _column(data.var, names, f"{path}: var")
    values = _dense(data.X if layer is None else data.layers[layer])
    frame = pd.DataFrame(values, columns=[str(g) for g in genes])
    owners = data.obs_names if ids is None else _column(data.obs, ids, f"{path}: obs")
    frame.insert(0, ids or SAMPLE, pd.Series([str(o) for o in owners], dtype=object))
    return frame


def to_anndata(table: PatientTable) -> AnnData:
    """Return a table of patients as AnnData.

    Columns of numbers are X (float64, NaN for missing), categorical ones are columns of ``obs``; ``var`` describes the
    columns. :func:`from_anndata` gives the same table back.

    Raises
    ------
    FileProblem
        ``IGX-GEN-060`` the extra is not installed.
    """
    anndata = _need("anndata")
    words = table.columns["kind"] == "categorical"
    numbers = table.values.loc[:, ~words.to_numpy()]
    return anndata.AnnData(
        X=numbers.to_numpy(dtype=np.float64, na_value=np.nan),
        obs=table.values.loc[:, words.to_numpy()].astype("category"),
        var=table.columns[~words].astype(str),
        uns={"described": table.columns[words].astype(str), "order": [str(c) for c in table.values.columns]},
    )


def from_anndata(data: AnnData, *, role: str = "feature") -> PatientTable:
    """Return AnnData as a table of patients: rows of ``obs``, columns of X.

    What :func:`to_anndata` wrote comes back as it was. Of other data every column of X is a number with the given
    role, and ``obs`` is left alone: declare its columns as clinical variables where they are needed.

    Raises
    ------
    InputError
        ``IGX-TAB-001`` names of ``obs`` that are not unique; ``IGX-GEN-062`` a description that names no known kind.
    """
    ours = "described" in data.uns and set(DESCRIPTION) <= set(data.var.columns)
    index = pd.Index([str(o) for o in data.obs_names], name="patient", dtype=object)
    names = [str(v) for v in data.var_names]
    values = pd.DataFrame(_dense(data.X).astype(np.float64), index=index, columns=names)
    if not ours:
        return PatientTable(values, describe(names, role=role, feature=names))
    words = pd.DataFrame(data.uns["described"]).reindex(columns=list(DESCRIPTION))
    described = pd.concat([data.var[list(DESCRIPTION)], words]).astype(object)
    unknown = set(described["kind"]) - set(KINDS)
    if unknown:
        raise InputError(
            "IGX-GEN-062",
            f"columns are described as {', '.join(sorted(map(str, unknown)))}",
            expected=f"one of: {', '.join(KINDS)}",
            remedy="leave `var` and `uns` as they were written",
        )
    levels = data.obs[list(words.index)].astype(object).set_axis(index, axis="index")
    whole = pd.concat([values, levels.where(levels.notna(), None)], axis=1)
    order = [str(c) for c in data.uns["order"]]
    described.index = described.index.astype(object).rename("column")
    return PatientTable(whole[order], described.loc[order])


def to_mudata(tables: Mapping[str, PatientTable]) -> MuData:
    """Return several tables as MuData, one modality each; patients need not be the same in all."""
    return _need("mudata").MuData({name: to_anndata(table) for name, table in tables.items()})


def from_mudata(data: MuData) -> dict[str, PatientTable]:
    """Return each modality as a table of patients."""
    return {str(name): from_anndata(modality) for name, modality in data.mod.items()}


def _dense(values: Any) -> np.ndarray:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def _column(frame: pd.DataFrame, name: str, where: str) -> pd.Series:
    if name not in frame.columns:
        raise unknown_name("IGX-GEN-062", "column", name, map(str, frame.columns), where=where)
    return frame[name]


def _need(name: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise FileProblem(
            "IGX-GEN-060",
            f"the library {name} is not installed",
            expected="the extra 'exchange'",
            remedy="pip install 'imagenomics[exchange]'",
        ) from error
