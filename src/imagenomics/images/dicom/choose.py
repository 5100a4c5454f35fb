"""Which files of a folder make up the one series that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from imagenomics.errors import FileProblem, InputError, nearest, short_list
from imagenomics.images.dicom.scan import NOT_DICOM, Scan, is_picture
from imagenomics.images.dicom.walk import Problem


def choose_series(scan: Scan, *, series_uid: str | None, where: str) -> tuple[list[Path], tuple[str, ...]]:
    """Return the files of the series, and what was left aside.

    Parameters
    ----------
    scan : Scan
        Headers of the files.
    series_uid : str or None
        Series instance UID; None where there is one series of pictures only.
    where : str
        Folder, for messages.

    Raises
    ------
    FileProblem
        ``IGX-IMG-103``: no series of pictures; the code of the file, where a file is damaged.
    InputError
        ``IGX-IMG-104``: several series and none chosen; ``IGX-IMG-105``: the chosen one is not there.
    """
    _check_whole(scan.problems)
    pictures = scan.files[is_picture(scan.files)]
    uids = list(dict.fromkeys(pictures["SeriesInstanceUID"]))
    if not uids:
        others = short_list(sorted({str(m) for m in scan.files["Modality"].dropna()}), 5)
        raise FileProblem(
            "IGX-IMG-103",
            f"no series of pictures here{f' (but {others})' if others else ''}",
            where=where,
            remedy="name the folder that holds the series",
        )
    if series_uid is None and len(uids) > 1:
        raise InputError(
            "IGX-IMG-104",
            f"{len(uids)} series: " + "; ".join(_line(pictures, uid) for uid in uids[:8]),
            where=where,
            expected="one series",
            remedy="choose one with series_uid=..., or name its folder",
        )
    chosen = uids[0] if series_uid is None else series_uid
    if chosen not in uids:
        close = nearest(chosen, uids)
        raise InputError(
            "IGX-IMG-105",
            f"no series of pictures has the UID '{chosen}'",
            where=where,
            expected=f"one of: {short_list(uids, 8)}",
            remedy=f"did you mean '{close}'?" if close else "see index_folder for what is there",
        )
    paths = scan.paths_of(chosen)
    left = len(scan.files) - len(paths)
    notes = (f"objects of other series in the folder left aside: {left}",) if left else ()
    return paths, notes


def _check_whole(problems: Sequence[Problem]) -> None:
    """Refuse to read beside a damaged file: it may be a slice of the series."""
    for problem in problems:
        if problem.code not in ("", NOT_DICOM):
            raise FileProblem(
                problem.code, problem.problem, where=problem.path, remedy=problem.remedy or None
            )


def _line(pictures: pd.DataFrame, uid: str) -> str:
    rows = pictures[pictures["SeriesInstanceUID"] == uid]
    first = rows.iloc[0]
    number = "" if first["SeriesNumber"] is None else f" number {first['SeriesNumber']:g}"
    return f"{first['Modality']}{number} with {len(rows)} files in {Path(first['path']).parent.name}/ ({uid})"
