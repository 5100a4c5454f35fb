"""``[[clusters]]``: groups of patients by image features alone, whether they are there, and what follows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.clusters.exact import with_exact_tests
from imagenomics.associate.clusters.find import Found, NotFound, find_clusters
from imagenomics.associate.clusters.frames import TABLES, cluster_frames
from imagenomics.associate.clusters.rows import (
    SIGNIFICANCE,
    compared,
    refused_rows,
    significance_row,
)
from imagenomics.associate.clusters.values import scale_features
from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.survival.groups import CURVE_COLUMNS, GROUP_COLUMNS, Grouping, group_tables
from imagenomics.associate.survival.settings import GroupSettings
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.cluster_block import ClusterBlock
from imagenomics.runs.families.costs import TREE
from imagenomics.runs.families.follow_up import read_follow_up
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs, Verdict, site_ignored
from imagenomics.runs.families.pairs import class_counts
from imagenomics.runs.families.survival import CURVES, GROUPS
from imagenomics.runs.families.survival_groups import group_rows, too_few, with_small_groups
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import FollowUpSettings
from imagenomics.stats.multiplicity import false_discovery
from imagenomics.tables.frames import stack
from imagenomics.tables.patient_table import PatientTable, join
from imagenomics.verdicts.clusters import cluster_verdicts
from imagenomics.verdicts.settings import VerdictSettings

SECONDS_OF_TEST = 2e-7  # of one target, one draw, one patient


def _targets(block: ClusterBlock, linked: Linked, where: str) -> PatientTable:
    """Return molecules and clinical variables that are tested against the clusters."""
    parts = [choose_clinical(linked.clinical, block.clinical, where=where)]
    if block.targets:
        parts.insert(0, choose_targets(linked.molecules, block.targets, where=where))
    return join(parts)


def _look_up(block: ClusterBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    _targets(block, linked, where)
    for end in block.survival:
        read_follow_up(end, linked, f"{where}, survival")


def _foresee(block: ClusterBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    chosen = choose_features(features, block.features, flagged=block.flagged, where=where)
    n, p = len(linked.patients), len(chosen.columns)
    tests = len(_targets(block, linked, where).columns) + len(block.survival)
    trees = block.references + block.resamples + block.null_draws
    return {
        "kind": "association",
        "features": p,
        "targets": tests,
        "tests": tests + 1,
        "permutations": block.permutations,
        "seconds": trees * n * n * max(p, 20) * TREE + tests * (1 + block.permutations) * n * SECONDS_OF_TEST,
    }


def _test(block: ClusterBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    found = find_clusters(
        inputs.features(block, where=where),
        settings=block,
        analysis=block.name,
        seed=inputs.seed,
        executor=inputs.executor,
    )
    bench = _Bench(block, inputs, where)
    rows, curves, groups = bench.rows(found)
    return {
        ASSOCIATIONS: rows,
        **cluster_frames(found, analysis=block.name),
        CURVES: curves.reindex(columns=CURVE_COLUMNS),
        GROUPS: groups.reindex(columns=GROUP_COLUMNS),
    }


class _Bench:
    """What is tested against the clusters of a block."""

    def __init__(self, block: ClusterBlock, inputs: Inputs, where: str) -> None:
        self.block, self.inputs, self.where = block, inputs, where
        self.targets = _targets(block, inputs.linked, where)

    def rows(self, found: Found | NotFound) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return the rows of the family, and survival curves and groups."""
        block = self.block
        curves, groups = pd.DataFrame(columns=list(CURVE_COLUMNS)), pd.DataFrame(columns=list(GROUP_COLUMNS))
        if isinstance(found, NotFound):
            tests = [self._refused(found.reason)]
        elif (clusters := compared(found, min_group=block.min_group)).reason:
            tests = [self._refused(clusters.reason)]
        else:
            tests = [self._pairs(clusters.table)] if len(self.targets.columns) else []
            ends = [self._survival(end, clusters.codes, clusters.name) for end in block.survival]
            tests += [end[0] for end in ends]
            drawn = [end[1] for end in ends if len(end[1])]
            named = [end[2] for end in ends if len(end[2])]
            curves = pd.concat(drawn, ignore_index=True) if drawn else curves
            groups = pd.concat(named, ignore_index=True) if named else groups
        family = stack([_plain(t) for t in tests if len(t)]) if any(map(len, tests)) else None
        parts = [] if family is None else [family.assign(q=false_discovery(family["p"], block.fdr))]
        parts.append(significance_row(found, analysis=block.name))
        types = {"n": np.int32, "df": np.float32, "df_factor": np.float32}
        whole = stack([_plain(part) for part in parts])
        return whole[list(COLUMNS)].astype(types), curves, groups

    def _pairs(self, table: PatientTable) -> pd.DataFrame:
        block = self.block
        rows = test_pairs(
            table,
            self.targets,
            covariates=self.inputs.covariates(block, where=self.where),
            strata=self.inputs.strata(block),
            settings=AssociateSettings(
                fdr=block.fdr,
                alpha=block.alpha,
                confidence=block.confidence,
                min_patients=block.min_patients,
                min_group=block.min_group,
                permutations=block.permutations,
            ),
            analysis=block.name,
            seed=self.inputs.seed,
            executor=self.inputs.executor,
        )
        return rows if block.adjust else with_exact_tests(rows, table, self.targets, seed=self.inputs.seed)

    def _survival(
        self, end: FollowUpSettings, codes: pd.Series, name: str
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        block = self.block
        times = read_follow_up(end, self.inputs.linked, f"{self.where}, survival").times
        ids = codes.index[codes.index.isin(times.ids)]
        group = GroupSettings(by="cluster")
        curves = pd.DataFrame(columns=list(CURVE_COLUMNS))
        if len(ids) < block.min_patients:
            rows = too_few(name, group, len(ids), block)
        else:
            places, levels = pd.factorize(codes[ids], sort=True)
            grouping = Grouping(places.astype(np.int64), tuple(f"cluster {c}" for c in levels))
            curves, rows = group_tables(
                grouping, times.of(ids), name=name, settings=group, confidence=block.confidence
            )
            rows = with_small_groups(rows, block)
        tested = group_rows(rows, analysis=block.name, target=end.endpoint)
        named = {"analysis": block.name, "grouping": f"{end.endpoint} by {name}"}
        return tested, curves.assign(**named), rows.assign(**named)

    def _refused(self, reason: str) -> pd.DataFrame:
        kinds = {str(name): str(kind) for name, kind in self.targets.columns["kind"].items()}
        ends = {end.endpoint: "survival" for end in self.block.survival}
        return refused_rows({**kinds, **ends}, analysis=self.block.name, reason=reason)


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with text where categories were, so that parts can be set one below the other."""
    text = [c for c in rows.columns if isinstance(rows[c].dtype, pd.CategoricalDtype)]
    return rows.astype(dict.fromkeys(text, object))


def _judge(block: ClusterBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    events = {}
    for end in block.survival:
        followed = read_follow_up(end, linked, KIND.where(block)).times
        events[end.endpoint] = (followed.n_events, len(followed.ids))
    return cluster_verdicts(
        rows[rows["test"] != SIGNIFICANCE],
        rows[rows["test"] == SIGNIFICANCE],
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        class_counts=class_counts(linked),
        events=events,
        site_ignored=site_ignored(block.adjust, linked),
    )


def _left_out(block: ClusterBlock, inputs: Inputs) -> dict[str, str]:
    scaled = scale_features(inputs.features(block, where=KIND.where(block)), settings=block)
    return scaled.patients_out


KIND = FamilyKind(
    "clusters",
    2,  # rotations in place of draws from estimated correlations
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(*TABLES, CURVES, GROUPS),
    left_out=_left_out,
)
