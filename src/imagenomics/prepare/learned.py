"""What is learned from the voxels of many patients: one block for each kind, and the estimator that learns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import Field

from imagenomics.features.bags import STATISTICS
from imagenomics.settings import BlockName, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


class Teaching(Protocol):
    """A block that says what is learned from an array of each patient."""

    @property
    def name(self) -> str:
        """First part of the columns."""
        ...

    def estimator(self, *, seed: int) -> Any:
        """Return what learns."""
        ...


class HabitatBlock(Settings):
    """Clusters of voxels that look alike in several images; each patient has a share of each."""

    kind: Literal["habitats"] = Field(description="Shares of clusters of voxels.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    images: tuple[str, ...] = Field(
        min_length=1,
        description="[[images]] blocks on one grid, each one intensity of a voxel; the regions are the first one's.",
    )
    region: str = Field(default="lesion", description="Region whose voxels are clustered.")
    n_habitats: int = Field(default=3, ge=2, description="How many habitats there are.")
    method: Literal["k-means", "gaussian-mixture"] = Field(
        default="k-means", description="How voxels are clustered."
    )
    voxels: int = Field(
        default=300,
        ge=10,
        description="Voxels of each patient that are looked at, drawn at random; shares are of these voxels.",
    )

    def estimator(self, *, seed: int) -> Any:
        """Return what learns the habitats."""
        from imagenomics.prepare.habitats import HabitatClusters

        return HabitatClusters(self.n_habitats, method=self.method, voxels_per_patient=self.voxels, seed=seed)

    def names(self) -> list[str]:
        """Return the columns that are learned, without the name of the block."""
        return [f"habitat_{h + 1}" for h in range(self.n_habitats)]


class IntensityBlock(Settings):
    """Intensities of the regions on a standard scale that is learned from all patients' tissue (Nyul and Udupa)."""

    kind: Literal["nyul"] = Field(description="Intensities on a learned standard scale.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    image: str = Field(description="[[images]] block; it needs normalise = 'none'.")
    tissue: str = Field(
        description="Region that all patients have alike (the brain), whose histogram sets the scale; without the "
        "lesion, or what is to be measured is standardised away."
    )
    regions: tuple[str, ...] = Field(min_length=1, description="Regions whose intensities are reported.")

    @property
    def images(self) -> tuple[str, ...]:
        """The blocks whose files are read."""
        return (self.image,)

    def estimator(self, *, seed: int) -> Any:
        """Return what learns the standard; nothing is drawn."""
        from imagenomics.prepare.profiles import NyulProfiles

        return NyulProfiles(names=tuple(self.names()))

    def names(self) -> list[str]:
        """Return the columns that are learned, without the name of the block."""
        return [f"{region}.{statistic}" for region in self.regions for statistic in STATISTICS]


class ComponentBlock(Settings):
    """Spatial components that the maps of all patients share (source-based morphometry); each patient has a loading."""

    kind: Literal["group-ica"] = Field(description="Loadings of independent spatial components.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    image: str = Field(
        description="[[images]] block of maps in one space (VBM, TBM, a parameter map on a template): the same "
        "voxels at the same places in all patients."
    )
    region: str = Field(
        default="whole", description="Region whose voxels are used, the same voxels in every patient."
    )
    n_components: int = Field(default=10, ge=2, description="How many components there are.")

    @property
    def images(self) -> tuple[str, ...]:
        """The blocks whose files are read."""
        return (self.image,)

    def estimator(self, *, seed: int) -> Any:
        """Return what learns the components."""
        from imagenomics.prepare.group_ica import GroupICA

        return GroupICA(self.n_components, kind="structural", seed=seed)

    def names(self) -> list[str]:
        """Return the columns that are learned, without the name of the block."""
        return [f"component_{k + 1}_loading" for k in range(self.n_components)]


AnyLearned = Annotated[HabitatBlock | IntensityBlock | ComponentBlock, Field(discriminator="kind")]
Learned = HabitatBlock | IntensityBlock | ComponentBlock


def estimators(blocks: Sequence[Teaching], *, seed: int) -> tuple[tuple[str, Any], ...]:
    """Return the estimator of each block by its name."""
    return tuple((block.name, block.estimator(seed=seed)) for block in blocks)
