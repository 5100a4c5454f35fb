"""Expression: ids of genes, filters and normalisation; what is learned across patients says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.genomics.gene_ids import map_genes, refuse_mixed, summary_rows
from imagenomics.genomics.normalise import log_cpm, quantile_normalise, tmm_factors
from imagenomics.genomics.number_matrix import Prepared
from imagenomics.genomics.settings_numbers import ExpressionSettings

FAMILIES = {"mRNA": "expression", "miRNA": "miRNA expression", "lncRNA": "lncRNA expression"}


def prepare_expression(
    values: pd.DataFrame, settings: ExpressionSettings, *, resolve: Callable[[str], Path], where: str
) -> Prepared:
    """Return expression with the declared ids, filter and normalisation.

    Library sizes are sums over all genes of the file, before ids are mapped and genes filtered.

    Raises
    ------
    InputError
        ``IGX-GEN-040`` mixed ids; ``IGX-GEN-041`` numbers that are negative or missing where they must not be;
        ``IGX-GEN-043``, ``IGX-GEN-045`` ids that cannot be mapped; ``IGX-GEN-046`` a filter that leaves no gene.
    """
    summaries = summary_rows(map(str, values.columns))
    dropped = dict.fromkeys(summaries, ("a summary row of a counting program", 0))
    values = values.drop(columns=summaries)
    _check_numbers(values, settings, where)
    sizes = values.sum(axis=1).to_numpy(np.float64)
    notes: tuple[str, ...] = ()
    if settings.ids is not None:
        mapped = map_genes(values, settings.ids, resolve=resolve, where=where)
        values, notes = mapped.values, tuple(f"{settings.name}: {note}" for note in mapped.notes)
        dropped |= mapped.dropped
    if settings.genes == "all":
        refuse_mixed(map(str, values.columns), where=where)
    values, low = _filtered(values, sizes, settings, where)
    numbers = values.to_numpy(np.float64)
    changed = pd.DataFrame(_normalised(numbers, sizes, settings), index=values.index, columns=values.columns)
    return Prepared(
        changed,
        _unit(settings),
        FAMILIES[settings.molecule],
        dropped={**dropped, **low},
        notes=notes,
        learned="cohort" if settings.normalise in ("tmm", "quantile") else "",
    )


def _check_numbers(values: pd.DataFrame, settings: ExpressionSettings, where: str) -> None:
    numbers = values.to_numpy(np.float64)
    counts = settings.values == "counts"
    if counts or settings.normalise == "log2":
        _refuse(
            numbers < 0, values, where, "are negative", "counts, or numbers of which the log can be taken"
        )
    if counts or settings.normalise == "quantile":
        _refuse(np.isnan(numbers), values, where, "are missing", "a number for each gene and patient")
    if counts and (empty := values.index[numbers.sum(axis=1) == 0]).size:
        raise InputError(
            "IGX-GEN-041",
            f"all counts of {len(empty)} patients are 0, e.g. {empty[0]}",
            where=where,
            remedy="leave these samples out",
        )


def _refuse(wrong: np.ndarray, values: pd.DataFrame, where: str, what: str, expected: str) -> None:
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InputError(
            "IGX-GEN-041",
            f"{int(wrong.sum())} numbers {what}",
            where=f"{where}: e.g. patient {values.index[row]}, gene {values.columns[column]}",
            expected=expected,
            remedy="declare `values` and `normalise` as the file was made: z-scores and log values stay as they are",
        )


def _filtered(
    values: pd.DataFrame, sizes: np.ndarray, settings: ExpressionSettings, where: str
) -> tuple[pd.DataFrame, dict[str, tuple[str, int]]]:
    """Leave out genes that too few patients express; the filter looks at no picture and no outcome."""
    if settings.min_value is None:
        return values, {}
    numbers = values.to_numpy(np.float64)
    if settings.values == "counts":
        numbers = numbers / sizes[:, None] * 1e6
    reached = (numbers >= settings.min_value).sum(axis=0)
    keep = reached >= settings.min_share * len(values)
    if not keep.any():
        raise InputError(
            "IGX-GEN-046",
            f"no gene reaches {settings.min_value:g} in {settings.min_share:.0%} of {len(values)} patients",
            where=where,
            remedy="lower `min_value` or `min_share`",
        )
    reason = f"reaches {settings.min_value:g} in fewer than {settings.min_share:.0%} of the patients"
    low = {str(g): (reason, int(n)) for g, n, k in zip(values.columns, reached, keep, strict=True) if not k}
    return values.loc[:, keep], low


def _normalised(numbers: np.ndarray, sizes: np.ndarray, settings: ExpressionSettings) -> np.ndarray:
    match settings.normalise:
        case "log2":
            return np.log2(numbers + settings.prior)
        case "log-cpm":
            return log_cpm(numbers, sizes)
        case "tmm":
            return log_cpm(numbers, sizes * tmm_factors(numbers, sizes))
        case "quantile":
            return quantile_normalise(numbers)
        case _:
            return numbers


def _unit(settings: ExpressionSettings) -> str:
    match settings.normalise:
        case "log2":
            return f"log2({settings.unit or 'value'} + {settings.prior:g})"
        case "log-cpm":
            return "log2 CPM"
        case "tmm":
            return "log2 CPM (TMM)"
        case "quantile":
            return f"{settings.unit} (quantile normalised)".strip()
        case _:
            return settings.unit or ("counts" if settings.values == "counts" else "")
