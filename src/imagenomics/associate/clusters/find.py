"""Which groups of patients the features make, how many there are, and whether they are there at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.clusters.consensus import Resampled, resample_clusters
from imagenomics.associate.clusters.gap import Gap, first_within_one_error, gap_statistic
from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.significance import Significance, test_clusters
from imagenomics.associate.clusters.trees import Tree, cut_tree, distances, grow_tree, place_patients
from imagenomics.associate.clusters.values import Scaled, scale_features
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
EQUAL = 0.01  # shares of ambiguous pairs that are as good as equal


@dataclass(frozen=True)
class Found:
    """What clustering found.

    Parameters
    ----------
    scaled : Scaled
        Who was clustered by what.
    patients, features : Tree
        Dendrograms; that of features is one of their correlations.
    labels : int array, (K, n)
        Clusters of the patients for 1, 2, ... K clusters, 0, 1, ... from left to right of the tree.
    silhouettes : array, (K, n)
        Of each patient; NaN for one cluster.
    gap : Gap
    resampled : Resampled
    significance : Significance
    k : int
        Number of clusters that was chosen.
    """

    scaled: Scaled
    patients: Tree
    features: Tree
    labels: IntArray
    silhouettes: FloatArray
    gap: Gap
    resampled: Resampled
    significance: Significance
    k: int

    @property
    def clusters(self) -> pd.Series:
        """Return the cluster of each clustered patient, 1 ... k."""
        return pd.Series(self.labels[self.k - 1] + 1, index=self.scaled.ids, name="cluster")


@dataclass(frozen=True)
class NotFound:
    """Why nothing could be clustered."""

    scaled: Scaled
    reason: str


def find_clusters(
    features: PatientTable,
    *,
    settings: ClusterSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,
) -> Found | NotFound:
    """Group patients by their features, choose how many groups, and judge whether they are there and stay.

    Parameters
    ----------
    features : PatientTable
        Numbers; what cannot be clustered is named in the result.
    settings : ClusterSettings
    analysis : str
        Name of the analysis, also of its random streams.
    seed : int
    executor : Executor, optional
        Does the draws; results do not depend on it.

    Returns
    -------
    Found or NotFound
        The second where fewer than ``min_patients`` patients or two features are left.

    Raises
    ------
    InputError
        Those of :func:`~imagenomics.associate.clusters.values.scale_features`.
    InternalError
        ``IGX-ASSOC-009``: draws could not be done.

    Source
    ------
    As :func:`~imagenomics.associate.clusters.gap.gap_statistic`,
    :func:`~imagenomics.associate.clusters.consensus.resample_clusters` and
    :func:`~imagenomics.associate.clusters.significance.test_clusters`; silhouettes: Rousseeuw 1987, Journal of
    Computational and Applied Mathematics 20:53.

    Example
    -------
    >>> import numpy as np, pandas as pd
    >>> from imagenomics.tables.patient_table import PatientTable, describe
    >>> random = np.random.default_rng(1)
    >>> values = random.standard_normal((60, 4)) + np.repeat([[0.0], [6.0]], 30, axis=0)
    >>> ids = pd.Index([f"P{i:02d}" for i in range(60)], name="patient")
    >>> table = PatientTable(pd.DataFrame(values, index=ids, columns=list("abcd")), describe(list("abcd")))
    >>> found = find_clusters(table, settings=ClusterSettings(max_k=4), analysis="example", seed=1)
    >>> found.k, found.significance.p_any < 0.05
    (2, True)
    """
    scaled = scale_features(features, settings=settings)
    n, p = scaled.z.shape
    if n < settings.min_patients:
        return NotFound(scaled, f"fewer than {settings.min_patients} patients have the features")
    if p < 2:
        return NotFound(scaled, "fewer than two features can be clustered")
    most = min(settings.max_k, n // 2)
    how = settings.distance, settings.linkage
    with one_thread():
        points = place_patients(scaled.z, settings.distance)
        tree = grow_tree(points, *how, ordered=True)
        labels = cut_tree(tree, most)
        of_features = grow_tree(
            place_patients(scaled.z.T, "correlation"), "correlation", settings.linkage, ordered=True
        )
        silhouettes = _silhouettes(points, labels, settings)
    work: dict[str, Any] = {
        "settings": settings,
        "seed": seed,
        "analysis": analysis,
        "executor": executor or SerialExecutor(),
    }
    gap = gap_statistic(scaled.z, most=most, **work)
    resampled = resample_clusters(points, labels, **work)
    significance = test_clusters(scaled.z, most=most, **work)
    k = choose_number(gap, resampled, silhouettes, settings=settings)
    return Found(scaled, tree, of_features, labels, silhouettes, gap, resampled, significance, k)


def choose_number(
    gap: Gap, resampled: Resampled, silhouettes: FloatArray, *, settings: ClusterSettings
) -> int:
    """Return the number of clusters by the declared rule.

    Gap and silhouette: the smaller one of equals. Consensus: the largest number whose share of ambiguous pairs is
    within 0.01 of the smallest, since a coarser cut of clusters that are there is as clear as the clusters.
    """
    if settings.k is not None:
        return min(settings.k, gap.gap.size)
    if settings.choose == "gap":
        return first_within_one_error(gap.gap, gap.error)
    if settings.choose == "consensus":
        doubt = resampled.ambiguous[1:]
        return int(np.flatnonzero(doubt <= doubt.min() + EQUAL).max()) + 2
    return int(np.argmax(silhouettes[1:].mean(axis=1))) + 2


def _silhouettes(points: FloatArray, labels: IntArray, settings: ClusterSettings) -> FloatArray:
    from scipy.spatial.distance import squareform
    from sklearn.metrics import silhouette_samples

    apart = squareform(distances(points, settings.distance, "average"))
    out = np.full(labels.shape, np.nan)
    for k in range(1, len(labels)):
        out[k] = silhouette_samples(apart, labels[k], metric="precomputed")
    return out
