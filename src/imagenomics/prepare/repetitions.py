"""Repeated measurements as tables: test and retest, or an image and its perturbed copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.cohort.losses import PARTIAL, Loss, loss_table
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.prepare.base import FloatArray, IntArray
from imagenomics.stats.agreement.estimate import numbers
from imagenomics.stats.agreement.icc import Form, icc

COLUMNS = ("feature", "icc", "ci_low", "ci_high", "form", "n", "k")
KEYS = ("patient", "repetition", "feature")


def stability_table(
    measurements: pd.DataFrame, *, form: Form = "ICC(1,1)", confidence: float = 0.95
) -> pd.DataFrame:
    """Say how stable each feature is when the same patients are measured again.

    Parameters
    ----------
    measurements : DataFrame
        One row for each value: ``patient, repetition, feature, value``.
    form : str
        ``ICC(1,1)`` where repetitions are exchangeable (perturbed copies); ``ICC(2,1)`` where a repetition is the
        same scanner or reader for all patients. See :func:`imagenomics.stats.agreement.icc.icc`.
    confidence : float

    Returns
    -------
    DataFrame
        ``feature, icc, ci_low, ci_high, form, n, k``, in the order in which features appear. ``n`` counts the
        patients with all ``k`` repetitions; :func:`repetition_losses` names the others.

    Raises
    ------
    InputError
        ``IGX-PREP-022``: a column is missing; ``IGX-PREP-023``: a value is there twice; ``IGX-STAT-021``: one
        repetition only; ``IGX-STAT-022``: values that are not numbers; ``IGX-STAT-023``: unknown form.
    """
    cube = _cube(measurements)
    parts = [
        stability_of(
            cube.values[np.ix_(features, np.arange(len(cube.patients)), repetitions)],
            [cube.features[f] for f in features],
            form=form,
            confidence=confidence,
        )
        for features, repetitions in cube.alike()
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts).set_index("feature").loc[cube.features].reset_index()


def stability_of(
    values: npt.ArrayLike, features: Sequence[str], *, form: Form, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the rows of the stability table for ``values`` (features, patients, repetitions)."""
    found = icc(values, form=form, confidence=confidence)
    return pd.DataFrame(
        {
            "feature": list(features),
            "icc": found.estimate,
            "ci_low": found.low,
            "ci_high": found.high,
            "form": form,
            "n": found.n.astype(np.int64),
            "k": found.k,
        }
    )


def repetition_losses(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the loss table of the patients who lack a repetition of some feature, and so do not count for it."""
    cube = _cube(measurements)
    gaps: dict[str, list[str]] = {}
    for features, repetitions in cube.alike():
        for f in features:
            lacks = np.isnan(cube.values[f][:, repetitions]).any(axis=1)
            for i in np.flatnonzero(lacks):
                gaps.setdefault(cube.patients[i], []).append(cube.features[f])
    rows = [
        Loss(patient, "stability", patient, PARTIAL, "a repetition is missing", short_list(names))
        for patient, names in sorted(gaps.items())
    ]
    return loss_table(rows)


def repeated_columns(measurements: pd.DataFrame, *, separator: str = "@") -> pd.DataFrame:
    """Set repetitions side by side for :class:`imagenomics.prepare.stability.StabilityFilter`.

    Parameters
    ----------
    measurements : DataFrame
        ``patient, repetition, feature, value``. The repetition that comes first in the table is the measurement
        proper.
    separator : str
        What stands between a feature's name and its repetition.

    Returns
    -------
    DataFrame
        By patient: ``feature`` for the first repetition, ``feature@<repetition>`` for the others.

    Raises
    ------
    InputError
        As :func:`stability_table`.
    """
    cube = _cube(measurements)
    columns = {
        feature if r == 0 else f"{feature}{separator}{repetition}": cube.values[f, :, r]
        for f, feature in enumerate(cube.features)
        for r, repetition in enumerate(cube.repetitions)
    }
    return pd.DataFrame(columns, index=pd.Index(cube.patients, name="patient"))


@dataclass(frozen=True)
class _Cube:
    """Values (features, patients, repetitions), NaN where there is none, each axis in order of appearance."""

    values: FloatArray
    features: list[str]
    patients: list[str]
    repetitions: list[object]

    def alike(self) -> list[tuple[IntArray, IntArray]]:
        """Return groups of features that were measured in the same repetitions, and these repetitions."""
        measured = ~np.isnan(self.values).all(axis=1)
        patterns, group = np.unique(measured, axis=0, return_inverse=True)
        return [
            (np.flatnonzero(group.ravel() == g).astype(np.int64), np.flatnonzero(pattern).astype(np.int64))
            for g, pattern in enumerate(patterns)
        ]


def _cube(measurements: pd.DataFrame) -> _Cube:
    for column in (*KEYS, "value"):
        if column not in measurements.columns:
            raise unknown_name("IGX-PREP-022", "column", column, measurements.columns, where="measurements")
    twice = measurements.duplicated(list(KEYS))
    if twice.any():
        shown = [" / ".join(map(str, row)) for row in measurements.loc[twice, list(KEYS)].to_numpy()]
        raise InputError(
            "IGX-PREP-023",
            f"{len(shown)} values are there twice: {short_list(shown)}",
            where="measurements",
            expected="one value for each patient, repetition and feature",
            remedy="name the repetitions apart, or keep one region for each patient",
        )
    patient, patients = pd.factorize(measurements["patient"])
    repetition, repetitions = pd.factorize(measurements["repetition"])
    feature, features = pd.factorize(measurements["feature"])
    values = np.full((len(features), len(patients), len(repetitions)), np.nan)
    values[feature, patient, repetition] = numbers(measurements["value"].to_numpy(), what="measurements")
    return _Cube(values, [str(f) for f in features], [str(p) for p in patients], list(repetitions))
