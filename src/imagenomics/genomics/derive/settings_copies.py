"""Settings of labels derived from copy number and mutations: arm events, glioma classes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.genomics.arms import arms_of
from imagenomics.genomics.derive.settings_scores import DeriveBlock
from imagenomics.settings import Settings


class ArmEventSettings(DeriveBlock):
    """Gains and losses of whole chromosome arms and chromosomes, and their combinations."""

    kind: Literal["arm-events"] = Field("arm-events", description="Whole-arm and combined events.")
    copy_number: str = Field(
        description="Name of the [[molecules]] block: segments, copy-number (GISTIC calls) or log-ratio."
    )
    gene_arms: str | None = Field(
        None,
        description="For blocks with genes: table with the columns gene and arm ('1p'), or gene and cytoband.",
    )
    events: dict[str, str] = Field(
        {"codel_1p19q": "-1p -19q", "gain7_loss10": "+7 -10"},
        min_length=1,
        description="Event -> the arms or chromosomes that are lost (-) or gained (+) together.",
    )
    fraction: float = Field(
        0.8, gt=0.5, le=1, description="An arm is gained or lost where at least this share of it is."
    )
    absent: float = Field(
        0.2, ge=0, le=1, description="It is not where less than this is; between the two it is not called."
    )
    gain: float = Field(
        0.2, gt=0, description="In a log-ratio block: log2 ratio from which a gene is gained."
    )
    loss: float = Field(-0.2, lt=0, description="In a log-ratio block: log2 ratio down to which it is lost.")
    min_genes: int = Field(3, ge=1, description="Genes with a value that an arm needs.")
    arms: bool = Field(False, description="Also one column (loss, neither, gain) for each arm.")

    @field_validator("events")
    @classmethod
    def _arms(cls, events: dict[str, str]) -> dict[str, str]:
        for name, text in events.items():
            for part in text.split():
                if part[:1] not in "+-" or not arms_of(part[1:]):
                    raise ValueError(f"'{name}': '{part}' is no event; write +7, -1p ...")
        return events

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.absent > self.fraction:
            raise ValueError("`absent` must not be above `fraction`")
        return self

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [self.gene_arms] if self.gene_arms else []


class Marker(Settings):
    """A column that says whether a marker is there."""

    column: str = Field(description="Full name of the column, e.g. 'labels.TERT'.")
    positive: str | None = Field(
        None, description="The level that means yes; default: the second level of a binary column."
    )


class GliomaClassSettings(DeriveBlock):
    """Classes of adult diffuse gliomas by IDH, 1p/19q and, in 2021, the markers of a glioblastoma."""

    kind: Literal["glioma-class"] = Field("glioma-class", description="IDH status and molecular class.")
    edition: Literal["2016", "2021"] = Field(
        description="Edition of the WHO classification that is followed."
    )
    mutations: str = Field(
        description="Name of the [[molecules]] block with protein changes of IDH1 and IDH2 (mutation-matrix or maf)."
    )
    both_genes: bool = Field(
        True, description="Wild type needs IDH1 and IDH2 sequenced; false: IDH1 alone is enough."
    )
    codeletion: Marker = Field(description="1p/19q codeletion of whole arms.")
    gain7_loss10: Marker | None = Field(None, description="2021: gain of 7 and loss of 10.")
    tert: Marker | None = Field(None, description="2021: mutation of the TERT promoter.")
    egfr: Marker | None = Field(None, description="2021: amplification of EGFR.")
    grade4_histology: Marker | None = Field(
        None, description="2021: necrosis or microvascular proliferation was seen."
    )

    @model_validator(mode="after")
    def _needs_markers(self) -> Self:
        markers = (self.gain7_loss10, self.tert, self.egfr, self.grade4_histology)
        if self.edition == "2021" and not any(markers):
            raise ValueError("edition 2021 needs at least one of gain7_loss10, tert, egfr, grade4_histology")
        if self.edition == "2016" and any(markers):
            raise ValueError("gain7_loss10, tert, egfr and grade4_histology belong to edition 2021")
        return self
