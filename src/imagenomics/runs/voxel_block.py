"""The ``[[voxels]]`` block: where lesions lie, against molecules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from imagenomics.images.settings import ImageSettings
from imagenomics.runs.family_block import FamilyBlock
from imagenomics.voxels.settings import VoxelSettings


class VoxelBlock(FamilyBlock, VoxelSettings):
    """One ``[[voxels]]`` block: lesion maps, voxel by voxel, against molecules."""

    image: str = Field(description="The [[images]] block whose masks are mapped; all on one grid.")
    region: str = Field(default="lesion", description="Region of the masks.")
    targets: str | tuple[str, ...] = Field(
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs; binary columns or numbers."
    )
    features: Literal["all"] = Field(default="all", description="Nothing to choose: every voxel is tested.")
    adjust: tuple[()] = Field(default=(), description="Nothing: see `control`.")

    def problem(self, images: Mapping[str, ImageSettings]) -> str:
        """Say why the block cannot read its masks; '' where it can."""
        image = images.get(self.image)
        if image is None:
            return f"there is no [[images]] block named '{self.image}'"
        if image.form == "series" or not image.has_mask:
            return f"'{self.image}' has no masks to map"
        if self.region not in image.regions:
            return f"'{self.image}' has no region '{self.region}', but {', '.join(image.regions)}"
        return ""
