"""Group ICA: networks or patterns of tissue that the training patients share, and how much of each a patient has."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from imagenomics.errors import InputError, unknown_name
from imagenomics.features.brain.dual_regression import component_courses
from imagenomics.prepare.bags import read_bags
from imagenomics.prepare.base import FloatArray, bad_parameter
from imagenomics.prepare.spatial_ica import centred_both_ways, independent_maps, principal_maps
from imagenomics.work.threads import one_thread

Kind = Literal["functional", "structural"]
Output = Literal["amplitude", "connectivity"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OUTPUTS: tuple[Output, ...] = get_args(Output)
REDUNDANCY = 1.5  # principal components kept of each patient, relative to the components looked for
WORDS = {"functional": ("frames", "voxels"), "structural": ("maps", "voxels")}


class GroupICA(TransformerMixin, BaseEstimator):
    """Say how strong the shared spatial components are in a patient.

    ``kind="functional"``: a patient is a series (frames, voxels), cleaned, in one space. Each training patient is
    reduced to its strongest principal maps, all are stacked, reduced again and separated into independent maps. A
    patient is then described by dual regression: the components' time courses, their standard deviations and how they
    go together. ``kind="structural"`` (source-based morphometry): a patient is one map (1, voxels), and the components
    separate the stacked maps; a patient is described by its loadings. A plain table (n, voxels) is n such maps.

    The reader is :func:`imagenomics.prepare.bags.read_bags`: frames with a missing voxel do not count, and a patient
    without frames has NaN.

    Parameters
    ----------
    n_components : int
    kind : {"functional", "structural"}
    outputs : sequence of {"amplitude", "connectivity"}
        Of a series: standard deviation of each component's time course, in units of the signal; correlations between
        the time courses.
    patient_components : int, optional
        Principal maps kept of each patient's series; not set: 1.5 times the components, as far as there are frames.
    n_starts : int
        Starts of the search; the result most like the others counts.
    max_iter : int
    seed : int

    Attributes
    ----------
    components_ : array, (k, voxels)
        Maps of mean 0 and variance 1, skewed to the positive side, the one that explains most first.
    mean_ : array, (voxels,)
        Structural: mean map of the training patients.
    stability_ : array, (k,)
        How like each map is to that of other starts, from 0 to 1; NaN with one start.
    n_converged_ : int
        Starts that settled within ``max_iter``; where none did a warning says so.
    n_iter_ : int
        Steps of the start that counts.
    n_patients_ : int
        Training patients with frames or a map.

    Assumes
    -------
    Voxels at the same places in all patients. The learned maps belong to the fold: they cannot be carried to a model of
    other patients who helped to find them.

    Source
    ------
    Calhoun et al. 2001, Human Brain Mapping 14:140; Nickerson et al. 2017, Frontiers in Neuroscience 11:115 (dual
    regression); Xu et al. 2009, Human Brain Mapping 30:711 (source-based morphometry).
    """

    components_: FloatArray
    mean_: FloatArray
    stability_: FloatArray
    n_converged_: int
    n_iter_: int
    n_patients_: int

    def __init__(
        self,
        n_components: int = 20,
        *,
        kind: Kind = "functional",
        outputs: Sequence[Output] = OUTPUTS,
        patient_components: int | None = None,
        n_starts: int = 5,
        max_iter: int = 500,
        seed: int = 0,
    ) -> None:
        self.n_components = n_components
        self.kind = kind
        self.outputs = outputs
        self.patient_components = patient_components
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the components from the training patients.

        Raises
        ------
        InputError
            ``IGX-PREP-003``: a number out of its range; ``IGX-PREP-027``: arrays that cannot be used, or with
            different voxels; ``IGX-PREP-029``: unknown kind or output; ``IGX-PREP-040``: too few patients, or data that
            hold fewer independent maps than components; ``IGX-PREP-041``: a series with too few frames;
            ``IGX-PREP-042``: several maps of one patient.
        """
        self._check_parameters()
        patients = self._read(X, reset=True)
        used = [(i, rows) for i, rows in enumerate(patients) if len(rows)]
        self.n_patients_ = len(used)
        with one_thread():
            stacked = self._stacked_maps(used) if self.kind == "structural" else self._stacked_series(used)
            found = independent_maps(
                stacked, self.n_components, n_starts=self.n_starts, max_iter=self.max_iter, seed=self.seed
            )
        if len(found.maps) < self.n_components:
            raise self._too_little(f"the training data hold {len(found.maps)} independent maps", stacked)
        self.components_, self.stability_ = found.maps, found.stability
        self.n_converged_, self.n_iter_ = found.n_converged, found.n_iter
        if not found.n_converged:
            warnings.warn(
                f"group ICA: none of {self.n_starts} starts settled within {self.max_iter} steps; ask for fewer "
                "components, or look whether the data hold any",
                stacklevel=2,
            )
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the numbers (n, q) that :meth:`get_feature_names_out` names; NaN for a patient without rows.

        Raises
        ------
        InputError
            ``IGX-PREP-027``, ``IGX-PREP-041`` and ``IGX-PREP-042`` as in :meth:`fit`.
        """
        check_is_fitted(self)
        patients = self._read(X, reset=False)
        found = np.full((len(patients), len(self.get_feature_names_out())), np.nan)
        with one_thread():
            for i, rows in enumerate(patients):
                if len(rows):
                    found[i] = (
                        self._loadings(rows, i) if self.kind == "structural" else self._of_series(rows, i)
                    )
        return found

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return ``component_1_loading``, or ``component_1_amplitude`` and ``component_1_component_2_correlation``."""
        check_is_fitted(self)
        names = [f"component_{c + 1}" for c in range(self.n_components)]
        if self.kind == "structural":
            return np.asarray([f"{n}_loading" for n in names], dtype=object)
        found = [f"{n}_amplitude" for n in names] if "amplitude" in self.outputs else []
        if "connectivity" in self.outputs:
            found += [f"{a}_{b}_correlation" for i, a in enumerate(names) for b in names[i + 1 :]]
        return np.asarray(found, dtype=object)

    def courses(self, series: npt.ArrayLike) -> FloatArray:
        """Return the time course of each component (frames, k) in one patient's series (frames, voxels)."""
        check_is_fitted(self)
        return np.asarray(component_courses(np.asarray(series, dtype=np.float64), self.components_))

    def _stacked_series(self, patients: list[tuple[int, FloatArray]]) -> FloatArray:
        keep = self.patient_components or math.ceil(REDUNDANCY * self.n_components)
        parts = []
        for i, series in patients:
            self._check_frames(series, i)
            parts.append(principal_maps(centred_both_ways(series), min(keep, len(series) - 1))[0])
        if not parts:
            raise self._too_little("no training patient has a series", np.empty((0, 0)))
        return np.vstack(parts)

    def _stacked_maps(self, patients: list[tuple[int, FloatArray]]) -> FloatArray:
        for i, rows in patients:
            self._check_one_map(rows, i)
        stacked = np.vstack(
            [np.empty((0, patients[0][1].shape[1] if patients else 0)), *(r for _, r in patients)]
        )
        if len(stacked) <= self.n_components or stacked.shape[1] <= self.n_components:
            raise self._too_little(f"{len(stacked)} patients with {stacked.shape[1]} voxels", stacked)
        self.mean_ = stacked.mean(axis=0)
        return centred_both_ways(stacked)

    def _of_series(self, series: FloatArray, i: int) -> FloatArray:
        self._check_frames(series, i)
        courses = component_courses(series, self.components_)
        size = courses.std(axis=0, ddof=1)
        found = [size] if "amplitude" in self.outputs else []
        if "connectivity" in self.outputs:
            unit = courses / np.where(size > 0, size, np.nan)
            together = unit.T @ unit / (len(courses) - 1)
            found.append(together[np.triu_indices(self.n_components, k=1)])
        return np.concatenate(found)

    def _loadings(self, rows: FloatArray, i: int) -> FloatArray:
        self._check_one_map(rows, i)
        own = rows[0] - self.mean_
        # The maps are orthogonal with variance 1, so that least squares is a product.
        return np.asarray(self.components_ @ (own - own.mean()) / own.size)

    def _read(self, X: Any, *, reset: bool) -> list[FloatArray]:
        columns = None if reset else self.components_.shape[1]
        return read_bags(self, X, reset=reset, columns=columns, kinds=WORDS[self.kind])

    def _check_frames(self, series: FloatArray, i: int) -> None:
        if len(series) < self.n_components + 2:
            raise InputError(
                "IGX-PREP-041",
                f"a series of {len(series)} complete frames is too short for {self.n_components} components",
                where=f"patient {i}",
                expected=f"{self.n_components + 2} frames or more",
                remedy="ask for fewer components; are voxels outside the brain missing (NaN)? leave them out of all",
            )

    def _check_one_map(self, rows: FloatArray, i: int) -> None:
        if len(rows) > 1:
            raise InputError(
                "IGX-PREP-042",
                f"a patient has {len(rows)} maps",
                where=f"patient {i}",
                expected="one map of the structure (1, voxels) for each patient",
                remedy="choose one map, or kind = 'functional' if these are the frames of a series",
            )

    def _too_little(self, what: str, stacked: FloatArray) -> InputError:
        return InputError(
            "IGX-PREP-040",
            f"{what}, too little for {self.n_components} components (n_samples = {len(stacked)}, n_features = "
            f"{stacked.shape[1]})",
            where="GroupICA",
            expected="more patients (or frames) and more voxels than components, and data that differ",
            remedy="ask for fewer components; look at the masks",
        )

    def _check_parameters(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("IGX-PREP-029", "kind", self.kind, KINDS, where="GroupICA")
        for output in self.outputs:
            if output not in OUTPUTS:
                raise unknown_name("IGX-PREP-029", "output", output, OUTPUTS, where="GroupICA")
        least = [
            ("n_components", self.n_components, 1),
            ("n_starts", self.n_starts, 1),
            ("max_iter", self.max_iter, 1),
        ]
        if self.patient_components is not None:
            least.append(("patient_components", self.patient_components, self.n_components))
        for name, value, low in least:
            if value < low:
                raise bad_parameter(f"{name} = {value}", where="GroupICA", expected=f"{low} or more")
        if not self.outputs:
            raise bad_parameter(
                "outputs is empty", where="GroupICA", expected=f"some of {', '.join(OUTPUTS)}"
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
