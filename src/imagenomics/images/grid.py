"""Where the voxels of an image lie in the patient: size, spacing, origin, direction."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from imagenomics.errors import InputError

DECLARE_SPACING = 'declare the true spacing, e.g. spacing = [3.0, 1.0, 1.0] (z, y, x), or spacing = "unknown"'
Triple = tuple[float, float, float]
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Grid:
    """The lattice of voxel centres of one image.

    Parameters
    ----------
    shape : (int, int, int)
        Number of voxels along z, y, x (the order of the array).
    spacing_mm : (float, float, float)
        Distance of neighbouring voxel centres along z, y, x.
    origin_mm : (float, float, float)
        Centre of the first voxel in the patient, x, y, z (left, posterior, superior positive).
    direction : 9 floats
        Row-major 3 x 3 matrix; its columns are the unit vectors of the x, y and z axes of the image.

    Raises
    ------
    InputError
        ``IGX-IMG-009``: a spacing that is not a positive number.
    """

    shape: tuple[int, int, int]
    spacing_mm: Triple
    origin_mm: Triple = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY

    def __post_init__(self) -> None:
        check_spacing(self.spacing_mm, where=None)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        z, y, x = self.spacing_mm
        return z * y * x

    @property
    def n_voxels(self) -> int:
        """Number of voxels."""
        z, y, x = self.shape
        return z * y * x

    def affine(self) -> np.ndarray:
        """Return the (4, 4) matrix that takes (x, y, z, 1) voxel indices to mm in the patient."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(self.direction, (3, 3)) * np.asarray(self.spacing_mm[::-1])
        matrix[:3, 3] = self.origin_mm
        return matrix

    def to_mm(self, indices: np.ndarray) -> np.ndarray:
        """Return the places (n, 3), x y z in mm, of voxel indices (n, 3) in array order z, y, x."""
        matrix = self.affine()
        return np.asarray(indices, dtype=np.float64)[:, ::-1] @ matrix[:3, :3].T + matrix[:3, 3]

    def to_index(self, points_mm: np.ndarray) -> np.ndarray:
        """Return the voxel indices (n, 3), z y x and fractional, of places (n, 3), x y z in mm."""
        matrix = self.affine()
        return np.linalg.solve(matrix[:3, :3], (np.asarray(points_mm) - matrix[:3, 3]).T).T[:, ::-1]

    def corners_mm(self) -> np.ndarray:
        """Return the 8 outer corners (8, 3), x y z in mm, of the box that all voxels fill."""
        ends = [(-0.5, n - 0.5) for n in self.shape]
        return self.to_mm(np.array(list(itertools.product(*ends))))

    def text(self) -> str:
        """Return the geometry in one line, for messages."""
        return (
            f"size {_numbers(self.shape)} (z, y, x), spacing {_numbers(self.spacing_mm)} mm (z, y, x), "
            f"origin {_numbers(self.origin_mm)} mm (x, y, z), direction {_numbers(self.direction)}"
        )


def check_spacing(spacing_mm: tuple[float, ...], *, where: str | None) -> None:
    """Refuse a spacing that is zero, negative or not a number (``IGX-IMG-009``)."""
    if all(np.isfinite(s) and s > 0 for s in spacing_mm):
        return
    raise InputError(
        "IGX-IMG-009",
        f"the voxel spacing {_numbers(spacing_mm)} mm is not positive",
        where=where,
        expected="three positive numbers in mm",
        remedy=DECLARE_SPACING,
    )


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in values) + ")"
