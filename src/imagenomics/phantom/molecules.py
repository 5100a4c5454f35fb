"""Molecule tables of the phantom: protein changes and expression, with sample ids instead of patient ids."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.phantom import truth
from imagenomics.work.seeds import generator

WILD_TYPE, NOT_SEQUENCED = "WT", "NS"


def mutation_rows(cohort: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the table of protein changes: ``sample`` and one column for each gene.

    Patients without molecules have no row, the one who was not sequenced has ``NS`` everywhere, and one row
    belongs to a patient of whom nothing else is known.
    """
    rng = generator(seed, "phantom", "changes")
    genes = [*truth.EFFECTIVE_GENES, *truth.IDLE_GENES]
    changes = rng.choice(np.array(truth.CHANGES, dtype=object), size=(len(cohort), len(genes)))
    cells = np.where(cohort[genes].to_numpy(dtype=bool), changes, WILD_TYPE)
    table = pd.DataFrame(cells, index=cohort.index, columns=genes)
    table.loc[cohort["imperfection"] == "not-sequenced"] = NOT_SEQUENCED
    table = table[cohort["imperfection"] != "no-molecules"]
    width = len(str(cohort.index[0]).rpartition("-")[2])
    table.loc[truth.ID.format(number=truth.ONLY_MOLECULES, width=width)] = WILD_TYPE
    return _with_samples(table)


def expression_rows(cohort: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the table of expression (log2): ``sample`` and one column for each gene."""
    rng = generator(seed, "phantom", "expression")
    level = rng.uniform(3, 9, len(truth.EXPRESSION_GENES))
    noise = rng.standard_normal((len(cohort), len(truth.EXPRESSION_GENES)))
    texture = -np.log(cohort["length_mm"].to_numpy())
    texture = (texture - texture.mean()) / texture.std()
    noise[:, 0] = truth.TEXTURE_SHARE * texture + np.sqrt(1 - truth.TEXTURE_SHARE**2) * noise[:, 0]
    table = pd.DataFrame(np.round(level + noise, 4), index=cohort.index, columns=list(truth.EXPRESSION_GENES))
    return _with_samples(table[cohort["imperfection"] != "no-molecules"])


def _with_samples(table: pd.DataFrame) -> pd.DataFrame:
    named = table.set_axis([f"{patient}{truth.SAMPLE_SUFFIX}" for patient in table.index], axis=0)
    return named.rename_axis("sample").reset_index()
