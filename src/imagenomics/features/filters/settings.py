"""What a study file says about one filter: a model for each kind, told apart by ``kind``."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.settings import Settings

Boundary = Annotated[
    Literal["mirror", "zero", "nearest", "periodic"],
    Field(
        description="What lies beyond the image. 'mirror': the image, reflected at the outer face of its last "
        "voxel; 'zero'; 'nearest': the last voxel; 'periodic': the image again."
    ),
]
InPlane = Annotated[bool, Field(description="Filter each slice on its own (2D) instead of the volume (3D).")]
Pooling = Annotated[
    Literal["none", "average", "max"],
    Field(
        description="Rotation invariance: join the responses of the filter turned by right angles (4 turns in "
        "plane, 24 in space) by their average or maximum. 'none': one response, which depends on how the "
        "patient lies."
    ),
]
Truncate = Annotated[
    float, Field(ge=2, le=8, description="The kernel ends this many standard deviations from its centre.")
]
LAWS_NAMES = ("L3", "E3", "S3", "L5", "E5", "S5", "W5", "R5")


class MeanFilter(Settings):
    """The mean of a cube (or square) of voxels."""

    kind: Literal["mean"] = "mean"
    size: int = Field(ge=3, le=101, description="Edge of the cube in voxels, an odd number.")
    in_plane: InPlane = False
    boundary: Boundary = "mirror"

    @field_validator("size")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("'size' is an odd number of voxels, so that the cube has a centre")
        return value


class LogFilter(Settings):
    """The Laplacian of Gaussian: blobs and edges of one size."""

    kind: Literal["log"] = "log"
    sigma_mm: float = Field(gt=0, lt=math.inf, description="Standard deviation of the Gaussian in mm.")
    truncate: Truncate = 4.0
    in_plane: InPlane = False
    boundary: Boundary = "mirror"


class LawsFilter(Settings):
    """Laws' kernels: products of short profiles for level, edge, spot, wave and ripple."""

    kind: Literal["laws"] = "laws"
    kernels: str = Field(
        description="Names of the profiles along x, y and z, e.g. 'L5E5E5'; two names, e.g. 'L5E5', filter each "
        f"slice on its own. Known: {', '.join(LAWS_NAMES)}."
    )
    energy_radius: int | None = Field(
        default=None,
        ge=1,
        le=50,
        description="Give the energy image: mean of the absolute response in a cube of this many voxels around "
        "each voxel. Not set: the response itself.",
    )
    pooling: Pooling = "none"
    boundary: Boundary = "mirror"

    @field_validator("kernels")
    @classmethod
    def _known(cls, value: str) -> str:
        names = re.findall(r"[A-Z]\d", value)
        wrong = [name for name in names if name not in LAWS_NAMES]
        if "".join(names) != value or wrong or len(names) not in (2, 3):
            raise ValueError(f"'kernels' is two or three of {', '.join(LAWS_NAMES)}, written together")
        return value

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the profiles along x, y and, where there are three, z."""
        return tuple(re.findall(r"[A-Z]\d", self.kernels))

    @property
    def in_plane(self) -> bool:
        """Whether each slice is filtered on its own."""
        return len(self.names) == 2


class GaborFilter(Settings):
    """The modulus of a Gabor filter: stripes of one width and direction."""

    kind: Literal["gabor"] = "gabor"
    sigma_mm: float = Field(gt=0, lt=math.inf, description="Standard deviation across the stripes in mm.")
    wavelength_mm: float = Field(gt=0, lt=math.inf, description="Distance of neighbouring stripes in mm.")
    gamma: float = Field(
        default=1.0, gt=0.05, le=20, description="The envelope along the stripes is 'sigma_mm / gamma' wide."
    )
    theta_degrees: float = Field(
        default=0.0,
        gt=-360,
        lt=360,
        description="Direction across the stripes, from x towards y (of the array). Not used with "
        "'theta_step_degrees'.",
    )
    theta_step_degrees: float | None = Field(
        default=None,
        gt=0,
        le=90,
        description="Rotation invariance: join the directions 0, step, 2 step, ... below 180 degrees.",
    )
    pooling: Literal["average", "max"] = Field(
        default="average", description="How directions and, in 3D, the three orthogonal planes are joined."
    )
    truncate: Truncate = 4.0
    in_plane: bool = Field(
        default=False,
        description="True: the axial slices alone; False: the slices of the three orthogonal planes, joined.",
    )
    boundary: Boundary = "mirror"

    @model_validator(mode="after")
    def _full_turn(self) -> Self:
        step = self.theta_step_degrees
        if step is not None and abs(180 / step - round(180 / step)) > 1e-9:
            raise ValueError("'theta_step_degrees' must divide 180, so that all directions count alike")
        return self

    def angles(self) -> tuple[float, ...]:
        """Directions in radians; the modulus is the same half a turn further."""
        step = self.theta_step_degrees
        if step is None:
            return (math.radians(self.theta_degrees),)
        return tuple(math.radians(k * step) for k in range(round(180 / step)))


class WaveletFilter(Settings):
    """One subband of a stationary (undecimated) separable wavelet transform."""

    kind: Literal["wavelet"] = "wavelet"
    family: Literal["haar", "db2", "db3", "coif1"] = Field(
        description="Wavelet: Haar, Daubechies with 2 or 3 vanishing moments, or Coiflet 1."
    )
    subband: str = Field(
        pattern=r"^[LH]{2,3}$",
        description="Low (L) or high (H) pass along x, y and z, e.g. 'LLH'; two letters filter each slice on "
        "its own.",
    )
    level: int = Field(
        default=1, ge=1, le=6, description="Level of the decomposition; each doubles the scale."
    )
    pooling: Pooling = "none"
    boundary: Boundary = "mirror"

    @property
    def in_plane(self) -> bool:
        """Whether each slice is filtered on its own."""
        return len(self.subband) == 2


class NonseparableWavelet(Settings):
    """A band of frequencies, the same in all directions."""

    kind: Literal["nonseparable-wavelet"] = "nonseparable-wavelet"
    family: Literal["simoncelli", "shannon"] = Field(
        default="simoncelli",
        description="'simoncelli': bands that fade into each other; 'shannon': bands with sharp edges.",
    )
    level: int = Field(
        default=1, ge=1, le=5, description="Level 1 is the finest band; each halves the frequency."
    )
    frequencies: Literal["true", "ibsi"] = Field(
        default="true",
        description="'true': the frequencies of the discrete Fourier transform; 'ibsi': evenly spaced from -1 to "
        "1, as in the response maps of IBSI-2, which depends on the size of the image (see decision 0023).",
    )
    in_plane: InPlane = False
    boundary: Boundary = "mirror"


class RieszFilter(Settings):
    """A component of the Riesz transform of a response: its directional derivative without its blur."""

    kind: Literal["riesz"] = "riesz"
    order: tuple[int, int, int] = Field(description="Order along [z, y, x]; their sum is 1 to 6.")
    base: Annotated[LogFilter | NonseparableWavelet, Field(discriminator="kind")] = Field(
        description="The filter whose response is transformed."
    )

    @model_validator(mode="after")
    def _some_order(self) -> Self:
        if min(self.order) < 0 or not 1 <= sum(self.order) <= 6:
            raise ValueError("'order' is three numbers from 0, [z, y, x], with a sum from 1 to 6")
        if self.in_plane and self.order[0] != 0:
            raise ValueError("a filter within slices has order 0 along z")
        return self

    @property
    def in_plane(self) -> bool:
        """Whether each slice is filtered on its own."""
        return self.base.in_plane

    @property
    def boundary(self) -> Boundary:
        """What lies beyond the image."""
        return self.base.boundary


FilterSettings = (
    MeanFilter | LogFilter | LawsFilter | GaborFilter | WaveletFilter | NonseparableWavelet | RieszFilter
)
AnyFilter = Annotated[FilterSettings, Field(discriminator="kind")]  # the type of a field of a study file


def filtered_axes(settings: FilterSettings) -> tuple[int, ...]:
    """Return the axes of the array (z, y, x) along which a filter looks at neighbours."""
    return (1, 2) if settings.in_plane else (0, 1, 2)
