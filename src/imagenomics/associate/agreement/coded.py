"""Agreement on levels: kappa of two readers, Fleiss' kappa and Krippendorff's alpha of all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.agreement.alpha import alpha_row
from imagenomics.associate.agreement.rows import Readings, Row, filled, not_testable, plain_row, too_few
from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.stats.agreement.kappa import cohen_kappa, count_ratings, fleiss_kappa
from imagenomics.stats.agreement.krippendorff import Level

ALL = "all readers"
BOTH = "both readers"
ONE_SAYS_ONE = "one of the two gave all patients one answer, and kappa is 0 whatever the other one says"
NO_SPREAD = "the variance of the coefficient is zero in these patients"


def coded_rows(read: Readings, settings: AgreementSettings, *, seed: int) -> list[Row]:
    """Return the rows of a binary, ordinal or categorical column: first of all readers, then of every two."""
    rows = [_alpha(read, settings, seed=seed)]
    if len(read.readers) > 2:
        # Fleiss' kappa knows no order of levels, so that it comes first only where there is none.
        rows.insert(1 if read.kind == "ordinal" else 0, _fleiss(read, settings))
    if settings.pairs or len(read.readers) == 2:
        rows += [_kappa(read, pair, both, settings) for pair, both in read.pairs()]
    return rows


def _kappa(read: Readings, pair: tuple[str, str], both: Readings, settings: AgreementSettings) -> Row:
    weights = settings.weights if read.kind == "ordinal" else "none"
    name = "Cohen's kappa" if weights == "none" else f"Cohen's kappa, {weights} weights"
    row = plain_row(read, name, pair, len(both.values)) | {"agreed": _agreed(both.values)}
    few = too_few(len(both.values), settings.min_patients, of=BOTH)
    if few:
        return not_testable(row, few)
    first, second = both.values[:, 0].tolist(), both.values[:, 1].tolist()
    found = cohen_kappa(
        first, second, weights=weights, categories=_scale(read), confidence=settings.confidence
    )
    undefined = _one_answer(BOTH, len(both.values))
    endless = ONE_SAYS_ONE if min(len(set(first)), len(set(second))) == 1 else NO_SPREAD
    return filled(row, found.estimate, found.low, found.high, undefined=undefined, endless=endless)


def _fleiss(read: Readings, settings: AgreementSettings) -> Row:
    whole = read.complete
    row = plain_row(read, "Fleiss' kappa", None, len(whole)) | {"agreed": _agreed(whole)}
    few = too_few(len(whole), settings.min_patients, of=f"all {len(read.readers)} readers")
    if few:
        return not_testable(row, few)
    found = fleiss_kappa(count_ratings(whole), confidence=settings.confidence)
    undefined = _one_answer(ALL, len(whole))
    return filled(row, found.estimate, found.low, found.high, undefined=undefined, endless=NO_SPREAD)


def _alpha(read: Readings, settings: AgreementSettings, *, seed: int) -> Row:
    level: Level = "ordinal" if read.kind == "ordinal" else "nominal"
    row = alpha_row(read, level, settings, seed=seed, undefined=_one_answer(ALL, len(read.several)))
    return row | {"agreed": _agreed(read.several)}


def _agreed(values: npt.NDArray[np.object_]) -> float:
    """Return the mean over patients of the share of their pairs of answers that are equal."""
    shares = []
    for row in values:
        given = [v for v in row if v is not None]
        equal = sum(given.count(v) - 1 for v in given)
        if len(given) > 1:
            shares.append(equal / (len(given) * (len(given) - 1)))
    return float(np.mean(shares)) if shares else np.nan


def _scale(read: Readings) -> list[float] | None:
    """Return every level of an ordinal column, one scale for all pairs: weights count those that nobody chose.

    Where levels are not known, they are those that any of the readers gave.
    """
    if read.kind != "ordinal":
        return None
    given = {float(v) for v in read.values[read.known]}
    return [float(i) for i in range(len(read.levels))] if read.levels else sorted(given)


def _one_answer(who: str, n: int) -> str:
    return (
        f"{who} gave one and the same answer to all {n} patients: agreement beyond chance is not defined where nothing "
        "varies"
    )
