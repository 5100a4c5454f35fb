"""``[[survival]]``: features, and molecules, against the time to an event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.survival.frame import (
    MODEL_COLUMNS,
)
from imagenomics.associate.survival.groups import CURVE_COLUMNS, GROUP_COLUMNS
from imagenomics.associate.survival.rows import survival_rows, with_q
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.families.costs import COX_FIT, COX_MODEL, fits_of_comparison
from imagenomics.runs.families.follow_up import FollowUp, read_follow_up
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs, Verdict, site_ignored
from imagenomics.runs.families.survival_groups import check_groups, group_rows, test_groups
from imagenomics.runs.families.survival_models import check_models, model_rows, test_models, with_model_q
from imagenomics.runs.families.survival_proportional import check_proportional
from imagenomics.runs.families.survival_scores import (
    SCORE_POINTS,
    SCORE_TERMS,
    SCORES,
    check_scores,
    score_cards,
    score_rows,
    test_scores,
)
from imagenomics.runs.families.survival_strata import strata_of
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import SurvivalBlock
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

CURVES, GROUPS, MODELS = "survival_curves", "survival_groups", "survival_models"
PROPORTIONAL = "survival_proportional"
SECONDS_OF_CUT = 5e-8  # for each pair of patients in one fold of one draw: a guess

FITTED = (
    " The likelihood ratio is that of the patients of the fit; the gain in C-index that of patients left out."
)


def _look_up(block: SurvivalBlock, linked: Linked, where: str) -> None:
    read_follow_up(block, linked, where)
    choose_clinical(linked.clinical, block.adjust, where=where)
    choose_clinical(linked.clinical, block.strata, where=where)
    if block.molecules:
        choose_targets(linked.molecules, block.molecules, where=where)


def _foresee(block: SurvivalBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    followed = read_follow_up(block, linked, where)
    check_groups(block, linked, features, where=where)
    check_models(block, linked, features, where=where)
    check_scores(block, linked, features, where=where)
    n = len(followed.times.ids)
    chosen = len(choose_features(features, block.features, flagged=block.flagged, where=where).columns)
    molecules = _molecules(block, linked, where)
    tests = chosen + (0 if molecules is None else len(molecules.columns))
    fits = sum(len(c.models) * fits_of_comparison(c) for c in block.compare)
    learned = sum(s.folds * s.permutations * max(len(s.terms), 1) for s in block.score if s.card is None)
    cuts = learned + sum(g.folds * g.permutations for g in block.groups if g.cut == "maximal")
    return {
        "kind": "survival",
        "features": chosen,
        "targets": 1,
        "tests": tests + len(block.groups) + len(block.score) + sum(len(c.models) - 1 for c in block.compare),
        "n": n,
        "events": followed.times.n_events,
        "censored": int((followed.cause == 0).sum()),
        "competing": int((followed.cause > 1).sum()),
        "median_follow_up": float(pd.Series(followed.times.time).median()),
        "unit": block.unit,
        "seconds": tests * n * COX_MODEL + cuts * n * n * SECONDS_OF_CUT + fits * n * COX_FIT,
    }


def _test(block: SurvivalBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    linked = inputs.linked
    followed = read_follow_up(block, linked, where)
    strata = strata_of(block, linked, where)
    covariates = inputs.covariates(block, where=where)
    sides = [(block.endpoint, inputs.features(block, where=where))]
    molecules = _molecules(block, linked, where)
    if molecules is not None:
        sides.append((block.molecular, molecules))
    parts = [
        survival_rows(
            columns,
            followed.times,
            target=target,
            analysis=block.name,
            covariates=covariates,
            strata=strata,
            settings=block,
        )[list(COLUMNS)]
        for target, columns in sides
    ]
    curves, groups = test_groups(block, inputs, followed, where=where)
    if len(groups):
        parts.append(group_rows(groups, analysis=block.name, target=block.grouped))
    models = test_models(block, inputs, followed, where=where)
    if len(models):
        parts.append(model_rows(block, models))
    scores = test_scores(block, inputs, followed, where=where)
    if SCORES in scores:
        parts.append(score_rows(block, scores[SCORES]))
    rows = with_q(pd.concat(parts, ignore_index=True), block)
    tables = {
        ASSOCIATIONS: rows,
        CURVES: _with(curves, scores.pop(CURVES, None)).reindex(columns=CURVE_COLUMNS),
        GROUPS: _with(groups, scores.pop(GROUPS, None)).reindex(columns=GROUP_COLUMNS),
    }
    if len(models):
        tables[MODELS] = with_model_q(models, rows).reindex(columns=MODEL_COLUMNS)
    checked = check_proportional(block, inputs, followed, sides=sides, rows=rows, models=models, where=where)
    if len(checked):
        tables[PROPORTIONAL] = checked
    return tables | scores | ({SCORES: _score_q(scores[SCORES], rows, block)} if SCORES in scores else {})


def _with(frame: pd.DataFrame, more: pd.DataFrame | None) -> pd.DataFrame:
    parts = [part for part in (frame, more) if part is not None and len(part)]
    return pd.concat(parts, ignore_index=True) if parts else frame


def _score_q(scores: pd.DataFrame, rows: pd.DataFrame, block: SurvivalBlock) -> pd.DataFrame:
    q = rows[rows["target"] == block.scored].set_index("feature")["q"]
    return scores.assign(q=q.reindex(scores["score"]).to_numpy(dtype=float))


def _retest(block: SurvivalBlock, inputs: Inputs, where: str, molecules: PatientTable) -> pd.DataFrame:
    return survival_rows(
        molecules,
        read_follow_up(block, inputs.linked, where).times,
        target=block.molecular,
        analysis=block.name,
        covariates=inputs.covariates(block, where=where),
        strata=strata_of(block, inputs.linked, where),
        settings=block,
    )


def _molecules(block: SurvivalBlock, linked: Linked, where: str) -> PatientTable | None:
    return choose_targets(linked.molecules, block.molecules, where=where) if block.molecules else None


def _judge(block: SurvivalBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    followed = read_follow_up(block, linked, FAMILY.where(block))
    counts = (followed.times.n_events, len(followed.times.ids))
    verdicts = association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        events=dict.fromkeys(rows["target"].astype(str), counts),
        nouns={
            block.molecular: "molecules",
            block.grouped: "groupings",
            block.compared: "additions to a model",
            block.scored: "scores",
        },
        site_ignored=site_ignored((*block.adjust, *block.strata), linked),
    )
    return [
        {**v, "reason": v["reason"] + (FITTED if v["target"] == block.compared else "")} for v in verdicts
    ]


def _left_out(block: SurvivalBlock, inputs: Inputs) -> dict[str, str]:
    found: FollowUp = read_follow_up(block, inputs.linked, FAMILY.where(block))
    return found.missing


FAMILY = FamilyKind(
    "survival",
    5,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(CURVES, GROUPS, MODELS, PROPORTIONAL, SCORES, SCORE_TERMS, SCORE_POINTS),
    cards=score_cards,
    left_out=_left_out,
    retest=_retest,
    molecules_are="feature",
)
