"""The strata of a ``[[survival]]`` block."""

from __future__ import annotations

import pandas as pd

from imagenomics.runs.choose import choose_clinical
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import SurvivalBlock


def strata_of(block: SurvivalBlock, linked: Linked, where: str) -> pd.Series | None:
    """Return by patient the stratum with a baseline hazard of its own; missing where any part of it is."""
    if not block.strata:
        return None
    values = choose_clinical(linked.clinical, block.strata, where=where).values
    joined = values.astype(str).agg(" · ".join, axis=1)
    return joined.where(values.notna().all(axis=1))
