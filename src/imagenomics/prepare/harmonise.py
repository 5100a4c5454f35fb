"""ComBat: what differs between sites is taken out of the features, as the training part has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, get_args

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.prepare.base import FloatArray, FoldTransformer, IntArray, bad_parameter, names_in
from imagenomics.prepare.residualise import row_products
from imagenomics.prepare.roles import Coding, Column, as_numbers, find_columns, fit_coding, read_mixed
from imagenomics.prepare.settings import Unseen
from imagenomics.prepare.site_effects import SiteEffects, estimate_sites

UNSEEN: tuple[Unseen, ...] = get_args(Unseen)


class ComBat(FoldTransformer):
    """Bring the features of all sites to one location and scale, keeping what covariates explain.

    Location and scale of a site are shrunk towards what its features have in common (empirical Bayes with
    normal and inverse-gamma priors). All of it is learned in the training part; test patients are changed by
    the numbers of their own site.

    Parameters
    ----------
    site : str or int
        Column, by name or position, that says where a patient was imaged; it does not come out.
    covariates : sequence of str or int, optional
        Columns whose effect on the features is kept (age, sex); they do not come out. Never the target.
    unseen : {"keep", "missing", "refuse"}
        What happens to a patient of a site that the training part did not hold, or with fewer than
        ``min_patients``: its features stay as they are, become missing, or are an error.
    min_patients : int
        Smaller sites are not fitted, and their patients do not enter the estimates.

    Attributes
    ----------
    sites_ : list
        The sites that were fitted. With fewer than two of them nothing is changed.
    left_out_ : list
        Sites of the training part with too few patients.
    effects_ : SiteEffects or None

    Assumes
    -------
    Sites that differ in location and scale of each feature only, and whose patients do not differ otherwise
    but in the covariates: where site and target hang together, ComBat may take out the signal.

    Source
    ------
    Johnson, Li & Rabinovic 2007, Biostatistics 8:118.
    """

    sites_: list[Any]
    left_out_: list[Any]
    effects_: SiteEffects | None
    site_: int
    covariates_: IntArray
    coding_: Coding

    def __init__(
        self,
        site: Column = "site",
        *,
        covariates: Sequence[Column] | None = None,
        unseen: Unseen = "keep",
        min_patients: int = 5,
    ) -> None:
        self.site = site
        self.covariates = covariates
        self.unseen = unseen
        self.min_patients = min_patients

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn location and scale of each site from ``X`` (n, p).

        Raises
        ------
        InputError
            ``IGX-PREP-003``: ``min_patients`` below 2; ``IGX-PREP-020``: a role column is not there;
            ``IGX-PREP-021``: a covariate mixes numbers and texts; ``IGX-PREP-029``: unknown value of
            ``unseen``; ``IGX-PREP-031``: a covariate cannot be told from the site.
        """
        self._check_parameters()
        wanted = [self.site, *(self.covariates if self.covariates is not None else ())]
        values = read_mixed(self, X, reset=True, least_columns=len(wanted) + 1)
        roles = find_columns(self, wanted)
        self.site_, self.covariates_ = int(roles[0]), roles[1:]
        self.kept_ = np.setdiff1d(np.arange(values.shape[1], dtype=np.int64), roles)
        features = as_numbers(values[:, self.kept_])
        self._count_sites(values[:, self.site_].astype(object))
        codes = self._codes(values[:, self.site_])
        role = values[:, self.covariates_].astype(object)
        names = [str(n) for n in names_in(self, None)[self.covariates_]]
        used = codes >= 0
        self.coding_ = fit_coding(role[used], names=names, where="ComBat")
        design, known = self.coding_.apply(role)
        use = used & known
        self.effects_ = None
        if len(self.sites_) > 1:
            self.effects_ = estimate_sites(features[use], codes[use], design[use], n_sites=len(self.sites_))
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the features of ``X`` (n, p) as if all patients came from one average site (n, k).

        Raises
        ------
        InputError
            ``IGX-PREP-030``: a site is not one of the fitted ones, with ``unseen = "refuse"``.
        """
        check_is_fitted(self)
        values = read_mixed(self, X, reset=False)
        features = as_numbers(values[:, self.kept_])
        codes = self._codes(values[:, self.site_])
        strange = codes < 0
        if strange.any() and self.unseen == "refuse":
            raise self._refusal(values[strange, self.site_])
        changed = features
        if self.effects_ is not None:
            design, _ = self.coding_.apply(values[:, self.covariates_].astype(object))
            covariate_part = row_products(design, self.effects_.slopes)
            changed = self.effects_.remove(features, np.maximum(codes, 0), covariate_part)
        left = np.nan if self.unseen == "missing" else features
        return np.where(strange[:, None], left, changed)

    def _check_parameters(self) -> None:
        if self.unseen not in UNSEEN:
            raise unknown_name("IGX-PREP-029", "value of 'unseen'", self.unseen, UNSEEN, where="ComBat")
        if self.min_patients < 2:
            raise bad_parameter(
                f"min_patients = {self.min_patients}", where="ComBat", expected="2 or more: one has no spread"
            )

    def _count_sites(self, column: Any) -> None:
        counts = pd.Series(column, dtype=object).value_counts(dropna=True, sort=False)
        names = sorted(counts.index, key=lambda v: (str(v), type(v).__name__))
        self.sites_ = [name for name in names if counts[name] >= self.min_patients]
        self.left_out_ = [name for name in names if counts[name] < self.min_patients]

    def _codes(self, column: Any) -> IntArray:
        """Return the position of each row's site among the fitted ones; -1 for others and missing ones."""
        place = {name: i for i, name in enumerate(self.sites_)}
        return np.array([-1 if pd.isna(v) else place.get(v, -1) for v in column.tolist()], dtype=np.int64)

    def _refusal(self, sites: Any) -> InputError:
        return InputError(
            "IGX-PREP-030",
            f"{len(sites)} patients come from sites that were not fitted: {short_list(sorted(set(map(str, sites))))}",
            where="ComBat",
            expected=f"one of: {short_list(self.sites_, 12)}",
            remedy='leave these patients out, or set unseen = "keep" or "missing"',
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
