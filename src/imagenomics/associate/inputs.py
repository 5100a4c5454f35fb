"""The tables of a call as arrays over the patients that all of them know."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.design import Design, complete_rows, make_design
from imagenomics.associate.sides import Side, check_table, read_side
from imagenomics.associate.strata import read_strata
from imagenomics.tables.patient_table import PatientTable

IntArray = npt.NDArray[np.int64]


class Inputs(NamedTuple):
    """Both sides, what models adjust for, and the strata of permutations, patients in the order of their ids."""

    features: Side
    targets: Side
    design: Design
    strata: IntArray


def read_inputs(
    features: PatientTable,
    targets: PatientTable,
    *,
    covariates: PatientTable | None,
    strata: pd.Series | None,
    names: tuple[str, str] = ("features", "targets"),
) -> Inputs:
    """Return the tables as arrays; patients who lack a covariate are left out.

    Parameters
    ----------
    names : (str, str)
        What messages call the two sides.

    Raises
    ------
    InputError
        ``IGX-ASSOC-001`` to ``IGX-ASSOC-008``; see their pages.
    ArgumentTypeError
        ``IGX-ASSOC-002``: not a patient table.
    """
    check_table(features, what=names[0])
    check_table(targets, what=names[1])
    ids = features.values.index.intersection(targets.values.index).sort_values()
    f, t = read_side(features, ids, what=names[0]), read_side(targets, ids, what=names[1])
    adjust, groups = None, read_strata(strata, ids)
    if covariates is not None and len(covariates.columns):
        adjust = read_side(check_table(covariates, what="covariates"), ids, what="covariates")
        keep = complete_rows(adjust)
        f, t, adjust, groups = f.rows(keep), t.rows(keep), adjust.rows(keep), groups[keep]
    return Inputs(f, t, make_design(adjust, len(groups)), groups)
