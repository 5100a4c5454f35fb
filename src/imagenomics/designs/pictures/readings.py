"""What readers see: several of them, who disagree, and the answer that counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.designs.pictures.kind import Blocks


def reading_blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    """Return the sections of a study file that take the readings."""
    names = [f"reader{k + 1}" for k in range(picture.readers)]
    first: dict[str, Any] = {"rule": "first", "readers": names}
    block = {
        "name": picture.name,
        "kind": "readings",
        "path": f"{picture.name}.csv",
        "dictionary": f"{picture.name}.toml",
        "reader": "reader",
        "consensus": {"rule": "majority"} if _by_majority(picture, phenotypes) else first,
    }
    return {"feature_tables": [block]}


def _by_majority(picture: Picture, phenotypes: Sequence[Phenotype]) -> bool:
    """Tell whether the answer that counts is that of most readers; else it is the first reader's."""
    return picture.readers >= 3 and picture.readers % 2 == 1 and all(p.levels for p in phenotypes)


def reading_dictionary(picture: Picture, phenotypes: Sequence[Phenotype]) -> dict[str, Any]:
    """Return the data dictionary of the reading."""
    items = [
        {
            "code": p.name.replace("-", "_").replace("+", "_"),
            "label": p.label or p.name,
            "kind": "continuous" if not p.levels else "binary" if len(p.levels) == 2 else "ordinal",
            **({"levels": list(p.levels)} if p.levels else {"unit": p.unit}),
        }
        for p in phenotypes
    ]
    return {
        "name": picture.name,
        "title": f"Simulated reading '{picture.name}'",
        "source": "the design of the paper",
        "items": items,
    }


def read_pictures(
    picture: Picture, phenotypes: Sequence[Phenotype], hidden: pd.DataFrame, *, random: np.random.Generator
) -> pd.DataFrame:
    """Return what each reader writes of each patient.

    Every reader sees the hidden phenotype with an error of his own, and cuts it where the levels begin.

    Parameters
    ----------
    picture : Picture
        ``readers`` and their ``error``.
    phenotypes : sequence of Phenotype
    hidden : DataFrame, (n, phenotypes)
        Standard normal variables by patient.
    random : Generator

    Returns
    -------
    DataFrame
        ``patient, reader`` and one column for each phenotype, rows by patient and reader.
    """
    sheets = []
    for k in range(picture.readers):
        sheet: Mapping[str, Any] = {"patient": hidden.index, "reader": f"reader{k + 1}"}
        seen = {p.name: _seen(p, hidden[p.name].to_numpy(), picture.error, random) for p in phenotypes}
        columns = {p.name: _written(p, seen[p.name]) for p in phenotypes}
        sheets.append(pd.DataFrame({**sheet, **columns}))
    whole = pd.concat(sheets, ignore_index=True)
    return whole.sort_values(["patient", "reader"], kind="stable", ignore_index=True)


def agreed_readings(
    picture: Picture, phenotypes: Sequence[Phenotype], hidden: pd.DataFrame, *, random: np.random.Generator
) -> pd.DataFrame:
    """Return the answer that counts by patient: the position of a level, or a number; NaN where readers tie."""
    reads = [
        {p.name: _seen(p, hidden[p.name].to_numpy(), picture.error, random) for p in phenotypes}
        for _ in range(picture.readers)
    ]
    answers = {}
    for p in phenotypes:
        given = np.stack([read[p.name] for read in reads])
        if not _by_majority(picture, phenotypes):
            answers[p.name] = given[0]
            continue
        votes = np.stack([(given == k).sum(axis=0) for k in range(len(p.levels))])
        tied = (votes == votes.max(axis=0)).sum(axis=0) > 1
        answers[p.name] = np.where(tied, np.nan, votes.argmax(axis=0))
    return pd.DataFrame(answers, index=hidden.index)


def _seen(phenotype: Phenotype, hidden: np.ndarray, error: float, random: np.random.Generator) -> np.ndarray:
    """Return what a reader sees: the position of a level, or a number."""
    seen = hidden + error * random.standard_normal(len(hidden))
    if not phenotype.levels:
        value = phenotype.mean + phenotype.sd * seen
        return np.round(np.exp(value) if phenotype.scale == "log" else value, 4)
    borders = np.quantile(seen, np.cumsum(phenotype.shares)[:-1])
    return np.searchsorted(borders, seen).astype(np.float64)


def _written(phenotype: Phenotype, seen: np.ndarray) -> np.ndarray:
    return np.array(phenotype.levels, dtype=object)[seen.astype(int)] if phenotype.levels else seen


def reading_column(picture: Picture, phenotype: Phenotype) -> str:
    """Return the feature that holds the answer that counts."""
    return f"{picture.name}.{phenotype.name.replace('-', '_').replace('+', '_')}"
