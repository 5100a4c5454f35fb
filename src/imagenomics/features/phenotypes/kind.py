"""What makes one kind of measure: its settings, how a case is measured, and what is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imagenomics.features.each_region import Problem
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.settings import Settings

Rows = tuple[pd.DataFrame, list[Problem]]


@dataclass(frozen=True)
class Planned:
    """What is known of a measure's images before any is read.

    Parameters
    ----------
    regions : sequence of str
        Regions that will be measured.
    spacing_known : bool
        Whether lengths are in mm.
    """

    regions: Sequence[str]
    spacing_known: bool


@dataclass(frozen=True)
class Kind:
    """One kind of measure; a new kind is a new module with one of these, and a line in ``kinds``.

    Parameters
    ----------
    settings : type
        Its settings model; the field ``kind`` tells it apart.
    measure : callable
        ``measure(scene, settings)`` gives the rows, with ``region``, and the problems of single regions.
    plan : callable, optional
        ``plan(settings, planned)`` gives the rows beforehand. Not given: a made-up ball is measured, because names,
        units and flags do not depend on the patient.
    around : tuple of str
        Fields of the settings that name regions beside those that are measured.
    draws : bool
        Whether numbers are drawn: then two patients with the same file differ.
    """

    settings: type[Settings]
    measure: Callable[[Scene, Any], Rows]
    plan: Callable[[Any, Planned], pd.DataFrame] | None = None
    around: tuple[str, ...] = ()
    draws: bool = False
