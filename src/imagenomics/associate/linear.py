"""Linear models of all pairs of numeric and binary columns, adjusted for the same covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    NO_DF,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.correlation_kernel import fill_correlations
from imagenomics.associate.design import Design
from imagenomics.associate.linear_exact import solve_pairs
from imagenomics.associate.linear_kernel import EXACT, largest_by_df, scan_pairs
from imagenomics.associate.linear_layout import lay_out_covariates
from imagenomics.associate.linear_parts import Columns, Found
from imagenomics.associate.one_sided import Direction, log_p_toward, look_to_one_side, toward
from imagenomics.associate.outcome import Block, Rules, whole
from imagenomics.associate.residuals import Residuals, missing_rows, residualise
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import correlation_interval, critical_z
from imagenomics.stats.t_table import two_sided_t
from imagenomics.stats.tails import LN10, log_two_sided_t

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ON_TARGET, ON_FEATURE = 1, 2  # whose slope is the effect: that on the binary side


class LinearEngine:
    """One t test per pair: numeric x numeric, or numeric x binary in either role.

    Parameters
    ----------
    features, targets : Side
        Each all numeric or all binary, not both binary; continuous columns already transformed.
    design : Design
    rules : Rules
    confidence : float
    test : str
        Name of the test in the table.
    ranks : bool
        The columns are ranks: the interval of a correlation is that of Spearman's.
    direction : str
        Side to which the test looks.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        design: Design,
        rules: Rules,
        confidence: float,
        test: str = "linear model (t)",
        ranks: bool = False,
        direction: Direction = "two-sided",
    ) -> None:
        self.ranks = ranks
        self.direction = direction
        self.test = test
        self.design = design
        self.rules = rules
        self.confidence = confidence
        self.f = residualise(features, design.basis)
        self.t = residualise(targets, design.basis)
        self.by = ON_TARGET if self.t.ones.size else ON_FEATURE if self.f.ones.size else 0
        self.covariates = lay_out_covariates(design.basis)
        self.features = _columns(self.f, design.basis)
        self.targets = _columns(self.t, design.basis)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        found = self._scan(self.features, np.arange(self.design.basis.shape[0]))
        p, neg = two_sided_t(found.t, found.df)
        effect, low, high, se = (
            self._slopes(found) if self.by else correlations(found.t, found.df, self.confidence)
        )
        name = "partial correlation" if self.design.adjusted else "correlation"
        if self.ranks:
            name = "partial Spearman correlation"
            low, high = correlation_interval(effect, found.df + 2, ranks=True, confidence=self.confidence)
        if self.by:
            name = "adjusted difference in SD" if self.design.adjusted else "difference in SD"
        df = found.df.astype(np.float32)
        df[found.code != OK] = np.nan
        block = Block(
            test=self.test,
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
        return look_to_one_side(block, self.direction)

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Permute the features' residuals (Freedman & Lane 1983); see the protocol."""
        N = self.design.basis.shape[0]
        largest = np.full((len(orders), N + 1), np.nan)
        for draw, rows in enumerate(orders):
            found = self._scan(_reorder(self.features, self.f, self.design.basis, rows), rows)
            best = np.full(N + 1, -np.inf)
            if self.direction == "two-sided":
                largest_by_df(found.t.ravel(), found.df.ravel(), found.code.ravel(), best)
            else:
                good = found.code == OK
                np.maximum.at(best, found.df[good], toward(found.t[good], self.direction))
            largest[draw] = np.where(np.isneginf(best), np.nan, best)
        df = np.maximum(np.arange(N + 1), 1)
        size = np.nan_to_num(largest)
        log_p = log_p_toward(log_two_sided_t(size, df), size, self.direction)
        logs = np.where(np.isnan(largest), 0.0, log_p)
        return np.asarray(logs.min(axis=1), dtype=np.float64)

    def log_p(self, order: IntArray) -> FloatArray:
        """Permute the features' residuals (Freedman & Lane 1983); see the protocol."""
        found = self._scan(_reorder(self.features, self.f, self.design.basis, order), order)
        good = found.code == OK
        t, df = np.where(good, found.t, 0.0), np.where(good, found.df, 1)
        log_p = -LN10 * two_sided_t(t, df)[1]
        return np.where(good, log_p_toward(log_p, toward(t, self.direction), self.direction), 0.0)

    def _scan(self, features: Columns, rows: npt.NDArray[np.intp]) -> Found:
        """Fill t, n, df and codes of all pairs, the features' rows taken in this order."""
        shape = (self.t.values.shape[1], self.f.values.shape[1])
        found = Found(
            np.empty(shape),
            np.empty(shape if self.by else (0, 0)),
            np.empty(shape, dtype=np.int32),
            np.empty(shape, dtype=np.int32),
            np.empty(shape, dtype=np.int8),
        )
        products = self.t.values.T @ features.values
        scan_pairs(tuple(features), tuple(self.targets), self.covariates, products, self.by, tuple(found))
        self._refuse(found, rows)
        if (found.code == EXACT).any():
            self._solve(found, rows.astype(np.int64))
        if (found.code != OK).any():
            bad = found.code != OK
            found.t[bad], found.df[bad] = np.nan, 0
            if self.by:
                found.error[bad] = np.nan
        return found

    def _refuse(self, found: Found, rows: npt.NDArray[np.intp]) -> None:
        """Mark pairs that are not tested because of their numbers, or of a whole column."""
        code, n = found.code, found.n
        code[:, self.f.explained], code[self.t.explained] = FEATURE_EXPLAINED, TARGET_EXPLAINED
        if self.by:
            if self.by == ON_TARGET:
                ones = self.t.ones.T.astype(np.float64) @ self.f.observed[rows].astype(np.float64)
            else:
                ones = self.t.observed.T.astype(np.float64) @ self.f.ones[rows].astype(np.float64)
            smaller = np.minimum(ones, n - ones)
            code[smaller < self.rules.group] = SMALL_GROUP
            code[smaller == 0] = TARGET_CONSTANT if self.by == ON_TARGET else FEATURE_CONSTANT
        code[:, self.f.constant], code[self.t.constant] = FEATURE_CONSTANT, TARGET_CONSTANT
        if n.min(initial=self.rules.patients) < self.rules.patients:
            code[n < self.rules.patients] = FEW

    def _solve(self, found: Found, order: IntArray) -> None:
        """Solve from their rows the pairs that the core left."""
        pairs = np.argwhere(found.code == EXACT).astype(np.int64)
        sums = np.empty((len(pairs), 7))
        sides, observed = (self.f.values, self.t.values), (self.f.observed, self.t.observed)
        solve_pairs(self.design.basis, sides, observed, order, pairs, sums)
        code, n, rank, yy, xx, xy, left = sums.T
        df = n - rank - 1
        code = np.where((code == OK) & (df < 1), NO_DF, code).astype(np.int8)
        if not self.design.adjusted:  # without covariates only a constant column has nothing left
            code[code == FEATURE_EXPLAINED] = FEATURE_CONSTANT
            code[code == TARGET_EXPLAINED] = TARGET_CONSTANT
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.sqrt(left / df)
            where = tuple(pairs.T)
            found.t[where] = xy / root
            found.df[where] = np.where(code == OK, df, 0).astype(np.int32)
            found.code[where] = code
            if self.by:
                found.error[where] = root / (xx if self.by == ON_TARGET else yy)

    def _slopes(self, found: Found) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the difference of two groups in SD of the other column, its t interval and its error."""
        swapped = self.by == ON_FEATURE
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
    fill_correlations(t.ravel(), df.ravel(), k, *(array.ravel() for array in out))
    return out[0], out[1], out[2], out[3]


def _columns(side: Residuals, basis: FloatArray) -> Columns:
    missing_at, missing = missing_rows(side.observed)
    return Columns(side.values, _sums(side.values, side.observed, basis), missing_at, missing)


def _reorder(columns: Columns, side: Residuals, basis: FloatArray, rows: IntArray) -> Columns:
    """Return the columns with their rows in another order."""
    values, places = side.values[rows], np.argsort(rows)
    sums = _sums(values, side.observed[rows], basis)
    return Columns(values, sums, columns.missing_at, places[columns.missing])


def _sums(values: FloatArray, observed: npt.NDArray[np.bool_], basis: FloatArray) -> FloatArray:
    """Return the covariates' cross-products over the observed rows, and those with the columns."""
    low, high = np.tril_indices(basis.shape[1])
    gram = (basis[:, low] * basis[:, high]).T @ observed.astype(np.float64)
    return np.ascontiguousarray(np.vstack([gram, basis.T @ values]))
