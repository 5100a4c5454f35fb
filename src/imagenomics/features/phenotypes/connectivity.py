"""The measure ``connectivity``: which regions of an atlas go up and down together in a functional series."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.errors import InputError
from imagenomics.features.brain.cleaning import CleanSeries, clean_series
from imagenomics.features.brain.connectivity import LINK, connectivity_matrix, connectivity_rows
from imagenomics.features.brain.graph import make_graph
from imagenomics.features.brain.network import network_rows
from imagenomics.features.brain.parcel_series import volume_series
from imagenomics.features.brain.parcels import EMPTY
from imagenomics.features.brain.settings import CleaningSettings, ConnectivitySettings, GraphSettings
from imagenomics.features.each_region import Problem
from imagenomics.features.names import DIAGNOSTIC
from imagenomics.features.phenotypes.atlas import AtlasFile, LabelFile, atlas_of, names_of
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.phenotypes.signals import times_of
from imagenomics.images.confounds import MOTION, read_confounds
from imagenomics.settings import Settings

EVEN = 0.01  # intervals may differ by this share
COUNTS = ("frames", "frames_skipped", "frames_scrubbed", "frames_kept", "regressors", "df")


class ConnectivityMeasure(Settings):
    """Functional connectivity of the regions of an atlas: each link, or measures of the network."""

    kind: Literal["connectivity"] = "connectivity"
    atlas: AtlasFile
    labels: LabelFile
    give: tuple[Literal["edges", "network"], ...] = Field(
        default=("edges",),
        min_length=1,
        description="'edges': one column for each pair of regions; 'network': degree, strength, clustering, "
        "efficiency ... of each region and of the whole network.",
    )
    confounds: str | None = Field(
        default=None,
        description="Table of confounds with one row for each volume (fMRIPrep: ..._desc-confounds_timeseries.tsv), "
        "with {patient}.",
    )
    confound_columns: tuple[str, ...] = Field(
        default=MOTION,
        description="Columns that are regressed out; a name that ends in '*' stands for all of them.",
    )
    displacement: str | None = Field(
        default="framewise_displacement",
        description="Column of the confounds, in mm, by which volumes with motion are left out; read only where there "
        "are confounds.",
    )
    cleaning: CleaningSettings = Field(default=CleaningSettings(), description="How the series is cleaned.")
    connectivity: ConnectivitySettings = Field(
        default=ConnectivitySettings(), description="How strongly two regions go together."
    )
    graph: GraphSettings = Field(
        default=GraphSettings(), description="How correlations become the links of a network."
    )

    @model_validator(mode="after")
    def _negative_links_are_declared(self) -> Self:
        if "network" in self.give and self.graph.negative == "refuse":
            raise ValueError(
                "correlations may be negative: declare graph = { negative = 'drop' } or 'absolute'"
            )
        return self


def _measure(scene: Scene, settings: ConnectivityMeasure) -> Rows:
    names = names_of(scene)
    tr_s = _interval(times_of(scene), scene.picture.source)
    series = volume_series(scene.series.volumes(), atlas_of(scene), names, grid=scene.picture.grid)
    there = series.notna().all(axis=0).to_numpy()
    clean = _cleaned(series.loc[:, there].to_numpy(), tr_s, scene, settings)
    matrix = np.full((len(names), len(names)), np.nan)
    matrix[np.ix_(there, there)] = connectivity_matrix(clean.values, settings=settings.connectivity)
    absent = [str(n) for n in series.columns[~there]]
    links, problems = _links(matrix, [str(n) for n in series.columns], absent, settings)
    return pd.concat([*links, _quality(clean, settings)], ignore_index=True), problems


def _links(
    matrix: np.ndarray, names: list[str], absent: list[str], settings: ConnectivityMeasure
) -> tuple[list[pd.DataFrame], list[Problem]]:
    parts, problems = [], []
    if "edges" in settings.give:
        rows = connectivity_rows(matrix, names, settings=settings.connectivity)
        ends = rows["region"].astype(str).str.split(LINK, expand=True, regex=False)
        rows.loc[ends.isin(absent).any(axis=1), "reason"] = EMPTY
        parts.append(rows)
    if "network" in settings.give:
        try:
            parts.append(network_rows(make_graph(matrix, settings=settings.graph), names))
        except InputError as error:
            if not parts:
                raise
            problem = {"region": "network", "code": error.code, "error": error.what}
            problems.append({**problem, "remedy": error.remedy or ""})
    return parts, problems


def _cleaned(series: np.ndarray, tr_s: float, scene: Scene, settings: ConnectivityMeasure) -> CleanSeries:
    confounds, moved = None, None
    if "confounds" in scene.files:
        path = scene.files["confounds"]
        confounds = read_confounds(path, columns=settings.confound_columns).to_numpy()
        if settings.displacement is not None:
            moved = read_confounds(path, columns=[settings.displacement]).to_numpy()[:, 0]
    return clean_series(
        series, tr_s=tr_s, settings=settings.cleaning, confounds=confounds, displacement=moved
    )


def _quality(clean: CleanSeries, settings: ConnectivityMeasure) -> pd.DataFrame:
    """Return how much of the series was left, flagged: it tells of the examination, not of the brain."""
    rows = clean.rows()
    rows = rows[rows["feature"].isin(_counts(settings))]
    return rows.assign(flags=DIAGNOSTIC, status=["flagged" if s == "ok" else s for s in rows["status"]])


def _counts(settings: ConnectivityMeasure) -> tuple[str, ...]:
    moved = settings.confounds is not None and settings.displacement is not None
    return (*COUNTS, "mean_displacement") if moved else COUNTS


def _interval(times: np.ndarray, where: str) -> float:
    steps = np.diff(times)
    if len(steps) and np.ptp(steps) <= EVEN * steps.mean():
        return float(steps.mean())
    raise InputError(
        "IGX-FEAT-166",
        f"the volumes lie {steps.min(initial=np.inf):g} to {steps.max(initial=-np.inf):g} s apart",
        where=where,
        expected="equal intervals: filters count in frequencies",
        remedy="declare the repetition time: series = { tr_s = ... }",
    )


def _plan(settings: ConnectivityMeasure, planned: Planned) -> pd.DataFrame:
    names = [str(n) for n in names_of(planned)]
    made_up = np.full((len(names), len(names)), 0.5)
    np.fill_diagonal(made_up, 1.0)
    links, _ = _links(made_up, names, [], settings)
    counts = dict.fromkeys(_counts(settings), 1.0)
    return pd.concat(
        [*links, _quality(CleanSeries(made_up, made_up[0] > 0, counts), settings)], ignore_index=True
    )


CONNECTIVITY = Kind(
    ConnectivityMeasure,
    _measure,
    _plan,
    form="series",
    files=("atlas", "labels", "confounds"),
    axis=lambda _: ("times",),
)
