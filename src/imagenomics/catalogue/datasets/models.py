"""What an entry of the data catalogue says, and what makes one wrong."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from imagenomics.catalogue.datasets.vocabulary import ASSAYS, MODALITIES
from imagenomics.catalogue.papers.models import Text, Url, word_of
from imagenomics.cohort.settings import ID_RULE_HELP, IdRule
from imagenomics.settings import Settings

Access = Literal["open", "registration", "limited", "application", "controlled", "none"]
Source = Literal["index", "page", "memory"]


class Images(Settings):
    """Where the pictures are."""

    archive: Literal["idc", "other", "none"] = Field(description="idc: the NCI Imaging Data Commons.")
    collection: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] | None = Field(
        None, description="Collection of the Imaging Data Commons."
    )
    place: Text | None = Field(None, description="Where else, in words.")
    access: Access = Field(description="What it takes to have them.")
    verified: Source = Field("memory", description="What this was read from.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.archive == "idc") != (self.collection is not None):
            raise ValueError("archive = 'idc' and a `collection` belong together")
        return self


class Molecules(Settings):
    """Where the molecules are."""

    gdc_project: Annotated[str, Field(pattern=r"^[A-Z0-9-]+$")] | None = Field(
        None, description="Project of the Genomic Data Commons."
    )
    cbioportal: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] | None = Field(
        None, description="Study of cBioPortal."
    )
    geo: tuple[Annotated[str, Field(pattern=r"^GSE\d+$")], ...] = Field((), description="Series of GEO.")
    dbgap: Annotated[str, Field(pattern=r"^phs\d{6}$")] | None = Field(
        None, description="Study of dbGaP, which is controlled."
    )
    place: Text | None = Field(None, description="Where else, in words.")
    access: Access = Field(description="What it takes to have what is processed; raw sequence takes more.")
    verified: Source = Field("memory", description="What this was read from.")


class Ids(Settings):
    """How pictures and molecules of one patient find each other."""

    rule: IdRule = Field(IdRule(), description=ID_RULE_HELP)
    example: Text | None = Field(None, description="An id as it looks.")
    note: Text | None = None


class Counts(Settings):
    """Patients, as the release says that is named."""

    total: int | None = Field(None, ge=1, description="Patients in all.")
    radiology: int | None = Field(None, ge=0, description="With radiology that anybody may have.")
    slides: int | None = Field(None, ge=0, description="With whole slides.")
    both: int | None = Field(None, ge=0, description="With radiology and slides.")
    by_modality: dict[str, int] = Field({}, description="Modality -> patients.")
    approximate: bool = Field(False, description="The total is rounded.")
    unit: Text = Field("patients", description="What is counted.")
    release: Text | None = Field(None, description="Release in which was counted.")
    verified: Source = Field("memory", description="What the counts were read from.")


class Overlap(Settings):
    """Another data set with some of the same people or pictures."""

    key: str = Field(description="Key of the other data set.")
    note: Text = Field(description="What they share, and what follows.")


class DatasetEntry(Settings):
    """One cohort of the data catalogue; its key is the name of its file."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")] = Field(
        description="Small letters, digits and hyphens: tcga-luad."
    )
    name: Text
    topic: Text = Field(description="Disease or question.")
    organ: tuple[Text, ...] = ()
    kind: Literal["paired", "pictures only", "summary statistics"] = Field(
        "paired", description="'pictures only': no genotype, useful as a counter-example."
    )
    modality: tuple[Annotated[str, word_of(MODALITIES, "modality")], ...] = ()
    assay: tuple[Annotated[str, word_of(ASSAYS, "assay")], ...] = ()
    summary: Text = Field(description="What it is good for and what to beware of, in your own words.")
    images: Images
    molecules: Molecules
    ids: Ids = Ids()
    counts: Counts = Counts()
    licence: tuple[Text, ...] = ()
    dois: tuple[Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")], ...] = ()
    urls: tuple[Url, ...] = ()
    overlaps: tuple[Overlap, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        counts = self.counts
        both, parts = counts.both, (counts.radiology, counts.slides)
        if both is not None and any(part is None or both > part for part in parts):
            raise ValueError("counts.both is larger than counts.radiology or counts.slides")
        unknown = set(counts.by_modality) - set(MODALITIES)
        if unknown:
            raise ValueError(f"counts.by_modality names unknown modalities: {', '.join(sorted(unknown))}")
        if not (self.dois or self.urls or self.images.collection):
            raise ValueError("a data set needs one of dois, urls, images.collection")
        return self
