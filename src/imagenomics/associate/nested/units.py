"""Which feature goes with which target where a patient has several biopsies, foci or lesions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.choose import kind_group, transform
from imagenomics.associate.codes import FEATURE_INVALID, OK, TARGET_INVALID, UNITS_CATEGORICAL
from imagenomics.associate.frame import Placed, make_frame, put_together
from imagenomics.associate.nested.engine import NestedBlock, NestedEngine
from imagenomics.associate.nested.inputs import NestedInputs, read_nested
from imagenomics.associate.nested.settings import NestedSettings
from imagenomics.associate.outcome import Rules, common_counts, refused
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.sides import Side
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.unit_table import UnitTable
from imagenomics.work.threads import one_thread

UNIT_COLUMNS = ("analysis", "feature", "target", "unit", "units", "patients", "icc", "scheme")
SAID = {
    "cluster-robust": "errors are estimated from patients",
    "mixed": "a random intercept for each patient",
    "independent": "UNITS ARE TAKEN AS INDEPENDENT, as the study asks: p values are too small where units of "
    "one patient are alike",
}


class Nested(NamedTuple):
    """Associations of units, and how many units and patients each rests on."""

    associations: pd.DataFrame
    units: pd.DataFrame


def test_units(
    features: UnitTable,
    targets: UnitTable | PatientTable,
    *,
    covariates: PatientTable | None = None,  # noqa: PT028
    settings: NestedSettings,
    analysis: str,
) -> Nested:
    """Test every feature against every target where rows are units inside patients.

    Parameters
    ----------
    features : UnitTable
        F columns by (patient, unit).
    targets : UnitTable or PatientTable
        T columns; what is known of the patient alone is the same for all of a patient's units.
    covariates : PatientTable, optional
        What the models adjust for; every column of it.
    settings : NestedSettings
    analysis : str
        Name of the family.

    Returns
    -------
    Nested
        ``associations`` as of :func:`~imagenomics.associate.pairs.test_pairs`, with ``n`` counting units and without
        permutations: which units may change place depends on what varies inside patients. ``units`` has for each pair
        (``UNIT_COLUMNS``) units, patients and, of mixed models, the share of the variance between patients.

    Raises
    ------
    InputError
        ``IGX-ASSOC-061`` to ``IGX-ASSOC-063``, ``IGX-ASSOC-003`` to ``IGX-ASSOC-006``; see their pages.
    ArgumentTypeError
        ``IGX-ASSOC-002``: not a table of units, or of patients.

    Assumes
    -------
    Patients are independent; units of one patient need not be. Mixed models: residuals close to normal after the
    scores, one variance inside patients and one between them.
    """
    read = read_nested(features, targets, covariates=covariates, unit=settings.unit)
    with one_thread():
        parts = _observe(read, settings)
    sides = (read.features, read.targets)
    shape = (len(sides[1].names), len(sides[0].names))
    note = f"n counts units ('{settings.unit}'); {SAID[settings.units]}; not permuted"
    placed = [_noted(part, note) for part in parts]
    frame = make_frame(
        put_together(placed, shape),
        sides,
        labels={"analysis": analysis, "stratum": "", "unit": settings.unit},
        fdr=settings.fdr,
        rules=_rules(settings),
        p_maxt=None,
        permutation="",
    )
    return Nested(frame, _counts(frame, parts, shape, settings=settings))


test_units.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


class _Part(NamedTuple):
    found: NestedBlock
    targets: npt.NDArray[np.intp]
    features: npt.NDArray[np.intp]


def _rules(settings: NestedSettings) -> Rules:
    return Rules(settings.min_patients, settings.min_group, settings.min_per_term)


def _observe(read: NestedInputs, settings: NestedSettings) -> list[_Part]:
    """Test all pairs, one rectangle of kinds after the other."""
    plain = AssociateSettings(transform=settings.transform)
    f_side, t_side = transform(read.features, plain), transform(read.targets, plain)
    parts = []
    for t_places in _rectangles(t_side):
        for f_places in _rectangles(f_side):
            f, t = f_side.take(f_places), t_side.take(t_places)
            refusal = _refusal(f, t)
            if refusal != OK:
                n = common_counts(f.values, t.values)
                block = refused("", n, np.full(n.shape, refusal, dtype=np.int8))
                found = NestedBlock(block, np.zeros_like(n), np.full(n.shape, np.nan))
            else:
                engine = NestedEngine(
                    f,
                    t,
                    design=read.design,
                    patients=read.patients,
                    scheme=settings.units,
                    rules=_rules(settings),
                    confidence=settings.confidence,
                )
                found = engine.observe()
            parts.append(_Part(found, t_places, f_places))
    return parts


def _rectangles(side: Side) -> Sequence[npt.NDArray[np.intp]]:
    """Return the places of the columns of each kind that can be used, and of those that cannot."""
    groups = kind_group(side)
    places = [np.flatnonzero((groups == group) & side.allowed) for group in dict.fromkeys(groups)]
    return [place for place in (*places, np.flatnonzero(~side.allowed)) if place.size]


def _refusal(features: Side, targets: Side) -> int:
    if not targets.allowed.all():
        return TARGET_INVALID
    if not features.allowed.all():
        return FEATURE_INVALID
    groups = {*kind_group(features), *kind_group(targets)}
    return UNITS_CATEGORICAL if "categorical" in groups else OK


def _noted(part: _Part, note: str) -> Placed:
    return Placed(replace(part.found.block, note=note), part.targets, part.features, False)


def _counts(
    frame: pd.DataFrame, parts: Sequence[_Part], shape: tuple[int, int], *, settings: NestedSettings
) -> pd.DataFrame:
    """Return how many units and patients each pair rests on, in the order of the associations."""
    patients, icc = np.zeros(shape, dtype=np.int32), np.full(shape, np.nan)
    for part in parts:
        where = np.ix_(part.targets, part.features)
        patients[where], icc[where] = part.found.patients, part.found.icc
    columns = {
        **{name: frame[name] for name in ("analysis", "feature", "target", "unit")},
        "units": frame["n"],
        "patients": patients.reshape(-1),
        "icc": icc.reshape(-1),
        "scheme": settings.units,
    }
    return pd.DataFrame(columns)[list(UNIT_COLUMNS)]
