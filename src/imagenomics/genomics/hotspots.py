"""Protein changes at one place of a gene."""

from __future__ import annotations

import re

import pandas as pd

_PLACE = re.compile(r"[A-Z*][0-9]+")


def at_hotspot(changes: pd.DataFrame, hotspot: str) -> pd.DataFrame:
    """Return the changes at a hotspot.

    Parameters
    ----------
    changes : DataFrame
        With the columns ``gene`` and ``change``, one-letter codes without 'p.'.
    hotspot : str
        ``GENE:R132`` for any change of this residue that alters it (R132H, R132C; not R132= and not R1321H), or
        ``GENE:R132H`` for this change alone.
    """
    gene, _, place = hotspot.partition(":")
    own = changes[changes["gene"] == gene]
    if not _PLACE.fullmatch(place):
        return own[own["change"] == place]
    text = own["change"].astype(str)
    return own[text.str.match(rf"{re.escape(place)}(?![0-9=])") & (text != place)]
