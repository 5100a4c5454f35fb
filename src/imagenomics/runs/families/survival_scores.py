"""The scores of a ``[[survival]]`` block: learned or taken from a card, tested, and written down for other cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.sides import read_side
from imagenomics.associate.survival.frame import POINT_COLUMNS, POINTS, SCORE_COLUMNS, SCORE_TERM_COLUMNS
from imagenomics.associate.survival.groups import CURVE_COLUMNS, GROUP_COLUMNS, Grouping, group_tables
from imagenomics.associate.survival.rows import NOT_TESTABLE, OK, TARGET_KIND
from imagenomics.associate.survival.score import FROZEN, LEARNED, TestedScore, needs_learning, try_score
from imagenomics.associate.survival.score_card import CardTerm, ScoreCard
from imagenomics.associate.survival.score_settings import ScoreSettings, ScoreTerm
from imagenomics.associate.survival.settings import GroupSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import FileProblem, InputError
from imagenomics.runs.apply import check_made_alike, read_card
from imagenomics.runs.families.follow_up import FollowUp
from imagenomics.runs.families.kind import Inputs
from imagenomics.runs.families.survival_columns import one_column
from imagenomics.runs.families.survival_strata import strata_of
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import SurvivalBlock
from imagenomics.stats.tails import p_and_log10
from imagenomics.tables.patient_table import PatientTable, join

FOLDER = "scores"
SCORES, SCORE_TERMS, SCORE_POINTS = "survival_scores", "survival_score_terms", "survival_points"
MEASURED = (
    "feature",
    "learned",
    "volume",
)  # how others were read (files, columns) may differ between studies
WORDS = {True: "above", False: "below"}


def check_scores(block: SurvivalBlock, linked: Linked, features: PatientTable, *, where: str) -> None:
    """Refuse scores whose columns or cards cannot be used, before anything is tested.

    Raises
    ------
    InputError
        ``IGX-SURV-013``: a column that is not there; ``IGX-SURV-023``: one whose levels have no order;
        ``IGX-RUN-080``: no card; ``IGX-RUN-081``: features made with other settings.
    """
    for one in block.score:
        _columns(one, linked, features, where=where)


def test_scores(
    block: SurvivalBlock, inputs: Inputs, followed: FollowUp, *, where: str
) -> dict[str, pd.DataFrame]:
    """Return the tables of all scores of a block: scores, terms, points, and curves and groups by points."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for one in block.score:
        for name, frame in _one(one, block, inputs, followed, where=where).items():
            parts.setdefault(name, []).append(frame)
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def score_rows(block: SurvivalBlock, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the tests of scores as rows of the table of associations, a claim of their own."""
    return pd.DataFrame([_row(block, row) for row in scores.to_dict("records")])[list(COLUMNS)]


def score_cards(
    block: SurvivalBlock, tables: Mapping[str, pd.DataFrame], study: str
) -> dict[str, dict[str, Any]]:
    """Return the cards of the scores that this study declares or learns."""
    if SCORE_TERMS not in tables:
        return {}
    scores, terms, cards = tables[SCORES], tables[SCORE_TERMS], {}
    for one in block.score:
        own = terms[terms["score"] == one.name]
        if one.card is not None or own.empty or own["cut"].isna().any():
            continue
        n = int(scores.loc[scores["score"] == one.name, "n"].iloc[0])
        rows = own.to_dict("records")
        card = ScoreCard(
            study=study,
            analysis=f"{block.name}-{one.name}",
            target=block.endpoint,
            n=n,
            terms=tuple(
                CardTerm(name=r["term"], settings=r["settings"], cut=r["cut"], worse=r["worse"]) for r in rows
            ),
        )
        cards[f"{FOLDER}/{card.analysis}"] = card.model_dump(mode="json")
    return cards


def _card(one: ScoreSettings, linked: Linked, where: str) -> ScoreCard | None:
    if one.card is None:
        return None
    path = Path(linked.root) / one.card
    card = read_card(path)
    if not isinstance(card, ScoreCard):
        raise FileProblem(
            "IGX-RUN-080",
            "this is the card of a prediction and no score",
            where=f"{where}, score '{one.name}', {path}",
            remedy="give RUN/scores/NAME.json of the study that taught the score",
        )
    return card


def _columns(
    one: ScoreSettings, linked: Linked, features: PatientTable, *, where: str
) -> tuple[PatientTable, tuple[ScoreTerm, ...], ScoreCard | None]:
    """Return the columns of a score, its terms as they are declared here (states are cut at one half), and its card."""
    place = f"{where}, score '{one.name}'"
    card = _card(one, linked, where)
    names = [t.name for t in card.terms] if card is not None else [t.by for t in one.terms]
    table = join([one_column(name, linked, features, where=place) for name in names])
    if card is not None:
        check_made_alike(card.terms, table.columns["settings"], where=place)
    for name, kind in table.columns["kind"].items():
        if kind == "categorical":
            raise InputError(
                "IGX-SURV-023",
                f"'{name}' has levels without an order, so that no side of it is worse",
                where=place,
                expected="numbers, levels in an order, or states (0, 1)",
                remedy="declare its order, or derive a state from it",
            )
    binary = table.columns["kind"] == "binary"
    terms = tuple(t.model_copy(update={"at": 0.5}) if binary[t.by] and t.at is None else t for t in one.terms)
    return table, terms, card


def _one(
    one: ScoreSettings, block: SurvivalBlock, inputs: Inputs, followed: FollowUp, *, where: str
) -> dict[str, pd.DataFrame]:
    table, terms, card = _columns(one, inputs.linked, inputs.extracted.features, where=where)
    strata = strata_of(block, inputs.linked, where)
    side = read_side(table, table.values.index, what="scores")
    values = pd.DataFrame(side.values, index=table.values.index, columns=list(table.columns.index))
    known = values.notna().all(axis=1) & values.index.isin(followed.times.ids)
    if strata is not None:
        known &= strata.reindex(values.index).notna()
    times = followed.times.of(values.index[known])
    source = "card" if card is not None else "learned" if needs_learning(terms) else "declared"
    labels = {"analysis": block.name, "score": one.name}
    facts: dict[str, Any] = {**labels, "source": source, "terms": " + ".join(values.columns)}
    facts |= {"n": len(times.ids), "events": times.n_events, "draws": 0, "status": NOT_TESTABLE}
    if len(times.ids) < block.min_patients or times.n_events < block.events_per_term:
        few = f"fewer than {block.min_patients} patients or {block.events_per_term} events with all terms"
        return {SCORES: pd.DataFrame([{**facts, "reason": few}]).reindex(columns=SCORE_COLUMNS)}
    found = try_score(
        values.loc[times.ids],
        times,
        terms if card is None else card,
        strata=strata,
        within=inputs.strata(block),
        settings=one,
        rules=block,
        seed=inputs.seed,
    )
    learned = source == "learned"
    facts |= _facts(found)
    points = {"patient": times.ids, "points": found.points, "points_left_out": np.nan}
    if learned and not found.problem:
        points["points_left_out"] = found.honest.astype(np.float64)
    tables = {
        SCORES: pd.DataFrame([facts]).reindex(columns=SCORE_COLUMNS),
        SCORE_TERMS: _term_rows(found, terms, table, source).assign(**labels)[list(SCORE_TERM_COLUMNS)],
        SCORE_POINTS: pd.DataFrame(points).assign(**labels)[list(POINT_COLUMNS)],
    }
    return tables | _curves(one, found, times, strata, block, learned=learned)


def _facts(found: TestedScore) -> dict[str, Any]:
    ratio, low, high, _ = found.ratio
    return {
        "c_apparent": found.c_apparent,
        "c_index": found.c_index,
        "optimism": found.c_apparent - found.c_index,
        "ratio_apparent": found.ratio_apparent,
        **{"ratio": ratio, "ci_low": low, "ci_high": high},
        **{"p_naive": found.p_naive, "p": found.p, "draws": found.draws},
        "status": NOT_TESTABLE if found.problem else OK,
        "reason": found.problem,
    }


def _term_rows(
    found: TestedScore, terms: tuple[ScoreTerm, ...], table: PatientTable, source: str
) -> pd.DataFrame:
    rows = []
    for j, name in enumerate(table.columns.index):
        cuts = np.array([rule.cuts[j] for rule in found.rules] or [found.rule.cuts[j]])
        sides = np.array([rule.above[j] == found.rule.above[j] for rule in found.rules] or [True])
        chosen = source if source == "card" else "given" if terms[j].at is not None else terms[j].cut
        known = cuts[~np.isnan(cuts)]
        row = {"term": name, "chosen": chosen, "cut": found.rule.cuts[j]}
        row |= {"cut_low": known.min(initial=np.inf), "cut_high": known.max(initial=-np.inf)}
        row |= {"worse": WORDS[bool(found.rule.above[j])], "same_side": float(sides.mean())}
        pictured = table.columns.at[name, "role"] in MEASURED
        rows.append({**row, "settings": str(table.columns.at[name, "settings"]) if pictured else ""})
    return pd.DataFrame(rows)


def _curves(
    one: ScoreSettings,
    found: TestedScore,
    times: SurvivalTimes,
    strata: pd.Series | None,
    block: SurvivalBlock,
    *,
    learned: bool,
) -> dict[str, pd.DataFrame]:
    if found.problem:
        return {}
    counted, size = found.honest, found.rule.cuts.size
    if one.high is None:
        names = tuple(f"{k} point{'' if k == 1 else 's'}" for k in range(size + 1))
    else:
        counted = (counted >= one.high).astype(np.int64)
        names = (f"fewer than {one.high} points", f"{one.high} points or more")
    title = f"{one.name} (score)"
    curves, groups = group_tables(
        Grouping(counted, names),
        times,
        name=title,
        strata=strata,
        settings=GroupSettings(by=one.name),
        confidence=block.confidence,
    )
    groups = groups.assign(
        cut="score",
        test=LEARNED if learned else FROZEN,
        statistic=found.z,
        df=1,
        p=found.p,
        p_naive=found.p_naive,
        draws=found.draws,
        status=OK,
        reason="",
    )
    return {
        "survival_curves": curves.assign(analysis=block.name).reindex(columns=CURVE_COLUMNS),
        "survival_groups": groups.assign(analysis=block.name).reindex(columns=GROUP_COLUMNS),
    }


def _row(block: SurvivalBlock, row: dict[Any, Any]) -> dict[str, Any]:
    p = float(row["p"])
    tested = p == p
    return {
        **dict.fromkeys(("q", "p_maxt", "se", "statistic"), float("nan")),
        "analysis": block.name,
        "feature": row["score"],
        "target": block.scored,
        "target_kind": TARGET_KIND,
        "stratum": "",
        "test": LEARNED if row["source"] == "learned" else FROZEN,
        "unit": "patient",
        "n": np.int32(row["n"]),
        "effect": row["ratio"],
        "effect_name": POINTS,
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "p": p,
        "neg_log10_p": float(p_and_log10(np.log(p))[1]) if tested else float("nan"),
        "status": row["status"],
        "reason": row["reason"],
        "df": np.float32(1.0 if tested else np.nan),
        "df_factor": np.float32(np.nan),
        "permutation": "all learning of cut-points and sides" if row["source"] == "learned" else "",
    }
