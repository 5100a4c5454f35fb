"""One ``[[feature_tables]]`` block of metabolite tables."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from imagenomics.features.spectroscopy import SpectroscopySettings
from imagenomics.settings import BlockName


class SpectroscopyTable(SpectroscopySettings):
    """One ``[[feature_tables]]`` block: metabolites of a spectrum, as LCModel and its relatives wrote them."""

    rule: ClassVar[None] = None  # files are named after patients, as images are

    kind: Literal["spectroscopy"] = Field(
        description="Concentrations, ratios, and whether 2-hydroxyglutarate is there."
    )
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(
        description="CSV table of each patient with {patient}: concentrations with their Cramer-Rao bounds in %."
    )
    voxel: tuple[int, int] | None = Field(
        default=None,
        description="Row and column of the voxel that counts, where the tables hold several. Not set: a table with "
        "several is refused.",
    )
    accept: tuple[Literal["crlb-high"], ...] = Field(
        default=(),
        description="'crlb-high': also take values with a bound between 'crlb_ok' and 'crlb_limit'; else they are "
        "missing.",
    )

    @field_validator("path")
    @classmethod
    def _of_each_patient(cls, value: str) -> str:
        if "{patient}" not in value or value.replace("{patient}", "").count("{"):
            raise ValueError(
                "'path' names the table of each patient: put {patient}, and no other placeholder, into it"
            )
        return value

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as a glob."""
        return (self.path.replace("{patient}", "*"),)
