"""Strata: groups of patients, such as sites, inside which permutations stay."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import ArgumentTypeError, InputError


def read_strata(strata: pd.Series | None, ids: pd.Index) -> npt.NDArray[np.int64]:
    """Return the stratum of each patient as a number; a patient without one is alone in a stratum.

    Raises
    ------
    ArgumentTypeError
        ``IGX-ASSOC-007``: not a Series by patient.
    InputError
        ``IGX-ASSOC-008``: no patient of the tables has a stratum, or one has two.
    """
    if strata is None:
        return np.zeros(len(ids), dtype=np.int64)
    if not isinstance(strata, pd.Series):
        raise ArgumentTypeError(
            "IGX-ASSOC-007", f"strata are a {type(strata).__name__}", expected="a Series indexed by patient"
        )
    if strata.index.has_duplicates or (len(ids) and not strata.index.isin(ids).any()):
        raise InputError(
            "IGX-ASSOC-008",
            "strata name a patient twice, or none of the patients of the tables",
            expected="one stratum per patient, indexed by the same patient ids",
        )
    values = strata.reindex(ids)
    names = sorted({str(v) for v in values.dropna()})
    place = {name: k for k, name in enumerate(names)}
    alone = iter(range(len(names), len(names) + len(ids)))
    return np.array([next(alone) if pd.isna(v) else place[str(v)] for v in values], dtype=np.int64)
