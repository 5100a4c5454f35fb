"""Modules of co-expressed genes, and the one number that each of them is for a patient."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from imagenomics.errors import InputError
from imagenomics.prepare.base import FloatArray, IntArray, bad_parameter, names_in
from imagenomics.prepare.eigengenes import GeneStandard, first_component
from imagenomics.prepare.residualise import row_products

POWERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20)
SCALE_FREE = 0.8  # R squared at which a network counts as nearly scale-free
DEFAULT_POWER = 12  # of a signed network in which no power reaches it
CUT = 0.99  # place between the 5% quantile and the top of the tree above which genes are in no module
LEAST_MEMBERSHIP = 0.3  # correlation with its module's eigengene below which a gene leaves it
MOST_GENES = 6000


class ModuleEigengenes(TransformerMixin, BaseEstimator):
    """Say how active each module of co-expressed genes is in a patient.

    In the training part genes are clustered on a signed, soft-thresholded co-expression network (topological overlap,
    average linkage). A branch of the tree is a module when it holds enough genes below the cut and no two parts of it
    do on their own. Modules whose eigengenes correlate are merged; genes that hardly follow their module leave it. The
    eigengene is the first principal component of the module's standardised genes, turned so that it rises with them.

    ``X`` (n, p) holds genes; missing values stand at the training mean.

    Parameters
    ----------
    power : int, optional
        Soft threshold; not set: the smallest at which the network is nearly scale-free (R squared 0.8), else 12.
    min_module : int
        Fewest genes of a module.
    merge : float
        Modules whose eigengenes correlate above this are one.

    Attributes
    ----------
    labels_ : int array, (p,)
        Module of each gene: 1 is the largest; 0 for none.
    membership_ : array, (p,)
        Correlation of each gene with the eigengene of its module (kME), NaN for none.
    power_ : int
    n_modules_ : int

    Assumes
    -------
    Expression on a logarithmic or rank scale.

    Source
    ------
    Zhang & Horvath 2005, Statistical Applications in Genetics and Molecular Biology 4:17; Langfelder & Horvath 2008,
    BMC Bioinformatics 9:559 (eigengenes; the cut of the tree here is simpler than theirs).
    """

    labels_: IntArray
    membership_: FloatArray
    power_: int
    n_modules_: int

    def __init__(self, power: int | None = None, *, min_module: int = 20, merge: float = 0.75) -> None:
        self.power = power
        self.min_module = min_module
        self.merge = merge

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn modules and their loadings from the training part.

        Raises
        ------
        InputError
            ``IGX-PREP-003``: a parameter outside its range; ``IGX-SETS-020``: more genes than a network of all pairs
            can hold.
        """
        self._check()
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2, reset=True
        )
        check_gene_count(values.shape[1])
        self._standard = GeneStandard.of(values)
        standard = self._standard.apply(values)
        usable = np.flatnonzero(self._standard.scale > 0)
        labels = np.zeros(values.shape[1], dtype=np.int64)
        self.power_ = self.power or 1
        if usable.size >= self.min_module:
            correlation = _correlations(standard[:, usable])
            self.power_ = self.power or scale_free_power(correlation)
            labels[usable] = cut_branches(
                topological_overlap(((1.0 + correlation) / 2.0) ** self.power_), min_module=self.min_module
            )
        self.labels_, self._loadings = self._settle(standard, labels)
        self.n_modules_ = self._loadings.shape[1]
        self.membership_ = _membership(standard, row_products(standard, self._loadings), self.labels_)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the eigengene of each module (n, modules), of variance one in the training part."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return row_products(self._standard.apply(values), self._loadings)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return ``module_1``, ``module_2``, ..."""
        check_is_fitted(self)
        names_in(self, input_features)
        return np.asarray([f"module_{m + 1}" for m in range(self.n_modules_)], dtype=object)

    def _check(self) -> None:
        where = "ModuleEigengenes"
        if self.power is not None and self.power < 1:
            raise bad_parameter(f"power = {self.power}", where=where, expected="1 or more")
        if self.min_module < 2:
            raise bad_parameter(f"min_module = {self.min_module}", where=where, expected="2 or more")
        if not 0 < self.merge <= 1:
            raise bad_parameter(f"merge = {self.merge}", where=where, expected="more than 0, at most 1")

    def _settle(self, standard: FloatArray, labels: IntArray) -> tuple[IntArray, FloatArray]:
        """Merge modules that are alike, let genes go that do not follow, and number modules by size."""
        while True:
            labels = _numbered(labels, self.min_module)
            loadings = _all_loadings(standard, labels)
            scores = row_products(standard, loadings)
            labels_after = _drop_strangers(standard, scores, labels)
            if not np.array_equal(labels, labels_after):
                labels = labels_after
                continue
            pair = _most_alike(scores, self.merge)
            if pair is None:
                return labels, loadings
            labels = np.where(labels == pair[1] + 1, pair[0] + 1, labels)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def check_gene_count(genes: int) -> None:
    """Refuse more genes than a network of all pairs can hold (``IGX-SETS-020``)."""
    if genes > MOST_GENES:
        raise InputError(
            "IGX-SETS-020",
            f"{genes} genes make a network of {genes**2:.1e} pairs",
            where="ModuleEigengenes",
            expected=f"at most {MOST_GENES} genes",
            remedy="take fewer genes (`genes` of the expression block), or method = 'metagenes'",
        )


