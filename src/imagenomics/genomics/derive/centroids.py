"""Subtypes by the nearest centroid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_sets import CentroidSettings
from imagenomics.tables.read import read_text_table, to_number

LEAST_GENES = 3


def nearest_centroid(settings: CentroidSettings, inputs: Inputs) -> list[Label]:
    """Return the class whose centroid is most like a patient, and the correlation with each.

    Raises
    ------
    InputError
        ``IGX-GEN-031``, ``IGX-GEN-032`` the block; ``IGX-GEN-048`` centroids that cannot be used or share too few
        genes with the block.

    Assumes
    -------
    Numbers on the scale of the centroids. Those of PAM50 stand for genes centred on a cohort with a usual mix of
    subtypes: centring on another mix moves the calls.

    Source
    ------
    Parker and others 2009, Journal of Clinical Oncology 27:1160.
    """
    centroids = _read(settings, inputs)
    numbers = inputs.numbers(settings.expression)
    genes = [g for g in centroids.index if g in numbers.columns]
    if len(genes) < max(LEAST_GENES, settings.min_share * len(centroids)):
        absent = [g for g in centroids.index if g not in numbers.columns]
        raise InputError(
            "IGX-GEN-048",
            f"{len(genes)} of {len(centroids)} genes of the centroids are measured; not {short_list(absent)}",
            where=inputs.where,
            expected=f"at least {settings.min_share:.0%} and {LEAST_GENES}",
            remedy="map ids of genes to those of the centroids, or lower `min_share`",
        )
    own = numbers[genes]
    if settings.centre != "none":
        own = own - (own.median() if settings.centre == "median" else own.mean())
    r = _correlations(own, centroids.loc[genes], spearman=settings.correlation == "spearman")
    known = own.notna().sum(axis=1)
    reasons = give_reason(no_reasons(own.index), known == 0, f"no row in '{settings.expression}'")
    few = known < max(LEAST_GENES, settings.min_share * len(centroids))
    reasons = give_reason(reasons, few, f"fewer than {settings.min_share:.0%} of the genes have a value")
    reasons = give_reason(reasons, r.isna().all(axis=1), "all numbers of the patient are equal")
    return _labels(r, reasons, settings, f"{len(genes)} of {len(centroids)} genes")


def _labels(r: pd.DataFrame, measured: pd.Series, settings: CentroidSettings, said: str) -> list[Label]:
    ordered = np.sort(r.fillna(-2).to_numpy(), axis=1)
    best = pd.Series(ordered[:, -1], index=r.index)
    margin = pd.Series(ordered[:, -1] - ordered[:, -2], index=r.index)
    low = best < settings.min_correlation
    reasons = give_reason(measured, low, f"no correlation reaches {settings.min_correlation:g}")
    close = margin < settings.min_margin
    reasons = give_reason(reasons, close, f"two classes are closer than {settings.min_margin:g}")
    called = reasons == ""
    names = pd.Series(None, index=r.index, dtype=object)
    names[called] = r[called].idxmax(axis=1)
    learned = "" if settings.centre == "none" else "cohort"
    centred = "" if settings.centre == "none" else f", genes centred on the {settings.centre} of the patients"
    rule = (
        f"{settings.correlation} correlation with the centroids of {settings.centroids} over {said}{centred}"
    )
    inputs = (settings.expression,)
    scores = [
        Label(f"r_{name}", r[name].where(measured == ""), measured, rule, inputs, learned=learned)
        for name in r.columns
    ]
    most = Label(
        "class",
        names.where(names.notna(), None),
        reasons,
        f"highest {rule}",
        inputs,
        kind="categorical",
        levels=tuple(map(str, r.columns)),
        learned=learned,
    )
    return [most, *scores]


def _read(settings: CentroidSettings, inputs: Inputs) -> pd.DataFrame:
    path = inputs.resolve(settings.centroids)
    frame = read_text_table(path)
    genes, classes = frame.iloc[:, 0], list(frame.columns[1:])
    if len(classes) < 2 or genes.duplicated().any() or (genes == "").any() or any("|" in c for c in classes):
        raise InputError(
            "IGX-GEN-048",
            "centroids need two classes or more, whose names have no '|', and each gene once",
            where=str(path),
            expected="the gene in the first column, one column for each class",
            remedy="correct the table",
        )
    numbers = {c: to_number(frame[c].astype(object), where=f"{path}: {c}") for c in classes}
    return pd.DataFrame(numbers).set_axis(pd.Index(genes, dtype=object), axis="index").dropna()


def _correlations(values: pd.DataFrame, centroids: pd.DataFrame, *, spearman: bool) -> pd.DataFrame:
    """Return the correlation of each patient with each centroid, over the genes that the patient has."""
    rows = []
    for _, row in values.iterrows():
        known = row.dropna()
        both = centroids.loc[known.index]
        if spearman:
            known, both = known.rank(), both.rank()
        flat = len(known) < LEAST_GENES or known.nunique() < 2
        rows.append([np.nan if flat else float(np.corrcoef(known, both[c])[0, 1]) for c in both.columns])
    return pd.DataFrame(rows, index=values.index, columns=centroids.columns)
