"""Products in linear models: does the slope of a numeric column on another one differ along the modifier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import FEATURE_CONSTANT, FEATURE_EXPLAINED, NO_DF, NO_PRODUCT, OK
from imagenomics.associate.design import Design, orthonormal
from imagenomics.associate.interaction.models import Pairs, names_of_products
from imagenomics.associate.interaction.modifier import Coded
from imagenomics.associate.outcome import Block, Rules, blank, turned
from imagenomics.associate.predictors import predictor_columns
from imagenomics.associate.sides import NUMERIC, Side
from imagenomics.stats.explained import partial_eta_squared
from imagenomics.stats.tails import log_sf_f, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
PERFECT = 1e-26  # share of the remaining squares that a perfect fit is taken to leave
NOTHING = 1e-16  # share of a column's squares below which a model leaves nothing of it


@dataclass(frozen=True)
class _Group:
    """Responses with the same patients beside one predictor."""

    predictor: int
    responses: IntArray
    rows: IntArray
    basis: FloatArray  # (n, k + d) orthonormal: the model without the product, then what the product adds
    k: int
    residuals: FloatArray  # (n, r) responses less the model without the product, of length 1
    places: IntArray  # rows of this group in the order of their stratum of permutations
    codes: npt.NDArray[np.int8]
    scale: FloatArray  # (r,) coefficient of the product in SD for one unit of its orthonormal column

    @property
    def d(self) -> int:
        return self.basis.shape[1] - self.k

    @property
    def df(self) -> int:
        return self.rows.size - self.basis.shape[1]

    def f(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return F of the product and the products themselves, of responses (n, r) of length 1."""
        inside = self.basis.T @ values
        left = np.maximum(1.0 - np.square(inside[: self.k]).sum(axis=0), 0.0)
        gained = np.square(inside[self.k :]).sum(axis=0)
        rest = np.maximum(left - gained, PERFECT * left)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (gained / self.d) / (rest / self.df), inside[self.k :]


