"""Measuring one image of one patient: the unit of the extract stage."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import ImagenomicsError
from imagenomics.features.each_region import each_region
from imagenomics.features.extract import extract_region
from imagenomics.features.rows import COLUMNS
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.files.header import read_header
from imagenomics.images.find import CaseFiles
from imagenomics.images.load import prepare_case, read_case
from imagenomics.images.load_series import load_series, mean_volume
from imagenomics.images.panels import Panel, panel
from imagenomics.images.settings import ImageSettings
from imagenomics.images.volume import Volume
from imagenomics.runs.folder import Issues
from imagenomics.runs.panels import png_bytes
from imagenomics.runs.quality import about_quality
from imagenomics.runs.store import Unit

STAGE = "extract"
VERSION = 1


@dataclass(frozen=True)
class Case:
    """What one unit needs: the patient's files and how they are to be read and measured."""

    patient: str
    files: CaseFiles
    image: ImageSettings
    features: FeatureSettings


def case_unit(case: Case) -> Unit:
    """Return the unit of ``case``; its key covers both files and everything that changes the numbers."""
    # Every setting that can turn a failure into a value belongs in the key, max_voxels too.
    settings = f"{case.image.digest_of_values()} {case.image.max_voxels} {case.features.canonical()}"
    if case.image.form == "series":  # of which no feature is measured
        settings = f"{case.image.digest_of_values()} {case.image.max_voxels} {case.files.metadata}"
    return Unit(STAGE, VERSION, settings, input_files(case.files), data=case)


def input_files(files: CaseFiles) -> dict[str, Path]:
    """Return every file that an image, its mask and their preparation are read from, by what it is."""
    named = {"image": files.image} | ({"mask": files.mask} if files.mask else {}) | dict(files.beside)
    named |= {f"other {number}": path for number, path in enumerate(files.others.values(), 1)}
    detached = {
        f"{name} data": path for name, file in named.items() if (path := _data_file(file)) is not None
    }
    return named | detached


def _data_file(path: Path) -> Path | None:
    """Return the file with the numbers, where the header is a file of its own."""
    if path.suffix.lower() != ".nhdr":
        return None
    try:
        return read_header(path, spacing="unknown").layout.data_path
    except ImagenomicsError:
        return None  # reading the image says what is wrong with it


def measure_case(unit: Unit) -> dict[str, Any]:
    """Read, prepare, normalise and measure one image of one patient, and draw it.

    Returns
    -------
    dict
        ``values`` (long: region, family, feature, ibsi, value, unit, flags, status, reason), ``picture`` (PNG) and
        ``about`` (geometry, history, quality as read, contours, problems of single regions).
    """
    case: Case = unit.data
    if case.image.form == "series":
        return _look_at_series(case)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category=UserWarning)
        read = read_case(case.files.image, case.files.mask, case.image)
        quality = about_quality(read)
        volume, regions = prepare_case(read, case.image, others=case.files.others)
        values, problems = each_region(
            regions,
            lambda mask: extract_region(
                volume.array,
                mask,
                spacing_mm=volume.spacing_mm,
                settings=case.features,
                spacing_known=volume.spacing_known,
            ),
        )
        picture = panel(volume, regions)
    said = sorted({str(w.message) for w in caught})
    return _payload(values, volume, picture, {"quality": quality, "problems": problems, "warnings": said})


def _look_at_series(case: Case) -> dict[str, Any]:
    """Read a series and draw its mean; what is measured in it are phenotypes."""
    series, regions = load_series(case.files, case.image)
    volume = mean_volume(series)
    return _payload(pd.DataFrame(columns=["region", *COLUMNS]), volume, panel(volume, regions), {})


def _payload(
    values: pd.DataFrame, volume: Volume, picture: Panel, further: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "values": values,
        "picture": png_bytes(picture.pixels),
        "about": {
            "spacing_mm": list(volume.spacing_mm),
            "spacing_known": volume.spacing_known,
            "size": list(volume.array.shape),
            "history": list(volume.history),
            "problems": [],
            "warnings": [],
            "picture": _about_picture(picture),
            **further,
        },
    }


def note_problems(about: Mapping[str, Any], issues: Issues, *, name: str, patient: str) -> None:
    """Note the warnings of one unit, and its regions that could not be measured."""
    for text in about["warnings"]:
        issues.warn(STAGE, "IGX-RUN-021", f"{name}: {text}", patient=patient)
    for problem in about["problems"]:
        text = f"{name}, region {problem['region']}: {problem['error']}"
        issues.warn(STAGE, problem["code"], text, patient=patient, remedy=problem["remedy"])


def _about_picture(picture: Panel) -> dict[str, Any]:
    contours = {
        name: [np.round(line, 1).tolist() for line in lines] for name, lines in picture.contours.items()
    }
    height, width = picture.pixels.shape
    return {
        "width": width,
        "height": height,
        "aspect": picture.aspect,
        "slice": picture.slice_index,
        "n_slices": picture.n_slices,
        "contours": contours,
        "note": picture.note,
    }
