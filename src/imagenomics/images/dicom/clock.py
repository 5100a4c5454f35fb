"""Dates and times of a header, as moments that can be subtracted."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from imagenomics.images.dicom.open import damaged

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?")
_BOTH = re.compile(r"(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)([+-]\d{4})?")


def moment(date: str, time: str, *, where: str, what: str) -> datetime | None:
    """Return the moment of a DA and a TM value, None where one is empty (``IGX-IMG-102``: not a date or time)."""
    if not date or not time:
        return None
    day, hour = _DATE.fullmatch(date.strip()), _TIME.fullmatch(time.strip())
    if day is None or hour is None:
        raise damaged(where, f"'{what}' is not a date and time")
    fraction = int((hour[4] or "0").ljust(6, "0"))
    parts = (int(day[1]), int(day[2]), int(day[3]), int(hour[1]), int(hour[2] or 0), int(hour[3] or 0))
    return _built(parts, fraction, where, what)


def moment_of_text(text: str, *, where: str, what: str, offset: str = "") -> datetime | None:
    """Return the moment of a DT value in the local time of the series, None where it is empty or a date only.

    Parameters
    ----------
    text : str
        DT value, with or without an offset from UTC.
    where, what : str
        File and keyword, for messages.
    offset : str
        Offset of the local time of the series (TimezoneOffsetFromUTC); where both are known, they are reconciled.
    """
    found = _BOTH.fullmatch(text.strip())
    if found is None:
        if not text or re.fullmatch(r"\d{4,8}([+-]\d{4})?", text.strip()):
            return None
        raise damaged(where, f"'{what}' is not a date and time")
    local = moment(found[1], found[2], where=where, what=what)
    if local is None or not found[3] or not re.fullmatch(r"[+-]\d{4}", offset):
        return local
    aware = local.replace(tzinfo=_zone(found[3])).astimezone(UTC)
    return aware.astimezone(_zone(offset)).replace(tzinfo=None)


def _zone(offset: str) -> timezone:
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _built(parts: tuple[int, int, int, int, int, int], fraction: int, where: str, what: str) -> datetime:
    year, month, day, hour, minute, second = parts
    try:
        # A leap second counts as the second before it.
        return datetime(year, month, day, hour, minute, min(second, 59), fraction)
    except ValueError:
        raise damaged(where, f"'{what}' is not a date and time") from None
