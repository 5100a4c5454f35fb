"""What a study file says about features measured elsewhere: the ``[[feature_tables]]`` blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from imagenomics.cohort.settings import IdRule
from imagenomics.features.semantic.cells import Numbers
from imagenomics.features.semantic.known import is_dictionary_file
from imagenomics.features.semantic.readers import Consensus
from imagenomics.runs.spectroscopy_block import SpectroscopyTable
from imagenomics.settings import BlockName, Settings


class FeatureTable(Settings):
    """One ``[[feature_tables]]`` block: features measured elsewhere, taken as they are."""

    kind: Literal["table"] = Field(default="table", description="Columns are numbers.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(
        description="CSV, TSV or Parquet table, one row per patient, one numeric column per feature."
    )
    id: str = Field(default="patient", description="Column with the patient id.")
    rule: IdRule | None = Field(
        default=None,
        description="How an id as written becomes a patient id. Default: the rule of the patients.",
    )
    per: str | None = Field(
        default=None,
        min_length=1,
        description="Rows are units inside patients, e.g. 'biopsy': the column of this name tells those of a patient "
        "apart. Only [[associate]] blocks with this word as `unit` use them.",
    )
    columns: tuple[str, ...] = Field(default=("*",), description="Columns to take, as names or globs.")
    volume: str | None = Field(
        default=None, description="The column that is the lesion volume, if there is one."
    )

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as written."""
        return (self.path,)


class ReadingTable(Settings):
    """One ``[[feature_tables]]`` block: what readers saw, coded by a data dictionary."""

    kind: Literal["readings"] = Field(description="Columns are items of a data dictionary.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(
        description="CSV, TSV or Parquet table, one row per patient and reader; or a folder of AIM XML files."
    )
    id: str = Field(
        default="patient", description="Column with the patient id; in AIM files it is the person's."
    )
    rule: IdRule | None = Field(
        default=None,
        description="How an id as written becomes a patient id. Default: the rule of the patients.",
    )
    dictionary: str = Field(
        description="Data dictionary: 'vasari', 'bi-rads-mr', 'lung-ct', 'liver-ct' or 'kidney-ct'; or a TOML file "
        "with one of your own."
    )
    reader: str | None = Field(
        default=None, description="Column of the reader; not set: one reader. In AIM files it is the user."
    )
    numbers: Numbers = Field(
        default="refuse",
        description="What a bare number means in an item with levels: 'codes' of the dictionary, or 'refuse'.",
    )
    consensus: Consensus | None = Field(
        default=None,
        description="What counts where readers differ. Not set: a patient on whom they differ is refused.",
    )
    ignore: tuple[str, ...] = Field(default=(), description="Columns or items that are left out.")

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as written."""
        own = (self.dictionary,) if is_dictionary_file(self.dictionary) else ()
        return (self.path, *own)


class FreeSurferBlock(Settings):
    """One ``[[feature_tables]]`` block: regional measures of the brain as FreeSurfer wrote them."""

    kind: Literal["freesurfer"] = Field(description="Regional volumes, thickness, areas ...")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(description="The folder with the subjects (SUBJECTS_DIR).")
    rule: IdRule | None = Field(
        default=None,
        description="How the name of a subject's folder becomes a patient id. Default: the rule of the patients.",
    )
    files: tuple[str, ...] = Field(
        default=("aseg", "aparc"), min_length=1, description="Segmentations and parcellations to read."
    )
    measures: tuple[str, ...] = Field(
        default=("volume", "thickness", "surface_area"),
        min_length=1,
        description="What of each region is taken.",
    )

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as globs."""
        return (f"{self.path}/*/stats/*.stats", f"{self.path}/*/scripts/recon-all.error")


def _kind_of_table(block: object) -> str:
    kind = block.get("kind", "table") if isinstance(block, Mapping) else getattr(block, "kind", "table")
    return str(kind)


AnyFeatureTable = Annotated[
    Annotated[FeatureTable, Tag("table")]
    | Annotated[ReadingTable, Tag("readings")]
    | Annotated[FreeSurferBlock, Tag("freesurfer")]
    | Annotated[SpectroscopyTable, Tag("spectroscopy")],
    Discriminator(_kind_of_table),
]