def _correlations(standard: FloatArray) -> FloatArray:
    length = np.sqrt((standard**2).sum(axis=0))
    unit = standard / np.where(length > 0, length, 1.0)
    return np.clip(unit.T @ unit, -1.0, 1.0)


def scale_free_power(correlation: FloatArray) -> int:
    """Return the smallest power whose network is nearly scale-free: log share falls with log connectivity."""
    for power in POWERS:
        degree = (((1.0 + correlation) / 2.0) ** power).sum(axis=1) - 1.0
        if float(np.ptp(degree)) <= 1e-9 * max(float(np.abs(degree).max()), 1e-300):
            continue
        counts, edges = np.histogram(degree, bins=10)
        middle = (edges[1:] + edges[:-1]) / 2
        there = (counts > 0) & (middle > 0)
        if there.sum() < 4:
            continue
        x, y = np.log10(middle[there]), np.log10(counts[there] / counts.sum())
        if not (np.ptp(x) > 0 and np.ptp(y) > 0):
            continue
        r = float(np.corrcoef(x, y)[0, 1])
        if r < 0 and r * r >= SCALE_FREE:
            return power
    return DEFAULT_POWER


def topological_overlap(adjacency: FloatArray) -> FloatArray:
    """Return one less the topological overlap of each pair of genes (p, p): common neighbours make genes close."""
    A = adjacency.copy()
    np.fill_diagonal(A, 0.0)
    degree = A.sum(axis=1)
    shared = A @ A
    least = np.minimum(degree[:, None], degree[None, :])
    overlap = (shared + A) / (least + 1.0 - A)
    np.fill_diagonal(overlap, 1.0)
    return np.clip(1.0 - overlap, 0.0, 1.0)


def cut_branches(distance: FloatArray, *, min_module: int) -> IntArray:
    """Return the branch of each gene (p,): 1, 2, ..., 0 for none."""
    from scipy.cluster.hierarchy import linkage, to_tree
    from scipy.spatial.distance import squareform

    symmetric = (distance + distance.T) / 2
    np.fill_diagonal(symmetric, 0.0)
    tree = linkage(squareform(symmetric, checks=False), method="average")
    heights = tree[:, 2]
    low = float(np.quantile(heights, 0.05))
    cut = low + CUT * (float(heights.max()) - low)
    labels = np.zeros(len(distance), dtype=np.int64)
    waiting, found = [to_tree(tree)], 0
    while waiting:
        node = waiting.pop()
        if node.count < min_module:
            continue
        left, right = node.left, node.right
        both = left.count >= min_module and right.count >= min_module
        if node.dist > cut or both:
            waiting += [right, left]
            continue
        found += 1
        labels[node.pre_order()] = found
    return labels


def _numbered(labels: IntArray, min_module: int) -> IntArray:
    """Return modules numbered from the largest, those that are too small being none."""
    names, first, counts = np.unique(labels[labels > 0], return_index=True, return_counts=True)
    kept = [
        (-int(c), int(f), int(n)) for n, f, c in zip(names, first, counts, strict=True) if c >= min_module
    ]
    new = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.int64)
    for place, (_, _, name) in enumerate(sorted(kept), start=1):
        new[name] = place
    return new[labels]


def _all_loadings(standard: FloatArray, labels: IntArray) -> FloatArray:
    loadings = np.zeros((standard.shape[1], int(labels.max(initial=0))))
    for m in range(loadings.shape[1]):
        genes = np.flatnonzero(labels == m + 1)
        loadings[genes, m] = first_component(standard[:, genes])
    return loadings


def _drop_strangers(standard: FloatArray, scores: FloatArray, labels: IntArray) -> IntArray:
    membership = _membership(standard, scores, labels)
    return np.where((labels > 0) & (membership < LEAST_MEMBERSHIP), 0, labels)


def _membership(standard: FloatArray, scores: FloatArray, labels: IntArray) -> FloatArray:
    found = np.full(labels.size, np.nan)
    length = np.sqrt((standard**2).sum(axis=0))
    for m in range(scores.shape[1]):
        genes = np.flatnonzero(labels == m + 1)
        norm = np.sqrt((scores[:, m] ** 2).sum()) * length[genes]
        found[genes] = (scores[:, m] @ standard[:, genes]) / np.where(norm > 0, norm, 1.0)
    return found


def _most_alike(scores: FloatArray, threshold: float) -> tuple[int, int] | None:
    if scores.shape[1] < 2:
        return None
    r = _correlations(scores - scores.mean(axis=0))
    np.fill_diagonal(r, -1.0)
    i, j = np.unravel_index(int(np.argmax(np.round(r, 12))), r.shape)
    return (int(min(i, j)), int(max(i, j))) if r[i, j] > threshold else None
