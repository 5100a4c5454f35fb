"""Applying a model card to the patients of another study."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from imagenomics.errors import FileProblem, InputError, short_list
from imagenomics.predict.card import ModelCard
from imagenomics.tables.patient_table import PatientTable


def read_card(path: Path) -> ModelCard:
    """Read a model card; ``IGX-RUN-080`` when the file is absent or is none."""
    try:
        return ModelCard.read(json.loads(path.read_text("utf-8")), where=str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise FileProblem(
            "IGX-RUN-080",
            f"the model card cannot be read ({error})",
            where=str(path),
            remedy="give a file such as RUN/models/NAME.json, written by `imagenomics run`",
        ) from error


def apply_card(card: ModelCard, features: PatientTable) -> pd.DataFrame:
    """Predict new patients, after a check that their features were made in the same way.

    Returns
    -------
    DataFrame
        ``patient, analysis, target, positive, score, missing``.

    Raises
    ------
    InputError
        ``IGX-RUN-081``: features that were made with other settings; ``IGX-PRED-020``: features that are not there.
    """
    made = features.columns["settings"]
    other = [c.name for c in card.columns if c.name in made.index and c.settings not in ("", made[c.name])]
    if other:
        raise InputError(
            "IGX-RUN-081",
            f"{len(other)} features were made with other settings than those of the model: {short_list(other)}",
            where=f"model {card.analysis}",
            expected="the same normalisation, spacing, regions and grey levels",
            remedy="copy [features] and [[images]] from the study that trained the model",
        )
    scores = card.score(features.values).reset_index()
    fields = {"analysis": card.analysis, "target": card.target, "positive": card.positive}
    return scores.assign(**fields)[["patient", *fields, "score", "missing"]]
