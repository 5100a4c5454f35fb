"""All pairs of two sides whose rows are units inside patients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    FEW_DF,
    MANY_COVARIATES,
    NO_DF,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.design import Design, orthonormal
from imagenomics.associate.nested.linear import fit_cluster_robust, fit_independent
from imagenomics.associate.nested.logistic import fit_logistic
from imagenomics.associate.nested.mixed import fit_mixed
from imagenomics.associate.nested.sample import Fitted, Sample
from imagenomics.associate.nested.settings import Scheme
from imagenomics.associate.outcome import Block, Rules, turned, whole
from imagenomics.associate.sides import Side
from imagenomics.stats.tails import log_two_sided_t, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
MIN_DF = 4.0  # below it Satterthwaite's approximation is no longer good (Pustejovsky & Tipton 2018)
LINEAR = {
    "cluster-robust": ("linear model, cluster-robust error (CR2)", fit_cluster_robust),
    "mixed": ("linear mixed model, random intercept of patients (REML)", fit_mixed),
    "independent": ("linear model, units taken as independent", fit_independent),
}


class NestedBlock(NamedTuple):
    """A block, and what only nested units have; (T, F) each."""

    block: Block
    patients: npt.NDArray[np.int32]
    icc: FloatArray


class NestedEngine:
    """Tests each numeric column against the columns of the other side, or binary columns against each other.

    Parameters
    ----------
    features, targets : Side
        Of one kind each, numeric or binary; rows are units, those of a patient next to each other. The features are
        the response; where they are binary and the targets numeric, the targets are.
    design : Design
    patients : int array, (N,)
        Patient of each row.
    scheme : str
        See ``SCHEME_HELP``.
    rules : Rules
        ``patients`` counts patients, ``group`` and ``per_term`` count units.
    confidence : float
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        design: Design,
        patients: IntArray,
        scheme: Scheme,
        rules: Rules,
        confidence: float,
    ) -> None:
        self.basis, self.patients, self.scheme = design.basis, patients, scheme
        self.rules, self.confidence = rules, confidence
        f_binary, t_binary = (bool((side.kinds == "binary").all()) for side in (features, targets))
        self.swapped = f_binary and not t_binary
        self.y, self.x = (targets, features) if self.swapped else (features, targets)
        self.logistic = f_binary and t_binary
        self.two = f_binary or t_binary
        self.adjusted = design.adjusted

    @property
    def test(self) -> str:
        """Return the name of the test."""
        if not self.logistic:
            return LINEAR[self.scheme][0]
        independent = self.scheme == "independent"
        return (
            f"logistic regression, {'units taken as independent' if independent else 'cluster-robust error'}"
        )

    @property
    def effect_name(self) -> str:
        """Return what the effect is."""
        if self.logistic:
            return "odds ratio"
        name = "difference in SD" if self.two else "standardised slope"
        return f"adjusted {name}" if self.adjusted else name

    def observe(self) -> NestedBlock:
        """Return the results of all pairs."""
        shape = (len(self.x.names), len(self.y.names))
        found = {name: np.full(shape, np.nan) for name in ("slope", "error", "df", "icc")}
        code, n = np.full(shape, OK, dtype=np.int8), np.zeros(shape, dtype=np.int32)
        patients = np.zeros(shape, dtype=np.int32)
        for j in range(shape[0]):
            for rows, members in self._patterns(j):
                at = (j, members)
                n[at], patients[at] = rows.sum(), np.unique(self.patients[rows]).size
                fit = self._fit(j, rows, members, patients=int(patients[j, members[0]]))
                for name, array in found.items():
                    array[at] = getattr(fit, name)
                code[at] = fit.code
        for array in found.values():
            array[code != OK] = np.nan
        return self._block(found, code, n, patients=patients)

    def _patterns(self, j: int) -> Iterator[tuple[npt.NDArray[np.bool_], IntArray]]:
        """Yield rows with both values, and the responses that share them."""
        both = ~np.isnan(self.y.values) & ~np.isnan(self.x.values[:, j])[:, None]
        packed = np.packbits(both, axis=0).T
        _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        for k, place in enumerate(first):
            yield both[:, place], np.flatnonzero(which.reshape(-1) == k).astype(np.int64)

    def _fit(self, j: int, rows: npt.NDArray[np.bool_], members: IntArray, *, patients: int) -> Fitted:
        x, y = self.x.values[rows, j], self.y.values[np.ix_(rows, members)]
        code = np.full(members.size, OK, dtype=np.int8)
        basis = self.basis[rows]
        if self.adjusted or not rows.all():
            basis = orthonormal(basis)
        predictor, length = _left(x[:, None], basis)
        left, lengths = _left(y, basis)
        spread = self._spread(x, y)
        code[lengths == 0] = FEATURE_EXPLAINED
        code[spread[1] == 0] = FEATURE_CONSTANT
        if length[0] == 0:
            code[:] = TARGET_CONSTANT if spread[0] == 0 else TARGET_EXPLAINED
        self._refuse(x, y, code, terms=basis.shape[1] + 1)
        if patients < self.rules.patients:
            code[:] = FEW
        good = np.flatnonzero(code == OK)
        if not good.size:
            nothing = np.full(members.size, np.nan)
            return Fitted(nothing, nothing, nothing, code, nothing)
        _, starts, sizes = np.unique(self.patients[rows], return_index=True, return_counts=True)
        responses = y[:, good] if self.logistic else left[:, good] / lengths[good]
        sample = Sample(starts, sizes, basis, predictor[:, 0] / length[0], responses)
        scale = np.full(good.size, 1.0 / length[0])
        if not self.logistic:
            scale = lengths[good] / spread[1][good] / length[0] * (1.0 if self.two else spread[0])
        return _placed(self._model(sample), scale, code, good)

    def _model(self, sample: Sample) -> Fitted:
        if self.logistic:
            return fit_logistic(sample, robust=self.scheme != "independent")
        return LINEAR[self.scheme][1](sample)

    def _spread(self, x: FloatArray, y: FloatArray) -> tuple[float, FloatArray]:
        """Return standard deviations, 0 where a column is constant."""
        if len(x) < 2:
            return 0.0, np.zeros(y.shape[1])
        flat = y.max(axis=0) == y.min(axis=0)
        return float(x.std(ddof=1)) if x.max() > x.min() else 0.0, np.where(flat, 0.0, y.std(axis=0, ddof=1))

    def _refuse(self, x: FloatArray, y: FloatArray, code: npt.NDArray[np.int8], *, terms: int) -> None:
        """Mark pairs with small groups, with too many terms, and without degrees of freedom."""
        open_ = code == OK
        for values in [x[:, None]] * bool((self.x.kinds == "binary").all()) + [y] * self.logistic:
            ones = values.sum(axis=0)
            small = np.minimum(ones, len(values) - ones) < self.rules.group
            code[open_ & small] = SMALL_GROUP
        if self.logistic:
            ones = y.sum(axis=0)
            few = np.minimum(ones, len(y) - ones) < self.rules.per_term * terms
            code[(code == OK) & few] = MANY_COVARIATES
        if len(x) - terms < 1:
            code[open_] = NO_DF

    def _block(
        self,
        found: dict[str, FloatArray],
        code: npt.NDArray[np.int8],
        n: npt.NDArray[np.int32],
        *,
        patients: npt.NDArray[np.int32],
    ) -> NestedBlock:
        effect, se, df = found["slope"], found["error"], found["df"]
        code[(code == OK) & ~(df >= MIN_DF)] = FEW_DF
        code[(code == OK) & ~(se > 0)] = NO_DF  # the model fits every unit
        known = code == OK
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(known, effect / se, np.nan)
            step = special.stdtrit(np.where(known, df, 1.0), 0.5 + self.confidence / 2.0) * se
            log_p = np.where(known, log_two_sided_t(np.nan_to_num(t), np.where(known, df, 1.0)), np.nan)
        p, neg = p_and_log10(log_p)
        bounds = [effect, effect - step, effect + step]
        if self.logistic:
            bounds = [np.exp(bound) for bound in bounds]
        block = Block(
            test=self.test,
            effect_name=self.effect_name,
            n=n,
            code=code,
            effect=bounds[0],
            ci_low=bounds[1],
            ci_high=bounds[2],
            statistic=t,
            p=p,
            neg_log10_p=neg,
            se=se,
            df=df.astype(np.float32),
            df_factor=whole(df.shape, 1.0),
        )
        if self.swapped:
            return NestedBlock(turned(block), patients.T, found["icc"].T)
        return NestedBlock(block, patients, found["icc"])


def _left(values: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what the basis leaves of columns, and its length; 0 where only rounding is left."""
    before = np.sqrt(((values - values.mean(axis=0)) ** 2).sum(axis=0)) if len(values) else np.zeros(1)
    left = values
    for _ in range(2):
        left = left - basis @ (basis.T @ left)
    length = np.sqrt((left**2).sum(axis=0))
    return left, np.where(length > 1e-8 * before, length, 0.0)


def _placed(fit: Fitted, scale: FloatArray, code: npt.NDArray[np.int8], good: IntArray) -> Fitted:
    """Return a fit of some responses at their places among all, in the units of the table."""
    out = [np.full(code.shape, np.nan) for _ in range(4)]
    for array, values in zip(out, (fit.slope * scale, fit.error * scale, fit.df, fit.icc), strict=True):
        array[good] = values
    code[good] = fit.code
    return Fitted(out[0], out[1], out[2], code, out[3])
