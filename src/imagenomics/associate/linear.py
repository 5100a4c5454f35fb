"""Linear models of all pairs of numeric and binary columns, adjusted for the same covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    OK,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.design import Design
from imagenomics.associate.linear_kernel import largest_by_df, scan_pairs
from imagenomics.associate.linear_parts import LANE, Columns, Found, Lanes
from imagenomics.associate.outcome import Block, Rules, whole
from imagenomics.associate.residuals import Residuals, missing_rows, residualise
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import critical_z
from imagenomics.stats.t_table import two_sided_t
from imagenomics.stats.tails import log_two_sided_t

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
CHUNK = 16384


class LinearEngine:
    """One t test per pair: numeric x numeric, or numeric x binary in either role.

    Parameters
    ----------
    features, targets : Side
        Each all numeric or all binary, not both binary; continuous columns already transformed.
    design : Design
    rules : Rules
    confidence : float
    """

    def __init__(
        self, features: Side, targets: Side, *, design: Design, rules: Rules, confidence: float
    ) -> None:
        self.design = design
        self.rules = rules
        self.confidence = confidence
        self.f = residualise(features, design.basis)
        self.t = residualise(targets, design.basis)
        self.lanes = _lanes(self.f, design.basis)
        self.columns = _columns(self.t, design.basis)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        rows = np.arange(self.design.basis.shape[0])
        binary = bool(self.f.ones.size or self.t.ones.size)
        found = self._scan(self.lanes, rows, errors=binary)
        self._mark_columns(found)
        p, neg = two_sided_t(found.t, found.df)
        effect, low, high, se = (
            self._slopes(found) if binary else correlations(found.t, found.df, self.confidence)
        )
        name = "partial correlation" if self.design.adjusted else "correlation"
        if binary:
            name = "adjusted difference in SD" if self.design.adjusted else "difference in SD"
        df = found.df.astype(np.float32)
        df[found.code != OK] = np.nan
        return Block(
            test="linear model (t)",
            effect_name=name,
            n=found.n,
            code=found.code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=found.t,
            p=p,
            neg_log10_p=neg,
            se=se,
            df=df,
            df_factor=whole(df.shape, 1.0),
        )

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Permute the features' residuals (Freedman & Lane 1983); see the protocol."""
        N = self.design.basis.shape[0]
        largest = np.full((len(orders), N + 1), np.nan)
        for draw, rows in enumerate(orders):
            found = self._scan(_reorder(self.lanes, self.f, self.design.basis, rows), rows, errors=False)
            self._mark_columns(found)
            best = np.full(N + 1, -1.0)
            largest_by_df(found, best)
            largest[draw] = np.where(best < 0, np.nan, best)
        df = np.maximum(np.arange(N + 1), 1)
        logs = np.where(np.isnan(largest), 0.0, log_two_sided_t(np.nan_to_num(largest), df))
        return np.asarray(logs.min(axis=1), dtype=np.float64)

    def _scan(self, lanes: Lanes, rows: npt.NDArray[np.intp], *, errors: bool) -> Found:
        shape = (self.t.values.shape[1], self.f.values.shape[1])
        found = Found(
            np.empty(shape),
            np.empty(shape if errors else (0, 0)),
            np.empty(shape, dtype=np.int32),
            np.empty(shape, dtype=np.int32),
            np.empty(shape, dtype=np.int8),
        )
        same = bool((rows == np.arange(rows.size)).all())
        products = self.t.values.T @ (lanes.values if same else lanes.values[rows])
        order = np.stack([rows, np.argsort(rows)]).astype(np.int64)
        scan_pairs(lanes, self.columns, self.design.basis, products, order, self.rules, found)
        return found

    def _mark_columns(self, found: Found) -> None:
        """Name what is wrong with whole columns: the core sees them as zero."""
        marks = (
            (self.f.explained[None, :], FEATURE_EXPLAINED),
            (self.t.explained[:, None], TARGET_EXPLAINED),
            (self.f.constant[None, :], FEATURE_CONSTANT),
            (self.t.constant[:, None], TARGET_CONSTANT),
        )
        for where, code in marks:
            if where.any():
                bad = where & (found.code != FEW)
                found.code[bad] = code
                found.t[bad] = np.nan
                found.df[bad] = 0
                if found.error.size:
                    found.error[bad] = np.nan
        if not self.design.adjusted:  # without covariates only a constant column has nothing left
            found.code[found.code == FEATURE_EXPLAINED] = FEATURE_CONSTANT
            found.code[found.code == TARGET_EXPLAINED] = TARGET_CONSTANT

    def _slopes(self, found: Found) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the difference of two groups in SD of the other column, its t interval and its error."""
        swapped = bool(self.f.ones.size)
        one, other = (self.f, self.t) if swapped else (self.t, self.f)
        with np.errstate(divide="ignore", invalid="ignore"):
            groups, values = 1.0 / one.length, other.length / other.sd
            factor = np.outer(values, groups) if swapped else np.outer(groups, values)
            se = found.error * factor
            effect = found.t * se
        limit = special.stdtrit(
            np.maximum(np.arange(found.df.max(initial=1) + 1), 1), 0.5 + self.confidence / 2.0
        )
        step = se * limit[found.df]
        return effect, effect - step, effect + step, se


def correlations(
    t: FloatArray, df: npt.NDArray[np.int32], confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the (partial) correlation of t statistics, its Fisher z interval and its standard error."""
    sizes = np.arange(int(df.max(initial=1)) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.tanh(critical_z(confidence) / np.sqrt(np.where(sizes > 1, sizes - 1.0, np.nan)))
    out = [np.empty(t.shape) for _ in range(4)]
    flat, degrees = t.ravel(), df.ravel()
    views = [array.ravel() for array in out]
    for start in range(0, flat.size, CHUNK):
        part = slice(start, start + CHUNK)
        effect, low, high, se = (view[part] for view in views)
        np.divide(1.0, np.sqrt(flat[part] * flat[part] + degrees[part]), out=se)
        np.multiply(flat[part], se, out=effect)
        width = k[degrees[part]]
        across = effect * width
        np.divide(effect - width, 1.0 - across, out=low)
        np.divide(effect + width, 1.0 + across, out=high)
    return out[0], out[1], out[2], out[3]


def _lanes(side: Residuals, basis: FloatArray) -> Lanes:
    missing_at, missing = missing_rows(side.observed)
    by_row_at, by_row = _missing_by_row(missing_at, missing, basis.shape[0])
    gram, start = _cross(side, basis)
    return Lanes(side.values, gram, start, missing_at, missing, by_row_at, by_row, side.ones, side.total)


def _columns(side: Residuals, basis: FloatArray) -> Columns:
    missing_at, missing = missing_rows(side.observed)
    gram, start = _cross(side, basis)
    n = side.observed.sum(axis=0, dtype=np.int64)
    return Columns(side.values, n, gram, start, missing_at, missing, side.ones, side.total)


def _reorder(lanes: Lanes, side: Residuals, basis: FloatArray, rows: IntArray) -> Lanes:
    """Return the lanes with the sums that change when the features' rows stand in another order."""
    low, high = np.tril_indices(basis.shape[1])
    gram = lanes.gram
    if lanes.missing.size:
        gram = (basis[:, low] * basis[:, high]).T @ side.observed[rows].astype(np.float64)
    return lanes._replace(gram=gram, start=basis.T @ lanes.values[rows])


def _cross(side: Residuals, basis: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = np.tril_indices(basis.shape[1])
    gram = (basis[:, low] * basis[:, high]).T @ side.observed.astype(np.float64)
    return gram, basis.T @ side.values


def _missing_by_row(missing_at: IntArray, missing: IntArray, rows: int) -> tuple[IntArray, IntArray]:
    """Return, for each lane of features and each row, which of the features miss it."""
    columns = missing_at.size - 1
    owner = np.repeat(np.arange(columns), np.diff(missing_at))
    place = (owner // LANE) * rows + missing
    counts = np.bincount(place, minlength=-(-columns // LANE) * rows)
    at = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return at, owner[np.argsort(place, kind="stable")].astype(np.int64)
