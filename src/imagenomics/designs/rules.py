"""The analysis of the paper, and the same questions under today's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What a block asks; everything else is how it is tested, and falls back to the defaults of the package.
QUESTION = (
    "name",
    "features",
    "flagged",
    "targets",
    "adjust",
    "molecules",
    "sets",
    "time",
    "event",
    "event_value",
    "entry",
    "unit",
    "origin",
    "endpoint",
    "groups",
    "by",
    "target",
    "positive",
    "clinical",
    "family",
    "zygosity",
    "image",
    "region",
)
TODAY = "-today"


def under_todays_rules(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return the analysis blocks beside themselves, asked again with the defaults of the package.

    Parameters
    ----------
    study : mapping
        Sections of analysis blocks; other sections (``predict``) stay as they are.

    Returns
    -------
    dict
        Each block, then its twin named ``<name>-today``. A prediction has no twin: its defaults are the rules.
    """
    doubled: dict[str, Any] = {}
    for section, blocks in study.items():
        if not isinstance(blocks, list) or section == "train":
            doubled[section] = blocks
            continue
        twins = [
            {key: value for key, value in block.items() if key in QUESTION} | {"name": block["name"] + TODAY}
            for block in blocks
        ]
        doubled[section] = [*blocks, *twins]
    return doubled
