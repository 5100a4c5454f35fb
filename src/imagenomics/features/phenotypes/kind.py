"""What makes one kind of measure: its settings, how a case is measured, and what is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from imagenomics.features.each_region import Problem
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.settings import Settings

Rows = tuple[pd.DataFrame, list[Problem]]
Form = Literal["volume", "series"]


@dataclass(frozen=True)
class Planned:
    """What is known of a measure's images before any is read.

    Parameters
    ----------
    regions : sequence of str
        Regions that will be measured.
    spacing_known : bool
        Whether lengths are in mm.
    others : sequence of str
        Further pictures that each patient has, by what the measure calls them.
    files : mapping of str to Path
        Files that are the same for all patients, by the field that names them.
    """

    regions: Sequence[str]
    spacing_known: bool
    others: Sequence[str] = ()
    files: Mapping[str, Path] = field(default_factory=dict)


def nothing(_: Any) -> tuple[str, ...]:
    """Return no name: a measure of volumes needs nothing said of an axis."""
    return ()


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
    form : "volume" or "series"
        What the picture has to be.
    needs, may : mapping of str to form
        Further pictures of the patient that the measure needs, or can use, by what it calls them.
    files : tuple of str
        Fields of the settings that name files; with {patient} each patient has one, without all share one.
    axis : callable
        ``axis(settings)``: what the study must say of a series, of ``times``, ``b_values``, ``b_vectors``.
    raw : bool
        Whether z-scores, which have neither the unit nor the zero of the intensities, make the measure meaningless.
    unit : bool
        Whether the measure has the unit of the intensities: then no normalised image has it, ratios included.
    """

    settings: type[Settings]
    measure: Callable[[Scene, Any], Rows]
    plan: Callable[[Any, Planned], pd.DataFrame] | None = None
    around: tuple[str, ...] = ()
    draws: bool = False
    form: Form = "volume"
    needs: Mapping[str, Form] = field(default_factory=dict)
    may: Mapping[str, Form] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    axis: Callable[[Any], tuple[str, ...]] = nothing
    raw: bool = False
    unit: bool = False
