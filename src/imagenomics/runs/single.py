"""One picture and one mask, without a study: one row per value."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from imagenomics.features.settings import preset
from imagenomics.images.find import CaseFiles
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.measure import Case, case_unit, measure_case

COLUMNS = (
    "patient",
    "image",
    "region",
    "family",
    "feature",
    "ibsi",
    "value",
    "unit",
    "flags",
    "status",
    "settings",
)


def extract_case(
    image: Path, mask: Path, *, preset_name: str = "default", label: int | None = None, patient: str = ""
) -> pd.DataFrame:
    """Measure the region of one mask in one image.

    Parameters
    ----------
    image, mask : Path
        NIfTI or NRRD files on the same grid.
    preset_name : str
        Feature settings by name, e.g. ``ibsi-digital``.
    label : int, optional
        Mask label of the region; default: every voxel that is not 0.
    patient : str
        Written into the first column; default: the file's name.

    Returns
    -------
    DataFrame
        One row per value, with the columns ``COLUMNS``; ``ibsi`` is a tag of the IBSI reference tables only where
        definition and settings conform.
    """
    features = preset(preset_name)
    name = patient or image.name.split(".")[0]
    block = image_block(label)
    case = Case(name, CaseFiles(image, mask), block, features)
    values: pd.DataFrame = measure_case(case_unit(case))["values"]
    settings = f"{block.digest_of_values()}-{features.digest()}"
    return values.assign(patient=name, image=image.name, settings=settings).reindex(columns=list(COLUMNS))


def image_block(label: int | None) -> ImageSettings:
    """Return how one picture is read: one region, of a label or of all that is not 0."""
    return ImageSettings.read(
        {
            "name": "image",
            "path": "{patient}",
            "mask": "{patient}",
            "regions": {"lesion": "any" if label is None else label},
        },
        where="extract",
    )
