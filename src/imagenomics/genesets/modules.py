"""Modules of a whole cohort: which gene belongs where, how much, and each module's number by patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.genesets.metagenes import learn_metagenes
from imagenomics.genesets.settings import ModuleSettings
from imagenomics.prepare.gene_modules import ModuleEigengenes
from imagenomics.tables.patient_table import PatientTable, describe

GENE_COLUMNS = ("analysis", "module", "gene", "membership", "rank")


@dataclass(frozen=True)
class Modules:
    """Modules of genes.

    Parameters
    ----------
    genes : DataFrame
        ``analysis, module, gene, membership, rank``: the genes of each module, the strongest first. ``membership`` is
        the correlation with the eigengene, or the weight in the metagene.
    scores : PatientTable
        One continuous column for each module; missing where a patient has no expression.
    notes : tuple of str
        What a reader should know.
    """

    genes: pd.DataFrame
    scores: PatientTable
    notes: tuple[str, ...] = ()


def find_modules(expression: PatientTable, *, settings: ModuleSettings, analysis: str, seed: int) -> Modules:
    """Gather genes in modules, without looking at any phenotype.

    Modules that serve a prediction are learned inside its folds instead: see
    :class:`imagenomics.prepare.gene_modules.ModuleEigengenes` and :class:`imagenomics.prepare.metagenes.Metagenes`.

    Parameters
    ----------
    expression : PatientTable
        One continuous column for each gene.
    settings : ModuleSettings
    analysis : str
        First part of the names of the modules' columns.
    seed : int
    """
    there = expression.values.notna().any(axis=1)
    values = expression.values[there]
    names = [str(g) or str(c) for c, g in expression.columns["feature"].items()]
    if settings.method == "metagenes":
        genes, scores, note = learn_metagenes(values.to_numpy(dtype=np.float64), names, settings, seed=seed)
    else:
        genes, scores, note = _coexpression(values.to_numpy(dtype=np.float64), names, settings)
    columns = [f"{analysis}.{name}" for name in scores.columns]
    frame = scores.set_axis(columns, axis=1).set_axis(values.index, axis=0).reindex(expression.values.index)
    described = describe(
        columns,
        role="molecule",
        source=analysis,
        family=settings.method,
        feature=list(scores.columns),
        settings=settings.digest(),
    )
    listed = genes.assign(analysis=analysis).reindex(columns=list(GENE_COLUMNS))
    return Modules(
        listed, PatientTable(frame.rename_axis(index="patient"), described), (note,) if note else ()
    )


def _coexpression(
    values: np.ndarray, names: list[str], settings: ModuleSettings
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    model: ModuleEigengenes = settings.learner(seed=0).fit(values)
    parts = []
    for m, module in enumerate(model.get_feature_names_out(), start=1):
        own = np.flatnonzero(model.labels_ == m)
        order = own[np.argsort(-model.membership_[own], kind="stable")]
        parts.append(
            pd.DataFrame(
                {
                    "module": module,
                    "gene": [names[i] for i in order],
                    "membership": model.membership_[order],
                    "rank": np.arange(1, len(order) + 1),
                }
            )
        )
    scores = pd.DataFrame(model.transform(values), columns=list(model.get_feature_names_out()))
    outside = int((model.labels_ == 0).sum())
    note = (
        f"correlations raised to the power {model.power_} (soft threshold); {outside} of {len(names)} genes are in no "
        "module"
    )
    return pd.concat(parts) if parts else pd.DataFrame(), scores, note
