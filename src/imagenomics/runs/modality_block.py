"""Modalities of a prediction, and which of them are compared, as a study file declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from imagenomics.errors import nearest, short_list
from imagenomics.predict.families import FAMILIES

NAME = re.compile(r"[A-Za-z0-9+][A-Za-z0-9_+-]*")
TAKEN = (*FAMILIES, "clinical", "volume", "majority", "image+clinical", "image+volume")


def modalities_problem(
    modalities: Mapping[str, str | Sequence[str]], compare: Sequence[tuple[str, str]]
) -> str:
    """Say what is wrong with declared modalities and comparisons, or return ''."""
    for name in modalities:
        if not NAME.fullmatch(name):
            return f"modalities: '{name}' is no name: letters, digits, _, + and - only"
        if name in TAKEN:
            return (
                f"modalities: '{name}' is what another model of a prediction is called; choose another name"
            )
    if len(modalities) == 1:
        return "modalities: one alone has nothing to stand beside; name two or more"
    for pair in compare:
        for name in pair:
            if name not in modalities:
                close = nearest(name, modalities)
                known = (
                    f"did you mean '{close}'?"
                    if close
                    else f"known: {short_list(list(modalities)) or 'none'}"
                )
                return f"compare: '{name}' is none of the modalities; {known}"
        if pair[0] == pair[1]:
            return f"compare names '{pair[0]}' twice: a modality is no better than itself"
        if list(compare).count(pair) + list(compare).count((pair[1], pair[0])) > 1:
            return f"compare names '{pair[0]}' and '{pair[1]}' more than once"
    return ""
