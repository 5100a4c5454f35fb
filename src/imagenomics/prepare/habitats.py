"""Habitats: kinds of tissue that several sequences tell apart, learned from the training patients' voxels."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from imagenomics.errors import InputError, unknown_name
from imagenomics.prepare.bags import read_bag, read_bags
from imagenomics.prepare.base import FloatArray, bad_parameter
from imagenomics.prepare.residualise import row_products
from imagenomics.work.seeds import generator, integer_seed
from imagenomics.work.threads import one_thread

Method = Literal["k-means", "gaussian-mixture"]
METHODS: tuple[Method, ...] = get_args(Method)


class HabitatClusters(TransformerMixin, BaseEstimator):
    """Say which share of a tumour belongs to each habitat.

    The voxels of all *training* patients, each voxel with its intensity in several sequences, are clustered
    together; a patient is then the share of its voxels in each cluster. Every patient brings at most
    ``voxels_per_patient`` voxels to the clustering, so that large tumours do not decide alone. Habitats are
    ordered by their mean in the first sequence, then the second, and so on.

    ``X`` holds an array (voxels, sequences) for each patient, as :func:`imagenomics.prepare.bags.read_bags` reads
    them; voxels with a missing sequence do not count. A plain array of numbers (n, s) is n patients of one voxel each.

    Parameters
    ----------
    n_habitats : int
    method : {"k-means", "gaussian-mixture"}
        Round clusters of like size, or ellipsoids of any.
    voxels_per_patient : int
    seed : int

    Attributes
    ----------
    centres_ : array, (h, s)
        Mean of each habitat in each sequence.
    n_sequences_ : int

    Assumes
    -------
    Intensities that mean the same in all patients: calibrated, or brought to one standard within the same fold.

    Source
    ------
    Gatenby, Grove & Gillies 2013, Radiology 269:8.
    """

    centres_: FloatArray
    n_sequences_: int

    def __init__(
        self,
        n_habitats: int = 3,
        *,
        method: Method = "k-means",
        voxels_per_patient: int = 2000,
        seed: int = 0,
    ) -> None:
        self.n_habitats = n_habitats
        self.method = method
        self.voxels_per_patient = voxels_per_patient
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the habitats from the voxels of the training patients.

        Raises
        ------
        InputError
            ``IGX-PREP-003``: fewer than 2 habitats, or no voxels; ``IGX-PREP-027``: voxels that are not arrays
            (voxels, sequences) with the same sequences; ``IGX-PREP-028``: fewer distinct voxels than habitats;
            ``IGX-PREP-029``: unknown method.
        """
        self._check_parameters()
        patients = self._read(X, reset=True)
        self.n_sequences_ = next((len(v[0]) for v in patients if len(v)), 1)
        pool = np.vstack([np.empty((0, self.n_sequences_)), *(self._some(v) for v in patients)])
        if len(np.unique(pool, axis=0)) < self.n_habitats:
            raise InputError(
                "IGX-PREP-028",
                f"the training patients have fewer different voxels than {self.n_habitats} habitats",
                where="HabitatClusters",
                expected="at least one voxel for each habitat; n_samples = 1 is not enough",
                remedy="look at the masks; ask for fewer habitats",
            )
        self._centre = pool.mean(axis=0)
        spread = pool.std(axis=0)
        self._scale = np.where(spread > 0, spread, 1.0)
        with one_thread():
            model = self._clusters().fit((pool - self._centre) / self._scale)
        centres = model.cluster_centers_ if self.method == "k-means" else model.means_
        order = np.lexsort(centres.T[::-1])
        self._middles = centres[order]
        self._shapes, self._offsets = self._of_model(model, order)
        self.centres_ = self._middles * self._scale + self._centre
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the share of each habitat (n, h); NaN for a patient without voxels."""
        check_is_fitted(self)
        found = np.full((len(patients := self._read(X, reset=False)), self.n_habitats), np.nan)
        for i, voxels in enumerate(patients):
            if len(voxels):
                found[i] = np.bincount(self._label(voxels), minlength=self.n_habitats) / len(voxels)
        return found

    def label(self, voxels: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the habitat (1, 2, ...) of each voxel (m, s) of one patient, 0 where a sequence is missing."""
        check_is_fitted(self)
        values = read_bag(voxels, columns=self.n_sequences_, where="label")
        known = ~np.isnan(values).any(axis=1)
        found = np.zeros(len(values), dtype=np.int64)
        if known.any():
            found[known] = self._label(values[known]) + 1
        return found

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return ``habitat_1``, ``habitat_2``, ..."""
        check_is_fitted(self)
        return np.asarray([f"habitat_{h + 1}" for h in range(self.n_habitats)], dtype=object)

    def _label(self, voxels: FloatArray) -> npt.NDArray[np.int64]:
        """Return the most likely habitat (m,), from 0, of complete voxels (m, s)."""
        # Summed column by column, not as a matrix product: a voxel's bits must not depend on its company.
        x = (voxels - self._centre) / self._scale
        scores = [
            offset - 0.5 * (row_products(x - middle, shape) ** 2).sum(axis=1)
            for middle, shape, offset in zip(self._middles, self._shapes, self._offsets, strict=True)
        ]
        return np.argmax(np.stack(scores, axis=1), axis=1).astype(np.int64)

    def _of_model(self, model: Any, order: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Return what turns distances into scores: roots of precision matrices (h, s, s), and offsets (h,)."""
        if self.method == "k-means":
            eye = np.eye(self.n_sequences_)
            return np.stack([eye] * self.n_habitats), np.zeros(self.n_habitats)
        roots = model.precisions_cholesky_[order]
        diagonals = np.diagonal(roots, axis1=1, axis2=2)
        return roots, np.log(model.weights_[order]) + np.log(diagonals).sum(axis=1)

    def _clusters(self) -> Any:
        from sklearn.cluster import KMeans
        from sklearn.mixture import GaussianMixture

        state = integer_seed(self.seed, "habitats")
        if self.method == "k-means":
            return KMeans(self.n_habitats, n_init=5, random_state=state)
        return GaussianMixture(self.n_habitats, n_init=3, random_state=state, reg_covar=1e-4)

    def _some(self, voxels: FloatArray) -> FloatArray:
        """Return at most ``voxels_per_patient`` voxels; which ones does not depend on the other patients."""
        if len(voxels) <= self.voxels_per_patient:
            return voxels
        stream = generator(self.seed, "habitat voxels", len(voxels))
        return voxels[np.sort(stream.choice(len(voxels), self.voxels_per_patient, replace=False))]

    def _check_parameters(self) -> None:
        if self.method not in METHODS:
            raise unknown_name("IGX-PREP-029", "method", self.method, METHODS, where="HabitatClusters")
        for name, value, least in (
            ("n_habitats", self.n_habitats, 2),
            ("voxels_per_patient", self.voxels_per_patient, 1),
        ):
            if value < least:
                raise bad_parameter(f"{name} = {value}", where="HabitatClusters", expected=f"{least} or more")

    def _read(self, X: Any, *, reset: bool) -> list[FloatArray]:
        """Return the complete voxels of each patient."""
        return read_bags(self, X, reset=reset, columns=None if reset else self.n_sequences_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
