"""The JSON sidecar of a NIfTI file (BIDS, dcm2niix) in the words of DICOM headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagenomics.images.bids.names import parse_bids_name
from imagenomics.images.bids.sidecar import read_metadata

ENDINGS = (".nii.gz", ".nii", ".nrrd", ".nhdr")
# Key of the sidecar -> column, and the factor to its unit: sidecars count in seconds, headers in milliseconds.
TEXTS: Mapping[str, str] = {
    "Manufacturer": "manufacturer",
    "ManufacturersModelName": "model",
    "SoftwareVersions": "software",
    "ConvolutionKernel": "kernel",
    "ReconMethodName": "reconstruction",
    "ContrastBolusIngredient": "contrast_agent",
    "ScanningSequence": "scanning_sequence",
    "SequenceVariant": "sequence_variant",
    "MRAcquisitionType": "acquisition_type",
    "ReceiveCoilName": "coil",
    "Units": "units",
    "AttenuationCorrection": "attenuation_correction",
    "ScatterCorrectionMethod": "scatter_correction",
}
NUMBERS: Mapping[str, tuple[str, float]] = {
    "SliceThickness": ("slice_thickness_mm", 1.0),
    "SpacingBetweenSlices": ("spacing_between_slices_mm", 1.0),
    "KVP": ("kvp", 1.0),
    "XRayTubeCurrent": ("tube_current_ma", 1.0),
    "MagneticFieldStrength": ("field_strength_t", 1.0),
    "EchoTime": ("echo_time_ms", 1000.0),
    "RepetitionTime": ("repetition_time_ms", 1000.0),
    "InversionTime": ("inversion_time_ms", 1000.0),
    "FlipAngle": ("flip_angle_degrees", 1.0),
    "EchoTrainLength": ("echo_train_length", 1.0),
}


def read_sidecar(image: Path) -> tuple[dict[str, str | float], str]:
    """Return how a NIfTI image was made, by its sidecar.

    Parameters
    ----------
    image : Path
        In a BIDS folder (one with ``dataset_description.json`` above it) all sidecars that apply count, the nearest
        most; elsewhere the file of the same name that ends with ``.json``.

    Returns
    -------
    made : dict
        Value by column of :data:`imagenomics.images.dicom.attributes.CONFOUNDERS`; empty without a sidecar.
    problem : str
        What is wrong with the sidecar, '' for nothing.
    """
    content, problem = _content(image)
    made: dict[str, str | float] = {}
    for key, column in TEXTS.items():
        if text := _text(content.get(key)):
            made[column] = text
    for key, (column, factor) in NUMBERS.items():
        value = content.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            made[column] = float(value) * factor
    return made, problem


def _content(image: Path) -> tuple[Mapping[str, Any], str]:
    root = next((p for p in image.parents if (p / "dataset_description.json").is_file()), None)
    name = parse_bids_name(image)
    if root is not None and not isinstance(name, str):
        text, problem = read_metadata(root, name)
        return json.loads(text), problem
    ending = next((e for e in ENDINGS if image.name.lower().endswith(e)), "")
    sidecar = image.with_name(f"{image.name[: len(image.name) - len(ending)]}.json")
    if not ending or not sidecar.is_file():
        return {}, ""
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        return {}, f"the sidecar {sidecar.name} cannot be read ({type(error).__name__})"
    return (content, "") if isinstance(content, dict) else ({}, f"the sidecar {sidecar.name} holds no object")


def _text(value: Any) -> str:
    """Return a text, or several as DICOM writes them."""
    if isinstance(value, list):
        return "\\".join(str(v).strip() for v in value)
    return value.strip() if isinstance(value, str) else ""
