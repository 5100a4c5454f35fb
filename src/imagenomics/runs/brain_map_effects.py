"""The effects of a study by region, as a map of the brain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.features.brain.desikan import region_name
from imagenomics.runs.brain_map_block import PARCEL, BrainMapBlock, EffectsOf
from imagenomics.runs.folder import RunFolder

COLUMNS = ("analysis", "feature", "target", "stratum", "test", "effect", "effect_name")


def read_effects(block: BrainMapBlock, effects: EffectsOf, folder: RunFolder | None, where: str) -> pd.Series:
    """Return the effects of one target on the features that fit the pattern, by region; empty without a folder.

    Raises
    ------
    InputError
        ``IGX-RUN-065``: no associations, none of these, or effects of several kinds; ``IGX-RUN-066``: a region twice.
    """
    if folder is None:
        return pd.Series(dtype=np.float64)
    path = folder.path / "associations.parquet"
    if not path.is_file():
        raise InputError(
            "IGX-RUN-065",
            f"the effects of [[associate]] {effects.analysis} are not in the run folder",
            where=f"{where}: {path}",
            expected="associations.parquet, written by the step before",
            remedy="run the study from `associate` on",
        )
    rows = pd.read_parquet(path, columns=list(COLUMNS))
    own = rows[
        (rows["analysis"].astype(str) == effects.analysis) & (rows["target"].astype(str) == effects.target)
    ]
    first, last = effects.feature.split(PARCEL)
    features = own["feature"].astype(str)
    fits = features.str.startswith(first) & features.str.endswith(last)
    if not fits.any():
        raise InputError(
            "IGX-RUN-065",
            f"no effect of '{effects.target}' on '{effects.feature}' is in [[associate]] {effects.analysis}",
            where=f"{where}: features {short_list(sorted(set(features)))}",
            expected="a tested feature for each region",
            remedy=f"write the name of a feature with {PARCEL} in place of the region",
        )
    _of_one_kind(own[fits], where)
    regions = features[fits].str.slice(len(first)).map(lambda name: name[: len(name) - len(last)])
    return pd.Series(
        own.loc[fits, "effect"].to_numpy(dtype=np.float64), index=named_regions(regions, block, where)
    )


def _of_one_kind(rows: pd.DataFrame, where: str) -> None:
    """Refuse rows of several strata (``IGX-RUN-066``), or effects that are not on one scale (``IGX-RUN-065``)."""
    strata = sorted(set(rows["stratum"].astype(str)))
    if len(strata) > 1:
        raise InputError(
            "IGX-RUN-066",
            f"each region has an effect in each of {len(strata)} strata: {short_list(strata)}",
            where=where,
            expected="one effect for each region",
            remedy="take the effects of a block that tests all patients together, or has one stratum",
        )
    tested = rows[rows["effect"].notna()]
    # Firth's likelihood estimates the same odds ratio where groups separate.
    tests = tested["test"].astype(str).str.removesuffix(" (Firth)")
    kinds = sorted(set(tests + ": " + tested["effect_name"].astype(str)))
    if len(kinds) > 1:
        raise InputError(
            "IGX-RUN-065",
            f"the effects are of {len(kinds)} kinds: {short_list(kinds)}",
            where=where,
            expected="one test, and one scale of effects, in all regions",
            remedy="choose features of one kind, or set `method` so that all of them are tested alike",
        )


def named_regions(names: pd.Series, block: BrainMapBlock, where: str) -> pd.Index:
    """Return the regions by the names of the atlas; a region twice is refused (``IGX-RUN-066``)."""
    spell: Callable[[str], str] = region_name if block.atlas == "desikan-killiany" else str
    index = pd.Index([spell(str(name)) for name in names], name="parcel", dtype=object)
    if index.has_duplicates:
        twice = index[index.duplicated()].unique()
        raise InputError(
            "IGX-RUN-066",
            f"{len(twice)} regions stand there twice: {short_list(map(str, twice))}",
            where=where,
            expected="one row for each region",
            remedy="keep one row of each region, with its hemisphere in its name",
        )
    return index
