"""Pictures from the Imaging Data Commons: one series for each patient, through the archive's own downloader."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Callable, Collection
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from imagenomics.archive.download import digest, inside
from imagenomics.archive.idc import RADIOLOGY
from imagenomics.errors import FileProblem, ImagenomicsError, InputError, unknown_name

# Takes series UIDs and a folder; leaves a folder of files for each series in it.
Downloader = Callable[[list[str], Path], None]
FAILURE_COLUMNS = ("patient", "stage", "file", "error", "code", "remedy")


def choose_modality(series: pd.DataFrame, wanted: str | None = None) -> str:
    """Return the modality to fetch: the wanted one, else the radiology that most patients have.

    Raises
    ------
    InputError
        ``IGX-ARCH-030``: the collection has no such modality, or no radiology at all.
    """
    counts = series.groupby("Modality")["PatientID"].nunique()
    if wanted is not None:
        if wanted not in counts.index:
            raise unknown_name("IGX-ARCH-030", "modality", wanted, counts.index)
        return wanted
    radiology = counts[[m for m in counts.index if m in RADIOLOGY]]
    if radiology.empty:
        raise InputError(
            "IGX-ARCH-030",
            f"the collection holds no radiology, only {', '.join(counts.index)}",
            remedy="name one with --modality; slides (SM) are large",
        )
    return str(radiology.idxmax())


def keep_described(series: pd.DataFrame, modality: str, pattern: str) -> pd.DataFrame:
    """Return ``series`` without those of ``modality`` whose description does not fit a pattern such as ``*t1*post*``.

    Raises
    ------
    InputError
        ``IGX-ARCH-034``: no description fits; the commonest ones are named.
    """
    own = series["Modality"] == modality
    text = series["SeriesDescription"].fillna("").astype(str)
    fits = text.str.casefold().map(lambda description: fnmatch.fnmatchcase(description, pattern.casefold()))
    if not (own & fits).any():
        common = text[own].value_counts().index[:8]
        raise InputError(
            "IGX-ARCH-034",
            f"no {modality} series is described as '{pattern}'",
            expected=f"among others: {', '.join(repr(name) for name in common)}",
            remedy="'*' stands for any text: --series '*t1*post*'",
        )
    return series[~own | fits]


def choose_series(series: pd.DataFrame, modality: str) -> pd.DataFrame:
    """Return one series of ``modality`` for each patient, and one segmentation of the same study where there is one.

    Of several series the one with most instances is taken, preferably from a study with a segmentation made with the
    collection; then the first by its UID. So the choice does not depend on the order of the index.

    Returns
    -------
    pandas.DataFrame
        Rows of ``series``, sorted by patient, with a column ``role``: ``image`` or ``mask``.
    """
    order = ["instanceCount", "SeriesInstanceUID"]
    own = series["analysis_result_id"].isna()
    masks = series[own & (series["Modality"] == "SEG")].sort_values(order, ascending=[False, True])
    masks = masks.drop_duplicates("StudyInstanceUID")
    images = series[own & (series["Modality"] == modality)]
    images = images.assign(masked=images["StudyInstanceUID"].isin(masks["StudyInstanceUID"]))
    images = images.sort_values(["masked", *order], ascending=[False, False, True])
    images = images.drop_duplicates("PatientID")
    masks = masks[masks["StudyInstanceUID"].isin(images.loc[images["masked"], "StudyInstanceUID"])]
    chosen = pd.concat([images.drop(columns="masked").assign(role="image"), masks.assign(role="mask")])
    return chosen.sort_values(["PatientID", "role"], ignore_index=True)


def fetch_series(
    chosen: pd.DataFrame, folder: Path, *, downloader: Downloader
) -> tuple[dict[Path, str], pd.DataFrame]:
    """Bring series into ``folder/{patient}/{modality}``; whole series that are there are not asked for again.

    Returns
    -------
    tuple
        SHA-256 of each file, and the failures: one row for each patient whose series did not come whole.
    """
    sums: dict[Path, str] = {}
    failures = []
    columns = ("PatientID", "Modality", "SeriesInstanceUID", "instanceCount")
    for patient, modality, uid, n_files in zip(*(chosen[c].tolist() for c in columns), strict=True):
        try:
            place = inside(folder, f"{patient}/{modality}")
            _fetch_one(uid, n_files, place, downloader)
            sums |= {file: digest(file, "sha256") for file in sorted(place.iterdir())}
        except ImagenomicsError as error:
            failures.append(
                (patient, "fetch", error.where or uid, error.what, error.code, error.remedy or "")
            )
    return sums, pd.DataFrame(failures, columns=list(FAILURE_COLUMNS))


def _fetch_one(uid: str, n_files: int, place: Path, downloader: Downloader) -> None:
    """Fetch one series beside its place, count and look into its files, and only then move it there."""
    if place.is_dir() and _problem(place, n_files) is None:
        return
    aside = place.with_name(f".{place.name}.part")
    problem = "nothing came"
    for _ in range(2):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            downloader([uid], aside)
        except (OSError, RuntimeError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
            continue
        _flatten(aside)
        found = _problem(aside, n_files)
        if found is None:
            shutil.rmtree(place, ignore_errors=True)
            aside.replace(place)
            return
        problem = found
    shutil.rmtree(aside, ignore_errors=True)
    raise FileProblem(
        "IGX-ARCH-031",
        f"the series did not come whole: {problem}",
        where=uid,
        remedy="run the same command again; it asks for what is lacking only",
    )


def _flatten(folder: Path) -> None:
    """Move the files of subfolders up: downloaders lay out what they fetch in their own way."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.parent != folder:
            file.replace(folder / file.name)
    for child in folder.iterdir():
        if child.is_dir():
            shutil.rmtree(child)


def _problem(folder: Path, n_files: int) -> str | None:
    files = sorted(folder.iterdir())
    if len(files) != n_files:
        return f"{len(files)} of {n_files} files"
    for file in files:
        with file.open("rb") as stream:
            head = stream.read(132)
        if head[128:] != b"DICM":
            return f"{file.name} is not a whole DICOM file"
    return None


def idc_downloader() -> Downloader:
    """Return the downloader of the idc-index package (``IGX-ARCH-001`` where it is not installed)."""
    if find_spec("idc_index") is None:
        raise InputError(
            "IGX-ARCH-001",
            "the downloader of the Imaging Data Commons is not installed",
            expected="the package idc-index",
            remedy="pip install 'imagenomics[archive]'",
        )
    from idc_index import IDCClient

    client = IDCClient()

    def fetch(uids: list[str], folder: Path) -> None:
        client.download_from_selection(
            downloadDir=str(folder), seriesInstanceUID=uids, dirTemplate=None, show_progress_bar=False
        )

    return fetch


def patients_of(
    series: pd.DataFrame, modality: str, *, among: Collection[str] | None, n: int | None
) -> list[str]:
    """Return ``n`` patients who have the modality: first those in ``among``, then those with a mask, then by id."""
    chosen = choose_series(series, modality)
    masked = set(chosen.loc[chosen["role"] == "mask", "PatientID"])
    known = set(among or ())
    have = chosen.loc[chosen["role"] == "image", "PatientID"].unique()
    ordered = sorted(have, key=lambda patient: (patient not in known, patient not in masked, patient))
    return sorted(ordered[:n])
