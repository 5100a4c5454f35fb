"""Feature maps of one picture and one mask, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.features.maps.measure import feature_map
from imagenomics.features.settings import preset
from imagenomics.images.files.write_nifti import nifti_bytes
from imagenomics.images.load import load_case
from imagenomics.runs.single import image_block
from imagenomics.tables.write import write_bytes


def map_case(
    image: Path,
    mask: Path,
    out: Path,
    *,
    features: Sequence[str],
    radius_mm: float | None = None,
    radius_voxels: int | None = None,
    preset_name: str = "default",
    label: int | None = None,
) -> pd.DataFrame:
    """Write a map of each feature on the grid of the image.

    Parameters
    ----------
    image, mask : Path
        NIfTI or NRRD files on the same grid.
    out : Path
        Folder for the files ``<feature>.nii.gz``; NaN outside the region.
    features, radius_mm, radius_voxels
        See :func:`imagenomics.features.maps.measure.feature_map`, also for what is refused.
    preset_name : str
        Feature settings by name.
    label : int, optional
        Mask label of the region; default: every voxel that is not 0.

    Returns
    -------
    DataFrame
        ``feature, file, voxels, minimum, mean, maximum``: one row for each map; ``voxels`` counts those with a number.
    """
    volume, regions = load_case(image, mask, image_block(label))
    maps = feature_map(
        volume.array,
        next(iter(regions.values())),
        spacing_mm=volume.spacing_mm,
        features=features,
        radius_mm=radius_mm,
        radius_voxels=radius_voxels,
        settings=preset(preset_name),
        spacing_known=volume.spacing_known,
    )
    rows = []
    for name, values in maps.items():
        path = out / f"{name}.nii.gz"
        write_bytes(path, nifti_bytes(values, volume.grid))
        known = values[np.isfinite(values)]
        about = (known.min(), known.mean(), known.max()) if len(known) else (np.nan,) * 3
        rows.append((name, str(path), len(known), *about))
    return pd.DataFrame(rows, columns=["feature", "file", "voxels", "minimum", "mean", "maximum"])
