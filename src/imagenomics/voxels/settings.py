"""Settings of lesion maps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import FamilySettings


class VoxelSettings(FamilySettings):
    """How voxels are tested for going with a target."""

    min_lesions: int = Field(
        5, ge=1, description="Fewest patients with, and without, a lesion at a voxel that is tested."
    )
    permutations: int = Field(
        1000, ge=99, description="Draws of the null of the strongest voxel and of the largest cluster."
    )
    cluster_p: float = Field(
        0.001, gt=0, lt=0.5, description="p, two-sided, of the voxels that make up clusters."
    )
    control: Literal["none", "lesion-volume"] = Field(
        "lesion-volume",
        description="'lesion-volume': draws exchange patients only within thirds of the size of the lesion, so that a "
        "target that goes with size alone shows no place; 'none': among all (of a site).",
    )
