"""The index of the NCI Imaging Data Commons: patients and series by collection, offline, from the idc-index package."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from imagenomics.errors import FileProblem, InputError, unknown_name

RADIOLOGY = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA")
SLIDES = "SM"
TESTED = (24, 25)  # releases of idc-index-data of which the columns are known to be the same
COLUMNS = (
    "collection_id",
    "analysis_result_id",
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "StudyDate",
    "Modality",
    "SeriesDescription",
    "instanceCount",
    "series_size_MB",
    "license_short_name",
    "source_DOI",
)


def index_release() -> str:
    """Return the release of the installed index, such as '25.0.5'.

    Raises
    ------
    InputError
        ``IGX-ARCH-001``: the package is not installed.
    """
    try:
        return version("idc-index-data")
    except PackageNotFoundError:
        raise _absent() from None


def read_index(collections: Iterable[str], *, path: Path | None = None) -> pd.DataFrame:
    """Return one row for each series of some collections.

    Parameters
    ----------
    collections : iterable of str
        Such as ``["tcga_luad"]``.
    path : path, optional
        Parquet file of an index; without it the one of the installed package.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`, sorted by collection, patient, study and series.

    Raises
    ------
    InputError
        ``IGX-ARCH-001``: the package is absent; ``IGX-ARCH-002``: its index lacks columns; ``IGX-ARCH-003``: it has no
        such collection.
    FileProblem
        ``IGX-ARCH-004``: the index cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = path or _installed_path()
    wanted = sorted(set(collections))
    try:
        lacking = sorted(set(COLUMNS) - set(pq.read_schema(file).names))
        if lacking:
            raise _other_release(file, lacking)
        table = pq.read_table(file, columns=list(COLUMNS), filters=[("collection_id", "in", wanted)])
    except (OSError, pa.ArrowInvalid) as error:
        raise FileProblem(
            "IGX-ARCH-004",
            f"the index of the archive cannot be read ({error})",
            where=str(file),
            remedy="install the package again: pip install --force-reinstall idc-index-data",
        ) from error
    frame = table.to_pandas().sort_values(list(COLUMNS[:1] + COLUMNS[2:5]), ignore_index=True)
    for name in wanted:
        if not (frame["collection_id"] == name).any():
            raise unknown_name("IGX-ARCH-003", "collection", name, collection_names(file), where=str(file))
    return frame


def collection_names(path: Path | None = None) -> list[str]:
    """Return the names of all collections of the index."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    column = pq.read_table(path or _installed_path(), columns=["collection_id"])["collection_id"]
    return sorted(pc.unique(column).to_pylist())


def count_patients(series: pd.DataFrame) -> pd.DataFrame:
    """Return patients, series and gigabytes for each collection and modality.

    Parameters
    ----------
    series : pandas.DataFrame
        As :func:`read_index` returns it.
    """
    groups = series.groupby(["collection_id", "Modality"], sort=True)
    return pd.DataFrame(
        {
            "patients": groups["PatientID"].nunique(),
            "series": groups["SeriesInstanceUID"].nunique(),
            "gigabytes": groups["series_size_MB"].sum() / 1e3,
        }
    ).reset_index()


def count_both(series: pd.DataFrame) -> dict[str, int]:
    """Return patients in all, with radiology, with slides, and with both."""
    patients = series.groupby("Modality", observed=True)["PatientID"].agg(set).to_dict()
    radiology = set().union(*(patients.get(modality, set()) for modality in RADIOLOGY))
    slides = patients.get(SLIDES, set())
    return {
        "total": len(radiology | slides),
        "radiology": len(radiology),
        "slides": len(slides),
        "both": len(radiology & slides),
    }


def _installed_path() -> Path:
    if find_spec("idc_index_data") is None:
        raise _absent()
    module = import_module("idc_index_data")
    found = getattr(module, "IDC_INDEX_PARQUET_FILEPATH", None)
    if found is None:
        raise _other_release(Path(str(module.__file__)), ["IDC_INDEX_PARQUET_FILEPATH"])
    return Path(found)


def _absent() -> InputError:
    return InputError(
        "IGX-ARCH-001",
        "the index of the Imaging Data Commons is not installed",
        expected="the packages idc-index and idc-index-data",
        remedy="pip install 'imagenomics[archive]'",
    )


def _other_release(file: Path, lacking: list[str]) -> InputError:
    try:
        found = version("idc-index-data")
    except PackageNotFoundError:
        found = "unknown"
    known = " and ".join(str(release) for release in TESTED)
    return InputError(
        "IGX-ARCH-002",
        f"release {found} of idc-index-data lacks {', '.join(lacking)}",
        where=str(file),
        expected=f"an index laid out as in releases {known}",
        remedy="pip install 'idc-index>=0.13,<0.14'",
    )
