"""Features that come out alike when the same patient is measured again: only those stay."""

from __future__ import annotations

from typing import Any, Self, get_args

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.prepare.base import FloatArray, FoldTransformer, bad_parameter, names_in
from imagenomics.prepare.repetitions import COLUMNS, stability_of
from imagenomics.prepare.settings import Bound, Unknown
from imagenomics.stats.agreement.icc import FORMS, Form


class StabilityFilter(FoldTransformer):
    """Keep the features whose intraclass correlation passes a threshold.

    The correlation comes from one of two places. With ``table``: from a table made beforehand by
    :func:`imagenomics.prepare.repetitions.stability_table`, which must come from *other* patients (a
    test-retest cohort) to be free of leaks. Without it: from repeated columns of the training patients,
    ``feature@2``, ``feature@3``, ... beside ``feature``, as
    :func:`imagenomics.prepare.repetitions.repeated_columns` sets them; the repetitions themselves never come out.

    Parameters
    ----------
    threshold : float
        The least correlation; 0.75 is the usual border between moderate and good, 0.9 is good for perturbations.
    table : DataFrame, optional
        Columns ``feature, icc, ci_low``; one row for each feature.
    bound : {"ci_low", "icc"}
        What must pass: the lower limit of the interval, or the estimate.
    form : str
        Form of the correlation, where it is computed here; see :func:`imagenomics.stats.agreement.icc.icc`.
    separator : str
        What stands between a feature's name and its repetition.
    unknown : {"drop", "keep"}
        What happens to columns about whose stability nothing is known.

    Attributes
    ----------
    stability_ : DataFrame
        ``feature, icc, ci_low, ci_high, form, n, k`` of the features looked at.
    dropped_, unknown_ : list of str
        Columns left out as not stable, and columns of unknown stability.

    Source
    ------
    Zwanenburg et al. 2019, Scientific Reports 9:614 (0.90 on the lower limit); Koo & Li 2016, Journal of Chiropractic
    Medicine 15:155 (0.75).
    """

    stability_: pd.DataFrame
    dropped_: list[str]
    unknown_: list[str]

    def __init__(
        self,
        threshold: float = 0.75,
        *,
        table: pd.DataFrame | None = None,
        bound: Bound = "ci_low",
        form: Form = "ICC(1,1)",
        separator: str = "@",
        unknown: Unknown = "drop",
    ) -> None:
        self.threshold = threshold
        self.table = table
        self.bound = bound
        self.form = form
        self.separator = separator
        self.unknown = unknown

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn which columns of ``X`` (n, p) are stable.

        Raises
        ------
        InputError
            ``IGX-PREP-003``: threshold above 1; ``IGX-PREP-022``: the table lacks a column; ``IGX-PREP-023``: it
            has a feature twice; ``IGX-PREP-024``: no column is stable; ``IGX-PREP-029``: unknown option.
        """
        self._check_parameters()
        values = self._read(X, reset=True)
        names = [str(n) for n in names_in(self, None)]
        repeats = self._repeats(names)
        self.stability_ = (
            _given(self.table) if self.table is not None else self._measured(values, names, repeats)
        )
        score = dict(zip(self.stability_["feature"], self.stability_[self.bound], strict=True))
        copies = {place for places in repeats.values() for place in places}
        own = [j for j in range(len(names)) if j not in copies]
        self.unknown_ = [names[j] for j in own if names[j] not in score]
        self.dropped_ = [names[j] for j in own if names[j] in score and not score[names[j]] >= self.threshold]
        out = set(self.dropped_) | (set(self.unknown_) if self.unknown == "drop" else set())
        self.kept_ = np.asarray([j for j in own if names[j] not in out], dtype=np.int64)
        if self.kept_.size == 0:
            raise self._nothing_left(len(own))
        return self

    def _check_parameters(self) -> None:
        if not self.threshold <= 1.0:
            raise bad_parameter(f"threshold {self.threshold}", where="StabilityFilter", expected="at most 1")
        for kind, given, known in (
            ("bound", self.bound, get_args(Bound)),
            ("form", self.form, FORMS),
            ("value of 'unknown'", self.unknown, get_args(Unknown)),
        ):
            if given not in known:
                raise unknown_name("IGX-PREP-029", kind, given, known, where="StabilityFilter")

    def _repeats(self, names: list[str]) -> dict[str, list[int]]:
        """Return the positions of the repetitions of each feature that has some."""
        found: dict[str, list[int]] = {}
        present = set(names)
        for j, name in enumerate(names):
            feature, separator, repetition = name.rpartition(self.separator)
            if separator and repetition and feature in present:
                found.setdefault(feature, []).append(j)
        return found

    def _measured(self, values: FloatArray, names: list[str], repeats: dict[str, list[int]]) -> pd.DataFrame:
        place = {name: j for j, name in enumerate(names)}
        parts = []
        for k in sorted({len(places) for places in repeats.values()}):
            features = [name for name, places in repeats.items() if len(places) == k]
            together = np.stack([values[:, [place[f], *repeats[f]]] for f in features])
            parts.append(stability_of(together, features, form=self.form))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))

    def _nothing_left(self, n: int) -> InputError:
        return InputError(
            "IGX-PREP-024",
            f"none of {n} columns stays: {len(self.dropped_)} are not stable, of {len(self.unknown_)} nothing is known "
            f"(e.g. {short_list([*self.dropped_, *self.unknown_], 3)})",
            where="StabilityFilter",
            expected=f"a feature whose {self.bound} is at least {self.threshold}",
            remedy="give a stability table of these features, measure more patients again, or lower the threshold",
        )


def _given(table: pd.DataFrame) -> pd.DataFrame:
    for column in ("feature", "icc", "ci_low"):
        if column not in table.columns:
            raise unknown_name("IGX-PREP-022", "column", column, table.columns, where="stability table")
    if table["feature"].duplicated().any():
        twice = table.loc[table["feature"].duplicated(), "feature"]
        raise InputError(
            "IGX-PREP-023",
            f"the stability table has features twice: {short_list(twice.unique())}",
            expected="one row for each feature",
            remedy="choose one form and one set of measurements",
        )
    return table.reset_index(drop=True)
