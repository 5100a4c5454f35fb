"""Columns that no model of expression takes: unordered categories, and values that a kind does not allow."""

from __future__ import annotations

import numpy as np

from imagenomics.associate.codes import FEATURE_INVALID
from imagenomics.associate.differential.phenotypes import PER
from imagenomics.associate.frame import Placed
from imagenomics.associate.outcome import common_counts, refused
from imagenomics.associate.sides import Side


def refuse_others(phenotypes: Side, genes: Side) -> list[Placed]:
    """Return the blocks of the pairs that cannot be tested, with their reason."""
    placed: list[Placed] = []
    usable = np.flatnonzero(genes.allowed)
    other = np.flatnonzero((~np.isin(phenotypes.kinds, list(PER))) | ~phenotypes.allowed)
    fine = np.setdiff1d(np.arange(len(phenotypes.names)), other)
    for rows, columns in ((usable, other), (np.flatnonzero(~genes.allowed), np.concatenate([fine, other]))):
        if rows.size and columns.size:
            n = common_counts(phenotypes.values[:, columns], genes.values[:, rows])
            code = np.full(n.shape, FEATURE_INVALID, dtype=np.int8)
            placed.append(Placed(refused("", n, code), rows, columns, False))
    return placed
