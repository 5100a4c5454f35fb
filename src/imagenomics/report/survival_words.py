"""Survival in the methods paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.text import adjusted_for, listed

Block = Mapping[str, Any]
TIES = {"efron": "Efron's", "breslow": "Breslow's"}


def survival_sentence(block: Block) -> str:
    """Return how one ``[[survival]]`` block was analysed."""
    strata = [str(v) for v in block.get("strata") or ()]
    how = adjusted_for(block, otherwise="without adjustment")
    within = f", stratified by {listed(strata)}" if strata else ""
    ties = TIES.get(str(block.get("ties")), "Efron's")
    many = block.get("competing") == "subdistribution"
    test = f"{block.get('statistic', 'likelihood-ratio')} test"
    model = (
        "a Fine-Gray model of its own (subdistribution hazards; ties as Breslow's, Wald test by the sandwich variance "
        "that holds the estimated weights)"
        if many
        else f"a Cox model of its own with {ties} handling of ties and the {test}"
    )
    said = [
        f"{str(block.get('endpoint') or 'survival').capitalize()} was counted in {block.get('unit')} from "
        f"{str(block.get('origin') or 'its origin').rstrip('.')} (analysis “{block.get('name')}”).",
        f"Every column was tested in {model}, {how}{within}; a model needed "
        f"{block.get('events_per_term', 10)} events for each term. q values control the false discovery rate "
        "within this family.",
    ]
    if block.get("competing_values") and not many:
        said.append("Competing events ended observation as censoring does: hazards are cause-specific.")
    groups = [g for g in block.get("groups") or () if isinstance(g, Mapping)]
    if groups:
        curves = "cumulative incidence" if block.get("competing_values") else "Kaplan-Meier curves"
        said.append(f"Groups were compared by {curves} and {'Gray tests' if many else 'log-rank tests'}.")
    if any(g.get("cut") == "maximal" for g in groups):
        said.append(
            "Cut-points that survival itself chose were chosen anew in each training part, judged by the patients left "
            "out, and tested by permuting the whole choice."
        )
    if block.get("compare"):
        said.append(
            "Cox models were compared in the patients who had all their terms: by AIC, by likelihood-ratio tests of "
            "nested models, and by the C-index of patients left out (the same stratified folds for all models)."
        )
    if block.get("score"):
        said.append(
            "Additive scores give a point for each term on its worse side of a cut-point. Cut-points and sides that "
            "are not declared were learned in training parts and counted in the patients left out; their p values "
            "permute the patients' terms together and learn all anew."
        )
    if not many and block.get("proportional") != "none":
        said.append(
            "Whether hazard ratios stay the same over time was checked by the score test of Grambsch and Therneau."
        )
    return " ".join(said)
