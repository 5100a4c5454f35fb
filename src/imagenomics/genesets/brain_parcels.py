"""Which parcels of a map of the brain can be held against the expression of genes, and why others cannot."""

from __future__ import annotations

import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.genesets.settings import BrainMapSettings

LEAST_KNOWN = 0.5  # share of the genes that a parcel must have


def choose_parcels(
    brain_map: pd.Series,
    genes: pd.DataFrame,
    parcels: pd.DataFrame,
    settings: BrainMapSettings,
    analysis: str,
) -> pd.DataFrame:
    """Return the parcels of the map: ``value, hemisphere, placed, used, reason``.

    Raises
    ------
    InputError
        ``IGX-SETS-034``: too few have a value, coordinates and expression.
    """
    frame = pd.DataFrame({"value": brain_map.astype("float64")}).rename_axis(index="parcel")
    frame["hemisphere"] = parcels["hemisphere"].reindex(frame.index)
    known = genes.notna().mean(axis=1).reindex(frame.index).fillna(0.0)
    reasons = pd.Series("", index=frame.index)
    wanted = ["L", "R"] if settings.hemisphere == "both" else [settings.hemisphere]
    for why, bad in (
        ("no expression", known <= LEAST_KNOWN),
        ("the other hemisphere", ~frame["hemisphere"].isin(wanted)),
        ("no coordinates", frame["hemisphere"].isna()),
        ("no value", frame["value"].isna()),
    ):
        reasons[bad] = why
    frame["reason"] = reasons
    frame["used"] = reasons == ""
    # A turned map takes values from parcels without expression, too.
    frame["placed"] = reasons.isin(["", "no expression"])
    if int(frame["used"].sum()) < settings.min_parcels:
        count = reasons.value_counts()
        said = ", ".join(f"{n} with {why}" for why, n in count.items() if why) or "none left out"
        raise InputError(
            "IGX-SETS-034",
            f"{int(frame['used'].sum())} parcels have a value, coordinates and expression ({said})",
            where=f"{analysis}: map {short_list(map(str, frame.index))}; genes {short_list(map(str, genes.index))}; "
            f"coordinates {short_list(map(str, parcels.index))}",
            expected=f"{settings.min_parcels} parcels or more, called alike on all sides",
            remedy="set `atlas` where programs spell regions differently, or lower `min_parcels`",
        )
    return frame
