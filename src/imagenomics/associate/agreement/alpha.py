"""Krippendorff's alpha of one column, on whatever level of measurement it has."""

from __future__ import annotations

from imagenomics.associate.agreement.rows import Readings, Row, filled, not_testable, plain_row, too_few
from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.stats.agreement.krippendorff import Level, krippendorff_alpha

NO_DRAWS = "draws = 0"
ALIKE = "samples of patients define no alpha, or always the same one"
NEGATIVE = "a ratio scale has no negative values: ask for alpha = 'interval'"


def alpha_row(read: Readings, level: Level, settings: AgreementSettings, *, seed: int, undefined: str) -> Row:
    """Return the row of alpha over the patients with two readings or more; ``undefined``: why there may be none."""
    several = read.several
    row = plain_row(read, f"Krippendorff's alpha, {level}", None, len(several))
    few = too_few(len(several), settings.min_patients, of="two readers or more")
    if few:
        return not_testable(row, few)
    if level == "ratio" and min(v for line in several for v in line if v is not None) < 0:
        return not_testable(row, NEGATIVE)
    found = krippendorff_alpha(
        several, level=level, draws=settings.draws, seed=seed, confidence=settings.confidence
    )
    endless = ALIKE if settings.draws else NO_DRAWS
    return filled(row, found.estimate, found.low, found.high, undefined=undefined, endless=endless)