class LinearProducts:
    """Tests the products of a predictor with the modifier beside both of them and the covariates.

    The response is the feature; where the feature is not numeric, the target.

    Parameters
    ----------
    features, targets : Side
        At least one side numeric (already transformed).
    modifier : Coded
    usable : bool array, (T, F, S)
        Strata that enter each pair.
    design : Design
    rules : Rules
    confidence : float
    strata : int array, (N,)
        Within which permutations stay.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        modifier: Coded,
        usable: npt.NDArray[np.bool_],
        design: Design,
        rules: Rules,
        confidence: float,
        strata: IntArray,
    ) -> None:
        self.swapped = not bool(np.isin(features.kinds, NUMERIC).all())
        response, predictor = (targets, features) if self.swapped else (features, targets)
        self.response, self.predictor = response, predictor
        self.modifier, self.confidence, self.strata = modifier, confidence, strata
        self.pairs = Pairs(
            response.values,
            predictor.values,
            modifier,
            usable.transpose(1, 0, 2) if self.swapped else usable,
            rules,
        )
        self.direct = modifier.single and not (predictor.kinds == "categorical").any()
        self.groups = list(self._groups(design.basis))

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        shape = self.pairs.shape
        code, n = self.pairs.codes(), self.pairs.n
        f, slope = np.full(shape, np.nan), np.full(shape, np.nan)
        df, df_factor = np.full(shape, np.nan), np.full(shape, np.nan)
        for group in self.groups:
            where = group.predictor, group.responses
            code[where] = group.codes
            if group.d < 1 or group.df < 1:
                continue
            f[where], inside = group.f(group.residuals)
            slope[where] = inside[0] * group.scale
            df[where], df_factor[where] = group.df, group.d
        f, slope, df, df_factor = (blank(part, code) for part in (f, slope, df, df_factor))
        p, neg = p_and_log10(log_sf_f(f, df_factor, df))
        effect, low, high, se = self._effects(f, slope, df_factor, df)
        block = Block(
            test=f"interaction: linear model ({'t' if self.direct else 'F'})",
            effect_name=names_of_products(self.predictor, self.modifier) or "partial eta squared",
            n=n,
            code=code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=np.sign(slope) * np.sqrt(f) if self.direct else f,
            p=p,
            neg_log10_p=neg,
            se=se,
            df=df.astype(np.float32),
            df_factor=df_factor.astype(np.float32),
        )
        return turned(block) if self.swapped else block

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Permute what the model without the product leaves (Freedman & Lane 1983); see the protocol.

        Patients of a pair change places in the order in which all patients do.
        """
        tested = [(g, g.codes == OK) for g in self.groups if g.d > 0 and g.df > 0]
        tested = [(g, good) for g, good in tested if good.any()]
        if not tested:
            return np.zeros(len(orders))
        largest = np.empty((len(orders), len(tested)))
        for draw, order in enumerate(orders):
            landing = np.argsort(order)
            for at, (group, good) in enumerate(tested):
                take = self._reordered(group, landing)
                largest[draw, at] = group.f(group.residuals[np.ix_(take, good)])[0].max()
        d, df = (np.array(v, dtype=np.float64) for v in zip(*((g.d, g.df) for g, _ in tested), strict=True))
        return np.asarray(log_sf_f(largest, d, df).min(axis=1), dtype=np.float64)

    def _reordered(self, group: _Group, landing: IntArray) -> IntArray:
        drawn = np.lexsort((landing[group.rows], self.strata[group.rows]))
        take = np.empty_like(drawn)
        take[group.places] = drawn
        return take

    def _groups(self, covariates: FloatArray) -> Iterator[_Group]:
        for predictor, responses, rows in self.pairs.groups():
            x = predictor_columns(self.predictor, predictor, rows)
            m = self.modifier.columns(rows)
            without = orthonormal(np.hstack([covariates[rows], m, x]))
            products = (x[:, :, None] * m[:, None, :]).reshape(rows.size, -1)
            basis = orthonormal(np.hstack([without, products]))
            k = without.shape[1]
            y = self.response.values[np.ix_(rows, responses)]
            y = y - y.mean(axis=0)
            squares = np.square(y).sum(axis=0)
            left = y - without @ (without.T @ y)
            left -= without @ (without.T @ left)
            length = np.sqrt(np.square(left).sum(axis=0))
            codes = np.full(responses.size, OK, dtype=np.int8)
            codes[length**2 <= NOTHING * squares] = FEATURE_EXPLAINED
            codes[np.ptp(y, axis=0) == 0] = FEATURE_CONSTANT
            if basis.shape[1] == k:
                codes[:] = NO_PRODUCT
            elif rows.size <= basis.shape[1]:
                codes[:] = NO_DF
            yield _Group(
                predictor=predictor,
                responses=responses,
                rows=rows,
                basis=basis,
                k=k,
                residuals=left / np.where(codes == OK, length, 1.0),
                places=np.lexsort((rows, self.strata[rows])),
                codes=codes,
                scale=self._scale(x, products, basis[:, k:], length / np.sqrt(squares / (rows.size - 1))),
            )

    def _scale(
        self, x: FloatArray, products: FloatArray, added: FloatArray, response: FloatArray
    ) -> FloatArray:
        """Return the coefficient of a single product, in SD of the response and of a numeric predictor."""
        if not self.direct or not added.shape[1]:
            return np.full(response.size, np.nan)
        numeric = bool(np.isin(self.predictor.kinds, NUMERIC).all())
        unit = float(x.std(ddof=1)) if numeric else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(response * unit / (added[:, 0] @ products[:, 0]))

    def _effects(
        self, f: FloatArray, slope: FloatArray, df1: FloatArray, df2: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        if not self.direct:
            eta, low, high = partial_eta_squared(f, df1, df2, confidence=self.confidence)
            return eta, low, high, np.full(f.shape, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            se = np.abs(slope) / np.sqrt(f)
        step = special.stdtrit(df2, 0.5 + self.confidence / 2.0) * se
        return slope, slope - step, slope + step, se
