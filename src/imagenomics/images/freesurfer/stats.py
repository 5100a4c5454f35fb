"""One FreeSurfer stats file: its regions and its whole-brain measures, or why it cannot be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem, InputError, short_list

LONG_COLUMNS = ("hemisphere", "region", "measure", "unit", "value")
MEASURES: Mapping[str, tuple[str, str]] = {
    "Volume_mm3": ("volume", "mm3"),
    "normMean": ("intensity_mean", "intensity"),
    "normStdDev": ("intensity_sd", "intensity"),
    "NumVert": ("vertices", ""),
    "SurfArea": ("surface_area", "mm2"),
    "GrayVol": ("volume", "mm3"),
    "ThickAvg": ("thickness", "mm"),
    "ThickStd": ("thickness_sd", "mm"),
    "MeanCurv": ("mean_curvature", "1/mm"),
    "GausCurv": ("gaussian_curvature", "1/mm2"),
    "FoldInd": ("folding_index", ""),
    "CurvInd": ("curvature_index", ""),
}
UNITS = {"mm^3": "mm3", "mm^2": "mm2", "mm": "mm", "unitless": ""}
WHOLE_BRAIN = "whole"
ETIV = "eTIV"


@dataclass(frozen=True)
class StatsFile:
    """What one stats file says.

    Parameters
    ----------
    subject : str
        The subject that the header names ('' where it names none).
    rows : DataFrame
        ``hemisphere`` (``left``, ``right`` or ''), ``region``, ``measure``, ``unit``, ``value``: the table.
    whole : DataFrame
        The same columns for the measures of the header (region ``whole``).
    """

    subject: str
    rows: pd.DataFrame
    whole: pd.DataFrame

    @property
    def etiv(self) -> float:
        """Estimated total intracranial volume in mm3 (NaN: not in the header)."""
        found = self.whole.loc[self.whole["measure"] == ETIV, "value"]
        return float(found.iloc[0]) if len(found) else float("nan")


def read_stats(path: Path) -> StatsFile:
    """Read an ``aseg.stats``, ``wmparc.stats`` or ``?h.<parcellation>.stats`` file.

    Raises
    ------
    FileProblem
        ``IGX-IMG-210`` not there; ``IGX-IMG-211`` empty, or no stats file.
    InputError
        ``IGX-IMG-212``: truncated or edited: rows fewer than announced, a gap in their numbers, a row of another
        length, a cell that is no number, a region twice.

    Source
    ------
    Fischl 2012, NeuroImage 62:774 (FreeSurfer).
    """
    lines = _lines(path)
    header = [line[1:].strip() for line in lines if line.startswith("#")]
    body = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    names = _column_names(header, body, path)
    table = _table(body, names, path)
    _check_whole(header, table, path)
    hemisphere = _field(header, "hemi")
    return StatsFile(
        _field(header, "subjectname"), _long(table, hemisphere), _whole(header, hemisphere, path)
    )


def split_hemisphere(name: str) -> tuple[str, str]:
    """Return the hemisphere (``left``, ``right``, '') and the rest of a FreeSurfer region name."""
    for sign, side in (("lh", "left"), ("rh", "right")):
        long = side.capitalize()
        for start in (f"{long}-", f"{sign}_", f"{sign}."):
            if name.startswith(start):
                return side, name.removeprefix(start)
        for kind in ("ctx", "wm"):
            if name.startswith(f"{kind}-{sign}-"):
                return side, f"{kind}-" + name.removeprefix(f"{kind}-{sign}-")
        # Measures of the header: lhCortexVol, rhCerebralWhiteMatterVol, lhSurfaceHoles
        if name.startswith(sign) and name[2:3].isupper():
            return side, name[2:]
    return "", name


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise FileProblem(
            "IGX-IMG-210",
            "stats file not found",
            where=str(path),
            remedy="recon-all did not come so far, or the file was not copied: run it again, or copy it",
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        raise FileProblem("IGX-IMG-211", "the file is empty", where=str(path), remedy="run recon-all again")
    return text.splitlines()


def _field(header: list[str], key: str) -> str:
    for line in header:
        first, _, rest = line.partition(" ")
        if first == key:
            return rest.strip()
    return ""


def _column_names(header: list[str], body: list[list[str]], path: Path) -> list[str]:
    names = _field(header, "ColHeaders").split()
    if "StructName" not in names or not body:
        raise FileProblem(
            "IGX-IMG-211",
            "no rows" if "StructName" in names else "no line '# ColHeaders' that names a StructName",
            where=str(path),
            expected="a stats file as mri_segstats or mris_anatomical_stats writes it",
            remedy="run recon-all again for this patient",
        )
    return names


def _table(body: list[list[str]], names: list[str], path: Path) -> pd.DataFrame:
    wrong = next((row for row in body if len(row) != len(names)), None)
    if wrong is not None:
        raise _edited(f"a row has {len(wrong)} cells, the header names {len(names)}: {' '.join(wrong)}", path)
    table = pd.DataFrame(body, columns=names)
    numbers = table.drop(columns="StructName").apply(pd.to_numeric, errors="coerce")
    bad = ~np.isfinite(numbers.to_numpy(dtype=np.float64))
    if bad.any():
        row, column = map(int, np.argwhere(bad)[0])
        cell = table[numbers.columns[column]].iloc[row]
        raise _edited(
            f"'{cell}' is no number ({table['StructName'].iloc[row]}, {numbers.columns[column]})", path
        )
    return table.assign(**{str(name): numbers[name].astype(np.float64) for name in numbers.columns})


def _check_whole(header: list[str], table: pd.DataFrame, path: Path) -> None:
    announced = _field(header, "NRows")
    if announced.isdigit() and int(announced) != len(table):
        raise _edited(f"the header announces {announced} rows, there are {len(table)}", path)
    if "Index" in table and not np.array_equal(table["Index"], np.arange(1, len(table) + 1)):
        raise _edited("the numbers of the rows have a gap", path)
    twice = table["StructName"][table["StructName"].duplicated()]
    if len(twice):
        raise _edited(f"regions stand there twice: {short_list(twice.unique())}", path)


def _edited(what: str, path: Path) -> InputError:
    return InputError(
        "IGX-IMG-212",
        f"the file was cut off or edited: {what}",
        where=str(path),
        expected="the file as FreeSurfer wrote it",
        remedy="copy it again, or run recon-all -segstats / -parcstats again",
    )


def _long(table: pd.DataFrame, hemisphere: str) -> pd.DataFrame:
    side = {"lh": "left", "rh": "right"}.get(hemisphere, "")
    parts = [(side, str(n)) if side else split_hemisphere(str(n)) for n in table["StructName"]]
    frames = [
        pd.DataFrame({"hemisphere": [p[0] for p in parts], "region": [p[1] for p in parts]}).assign(
            measure=measure, unit=unit, value=table[name].to_numpy()
        )
        for name, (measure, unit) in MEASURES.items()
        if name in table
    ]
    return pd.concat(frames, ignore_index=True)[list(LONG_COLUMNS)]


def _whole(header: list[str], hemisphere: str, path: Path) -> pd.DataFrame:
    """Read lines such as ``Measure BrainSeg, BrainSegVol, Brain Segmentation Volume, 1193318.0, mm^3``."""
    rows = []
    for line in header:
        if not line.startswith("Measure "):
            continue
        parts = [part.strip() for part in line.removeprefix("Measure ").split(",")]
        value = pd.to_numeric(parts[-2], errors="coerce") if len(parts) >= 5 else np.nan
        if not np.isfinite(value):
            raise _edited(f"a measure of the header is no number: {line}", path)
        side, name = split_hemisphere(parts[1])
        if not side and parts[0] == "Cortex":  # of this hemisphere only
            side = {"lh": "left", "rh": "right"}.get(hemisphere, "")
        rows.append((side, WHOLE_BRAIN, name, UNITS.get(parts[-1], parts[-1]), float(value)))
    return pd.DataFrame(rows, columns=list(LONG_COLUMNS))
