"""The test cases of PyRadiomics, measured here with the settings of their baselines."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.features.extract import extract_region
from imagenomics.features.pyradiomics.parameters import settings_from_pyradiomics
from imagenomics.features.pyradiomics.reference import (
    baseline_parameters,
    compare_with_baseline,
    read_baseline,
)
from imagenomics.features.settings import PYRADIOMICS_FAMILIES, Family
from imagenomics.images.read import read_mask, read_volume
from imagenomics.images.volume import Mask, Volume

SLICE = "diagnostics_Mask-corrected_BoundingBox"  # x, y, z, then sizes: shape2D has one slice of the mask


def compare_cases(folder: Path) -> pd.DataFrame:
    """Measure every case of every baseline whose image is there, and compare.

    Parameters
    ----------
    folder : Path
        With ``<image>_image.nrrd``, ``<image>_label.nrrd`` and ``baseline/baseline_<class>.csv``.

    Returns
    -------
    DataFrame
        The rows of :func:`imagenomics.features.pyradiomics.reference.compare_with_baseline` with ``family`` and
        ``case``, e.g. ``brain1_2d``.
    """
    images: dict[str, tuple[Volume, Mask]] = {}
    parts = []
    for family in PYRADIOMICS_FAMILIES:
        baseline = read_baseline(folder / "baseline" / f"baseline_{family.removeprefix('pyradiomics-')}.csv")
        for case in baseline.columns:
            name = case.split("_")[0]
            path = folder / f"{name}_image.nrrd"
            if not path.is_file():
                continue
            if name not in images:
                images[name] = read_volume(path), read_mask(folder / f"{name}_label.nrrd")
            features = measure_case(*images[name], baseline=baseline, family=family, case=case)
            rows = compare_with_baseline(features, baseline, case=case)
            parts.append(rows.assign(family=family, case=case))
    return pd.concat(parts, ignore_index=True)


def measure_case(
    volume: Volume, labels: Mask, *, baseline: pd.DataFrame, family: Family, case: str
) -> pd.DataFrame:
    """Measure one family in one case as its baseline was measured.

    ``normalize`` is PyRadiomics': the standard deviation of the whole image has the divisor n - 1.
    """
    parameters = baseline_parameters(baseline, case)
    image, mask = volume.array, labels.array == parameters.get("label", 1)
    if parameters.get("normalize"):
        image = (image - image.mean()) / image.std(ddof=1) * parameters.get("normalizeScale", 1)
    if family == "pyradiomics-shape2D":
        kept = np.zeros_like(mask)
        z = ast.literal_eval(str(baseline.loc[SLICE, case]))[2]
        kept[z] = mask[z]
        mask = kept
    settings = settings_from_pyradiomics(
        parameters, families=(family,), whole_numbers=not parameters.get("normalize")
    )
    return extract_region(image, mask, spacing_mm=volume.spacing_mm, settings=settings)
