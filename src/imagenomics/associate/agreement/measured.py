"""Agreement of numbers: intraclass correlations of all readers; concordance and limits of agreement of two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.agreement.alpha import alpha_row
from imagenomics.associate.agreement.rows import Readings, Row, filled, not_testable, plain_row, too_few
from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.stats.agreement.bland_altman import limits_of_agreement
from imagenomics.stats.agreement.concordance import concordance
from imagenomics.stats.agreement.icc import icc

FloatArray = npt.NDArray[np.float64]
CONSTANT = "all values are equal: nothing varies between patients or readers"
ONE_CONSTANT = "one of the two gave the same value to all patients"
EACH_CONSTANT = "each reader gave the same value to all patients: none differs from another one"


def measured_rows(read: Readings, settings: AgreementSettings, *, seed: int) -> list[Row]:
    """Return the rows of a numeric column: first of all readers, then of every two."""
    rows = _intraclass(read, settings)
    if settings.alpha != "none":
        rows.append(alpha_row(read, settings.alpha, settings, seed=seed, undefined=CONSTANT))
    if settings.pairs or len(read.readers) == 2:
        for pair, both in read.pairs():
            rows += _of_two(read, pair, both.values.astype(np.float64), settings)
    return rows


def _intraclass(read: Readings, settings: AgreementSettings) -> list[Row]:
    values = read.complete.astype(np.float64)
    few = too_few(len(values), settings.min_patients, of=f"all {len(read.readers)} readers")
    why = few or ("" if np.ptp(values, axis=0).any() else CONSTANT if np.ptp(values) == 0 else EACH_CONSTANT)
    rows = []
    for form in settings.icc:
        row = plain_row(read, form, None, len(values))
        if why:
            rows.append(not_testable(row, why))
            continue
        found = icc(values, form=form, confidence=settings.confidence)
        rows.append(filled(row, found.estimate, found.low, found.high, undefined=CONSTANT))
    return rows


def _of_two(
    read: Readings, pair: tuple[str, str], values: FloatArray, settings: AgreementSettings
) -> list[Row]:
    """Return concordance, mean difference and limits of two readers, whose values are (n, 2)."""
    names = ("concordance", "mean difference", "lower limit of agreement", "upper limit of agreement")
    rows = [plain_row(read, name, pair, len(values)) for name in names]
    rows = [rows[0], *(row | {"unit": read.unit} for row in rows[1:])]
    few = too_few(len(values), settings.min_patients, of="both readers")
    if few:
        return [not_testable(row, few) for row in rows]
    first, second = values.T
    same = concordance(first, second, confidence=settings.confidence)
    limits = limits_of_agreement(first, second, confidence=settings.confidence)
    reason = CONSTANT if np.ptp(values) == 0 else ONE_CONSTANT
    found = [filled(rows[0], same.estimate, same.low, same.high, undefined=reason)]
    for row, part in zip(rows[1:], (limits.bias, limits.lower, limits.upper), strict=True):
        found.append(filled(row, part.estimate, part.low, part.high, undefined=reason))
    return found
