"""Both sides and the covariates as ranks, for Spearman's partial correlation."""

from __future__ import annotations

import numpy as np

from imagenomics.associate.design import Design, make_design
from imagenomics.associate.sides import NUMERIC, Side
from imagenomics.stats.ranks import midranks


def as_ranks(side: Side) -> Side:
    """Return the side with each column as the ranks of its observed values; levels stay levels."""
    numeric = np.isin(side.kinds, NUMERIC)
    values = side.values.copy()
    for place in np.flatnonzero(numeric):
        seen = ~np.isnan(values[:, place])
        values[seen, place] = midranks(values[seen, place])
    return Side(side.names, side.kinds, values, side.allowed)


def rank_design(design: Design) -> Design:
    """Return the design of the covariates' ranks."""
    if design.covariates is None:
        return design
    return make_design(as_ranks(design.covariates), len(design.basis))
