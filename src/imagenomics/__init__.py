"""Link medical images with the genes of the same patients.

The names below are loaded when they are first used; every room is importable by its own name, too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "AssociateSettings": "imagenomics.associate.settings",
    "FeatureSettings": "imagenomics.features.settings",
    "ImageSettings": "imagenomics.images.settings",
    "PatientTable": "imagenomics.tables.patient_table",
    "check_study": "imagenomics.runs.check",
    "describe_frame": "imagenomics.cohort.frames",
    "extract_case": "imagenomics.runs.single",
    "extract_images": "imagenomics.runs.plain",
    "extract_region": "imagenomics.features.extract",
    "link_patients": "imagenomics.cohort.link",
    "load_molecules": "imagenomics.genomics.molecules",
    "load_study": "imagenomics.study.load",
    "make_phantom": "imagenomics.phantom.make",
    "predict_target": "imagenomics.runs.plain",
    "run_study": "imagenomics.study.run",
    "test_pairs": "imagenomics.associate.pairs",
    "write_report": "imagenomics.report.page",
}
__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from imagenomics.associate.pairs import test_pairs as test_pairs
    from imagenomics.associate.settings import AssociateSettings as AssociateSettings
    from imagenomics.cohort.frames import describe_frame as describe_frame
    from imagenomics.cohort.link import link_patients as link_patients
    from imagenomics.features.extract import extract_region as extract_region
    from imagenomics.features.settings import FeatureSettings as FeatureSettings
    from imagenomics.genomics.molecules import load_molecules as load_molecules
    from imagenomics.images.settings import ImageSettings as ImageSettings
    from imagenomics.phantom.make import make_phantom as make_phantom
    from imagenomics.report.page import write_report as write_report
    from imagenomics.runs.check import check_study as check_study
    from imagenomics.runs.plain import extract_images as extract_images
    from imagenomics.runs.plain import predict_target as predict_target
    from imagenomics.runs.single import extract_case as extract_case
    from imagenomics.study.load import load_study as load_study
    from imagenomics.study.run import run_study as run_study
    from imagenomics.tables.patient_table import PatientTable as PatientTable


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'imagenomics' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
