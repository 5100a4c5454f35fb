"""Scores of gene sets as derived numbers: which genes were found, who has enough of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_sets import COHORT_METHODS, SignatureSettings
from imagenomics.genomics.gene_sets import read_gmt
from imagenomics.genomics.set_scores import centred_ranks, gsva, rank_walks
from imagenomics.tables.read import read_text_table, to_number

SCORE = "score"


@dataclass(frozen=True)
class GeneSet:
    """Genes of a signature: those that go up, those that go down, and weights where there are any."""

    up: tuple[str, ...]
    down: tuple[str, ...] = ()
    weights: pd.Series | None = None

    @property
    def genes(self) -> tuple[str, ...]:
        """Return all genes."""
        return (*self.up, *self.down)


def signature_scores(settings: SignatureSettings, inputs: Inputs) -> list[Label]:
    """Return one score for each set and patient.

    Sets of which fewer than ``min_share`` of the genes are measured are left out and counted in a note; patients in
    whom fewer have a value are not called.

    Raises
    ------
    InputError
        ``IGX-GEN-031``, ``IGX-GEN-032`` the block; ``IGX-GEN-020``, ``IGX-GEN-021`` the file of sets; ``IGX-GEN-047``
        no set that can be scored, an unknown one, or weights that cannot be used.
    """
    numbers = inputs.numbers(settings.expression)
    sets = gene_sets_of(settings, inputs)
    measured = {name: [g for g in dict.fromkeys(s.genes) if g in numbers.columns] for name, s in sets.items()}
    usable = {
        n: s for n, s in sets.items() if len(measured[n]) >= max(1, settings.min_share * len(set(s.genes)))
    }
    if not usable:
        name, whole = next(iter(sets.items()))
        raise InputError(
            "IGX-GEN-047",
            f"no set can be scored; of '{name}' {len(measured[name])} of {len(whole.genes)} genes are measured, for "
            f"example not {short_list(g for g in whole.genes if g not in numbers.columns)}",
            where=f"{inputs.where}: {short_list(numbers.columns)}",
            expected=f"at least {settings.min_share:.0%} of the genes",
            remedy="map ids of genes to those of the sets (`ids` of the block), or lower `min_share`",
        )
    notes = []
    if len(usable) < len(sets):
        lost = [name for name in sets if name not in usable]
        notes.append(f"{len(lost)} of {len(sets)} sets have too few measured genes: {short_list(lost)}")
    scores = score_gene_sets(settings, numbers, usable)
    labels = [_label(name, s, scores[name], numbers[measured[name]], settings) for name, s in usable.items()]
    return [replace(labels[0], notes=tuple(notes)), *labels[1:]]


def gene_sets_of(settings: SignatureSettings, inputs: Inputs) -> dict[str, GeneSet]:
    """Return the genes of each signature that the settings name (``IGX-GEN-047`` for an unknown one)."""
    if settings.genes:
        return {SCORE: GeneSet(settings.genes, settings.down)}
    if settings.weights is not None:
        return {SCORE: _weights(settings.weights, inputs)}
    found = read_gmt(inputs.resolve(str(settings.sets)))
    for name in settings.only:
        if name not in found:
            raise unknown_name("IGX-GEN-047", "gene set", name, found, where=inputs.where)
    return {
        name: GeneSet(genes) for name, genes in found.items() if not settings.only or name in settings.only
    }


def _weights(name: str, inputs: Inputs) -> GeneSet:
    path = inputs.resolve(name)
    frame = read_text_table(path)
    for column in ("gene", "weight"):
        if column not in frame.columns:
            raise unknown_name("IGX-GEN-047", "column", column, frame.columns, where=str(path))
    weights = to_number(frame["weight"].astype(object), where=f"{path}: weight").set_axis(frame["gene"])
    if weights.isna().any() or weights.index.has_duplicates or not len(weights):
        raise InputError(
            "IGX-GEN-047",
            "a weight is missing, or a gene stands twice",
            where=str(path),
            expected="one row per gene with its weight",
            remedy="correct the table",
        )
    return GeneSet(tuple(map(str, weights.index)), weights=weights)


def score_gene_sets(
    settings: SignatureSettings, numbers: pd.DataFrame, sets: Mapping[str, GeneSet]
) -> pd.DataFrame:
    """Return the score of every set in every patient, NaN where it cannot be computed.

    Parameters
    ----------
    settings : SignatureSettings
        ``method`` and ``intercept`` count.
    numbers : DataFrame, (n, g)
        By patient and gene.
    sets : mapping of str to GeneSet
        Genes that are not measured do not count.
    """
    if settings.method == "gsva":
        return _gsva(numbers, sets)
    if settings.method == "mean-z":
        numbers = (numbers - numbers.mean()) / numbers.std().where(lambda sd: sd > 0)
    if settings.method in ("mean", "mean-z"):
        means = {n: numbers[[g for g in s.up if g in numbers.columns]].mean(axis=1) for n, s in sets.items()}
        return pd.DataFrame(means)
    if settings.method == "weighted":
        return pd.DataFrame({n: _weighted(numbers, s, settings.intercept) for n, s in sets.items()})
    return _ranked(settings, numbers, sets)


def _weighted(numbers: pd.DataFrame, chosen: GeneSet, intercept: float) -> pd.Series:
    assert chosen.weights is not None
    genes = [g for g in chosen.up if g in numbers.columns]
    return intercept + (numbers[genes] * chosen.weights[genes]).sum(axis=1, min_count=1)


def _ranked(settings: SignatureSettings, numbers: pd.DataFrame, sets: Mapping[str, GeneSet]) -> pd.DataFrame:
    values = numbers.to_numpy(np.float64)
    up = np.column_stack([numbers.columns.isin(s.up) for s in sets.values()])
    scores = rank_walks(values, up) if settings.method == "ssgsea" else centred_ranks(values, up)
    down = np.column_stack([numbers.columns.isin(s.down) for s in sets.values()])
    two_sided = down.any(axis=0)
    if settings.method == "singscore" and two_sided.any():
        scores[:, two_sided] += centred_ranks(-values, down[:, two_sided])
    return pd.DataFrame(scores, index=numbers.index, columns=list(sets))


def _gsva(numbers: pd.DataFrame, sets: Mapping[str, GeneSet]) -> pd.DataFrame:
    """Return scores among the patients and genes without missing values."""
    rows = numbers.dropna(how="all")
    whole = rows.dropna(axis="columns")
    scores = pd.DataFrame(np.nan, index=numbers.index, columns=list(sets))
    masks = {name: np.asarray(whole.columns.isin(s.up), dtype=bool) for name, s in sets.items()}
    names = [name for name, mask in masks.items() if mask.any() and not mask.all()]
    if len(whole) > 1 and names:
        scores.loc[whole.index, names] = gsva(whole.to_numpy(np.float64), np.array([masks[n] for n in names]))
    return scores


def _label(
    name: str, chosen: GeneSet, scores: pd.Series, numbers: pd.DataFrame, settings: SignatureSettings
) -> Label:
    genes = set(chosen.genes)
    known = numbers.notna().sum(axis=1)
    reasons = give_reason(no_reasons(scores.index), known == 0, f"no row in '{settings.expression}'")
    few = known < settings.min_share * len(genes)
    reasons = give_reason(reasons, few, f"fewer than {settings.min_share:.0%} of the genes have a value")
    reasons = give_reason(reasons, scores.isna(), "the score cannot be computed")
    rule = f"{settings.method} of {numbers.shape[1]} of {len(genes)} genes"
    if chosen.down:
        rule += f", {len(chosen.down)} of them downwards"
    if settings.sets is not None:
        rule += f" of {name} ({settings.sets})"
    learned = "cohort" if settings.method in COHORT_METHODS else ""
    return Label(name, scores.where(reasons == ""), reasons, rule, (settings.expression,), learned=learned)
