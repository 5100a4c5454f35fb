"""What a kind of family must be able to do; the stages ask nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from imagenomics.images.settings import ImageSettings
from imagenomics.runs.choose import choose_clinical, choose_features
from imagenomics.runs.extract import Extracted
from imagenomics.runs.family_block import FamilyBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor

Verdict = dict[str, Any]
ASSOCIATIONS = "associations"


@dataclass(frozen=True)
class Inputs:
    """What a family is tested on."""

    linked: Linked
    extracted: Extracted
    seed: int
    executor: Executor
    images: Mapping[str, ImageSettings] = field(default_factory=dict)

    def features(self, block: FamilyBlock, *, where: str) -> PatientTable:
        """Return the features that a block names."""
        return choose_features(self.extracted.features, block.features, flagged=block.flagged, where=where)

    def covariates(self, block: FamilyBlock, *, where: str) -> PatientTable | None:
        """Return what every test of a block is adjusted for, where there is anything."""
        return choose_clinical(self.linked.clinical, block.adjust, where=where) if block.adjust else None

    def strata(self, block: FamilyBlock) -> pd.Series | None:
        """Return the groups within which a block permutes patients."""
        return self.linked.sites if block.within == "site" else None


def _no_files(block: Any, tables: Mapping[str, pd.DataFrame], study: str) -> Mapping[str, dict[str, Any]]:
    return {}


def _no_images(block: Any) -> tuple[str, ...]:
    return ()


def _nobody(block: Any, inputs: Inputs) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class FamilyKind:
    """One kind of declared family.

    Parameters
    ----------
    section : str
        Field of the plan and heading of the study file (``associate`` for ``[[associate]]``).
    version : int
        Raised by hand when equal settings give other results.
    look_up : callable
        ``look_up(block, linked, where)``: refuses names that are not there, before any image is read.
    foresee : callable
        ``foresee(block, linked, features, where)``: the row of ``check``, with its ``seconds``.
    test : callable
        ``test(block, inputs, where)``: frames by the name of the run folder's table; ``associations`` has the columns
        of every family.
    judge : callable
        ``judge(block, linked, rows)``: the verdicts on the family's rows of ``associations``.
    tables : tuple of str
        Further tables that ``test`` returns.
    left_out : callable
        ``left_out(block, inputs)``: linked patients who cannot enter, for want of something else than a covariate, and
        why.
    cards : callable
        ``cards(block, tables, study)``: JSON documents for other studies, by the name of their file in the run folder,
        from what ``test`` returned and the title of the study.
    mapped : bool
        Features and targets are drawn as a map between their trees.
    among_units : FamilyKind, optional
        The kind that takes blocks of this section whose rows are units inside patients.
    reads : callable
        ``reads(block)``: names of the images whose files ``test`` reads itself, features or none.
    retest : callable, optional
        ``retest(block, inputs, where, molecules)``: the rows of the same tests with these molecules instead, without
        permutations; for signatures that are compared with random ones.
    molecules_are : str
        Column of ``associations`` that names the molecules: ``target`` or ``feature``.
    """

    section: str
    version: int
    look_up: Callable[[Any, Linked, str], None]
    foresee: Callable[[Any, Linked, PatientTable, str], dict[str, Any]]
    test: Callable[[Any, Inputs, str], Mapping[str, pd.DataFrame]]
    judge: Callable[[Any, Linked, pd.DataFrame], Iterable[Verdict]]
    tables: tuple[str, ...] = ()
    left_out: Callable[[Any, Inputs], Mapping[str, str]] = _nobody
    cards: Callable[[Any, Mapping[str, pd.DataFrame], str], Mapping[str, dict[str, Any]]] = _no_files
    mapped: bool = False
    reads: Callable[[Any], tuple[str, ...]] = _no_images
    among_units: FamilyKind | None = None
    retest: Callable[[Any, Inputs, str, PatientTable], pd.DataFrame] | None = None
    molecules_are: str = "target"

    def of(self, block: Any) -> FamilyKind:
        """Return the kind that a block of this section is."""
        return self.among_units if self.among_units and block.unit is not None else self

    def where(self, block: FamilyBlock) -> str:
        """Return how messages name a block."""
        return f"[[{self.section}]] {block.name}"


def foresee_tests(
    block: FamilyBlock,
    features: PatientTable,
    *,
    targets: int,
    permutations: int,
    seconds: float,
    where: str,
) -> dict[str, Any]:
    """Return the row of ``check`` for a family that tests each feature against each of ``targets`` columns.

    ``seconds`` are those of one pair of columns in all, permutations included.
    """
    chosen = len(choose_features(features, block.features, flagged=block.flagged, where=where).columns)
    return {
        "kind": "association",
        "features": chosen,
        "targets": targets,
        "tests": chosen * targets,
        "permutations": permutations,
        "seconds": chosen * targets * seconds,
    }


def site_ignored(adjusted: tuple[str, ...], linked: Linked) -> bool:
    """Tell whether sites are known and not adjusted for."""
    return linked.sites is not None and "site" not in adjusted
