"""Applying a model card to the patients of another study."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from imagenomics.associate.survival.score_card import CardTerm, ScoreCard
from imagenomics.errors import FileProblem, InputError, short_list
from imagenomics.predict.card import CardColumn, ModelCard
from imagenomics.tables.patient_table import PatientTable


def read_card(path: Path) -> ModelCard | ScoreCard:
    """Read the card of a model or of a score; ``IGX-RUN-080`` when the file is absent or is none."""
    try:
        data = json.loads(path.read_text("utf-8"))
        kind = ScoreCard if isinstance(data, dict) and data.get("kind") == "survival-score" else ModelCard
        return kind.read(data, where=str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise FileProblem(
            "IGX-RUN-080",
            f"the model card cannot be read ({error})",
            where=str(path),
            remedy="give RUN/models/NAME.json or RUN/scores/NAME.json, written by `imagenomics run`",
        ) from error


def apply_card(card: ModelCard | ScoreCard, features: PatientTable) -> pd.DataFrame:
    """Predict new patients, or count their points, after a check that their features were made in the same way.

    The card of a score may name clinical variables and molecules, which then stand beside the features.

    Returns
    -------
    DataFrame
        ``patient, analysis, target, positive, score, missing``.

    Raises
    ------
    InputError
        ``IGX-RUN-081``: features that were made with other settings; ``IGX-PRED-020``: features that are not there.
    """
    used = card.terms if isinstance(card, ScoreCard) else card.columns
    check_made_alike(used, features.columns["settings"], where=f"model {card.analysis}")
    scores = card.score(features.values).reset_index()
    positive = "" if isinstance(card, ScoreCard) else card.positive
    fields = {"analysis": card.analysis, "target": card.target, "positive": positive}
    return scores.assign(**fields)[["patient", *fields, "score", "missing"]]


def check_made_alike(used: Sequence[CardColumn | CardTerm], made: pd.Series, *, where: str) -> None:
    """Refuse columns whose settings are not those of the card (``IGX-RUN-081``)."""
    other = [c.name for c in used if c.name in made.index and c.settings not in ("", made[c.name])]
    if other:
        raise InputError(
            "IGX-RUN-081",
            f"{len(other)} features were made with other settings than those of the model: {short_list(other)}",
            where=where,
            expected="the same normalisation, spacing, regions and grey levels",
            remedy="copy [features] and [[images]] from the study that trained the model",
        )
