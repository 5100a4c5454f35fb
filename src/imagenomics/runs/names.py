"""Names that a study declares are looked up as soon as the tables are linked: a typing error costs no extraction."""

from __future__ import annotations

from imagenomics.runs.agreement import foresee_agreement
from imagenomics.runs.choose import ALL, choose_clinical
from imagenomics.runs.deltas import interval_days
from imagenomics.runs.families.declared import declared_families
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.planned import measured_columns, planned_features
from imagenomics.runs.targets import resolve_targets


def check_names(plan: Plan, linked: Linked) -> None:
    """Look up every clinical variable, molecule and target that the analyses name.

    Raises
    ------
    InputError
        ``IGX-RUN-041``, ``IGX-RUN-042``, ``IGX-RUN-060`` to ``IGX-RUN-064``: a name that is not there;
        ``IGX-RUN-040``, ``IGX-ASSOC-120``, ``IGX-ASSOC-121``: a name of an agreement that is not there;
        ``IGX-RUN-099``: an interval that is no number.
    """
    for kind, family in declared_families(plan):
        kind.look_up(family, linked, kind.where(family))
    for readers in plan.agreement:
        foresee_agreement(readers, linked, measured_columns(plan, linked))
    for deltas in plan.deltas:
        interval_days(deltas, linked.clinical)
    genes = any(block.from_genes for block in plan.train)
    resolve_targets(plan, linked, planned_features(plan, linked) if genes else None)
    for block in plan.train:
        if block.clinical != ALL:
            named = (block.clinical,) if isinstance(block.clinical, str) else block.clinical
            choose_clinical(linked.clinical, named, where=f"[[train]] {block.name}")
    if plan.train:
        choose_clinical(linked.clinical, plan.predict.prepare.context, where="[predict.prepare]")
