"""The features of the patients on one scale: who and what can enter, and why others cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.sides import check_table, read_side
from imagenomics.tables.patient_table import PatientTable

FloatArray = npt.NDArray[np.float64]
MAD_TO_SD = 1.482602218505602
CONSTANT = "the same in all patients"
NO_SPREAD = "the same in at least half of the patients, so that it has no median absolute deviation"


@dataclass(frozen=True)
class Scaled:
    """What is clustered.

    Parameters
    ----------
    ids : Index, (n,)
        Patients.
    names : tuple of str, (p,)
        Features.
    z : array, (n, p)
        Scaled values, none missing.
    patients_out, features_out : dict of str to str
        Who and what is not in ``z``, and why.
    """

    ids: pd.Index
    names: tuple[str, ...]
    z: FloatArray
    patients_out: dict[str, str]
    features_out: dict[str, str]


def scale_features(features: PatientTable, *, settings: ClusterSettings) -> Scaled:
    """Return the features on one scale, of the patients who have enough of them.

    Features are left out first (levels without order, no spread, too many missing values), then patients.

    Raises
    ------
    InputError
        ``IGX-ASSOC-001``, ``IGX-ASSOC-003``, ``IGX-ASSOC-004``: see there.
    ArgumentTypeError
        ``IGX-ASSOC-002``: not a patient table.
    """
    table = check_table(features, what="features")
    ids = table.values.index.sort_values()
    side = read_side(table, ids, what="features")
    names = np.array(side.names, dtype=object)
    anything = ~np.isnan(side.values).all(axis=1)
    known = ~np.isnan(side.values[anything])
    lacking = 1.0 - known.sum(axis=0) / max(len(known), 1)
    features_out = {
        str(name): why
        for place, name in enumerate(names)
        if (why := _unfit(str(side.kinds[place]), bool(side.allowed[place]), lacking[place], settings))
    }
    kept = np.array([name not in features_out for name in names], dtype=np.bool_)
    patients_out = _patients_out(ids, side.values[:, kept], settings)
    stay = ~ids.isin(list(patients_out))
    values = side.values[np.ix_(stay, kept)]
    if settings.missing == "median" and values.size:
        values = np.where(np.isnan(values), np.nanmedian(values, axis=0), values)
    z, why_not = _scaled(values, settings)
    features_out |= {str(name): why for name, why in zip(names[kept], why_not, strict=True) if why}
    good = np.array([not why for why in why_not], dtype=np.bool_)
    return Scaled(ids[stay], tuple(map(str, names[kept][good])), z[:, good], patients_out, features_out)


def _unfit(kind: str, allowed: bool, lacking: float, settings: ClusterSettings) -> str:
    if kind == "categorical":
        return "its levels have no order"
    if not allowed:
        return "it has values that its kind does not allow"
    if lacking > settings.max_missing:
        return f"{lacking:.0%} of the patients lack it, more than {settings.max_missing:.0%}"
    return ""


def _patients_out(ids: pd.Index, values: FloatArray, settings: ClusterSettings) -> dict[str, str]:
    p = values.shape[1]
    lacking = np.isnan(values).sum(axis=1)
    most = settings.max_missing * p if settings.missing == "median" else 0.0
    return {
        str(patient): "no feature is known" if count == p else f"{count} of {p} clustered features not known"
        for patient, count in zip(ids, lacking.tolist(), strict=True)
        if count > most or (p > 0 and count == p)
    }


def rescale(values: FloatArray, settings: ClusterSettings) -> FloatArray:
    """Return drawn columns on the scale of the settings, (n, p)."""
    return _scaled(values, settings)[0]


def _scaled(values: FloatArray, settings: ClusterSettings) -> tuple[FloatArray, list[str]]:
    """Return scaled columns, and for each why it has no scale."""
    if not values.size:
        return values, [CONSTANT] * values.shape[1]
    flat = values.max(axis=0) == values.min(axis=0)
    if settings.scale == "normal-scores":
        values = normal_scores(values)
    centre, spread = values.mean(axis=0), values.std(axis=0)
    if settings.scale == "robust":
        centre = np.median(values, axis=0)
        spread = MAD_TO_SD * np.median(np.abs(values - centre), axis=0)
    flat |= (spread <= 1e-12 * np.abs(centre)) & (settings.scale != "robust")
    why = [CONSTANT if f else NO_SPREAD if s <= 0 else "" for f, s in zip(flat, spread, strict=True)]
    return (values - centre) / np.where(spread > 0, spread, 1.0), why
