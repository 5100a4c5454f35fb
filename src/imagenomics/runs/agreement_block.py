"""The ``[[agreement]]`` block: how far readers, examinations or repetitions agree."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.table_blocks import AnyFeatureTable, FeatureTable, ReadingTable
from imagenomics.settings import BlockName


class AgreementBlock(AgreementSettings):
    """One ``[[agreement]]`` block: the same columns of the same patients, given several times."""

    name: BlockName = Field(description="Unique name of the analysis.")
    of: str = Field(
        description="Whose columns: a [[feature_tables]] block of kind 'readings' with readers, one of kind 'table' "
        "whose `per` is the column of the reader, or an [[images]] block with `repeats` or that another one "
        "`repeats_of`."
    )
    features: str | tuple[str, ...] = Field(
        default="all", description="'all' (every column without a flag), or column names or globs."
    )
    flagged: bool = Field(
        default=False, description="Take flagged columns (e.g. voxel-units, negative-control) too."
    )

    def problem(self, tables: Iterable[AnyFeatureTable], images: Iterable[ImageSettings]) -> str:
        """Say why nothing of this block was given more than once; '' where something was."""
        for table in tables:
            if table.name == self.of:
                return _table_problem(table)
        blocks = list(images)
        repeated = {getattr(b, "repeats_of", None) for b in blocks}
        for image in blocks:
            if image.name == self.of:
                again = getattr(image, "repeats", None) is not None or self.of in repeated
                return (
                    ""
                    if again
                    else f"'{self.of}' is measured once: declare repeats, or a block with repeats_of"
                )
        return f"there is no [[feature_tables]] or [[images]] block named '{self.of}'"


def _table_problem(table: AnyFeatureTable) -> str:
    if isinstance(table, ReadingTable):
        return ""
    if isinstance(table, FeatureTable):
        return (
            ""
            if table.per
            else f"'{table.name}' has one row per patient: declare per = '<column of the reader>'"
        )
    return f"'{table.name}' has one measurement of each patient"
