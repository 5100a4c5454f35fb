"""Does a pair go together in every cohort: tested in each alone, then pooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.replication.frame import pair_table, pooled_rows
from imagenomics.associate.replication.scales import count_groups, to_scale
from imagenomics.associate.replication.settings import ReplicationSettings
from imagenomics.associate.sides import check_table, read_side
from imagenomics.errors import InputError
from imagenomics.stats.meta import pool
from imagenomics.tables.frames import stack
from imagenomics.tables.patient_table import PatientTable

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Replicated:
    """What replication found.

    Parameters
    ----------
    associations : DataFrame
        Columns of every family: first the pooled rows (stratum ``all cohorts``), then those of each cohort.
    pairs : DataFrame
        One row per pair: both ways of pooling, heterogeneity, signs.
    """

    associations: pd.DataFrame
    pairs: pd.DataFrame


def test_replication(
    features: PatientTable,
    targets: PatientTable,
    *,
    cohorts: pd.Series,
    covariates: PatientTable | None = None,  # noqa: PT028
    settings: ReplicationSettings,
    analysis: str,
) -> Replicated:
    """Test every feature against every target in each cohort, and pool the effects of each pair.

    Parameters
    ----------
    features, targets : PatientTable
        F and T columns of any kind.
    cohorts : Series
        Cohort by patient; a patient without one is in none.
    covariates : PatientTable, optional
        What the models of each cohort adjust for.
    settings : ReplicationSettings
    analysis : str

    Returns
    -------
    Replicated
        ``q`` covers the pooled rows alone; rows of one cohort have none. Effects without a direction (Cramer's V,
        eta squared) are tested in each cohort and not pooled, as are pairs tested in fewer than ``min_cohorts`` or by
        tests that differ between cohorts; the reason says so, and names cohorts that do not enter.

    Raises
    ------
    InputError
        ``IGX-META-002``: fewer than two cohorts have enough patients; those of ``test_pairs``.

    Assumes
    -------
    Cohorts share no patients.

    Source
    ------
    As :func:`imagenomics.stats.meta.pool` and :func:`imagenomics.associate.replication.scales.to_scale`.
    """
    check_table(features, what="features")
    check_table(targets, what="targets")
    members, small = _members(features, targets, cohorts, covariates=covariates, settings=settings)
    parts: dict[str, pd.DataFrame] = {}
    effects, errors = [], []
    for name, ids in members.items():
        rows = test_pairs(
            features.patients(ids),
            targets.patients(ids),
            covariates=None if covariates is None else covariates.patients(ids),
            settings=settings,
            analysis=analysis,
            seed=0,  # nothing is drawn
        )
        counts = count_groups(
            read_side(features, ids, what="features"), read_side(targets, ids, what="targets")
        )
        y, e = to_scale(rows, counts, adjusted=covariates is not None, confidence=settings.confidence)
        effects.append(y)
        errors.append(e)
        stratum = pd.Categorical.from_codes(np.zeros(len(rows), dtype=np.int8), pd.Index([name]))
        parts[name] = rows.assign(stratum=stratum, q=np.nan)
    scaled = np.column_stack(effects), np.column_stack(errors)
    fixed = pool(*scaled, method="fixed", confidence=settings.confidence)
    random = pool(
        *scaled,
        method="dersimonian-laird" if settings.pooling == "fixed" else settings.pooling,
        interval=settings.interval,
        confidence=settings.confidence,
    )
    chosen = fixed if settings.pooling == "fixed" else random
    whole = pooled_rows(parts, chosen, scaled[0], settings=settings, small=small)
    pairs = pair_table(whole, fixed, random, effects=scaled[0])
    return Replicated(stack([whole, *parts.values()]), pairs)


test_replication.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _members(
    features: PatientTable,
    targets: PatientTable,
    cohorts: pd.Series,
    *,
    covariates: PatientTable | None,
    settings: ReplicationSettings,
) -> tuple[dict[str, pd.Index], dict[str, int]]:
    """Return the patients of each cohort that is tested, and how many those have that are too small."""
    ids = features.values.index.intersection(targets.values.index)
    if covariates is not None:
        complete = covariates.values.notna().all(axis=1)
        ids = ids.intersection(covariates.values.index[complete])
    own = cohorts.reindex(ids.sort_values()).dropna().astype(str)
    groups: Mapping[str, pd.Index] = {str(k): part.index for k, part in own.groupby(own, sort=True)}
    small = {name: len(part) for name, part in groups.items() if len(part) < settings.min_patients}
    members = {name: part for name, part in groups.items() if name not in small}
    if len(members) < settings.min_cohorts:
        sizes = ", ".join(f"{name}: {len(part)}" for name, part in groups.items()) or "none"
        raise InputError(
            "IGX-META-002",
            f"{len(members)} cohorts have {settings.min_patients} patients with features, targets and covariates",
            where=f"column {cohorts.name}; patients by cohort: {sizes}",
            expected=f"at least {settings.min_cohorts} such cohorts",
            remedy="name a clinical column that tells cohorts apart, or pool small cohorts in one level",
        )
    return members, small
