"""The features that a study will have, before any image is read."""

from __future__ import annotations

from imagenomics.runs.check_columns import as_planned
from imagenomics.runs.deltas import describe_deltas
from imagenomics.runs.learned import learned_descriptions
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.repeats import planned_repeats
from imagenomics.runs.repetitions import image_descriptions
from imagenomics.runs.wide import phenotype_descriptions
from imagenomics.tables.patient_table import PatientTable, join


def measured_columns(plan: Plan, linked: Linked) -> PatientTable:
    """Return the features that will be measured, or are given; those of images still without their values."""
    described = [image_descriptions(b, plan) for b in plan.images]
    described += [planned_repeats(b, plan) for b in plan.images if b.repeats is not None]
    described += [phenotype_descriptions(b, plan.image_of(b), linked.root) for b in plan.phenotypes]
    described += [learned_descriptions(b) for b in plan.learned]
    return join([*(as_planned(d, linked) for d in described), linked.given])


def planned_features(plan: Plan, linked: Linked) -> PatientTable:
    """Return these columns, and the changes between examinations."""
    features = measured_columns(plan, linked)
    changes = (as_planned(describe_deltas(b, features.columns), linked) for b in plan.deltas)
    return join([features, *changes])
