"""How well does each feature, as a marker, tell who has a binary molecule, and would its cut-off hold in others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_INVALID,
    FEW,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_INVALID,
    reasons,
    statuses,
)
from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.roc.areas import EFFECT, TEST, area_of
from imagenomics.associate.roc.comparisons import COMPARED, compare_markers, pair_name
from imagenomics.associate.roc.comparisons import EFFECT as DIFFERENCE
from imagenomics.associate.roc.curves import CURVE_COLUMNS, marker_curve
from imagenomics.associate.roc.cutoffs import CUT_COLUMNS, cut_off
from imagenomics.associate.roc.settings import RocSettings
from imagenomics.associate.sides import NUMERIC, Side, check_table, read_side
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.resample.splits import folds
from imagenomics.stats.multiplicity import false_discovery
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.seeds import integer_seed

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Row = dict[str, Any]
BINARY = ("binary",)


@dataclass(frozen=True)
class Markers:
    """What was found of markers.

    Parameters
    ----------
    associations : DataFrame
        Columns of every family: one row for each target and feature, then those of comparisons (test
        ``DeLong, paired``), whose q is their own.
    cutoffs : DataFrame
        One row for each pair that was tested: ``CUT_COLUMNS``.
    curves : DataFrame
        ROC curves of the strongest and of the compared features: ``CURVE_COLUMNS``.
    """

    associations: pd.DataFrame
    cutoffs: pd.DataFrame
    curves: pd.DataFrame


def test_markers(
    features: PatientTable, targets: PatientTable, *, settings: RocSettings, analysis: str, seed: int
) -> Markers:
    """Test every feature as a marker of every binary target, and choose and try its cut-off.

    Parameters
    ----------
    features : PatientTable
        F columns; those that are categorical cannot be tested.
    targets : PatientTable
        T columns; those that are not binary cannot be tested.
    settings : RocSettings
    analysis : str
    seed : int
        Of folds and bootstrap.

    Returns
    -------
    Markers

    Raises
    ------
    InputError
        ``IGX-ASSOC-080``: no target is binary; ``IGX-ASSOC-081``: a compared feature that is not there; those of
        tables.

    Source
    ------
    As :func:`~imagenomics.associate.roc.areas.area_of`, :func:`~imagenomics.associate.roc.cutoffs.cut_off` and
    :func:`~imagenomics.associate.roc.comparisons.compare_markers`.
    """
    check_table(features, what="features")
    check_table(targets, what="targets")
    check_markers(features, targets, settings=settings, where=analysis)
    ids = features.values.index.intersection(targets.values.index).sort_values()
    bench = _Bench(
        read_side(features, ids, what="features"),
        read_side(targets, ids, what="targets"),
        ids,
        settings,
        analysis,
        seed,
    )
    found = [bench.one_target(t) for t in range(len(bench.targets.names))]
    rows, compared = (pd.DataFrame([row for part in found for row in part[k]]) for k in (0, 1))
    parts = [
        part.assign(q=false_discovery(part["p"], settings.fdr)) for part in (rows, compared) if len(part)
    ]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    cuts = pd.DataFrame([row for part in found for row in part[2]], columns=list(CUT_COLUMNS))
    curves = [frame for part in found for frame in part[3]]
    drawn = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=list(CURVE_COLUMNS))
    types = {"n": np.int32, "df": np.float32, "df_factor": np.float32}
    return Markers(table[list(COLUMNS)].astype(types), cuts, drawn[list(CURVE_COLUMNS)])


test_markers.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def check_markers(
    features: PatientTable, targets: PatientTable, *, settings: RocSettings, where: str
) -> None:
    """Refuse targets of which none is binary (``IGX-ASSOC-080``), and unknown features (``IGX-ASSOC-081``)."""
    check_binary(targets, where=where)
    for name in (name for pair in settings.compare for name in pair):
        if name not in features.columns.index:
            raise unknown_name(
                "IGX-ASSOC-081", "feature", name, features.columns.index, where=f"{where}, compare"
            )


def check_binary(targets: PatientTable, *, where: str) -> None:
    """Refuse targets of which none is binary (``IGX-ASSOC-080``)."""
    if not (targets.columns["kind"] == "binary").any():
        kinds = [f"{name} ({kind})" for name, kind in targets.columns["kind"].items()]
        raise InputError(
            "IGX-ASSOC-080",
            f"no target is binary: {short_list(kinds)}",
            where=where,
            expected="at least one molecule or label with two classes",
            remedy="name a binary column in targets, or make one with [[derive]] or the 'positive' of a label",
        )


@dataclass(frozen=True)
class _Bench:
    """Both sides, and how they are read."""

    features: Side
    targets: Side
    ids: pd.Index
    settings: RocSettings
    analysis: str
    seed: int

    def one_target(self, t: int) -> tuple[list[Row], list[Row], list[Row], list[pd.DataFrame]]:
        """Return rows, comparisons, cut-offs and curves of a target."""
        labels = self.targets.values[:, t]
        parts = self._folds(t)
        rows, cuts = [], []
        for f in range(len(self.features.names)):
            row = self._row(t, f)
            rows.append(row)
            if row["status"] == "ok":
                known = self._known(labels, f)
                cut = cut_off(
                    self.features.values[known, f], labels[known], parts[:, known], settings=self.settings
                )
                cuts.append(
                    {"analysis": self.analysis, "feature": row["feature"], "target": row["target"], **cut}
                )
        compared = [self._comparison(t, pair) for pair in self.settings.compare]
        return rows, compared, cuts, list(self._curves(t, rows, cuts))

    def _folds(self, t: int) -> IntArray:
        """Return the fold of each patient in each repeat; 0 throughout where there are none."""
        labels, s = self.targets.values[:, t], self.settings
        out = np.zeros((s.repeats, len(self.ids)), dtype=np.int64)
        known = ~np.isnan(labels)
        counts = [int((labels == k).sum()) for k in (0, 1)]
        if self._target_code(t) == OK and min(counts) >= s.folds:
            seed = integer_seed(self.seed, "roc", self.analysis, self.targets.names[t])
            drawn = folds(
                self.ids[known], labels[known], n_splits=s.folds, repeats=s.repeats, seed=seed
            ).pivot(index="repeat", columns="patient", values="fold")
            out[:, known] = drawn[list(self.ids[known])].to_numpy()
        return out

    def _known(self, labels: FloatArray, *places: int) -> npt.NDArray[np.bool_]:
        return ~np.isnan(labels) & ~np.isnan(self.features.values[:, list(places)]).any(axis=1)

    def _row(self, t: int, f: int) -> Row:
        labels = self.targets.values[:, t]
        known = self._known(labels, f)
        values, y = self.features.values[known, f], labels[known]
        code = self._code(t, (f,), values, y)
        row = self._blank(t, self.features.names[f], int(known.sum()), code)
        if code == OK:
            seed = integer_seed(self.seed, "roc", self.analysis, row["target"], row["feature"])
            row |= area_of(values, y, settings=self.settings, seed=seed)
        return row | {"test": TEST, "effect_name": EFFECT}

    def _comparison(self, t: int, pair: tuple[str, str]) -> Row:
        labels = self.targets.values[:, t]
        places = tuple(list(self.features.names).index(name) for name in pair)
        known = self._known(labels, *places)
        first, second = (self.features.values[known, f] for f in places)
        code = max(self._code(t, places, values, labels[known]) for values in (first, second))
        row = self._blank(t, pair_name(pair), int(known.sum()), code)
        if code == OK:
            row |= compare_markers(first, second, labels[known], settings=self.settings)
        return row | {"test": COMPARED, "effect_name": DIFFERENCE}

    def _target_code(self, t: int) -> int:
        usable = self.targets.kinds[t] in BINARY and self.targets.allowed[t]
        return OK if usable else TARGET_INVALID

    def _code(self, t: int, places: tuple[int, ...], values: FloatArray, labels: FloatArray) -> int:
        """Return what speaks against a test."""
        if any(
            self.features.kinds[f] not in (*NUMERIC, *BINARY) or not self.features.allowed[f] for f in places
        ):
            return FEATURE_INVALID
        if self._target_code(t) != OK:
            return TARGET_INVALID
        counts = [int((labels == k).sum()) for k in (0, 1)]
        if values.size < self.settings.min_patients:
            return FEW
        if values.min() == values.max():
            return FEATURE_CONSTANT
        if min(counts) == 0:
            return TARGET_CONSTANT
        return SMALL_GROUP if min(counts) < self.settings.min_group else OK

    def _blank(self, t: int, feature: str, n: int, code: int) -> Row:
        s = self.settings
        said = {
            **reasons(patients=s.min_patients, group=s.min_group, per_term=1),
            FEATURE_INVALID: "the feature has no order, or values that its kind does not allow",
            TARGET_INVALID: "the target is not binary",
        }[code]
        nothing = ("effect", "ci_low", "ci_high", "statistic", "p", "neg_log10_p", "q", "p_maxt", "df", "se")
        return {
            **dict.fromkeys((*nothing, "df_factor"), np.nan),
            "analysis": self.analysis,
            "feature": feature,
            "target": self.targets.names[t],
            "target_kind": self.targets.kinds[t],
            "stratum": "",
            "unit": "patient",
            "n": n,
            "status": statuses()[code],
            "reason": said,
            "permutation": "",
        }

    def _curves(self, t: int, rows: list[Row], cuts: list[Row]) -> Iterator[pd.DataFrame]:
        """Yield the curves of the strongest features, and of compared ones."""
        tested = {row["feature"]: row for row in rows if row["status"] == "ok"}
        strongest = sorted(tested, key=lambda name: (tested[name]["p"], name))[: self.settings.curves]
        wanted = dict.fromkeys([*strongest, *(name for pair in self.settings.compare for name in pair)])
        direction = {cut["feature"]: cut["direction"] for cut in cuts}
        labels, names = self.targets.values[:, t], list(self.features.names)
        for name in wanted:
            if name not in tested:
                continue
            known = self._known(labels, names.index(name))
            curve = marker_curve(
                self.features.values[known, names.index(name)], labels[known], direction=direction[name]
            )
            yield curve.assign(
                analysis=self.analysis,
                feature=name,
                target=self.targets.names[t],
                direction=direction[name],
            )
