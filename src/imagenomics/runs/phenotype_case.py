"""One phenotype of one patient: which files it is made from, its unit, and its measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imagenomics.errors import FileProblem
from imagenomics.features.phenotypes.kind import Rows
from imagenomics.features.phenotypes.kinds import kind_of
from imagenomics.features.phenotypes.measure import measure_picture
from imagenomics.features.phenotypes.scene import Picture
from imagenomics.images.find import CaseFiles
from imagenomics.images.load import load_case
from imagenomics.images.load_series import load_series
from imagenomics.images.onto import onto_grid, series_onto_grid
from imagenomics.images.series4d import Series4D
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.link import Linked
from imagenomics.runs.measure import input_files
from imagenomics.runs.phenotype_block import PhenotypeBlock
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import Unit

STAGE = "phenotype"
VERSION = 1


@dataclass(frozen=True)
class OtherImage:
    """A further image of the patient: its files and how they are read."""

    files: CaseFiles
    image: ImageSettings


@dataclass(frozen=True)
class PhenotypeCase:
    """What one unit needs: the files of the patient, and what is measured in them."""

    patient: str
    files: CaseFiles
    image: ImageSettings
    block: PhenotypeBlock
    others: Mapping[str, OtherImage] = field(default_factory=dict)
    support: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class WithoutOther:
    """A patient who has the image and lacks another one that the measure needs."""

    patient: str
    text: str
    remedy: str


@dataclass(frozen=True)
class FoundCases:
    """Cases by the name of their unit, and the patients who cannot be measured."""

    cases: dict[str, PhenotypeCase]
    without_other: list[WithoutOther]


def find_phenotype_cases(plan: Plan, linked: Linked) -> FoundCases:
    """Return every phenotype of every patient who has all of its images."""
    found = FoundCases({}, [])
    for block in plan.phenotypes:
        others = plan.others_of(block)
        for patient, files in linked.files[block.image].cases.items():
            absent = [o.name for o in others.values() if patient not in linked.files[o.name].cases]
            if absent:
                text = f"{block.name}: not measured, because '{absent[0]}' of this patient is not there"
                found.without_other.append(WithoutOther(patient, text, "see losses.csv for the file"))
                continue
            found.cases[f"{block.name}/{patient}"] = PhenotypeCase(
                patient,
                files,
                plan.image_of(block),
                block,
                others={r: OtherImage(linked.files[o.name].cases[patient], o) for r, o in others.items()},
                support=_support(block, patient, linked.root),
            )
    return found


def _support(block: PhenotypeBlock, patient: str, root: Path) -> dict[str, Path]:
    own = {key: root / text.format(patient=patient) for key, text in block.own_files().items()}
    return own | {key: root / text for key, text in block.shared_files().items()}


def phenotype_unit(case: PhenotypeCase) -> Unit:
    """Return the unit of ``case``; its key covers every file and everything that changes the numbers."""
    image, measure = case.image, case.block.measure
    settings = f"{image.digest_of_values()} {image.max_voxels} {measure.canonical()}"
    if kind_of(measure).draws:
        settings += f" {case.patient}"  # two patients with the same file draw differently
    for role, other in sorted(case.others.items()):
        settings += (
            f" {role}={other.image.digest_of_values()} {other.image.max_voxels} {other.files.metadata}"
        )
    if case.block.geometry != "same":
        settings += f" {case.block.geometry}"
    if image.form == "series":
        settings += f" {case.files.metadata}"
    files = input_files(case.files)
    for role, other in case.others.items():
        files |= {f"{role} {name}": path for name, path in input_files(other.files).items()}
    # A file that is not there fails where it is read, with its remedy, and not where it is hashed.
    present = {name: path for name, path in case.support.items() if path.exists()}
    settings += "".join(f" without {name}" for name in sorted(set(case.support) - set(present)))
    return Unit(STAGE, VERSION, settings, files | present, data=case)


def measure_in(case: PhenotypeCase) -> Rows:
    """Read the pictures of a case and measure them.

    Raises
    ------
    FileProblem
        ``IGX-RUN-090``: a file that the measure names is not there for this patient.
    InputError
        ``IGX-IMG-251``: a further picture lies on another grid; what reading and measuring refuse.
    """
    for key, path in case.support.items():
        if not path.is_file():
            raise FileProblem(
                "IGX-RUN-090",
                f"the file '{key}' that the measure needs is not there",
                where=str(path),
                expected="one file for each patient who has the image",
                remedy=f"make the file, or correct '{key}' of the phenotypes '{case.block.name}'",
            )
    picture, regions = load_picture(case.files, case.image)
    others = {role: _other_on(picture, other, case.block, role) for role, other in case.others.items()}
    return measure_picture(
        picture,
        regions,
        measure=case.block.measure,
        patient=case.patient,
        others=others,
        files=case.support,
        resample=case.block.geometry == "resample",
    )


def load_picture(files: CaseFiles, image: ImageSettings) -> tuple[Picture, dict[str, np.ndarray]]:
    """Read an image as its block declares it: one volume or a series."""
    if image.form == "series":
        return load_series(files, image)
    return load_case(files.image, files.mask, image, others=files.others)


def _other_on(picture: Picture, other: OtherImage, block: PhenotypeBlock, role: str) -> Picture:
    found, _ = load_picture(other.files, other.image)
    if isinstance(found, Series4D):
        return series_onto_grid(found, picture.grid, name=role)
    return onto_grid(found, picture.grid, geometry=block.geometry, name=role)
