"""CPU seconds of one unit of work of each kind of analysis, for what `check` announces.

Measured by benchmarks/family_cost.py (2026-11-27): between the small and the large case of each kind.
"""

from __future__ import annotations

from imagenomics.associate.survival.gain import GROUPS, TRIED
from imagenomics.associate.survival.settings import CompareSettings

STEP_DOWN = 3.0  # times what a draw costs otherwise, where each pair is followed in each draw
PRODUCT = 3e-8  # of one pair, draw and patient
TWICE = 1.5e-3  # of one pair of columns
COX_MODEL = 8e-7  # of one patient of one model
COX_FIT = 3e-6  # of one patient of one model in one training part
TREE = 6e-9  # of one feature of a pair of patients in one tree
MAP_DRAW = 3e-9  # of one voxel of a map in one draw
MAP_VOXELS = 500_000  # of a map, where masks are not read: a template of 2 mm with its margin
BURDEN = 1e-3  # of one set of ten variants and one feature
SKAT = 1e-3
SKAT_O = 1.2e-3


def fits_of_comparison(settings: CompareSettings) -> int:
    """Return how often each model of a comparison is fitted: in folds, and in those without a tenth of the patients."""
    return 1 + settings.folds * (settings.repeats + GROUPS * min(TRIED, settings.repeats))
