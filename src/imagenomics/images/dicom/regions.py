"""What a DICOM mask becomes: one array for each named region, on the grid of the image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.images.grid import Grid
from imagenomics.images.settings import MAX_VOXELS
from imagenomics.images.volume import Mask, Volume

REGION_COLUMNS = ("region", "number", "label", "code", "meaning", "n_voxels", "volume_mm3", "reason")
REMARK_COLUMNS = ("region", "item", "slice", "remark")


@dataclass(frozen=True, eq=False)
class NamedRegions:
    """The regions of a segmentation or a structure set; they may overlap.

    Parameters
    ----------
    regions : dict of str to ndarray, bool (z, y, x)
        One array for each region that was read.
    grid : Grid
        The grid of the image.
    table : DataFrame
        ``REGION_COLUMNS``: one row for each region of the file; ``reason`` says why one was not read.
    remarks : DataFrame
        ``REMARK_COLUMNS``: what a user should look at, frame by frame or contour by contour.
    source : str
        The file.
    history : tuple of str
        How it was read.
    """

    regions: Mapping[str, np.ndarray]
    grid: Grid
    table: pd.DataFrame
    remarks: pd.DataFrame
    source: str
    history: tuple[str, ...]

    def label_map(self) -> Mask:
        """Return all regions as one mask whose labels are the numbers of the file.

        Raises
        ------
        InputError
            ``IGX-IMG-159``: the numbers cannot be labels; ``IGX-IMG-160``: two regions share a voxel, so that
            one label for each voxel would hide one of them.
        """
        numbers = dict(zip(self.table["region"], self.table["number"], strict=True))
        used = [int(numbers[name]) for name in self.regions]
        if min(used, default=1) < 1 or len(set(used)) < len(used):
            raise InputError(
                "IGX-IMG-159",
                f"the numbers of the regions cannot be labels: {short_list(used, 8)}",
                where=self.source,
                expected="different numbers from 1 on; 0 is the background",
                remedy="use the regions by name",
            )
        labels = np.zeros(self.grid.shape, dtype=np.int32)
        for name, region in self.regions.items():
            shared = labels[region]
            if shared.any():
                other = next(n for n in self.regions if numbers[n] == shared[shared != 0][0])
                raise InputError(
                    "IGX-IMG-160",
                    f"'{other}' and '{name}' share {int((shared != 0).sum())} voxels, and a label map has one "
                    "label for each voxel",
                    where=self.source,
                    remedy="use the regions by name, or read only those that do not overlap",
                )
            labels[region] = numbers[name]
        g = self.grid
        return Mask(labels, g.spacing_mm, g.origin_mm, g.direction, source=self.source, history=self.history)


def pick_names(found: Sequence[str], wanted: Iterable[str] | None, *, kind: str, where: str) -> list[str]:
    """Return the names to read: all, or those wanted.

    Raises
    ------
    InputError
        ``IGX-IMG-157`` a name that the file does not have; ``IGX-IMG-158`` a name that stands for several.
    """
    names = list(dict.fromkeys(found)) if wanted is None else list(dict.fromkeys(wanted))
    for name in names:
        if name not in found:
            raise unknown_name("IGX-IMG-157", kind, name, found, where=where)
    counts = Counter(found)
    twice = [name for name in names if counts[name] > 1]
    if twice:
        raise InputError(
            "IGX-IMG-158",
            f"several {kind}s have the same name: {short_list(map(repr, twice))}",
            where=where,
            expected="one name for each",
            remedy=f"name the {kind}s by number: names = 'number'",
        )
    return names


def empty_regions(names: Sequence[str], volume: Volume, *, where: str) -> dict[str, np.ndarray]:
    """Return one array of False for each name, where the image has mm and the memory suffices.

    Raises
    ------
    InputError
        ``IGX-IMG-161`` the image has no known spacing; ``IGX-IMG-162`` more regions than fit into memory.
    """
    if not volume.spacing_known:
        raise InputError(
            "IGX-IMG-161",
            "the mask is written in mm, but the voxel spacing of the image is not known",
            where=f"image {volume.source}; mask {where}",
            remedy="use the image with the spacing of its own file",
        )
    if len(names) * volume.grid.n_voxels > 8 * MAX_VOXELS:
        raise InputError(
            "IGX-IMG-162",
            f"{len(names)} regions of {volume.grid.n_voxels:,} voxels do not fit into memory",
            where=where,
            remedy="name the regions that you need",
        )
    return {name: np.zeros(volume.grid.shape, dtype=bool) for name in names}


def check_reference(
    found: Iterable[str], expected: str | None, *, what: str, volume: Volume, where: str
) -> str:
    """Refuse a mask that was drawn on something else; return the line for the history.

    Parameters
    ----------
    found : iterable of str
        UIDs that the mask refers to.
    expected : str or None
        UID of the image; None where it is not known (NIfTI).
    what : {'frame of reference', 'series'}
        What the UIDs stand for.

    Raises
    ------
    InputError
        ``IGX-IMG-153`` another frame of reference; ``IGX-IMG-154`` another series.
    """
    uids = sorted({str(uid) for uid in found if uid})
    if expected is None:
        return f"{what} not compared: that of the image is not known"
    if not uids:
        return f"{what} not compared: the mask names none"
    if expected in uids:
        return f"{what} of the image"
    raise InputError(
        "IGX-IMG-153" if what == "frame of reference" else "IGX-IMG-154",
        f"the mask was drawn in another {what} than that of the image",
        where=f"image {volume.source}; mask {where}",
        expected=f"{expected}, but the mask names {short_list(uids)}",
        remedy="look for the image that this mask belongs to",
    )


def region_row(
    name: str, number: int, label: str, code: tuple[str, str, str], reason: str = ""
) -> list[object]:
    """Return one row of the table, before the voxels are counted."""
    written = f"{code[1]}:{code[0]}" if code[0] else ""
    return [name, number, label, written, code[2], 0, 0.0, reason]


def region_table(rows: Sequence[list[object]], regions: Mapping[str, np.ndarray], grid: Grid) -> pd.DataFrame:
    """Return the rows as a table, with the number of voxels and the volume of each region."""
    table = pd.DataFrame(list(rows), columns=list(REGION_COLUMNS))
    counts = [int(regions[name].sum()) if name in regions else 0 for name in table["region"]]
    table["n_voxels"] = np.array(counts, dtype=np.int64)
    table["volume_mm3"] = np.array(counts, dtype=np.float64) * grid.voxel_volume_mm3
    return table


def remark_table(rows: Sequence[tuple[str, str, int, str]]) -> pd.DataFrame:
    """Return the remarks as a table; slice -1 stands for none in particular."""
    return pd.DataFrame(list(rows), columns=list(REMARK_COLUMNS))
