"""The image, and the mask, of each patient of a study in BIDS folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.errors import short_list
from imagenomics.images.bids.folder import FoundBids, find_bids
from imagenomics.images.bids.settings import BidsMask, BidsSettings, wanted

NO_FOLDER = "no folder sub-<label> leads to this patient"


@dataclass(frozen=True)
class BidsCase:
    """Image, mask (None where the settings name none) and metadata as JSON text, or the reason why there is none."""

    image: str
    mask: str | None = None
    metadata: str = ""
    reason: str = ""


@dataclass(frozen=True)
class BidsCases:
    """What a BIDS folder holds for a study.

    Parameters
    ----------
    cases : dict of str to BidsCase
        By patient.
    strangers : tuple of str
        Participants that no patient of the study is.
    notes : tuple of str
        What else was wrong, for the warnings.
    """

    cases: dict[str, BidsCase]
    strangers: tuple[str, ...]
    notes: tuple[str, ...]


def find_bids_cases(settings: BidsSettings, patients: Sequence[str], root: Path) -> BidsCases:
    """Find the image of each patient, and the mask of its session and run.

    Raises
    ------
    InputError
        Those of :func:`imagenomics.images.bids.folder.find_bids`.
    """
    images = find_bids(
        root / settings.folder,
        datatype=settings.datatype,
        suffix=settings.suffix,
        entities=wanted(settings.entities),
        sessions=settings.sessions,
        runs=settings.runs,
        participants_id=settings.participants_id,
        known=patients,
    )
    masks = None if settings.mask is None else _masks(settings, settings.mask, patients, root)
    columns = images.files.astype(str)
    rows = {
        patient: dict(zip(columns.columns, row, strict=True))
        for patient, row in zip(columns["patient"], columns.to_numpy().tolist(), strict=True)
    }
    cases = {
        patient: _case(rows.get(patient), images, masks, patient=patient, folder=root / settings.folder)
        for patient in patients
    }
    strangers = tuple(sorted(set(rows) - set(patients)))
    return BidsCases(cases, strangers, _notes(images, set(rows)))


def _masks(settings: BidsSettings, mask: BidsMask, patients: Sequence[str], root: Path) -> FoundBids:
    return find_bids(
        root / (mask.folder or settings.folder),
        datatype=mask.datatype or settings.datatype,
        suffix=mask.suffix,
        entities=wanted(mask.entities),
        sessions="all",
        runs="all",
        participants_id=settings.participants_id if mask.folder in (None, settings.folder) else None,
        known=patients,
    )


def _case(
    row: Mapping[str, str] | None, images: FoundBids, masks: FoundBids | None, *, patient: str, folder: Path
) -> BidsCase:
    if row is None:
        return BidsCase(*_why_not(images, patient, str(folder)))
    if masks is None:
        return BidsCase(row["file"], metadata=row["metadata"])
    fitting = _of_same_scan(masks.files[masks.files["patient"] == patient], row)
    if len(fitting) == 1:
        return BidsCase(row["file"], fitting[0], row["metadata"])
    if fitting:
        return BidsCase(row["file"], reason=f"{len(fitting)} masks fit: {short_list(fitting)}")
    file, _, _, reason = _why_not(masks, patient, str(folder))
    return BidsCase(file, reason=f"no mask: {reason}")


def _of_same_scan(masks: pd.DataFrame, image: Mapping[str, str]) -> list[str]:
    """Return the masks of the image's session and run; one whose name says neither belongs to all of them."""
    fits = masks["session"].isin([image["session"], ""]) & masks["run"].isin([image["run"], ""])
    exact = fits & (masks["session"] == image["session"]) & (masks["run"] == image["run"])
    return [str(f) for f in masks.loc[exact if exact.any() else fits, "file"]]


def _why_not(found: FoundBids, patient: str, folder: str) -> tuple[str, None, str, str]:
    problems = found.problems[found.problems["patient"] == patient]
    if not len(problems):
        return folder, None, "", NO_FOLDER
    first = problems.iloc[0]
    return str(first["file"]), None, "", f"{first['error']} [{first['code']}]"


def _notes(found: FoundBids, with_file: set[str]) -> tuple[str, ...]:
    """Say what is wrong with folders that no patient is, and with the metadata of files that are used."""
    about = found.problems[found.problems["patient"].isin(["", *with_file])]
    return tuple(
        f"BIDS: {error} [{code}]: {short_list(sorted(set(rows['label'])))}"
        for (code, error), rows in about.groupby(["code", "error"], sort=True)
    )
