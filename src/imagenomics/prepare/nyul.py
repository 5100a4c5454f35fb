"""One intensity standard for images in arbitrary units, learned from the training patients' histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted, validate_data

from imagenomics.errors import InputError
from imagenomics.features.bags import LANDMARKS
from imagenomics.prepare.bags import one_row_each
from imagenomics.prepare.base import FloatArray, FoldTransformer, IntArray, bad_parameter
from imagenomics.prepare.roles import Column, find_columns

PERCENTILES = LANDMARKS


class NyulStandard(FoldTransformer):
    """Bring MR intensities to one scale by the landmarks of each patient's histogram.

    An image travels as its landmarks (:func:`image_landmarks`): columns of the patient table, or of one row (1, p)
    for each patient (:func:`imagenomics.prepare.bags.one_row_each`). The standard is the mean of the training
    patients' landmarks, after the outer two of each were set to ``low`` and ``high``. Every other column is an
    intensity in the same unit (a percentile, a mean inside a region) and is carried to the standard scale along the
    straight pieces between the patient's own landmarks. Whole images are carried by :func:`standardise_image` with
    ``standard_``.

    Landmark columns come out too: they are the standard itself, the same for all patients, and a redundancy
    filter leaves them out. A patient without landmarks, or with all of them equal, becomes missing.

    Parameters
    ----------
    landmarks : sequence of str or int, optional
        The landmark columns, by name or position, in ascending order of their percentiles. None: all columns
        are landmarks, in whatever order.
    low, high : float
        Ends of the standard scale.

    Attributes
    ----------
    standard_ : array, (l,)
        The learned landmarks.

    Assumes
    -------
    Images of one kind (sequence, body part) and landmarks of the same percentiles of the same tissue. A mean is
    carried like a single intensity, which is exact only within one piece.

    Source
    ------
    Nyúl & Udupa 1999, Magnetic Resonance in Medicine 42:1072; Nyúl, Udupa & Zhang 2000, IEEE Transactions on
    Medical Imaging 19:143.
    """

    standard_: FloatArray
    landmarks_: IntArray

    def __init__(
        self, landmarks: Sequence[Column] | None = None, *, low: float = 0.0, high: float = 100.0
    ) -> None:
        self.landmarks = landmarks
        self.low = low
        self.high = high

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the standard from the landmark columns of ``X`` (n, p).

        Raises
        ------
        InputError
            ``IGX-PREP-003``: ``low`` is not below ``high``, or fewer than two landmarks; ``IGX-PREP-020``: a
            landmark column is not there; ``IGX-PREP-025``: a patient's landmarks do not ascend;
            ``IGX-PREP-026``: no training patient has usable landmarks.
        """
        if not self.low < self.high:
            raise bad_parameter(
                f"low {self.low}, high {self.high}", where="NyulStandard", expected="low below high"
            )
        X = one_row_each(X)
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_features=2
        )
        wanted = range(values.shape[1]) if self.landmarks is None else self.landmarks
        self.landmarks_ = find_columns(self, list(wanted))
        if self.landmarks_.size < 2:
            raise bad_parameter("one landmark", where="NyulStandard", expected="two or more")
        self.kept_ = np.arange(values.shape[1], dtype=np.int64)
        own = self._own(values)
        own = own[own[:, -1] > own[:, 0]]  # also leaves out rows with a missing landmark
        if len(own) == 0:
            raise InputError(
                "IGX-PREP-026",
                "no training patient has usable landmarks: each lacks one, or has all of them equal",
                where="NyulStandard",
                remedy="look at the landmark columns: were the images read, and is the mask of the tissue right?",
            )
        share = (own - own[:, :1]) / (own[:, -1:] - own[:, :1])
        self.standard_ = self.low + (self.high - self.low) * share.mean(axis=0)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return all columns of ``X`` (n, p) on the standard scale.

        Raises
        ------
        InputError
            ``IGX-PREP-025``: a patient's landmarks do not ascend.
        """
        check_is_fitted(self)
        values = self._read(one_row_each(X, columns=self.n_features_in_), reset=False)
        own = self._own(values)
        found = np.full(values.shape, np.nan)
        for i in np.flatnonzero(own[:, -1] > own[:, 0]):
            found[i] = standardise_intensities(values[i], own[i], self.standard_)
        return found

    def _own(self, values: FloatArray) -> FloatArray:
        """Return the landmarks of each patient (n, l), a row of NaN where one is missing."""
        own = values[:, self.landmarks_]
        own = np.where(np.isnan(own).any(axis=1, keepdims=True), np.nan, own)
        if self.landmarks is None:
            return np.sort(own, axis=1)
        wrong = np.flatnonzero((np.diff(own, axis=1) < 0).any(axis=1))
        if wrong.size:
            raise InputError(
                "IGX-PREP-025",
                f"the landmarks of {wrong.size} patients do not ascend (first: row {wrong[0]})",
                where="NyulStandard",
                expected="landmark columns in ascending order of their percentiles",
                remedy="list the landmark columns from the lowest to the highest percentile",
            )
        return own


def image_landmarks(
    image: np.ndarray, mask: np.ndarray, *, percentiles: Sequence[float] = PERCENTILES
) -> FloatArray:
    """Return the percentiles (l,) of one patient's image within the tissue ``mask`` (bool, same shape).

    The tissue is what all patients have in common (the brain, the body), not the tumour: else what is to be
    measured is standardised away. NaN where the mask is empty.
    """
    inside = np.asarray(image, dtype=np.float64)[mask]
    if inside.size == 0:
        return np.full(len(percentiles), np.nan)
    return np.asarray(np.percentile(inside, percentiles), dtype=np.float64)


def standardise_image(image: np.ndarray, own: npt.ArrayLike, standard: npt.ArrayLike) -> FloatArray:
    """Return one patient's image on the standard scale, from its own landmarks (l,) and the learned ones (l,)."""
    return standardise_intensities(np.asarray(image, dtype=np.float64), np.asarray(own), np.asarray(standard))


def standardise_intensities(values: FloatArray, own: FloatArray, standard: FloatArray) -> FloatArray:
    """Carry intensities (any shape) along the straight pieces from ``own`` to ``standard`` landmarks (l,).

    Beyond the outer landmarks the outer pieces go on. Of equal landmarks of one patient the mean of the
    standard counts. Missing values stay missing.
    """
    knots, place = np.unique(own, return_inverse=True)
    target = np.bincount(place.ravel(), weights=standard) / np.bincount(place.ravel())
    piece = np.clip(np.searchsorted(knots, values, side="right") - 1, 0, knots.size - 2)
    slope = np.diff(target) / np.diff(knots)
    return np.asarray(target[piece] + (values - knots[piece]) * slope[piece], dtype=np.float64)
