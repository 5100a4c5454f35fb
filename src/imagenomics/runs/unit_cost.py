"""What every unit of an extraction costs besides what is measured in it."""

from __future__ import annotations

BYTES_PER_VOXEL = 40  # image and mask as read, normalised, and cut to the region
# Measured by benchmarks/worker_efficiency.py: reading image and mask, and what each unit costs besides.
READ_NANOSECONDS, UNIT_SECONDS = 45.0, 0.015


def unit_seconds(image_voxels: int) -> float:
    """Return the seconds for reading one image of so many voxels with its mask, and for keeping a result."""
    return UNIT_SECONDS + image_voxels * READ_NANOSECONDS * 1e-9
