"""Tables that asegstats2table and aparcstats2table wrote: many patients, one measure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from imagenomics.cohort.ids import Parser, build_parser
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError
from imagenomics.images.freesurfer.stats import ETIV, WHOLE_BRAIN, split_hemisphere
from imagenomics.images.freesurfer.subjects import Failure, FreeSurferTable, assemble, check_one_value
from imagenomics.tables.read import read_text_table, to_number

_PARCELS = re.compile(r"(?P<side>[lr]h)\.(?P<parcellation>.+)\.(?P<measure>[a-z]+)")
_SEGMENTS = re.compile(r"Measure:(?P<measure>\w+)")
MEASURE_NAMES = {
    "area": ("surface_area", "mm2"),
    "volume": ("volume", "mm3"),
    "thickness": ("thickness", "mm"),
    "thicknessstd": ("thickness_sd", "mm"),
    "meancurv": ("mean_curvature", "1/mm"),
    "gauscurv": ("gaussian_curvature", "1/mm2"),
    "foldind": ("folding_index", ""),
    "curvind": ("curvature_index", ""),
    "mean": ("intensity_mean", "intensity"),
    "std": ("intensity_sd", "intensity"),
}
WHOLE_NAMES = {"EstimatedTotalIntraCranialVol": ETIV, "IntraCranialVol": ETIV, "ICV": ETIV}
# What the tables hold beside regions, by how its name ends.
_WHOLE = re.compile(r"(eTIV|.*Vol|.*-to-eTIV|BrainSegVolNotVent|MaskVol|.*SurfaceHoles|SupraTentorial.*)")
_OF_HEMISPHERE = {"MeanThickness", "WhiteSurfArea", "NumVert"}


def read_stats_tables(
    paths: Sequence[Path], *, rule: IdRule | None = None, known: Iterable[str] = (), name: str = "freesurfer"
) -> FreeSurferTable:
    """Read tables of ``asegstats2table`` and ``aparcstats2table`` and set them side by side by patient.

    Parameters
    ----------
    paths : sequence of Path
        Tab-, comma-, semicolon- or space-separated; the first cell says what was measured.
    rule : IdRule, optional
        How the name of a subject becomes a patient id (default: it is the id).
    known : iterable of str
        The study's patient ids, for rules that need them.
    name : str
        First part of the column names.

    Raises
    ------
    InputError
        ``IGX-IMG-216``: no such table; ``IGX-IMG-214``: two tables disagree on a value of one patient;
        ``IGX-TAB-013``: a cell that is no number.
    FileProblem
        ``IGX-TAB-010``, ``IGX-TAB-011``: absent or unreadable.

    Returns
    -------
    FreeSurferTable
        As of :func:`imagenomics.images.freesurfer.subjects.read_freesurfer`; rows that cannot be keyed are failures.
    """
    parse = build_parser(rule or IdRule(), known=known)
    frames, failures = [], []
    for path in paths:
        frame, wrong = _read(Path(path), parse)
        frames.append(frame)
        failures += wrong
    rows = check_one_value(pd.concat(frames, ignore_index=True), where=", ".join(map(str, paths)))
    return assemble([rows], failures, patients=sorted(set(rows["patient"])), name=name)


def _read(path: Path, parse: Parser) -> tuple[pd.DataFrame, list[Failure]]:
    table = read_text_table(path, separator=_separator(path))
    side, measure, unit = _measured(str(table.columns[0]), path)
    subjects, failures = _keys(table.iloc[:, 0], parse, path)
    kept = table.loc[list(subjects)]
    parts = [
        pd.DataFrame(
            {"patient": list(subjects.values()), "value": to_number(kept[column], where=f"{path}: {column}")}
        ).assign(**_column(str(column), side, measure, unit))
        for column in table.columns[1:]
    ]
    return pd.concat(parts, ignore_index=True), failures


def _separator(path: Path) -> str:
    if not path.is_file():
        return "\t"  # the reader says that it is not there
    with open(path, encoding="utf-8-sig", errors="replace") as handle:
        first = handle.readline()
    return max("\t,; ", key=first.count) if path.suffix.lower() not in (".gz", ".parquet") else "\t"


def _measured(cell: str, path: Path) -> tuple[str, str, str]:
    """Return hemisphere, measure and unit as the first cell says them."""
    segments, parcels = _SEGMENTS.fullmatch(cell), _PARCELS.fullmatch(cell)
    found = segments or parcels
    if found is None or found["measure"] not in MEASURE_NAMES:
        raise InputError(
            "IGX-IMG-216",
            f"the first cell '{cell}' does not say what was measured",
            where=str(path),
            expected="'Measure:volume' (asegstats2table) or 'lh.aparc.thickness' (aparcstats2table)",
            remedy="write the table again with one of these programs, and leave its first line as it is",
        )
    return parcels["side"] if parcels else "", *MEASURE_NAMES[found["measure"]]


def _keys(cells: pd.Series, parse: Parser, path: Path) -> tuple[dict[int, str], list[Failure]]:
    """Return row -> patient, and the rows that cannot be keyed."""
    rows: dict[int, str] = {}
    failures: list[Failure] = []
    read = [
        (int(i), str(cell), parse(str(cell).rstrip("/").rpartition("/")[2])) for i, cell in enumerate(cells)
    ]
    counts = pd.Series([found.patient for *_, found in read]).value_counts()
    for i, cell, found in read:
        if found.reason:
            failures.append((cell, str(path), found.reason, "IGX-IMG-215", "correct the id rule"))
        elif counts[found.patient] > 1:
            what = f"{counts[found.patient]} rows lead to this patient ('{cell}' is one)"
            failures.append((found.patient, str(path), what, "IGX-IMG-215", "keep one row for each patient"))
        else:
            rows[i] = found.patient
    return rows, failures


def _column(column: str, side: str, measure: str, unit: str) -> dict[str, str]:
    plain = column.removeprefix(f"{side}_") if side else column
    for ending in (
        "_thickness",
        "_area",
        "_volume",
        "_thicknessstd",
        "_meancurv",
        "_gauscurv",
        "_foldind",
        "_curvind",
    ):
        plain = plain.removesuffix(ending) if side else plain
    half = {"lh": "left", "rh": "right"}.get(side, "")
    if plain in _OF_HEMISPHERE:
        return {"hemisphere": half, "region": WHOLE_BRAIN, "measure": plain, "unit": unit}
    if plain in WHOLE_NAMES or _WHOLE.fullmatch(plain):
        whole_side, name = split_hemisphere(WHOLE_NAMES.get(plain, plain))
        whole_unit = "" if name.endswith(("-to-eTIV", "SurfaceHoles")) else "mm3"
        return {"hemisphere": whole_side, "region": WHOLE_BRAIN, "measure": name, "unit": whole_unit}
    found, region = (half, plain) if side else split_hemisphere(plain)
    return {"hemisphere": found, "region": region, "measure": measure, "unit": unit}
