"""One ``[[phenotypes]]`` block: a measure, the image it is made in, and what else it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from imagenomics.errors import FileProblem
from imagenomics.features.phenotypes.kinds import KINDS, AnyMeasure, kind_of
from imagenomics.images.onto import Geometry
from imagenomics.images.settings import PLACEHOLDER, ImageSettings
from imagenomics.settings import BlockName, Settings

KIND_NAMES = ", ".join(f"'{kind.settings.model_fields['kind'].default}'" for kind in KINDS.values())
CENTRED = ("z-score", "white-stripe")  # scales without the unit and the zero of the intensities


class PhenotypeBlock(Settings):
    """One ``[[phenotypes]]`` block: one more thing that is measured in an image."""

    name: BlockName = Field(description="Unique name; first part of the columns.")
    image: str = Field(description="Name of the [[images]] block whose pictures and regions are measured.")
    others: dict[str, str] = Field(
        default={},
        description="Further images of the same patient that the measure needs: what it calls them to the name of "
        "their [[images]] block, e.g. { denominator = 't2' }. A patient without one of them is not measured.",
    )
    geometry: Geometry = Field(
        default="same",
        description="What to do when another image, or an atlas, does not lie on the grid of 'image'. 'same': refuse "
        "the patient; 'resample': both headers are right, bring images (linear) and label maps (nearest neighbour) to "
        "that grid.",
    )
    measure: AnyMeasure = Field(
        description=f"What is measured: kind = {KIND_NAMES}, with the settings of that kind."
    )

    @model_validator(mode="after")
    def _others_are_those_of_the_measure(self) -> Self:
        kind = kind_of(self.measure)
        known = {**kind.needs, **kind.may}
        for role in self.others:
            if role not in known:
                shown = ", ".join(f"'{k}'" for k in known) or "none"
                raise ValueError(
                    f"a measure of kind '{self.measure.kind}' has no other image '{role}'; it knows {shown}"
                )
        for role in kind.needs:
            if role not in self.others:
                raise ValueError(
                    f"a measure of kind '{self.measure.kind}' needs others = {{ {role} = '<name of an image>' }}"
                )
        return self

    def shared_files(self) -> dict[str, str]:
        """Return the files that the measure names and that are the same for all patients, by field."""
        return {k: v for k, v in self._files().items() if f"{{{PLACEHOLDER}}}" not in v}

    def own_files(self) -> dict[str, str]:
        """Return the files with {patient} that the measure names, by field."""
        return {k: v for k, v in self._files().items() if f"{{{PLACEHOLDER}}}" in v}

    def _files(self) -> dict[str, str]:
        named = {key: getattr(self.measure, key) for key in kind_of(self.measure).files}
        return {key: value for key, value in named.items() if value is not None}


def images_problem(block: PhenotypeBlock, images: Sequence[ImageSettings]) -> str:
    """Return why a measure cannot be made in the images of a study, '' where it can."""
    kind, named = kind_of(block.measure), {image.name: image for image in images}
    forms = {"": kind.form, **kind.needs, **kind.may}
    for role, name in {"": block.image, **block.others}.items():
        if name not in named:
            return f"there is no [[images]] block named '{name}'"
        image = named[name]
        if image.form != forms[role]:
            return (
                f"a measure of kind '{block.measure.kind}' needs a {forms[role]} and '{name}' is a {image.form} "
                "('form' of the [[images]] block)"
            )
        method = image.normalise.method
        if (kind.raw and method in CENTRED) or (kind.unit and method != "none"):
            return (
                f"'{name}' is scaled by {method}, and a measure of kind '{block.measure.kind}' needs intensities "
                f"with their own {'unit' if kind.unit else 'zero'}: declare normalise = 'none' there"
            )
    return _missing_axis(block, named[block.image])


def check_shared_files(blocks: Iterable[PhenotypeBlock], root: Path) -> None:
    """Refuse phenotypes that name files for all patients which are not there (``IGX-RUN-091``)."""
    for block in blocks:
        for key, file in block.shared_files().items():
            if not (root / file).is_file():
                raise FileProblem(
                    "IGX-RUN-091",
                    f"'{key}' of the phenotypes '{block.name}' is not there",
                    where=str(root / file),
                    expected="a file that all patients share",
                    remedy="correct the path (it starts at --data or the study file), or write {patient} where each "
                    "patient has a file",
                )


def _missing_axis(block: PhenotypeBlock, image: ImageSettings) -> str:
    for axis in kind_of(block.measure).axis(block.measure):
        if not image.says(axis):
            hint = (
                "'series.tr_s', 'series.frame_s' or 'series.sidecar'"
                if axis == "times"
                else f"'series.{axis}'"
            )
            return f"the measure needs the {axis} of the volumes of '{image.name}': declare {hint} there"
    return ""
