"""The dose that is left when the images are corrected to: injection, half life, and the time that counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from imagenomics.errors import InputError
from imagenomics.images.dicom.body import missing
from imagenomics.images.dicom.clock import moment, moment_of_text
from imagenomics.images.dicom.fields import items, number, several, text, value_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

TRACER = "RadiopharmaceuticalInformationSequence"
GE_PET = "GEMS_PETD_01"
DAY = timedelta(days=1)
LEAST_DOSE_BQ = 1e4  # less than any scan is made with; MBq written as Bq lie below
LONG_LIVED_S = 4 * 3600.0  # scans on a later day are usual from here on
MOST_HALF_LIVES = 12.0  # a thousandth of a per cent is left then: the dates are not of one scan


def check_corrections(dataset: Dataset, *, where: str) -> None:
    """Refuse images without attenuation correction, or whose decay correction contradicts itself.

    Raises
    ------
    InputError
        ``IGX-IMG-130``: 'CorrectedImage' or 'DecayCorrection' is missing; ``IGX-IMG-132``: not corrected.
    """
    value = value_of(dataset, "CorrectedImage", where=where)
    if value is None:
        raise missing("CorrectedImage", where=where)
    done = {str(v).strip() for v in several(value)}
    way = _way(dataset, where)
    if "ATTN" not in done:
        raise _not_corrected("the images are not corrected for attenuation", where)
    if ("DECY" in done) != (way != "NONE"):
        raise _not_corrected(
            f"'CorrectedImage' and 'DecayCorrection' ({way}) contradict each other about decay", where
        )


def decayed_dose(heads: Sequence[Dataset], where: Sequence[str]) -> tuple[list[float], tuple[str, ...]]:
    """Return the dose in Bq that is left at the time each image is corrected to, and how it was found.

    Raises
    ------
    InputError
        ``IGX-IMG-130``: a time, the dose or the half life is missing; ``IGX-IMG-131``: they cannot be true.
    """
    first, name = heads[0], where[0]
    dose, half_life = (_of_tracer(first, k, name) for k in ("RadionuclideTotalDose", "RadionuclideHalfLife"))
    if dose < LEAST_DOSE_BQ:
        raise _implausible(
            "the dose is too small to be in Bq", name, "it may be written in MBq: correct the header"
        )
    if len({(_of_tracer(d, "RadionuclideTotalDose", w)) for d, w in zip(heads, where, strict=True)}) > 1:
        raise _implausible(
            "the images of the series have different doses", name, "give the images of one series"
        )
    way = _way(first, name)
    if way == "ADMIN":
        return [dose], ("dose at injection (decay correction ADMIN)",)
    if way == "NONE":
        lives = [_frame_decay(d, w, half_life) for d, w in zip(heads, where, strict=True)]
        return [dose * share for share in lives], ("dose decayed to each frame (decay correction NONE)",)
    scan, note = _scan_start(heads, where)
    injected, midnight = _injection(first, scan, name)
    elapsed = (scan - injected).total_seconds()
    _check_elapsed(elapsed, half_life, name)
    steps = (f"dose decayed to {note} (decay correction START)",)
    return [dose * 2.0 ** (-elapsed / half_life)], steps + (("injected before midnight",) if midnight else ())


def _way(dataset: Dataset, where: str) -> str:
    way = text(dataset, "DecayCorrection", where=where)
    if way not in ("START", "ADMIN", "NONE"):
        raise missing("DecayCorrection", where=where)
    return way


def _frame_decay(dataset: Dataset, where: str, half_life: float) -> float:
    """Return the share of the injected activity that a frame sees on average while it is taken."""
    begin = _acquired(dataset, where)
    if begin is None:
        raise missing("AcquisitionTime", where=where)
    duration = number(dataset, "ActualFrameDuration", where=where)
    if not duration or duration < 0:
        raise missing("ActualFrameDuration", where=where)
    elapsed = (begin - _injection(dataset, begin, where)[0]).total_seconds()
    _check_elapsed(elapsed, half_life, where)
    rate = math.log(2.0) / half_life * duration / 1000.0  # decay constant times the duration (given in ms)
    return float(2.0 ** (-elapsed / half_life) * -math.expm1(-rate) / rate)


def _scan_start(heads: Sequence[Dataset], where: Sequence[str]) -> tuple[datetime, str]:
    """Return the time that START corrects to, from the most to the least trusted source."""
    acquired = [a for a in (_acquired(d, w) for d, w in zip(heads, where, strict=True)) if a is not None]
    begin = moment(
        text(heads[0], "SeriesDate", where=where[0]),
        text(heads[0], "SeriesTime", where=where[0]),
        where=where[0],
        what="SeriesTime",
    )
    # A series that was made afterwards from other images has a time of its own, later than the scan.
    if begin is not None and (not acquired or begin <= min(acquired)):
        return begin, "the start of the series"
    private = _ge_start(heads[0], where[0])
    if private is not None:
        return private, "the scan time in the private group of GE"
    if acquired:
        return min(acquired), "the earliest acquisition"
    raise missing("SeriesTime", where=where[0])


def _ge_start(dataset: Dataset, where: str) -> datetime | None:
    try:
        value = dataset.private_block(0x0009, GE_PET)[0x0D].value
    except KeyError:
        return None
    value = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    return moment_of_text(str(value).strip("\0 "), where=where, what="(0009,xx0d)")


def _acquired(dataset: Dataset, where: str) -> datetime | None:
    return moment(
        text(dataset, "AcquisitionDate", where=where),
        text(dataset, "AcquisitionTime", where=where),
        where=where,
        what="AcquisitionTime",
    )


def _injection(dataset: Dataset, scan: datetime, where: str) -> tuple[datetime, bool]:
    """Return when the tracer was given, and whether that was on the day before the scan."""
    tracer = _tracer(dataset, where)
    offset = text(dataset, "TimezoneOffsetFromUTC", where=where)
    written = text(tracer, "RadiopharmaceuticalStartDateTime", where=where)
    full = moment_of_text(written, where=where, what="RadiopharmaceuticalStartDateTime", offset=offset)
    if full is not None:
        return full, full.date() < scan.date()
    time = text(tracer, "RadiopharmaceuticalStartTime", where=where)
    same_day = moment(f"{scan:%Y%m%d}", time, where=where, what="RadiopharmaceuticalStartTime")
    if same_day is None:
        raise missing("RadiopharmaceuticalStartDateTime or RadiopharmaceuticalStartTime", where=where)
    if _of_tracer(dataset, "RadionuclideHalfLife", where) > LONG_LIVED_S:
        raise _implausible(
            "the injection has a time and no date, and the tracer lives for days",
            where,
            "add 'RadiopharmaceuticalStartDateTime'",
        )
    # A time without date that is later than the scan is of the evening before.
    return (same_day - DAY, True) if same_day > scan else (same_day, False)


def _check_elapsed(elapsed: float, half_life: float, where: str) -> None:
    if 0 <= elapsed <= MOST_HALF_LIVES * half_life:
        return
    late = f"{elapsed / half_life:.3g} half lives lie between injection and scan"
    raise _implausible(
        "the injection is after the scan" if elapsed < 0 else late,
        where,
        "dates may have been shifted or clocks differ: correct injection or scan time",
    )


def _tracer(dataset: Dataset, where: str) -> Dataset:
    found = items(dataset, TRACER, where=where)
    if len(found) == 1:
        return found[0]
    if not found:
        raise missing(TRACER, where=where)
    raise _implausible(f"{len(found)} tracers are described", where, "SUV of several tracers are not defined")


def _of_tracer(dataset: Dataset, keyword: str, where: str) -> float:
    value = number(_tracer(dataset, where), keyword, where=where)
    if value is None or value <= 0:
        raise missing(keyword, where=where)
    return value


def _implausible(what: str, where: str, remedy: str) -> InputError:
    return InputError("IGX-IMG-131", what, where=where, expected="the values of one scan", remedy=remedy)


def _not_corrected(what: str, where: str) -> InputError:
    return InputError(
        "IGX-IMG-132",
        what,
        where=where,
        expected="attenuation correction, and a decay correction that both elements agree on",
        remedy="use the corrected series of the scan",
    )
