"""A map of the brain against where genes are expressed: gene by gene and set by set, beside maps that are as smooth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr
from scipy.stats import rankdata

from imagenomics.errors import InputError
from imagenomics.genesets.brain_parcels import choose_parcels
from imagenomics.genesets.random_sets import against_random, draw_random_sets, expression_levels, inflation_of
from imagenomics.genesets.set_index import SetIndex, locate_sets
from imagenomics.genesets.settings import BrainMapSettings
from imagenomics.genesets.spatial_nulls import (
    correlate_maps,
    moran_surrogates,
    spin_assignments,
    unit_columns,
)
from imagenomics.genesets.verdict import RANDOM_SETS, SUPPORTED, Null, stand_against
from imagenomics.stats.multiplicity import false_discovery

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
BLOCK = 500  # surrogates whose correlations are held at once
TIE = 1e-9
GENEROUS = "the null is approximate, and on the generous side where regions are few and large"
EFFECTS = {"spearman": "rank correlation over parcels", "pearson": "correlation over parcels"}
SHARED = ("analysis", "n", "effect_name", "q", "verdict", "status")  # columns that are added at the end
GENE_COLUMNS = (
    *("analysis", "gene", "n", "effect", "effect_name", "p", "q", "p_maxt", "p_independent"),
    *("verdict", "status", "reason"),
)
SET_COLUMNS = (
    *("analysis", "set", "n", "size", "size_tested", "effect", "effect_name", "p", "q", "p_random_sets"),
    *(
        "random_low",
        "random_high",
        "effective",
        "correlation",
        "correlation_random",
        "verdict",
        "status",
        "reason",
    ),
)
PARCEL_COLUMNS = ("analysis", "parcel", "hemisphere", "value", "used", "reason")


@dataclass(frozen=True)
class BrainMap:
    """What a map has to do with the expression of genes.

    Parameters
    ----------
    genes : DataFrame
        ``GENE_COLUMNS``, a row for each gene.
    sets : DataFrame
        ``SET_COLUMNS``, a row for each set.
    parcels : DataFrame
        ``PARCEL_COLUMNS``: which parcels were used, and why others were not.
    """

    genes: pd.DataFrame
    sets: pd.DataFrame
    parcels: pd.DataFrame


@dataclass(frozen=True)
class _Nulls:
    """Surrogates (B, P) of the map, and which of the P parcels have expression."""

    map: FloatArray
    surrogates: FloatArray
    expressed: BoolArray


@dataclass(frozen=True)
class _Tested:
    """Correlation of the map with each gene (G,), its p values, and the means of sets for map and surrogates."""

    observed: FloatArray
    p: FloatArray
    p_maxt: FloatArray
    means: FloatArray  # (1 + B, K)
    index: SetIndex
    units: FloatArray  # (P, G)


def test_brain_map(
    brain_map: pd.Series,
    genes: pd.DataFrame,
    parcels: pd.DataFrame,
    sets: Mapping[str, tuple[str, ...]],
    *,
    settings: BrainMapSettings,
    analysis: str,
    seed: int,
    surrogates: npt.ArrayLike | None = None,  # noqa: PT028
) -> BrainMap:
    """Test which genes are expressed where a map of the brain is high, and which sets of genes are.

    Maps of the brain are smooth, and so is expression, so that shuffled parcels go together with something nearly
    always. Here the map is compared with itself turned on the sphere (spin), or with surrogates of the same spatial
    autocorrelation (Moran). A set has to beat random sets of its size and of its co-expression, too.

    Parameters
    ----------
    brain_map : Series
        By parcel, NaN for missing.
    genes : DataFrame
        Expression by parcel and gene.
    parcels : DataFrame
        By parcel: ``hemisphere`` (L or R), ``x``, ``y``, ``z``: centres on the sphere (spin), or in one space (Moran).
    sets : mapping of str to tuple of str
        Genes by set; may be empty.
    settings : BrainMapSettings
    analysis : str
    seed : int
    surrogates : array, (B, P), optional
        Maps of your own in place of ``settings.null``, parcels in the order of ``brain_map``.

    Raises
    ------
    InputError
        ``IGX-SETS-034``: too few parcels in common; ``IGX-SETS-032``: surrogates of other parcels;
        ``IGX-SETS-030``, ``IGX-SETS-031``: coordinates; ``IGX-SETS-003``,
        ``IGX-SETS-005``: genes and sets.

    Source
    ------
    Alexander-Bloch et al. 2018, NeuroImage 178:540 (spin); Wagner & Dray 2015, Methods in Ecology and Evolution 6:1169
    (Moran); Fulcher, Arnatkeviciute & Fornito 2021, Nature Communications 12:2669 (sets).
    """
    chosen = choose_parcels(brain_map, genes, parcels, settings, analysis)
    nulls = _draw(chosen, parcels, settings, seed) if surrogates is None else _own(chosen, surrogates)
    used = chosen.index[chosen["used"].to_numpy()]
    values = genes.loc[used].to_numpy(dtype=np.float64)
    complete = np.isfinite(values).all(axis=0) & (np.ptp(np.nan_to_num(values), axis=0) > 0)
    names = [str(g) for g in genes.columns[complete]]
    tested = _test(nulls, values[:, complete], names, sets, settings)
    gene_rows = _gene_rows(genes.columns, names, tested, len(used))
    levels = expression_levels(values[:, complete])
    set_rows = _set_rows(tested, sets, levels, settings, stream=(seed, analysis))
    for rows in (gene_rows, set_rows):
        rows["analysis"], rows["n"], rows["effect_name"] = analysis, len(used), EFFECTS[settings.correlation]
    note = GENEROUS if surrogates is None else ""
    return BrainMap(
        _finish(gene_rows, settings, GENE_COLUMNS, note),
        _finish(set_rows, settings, SET_COLUMNS, note),
        chosen.reset_index().assign(analysis=analysis)[list(PARCEL_COLUMNS)],
    )


test_brain_map.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _draw(chosen: pd.DataFrame, parcels: pd.DataFrame, settings: BrainMapSettings, seed: int) -> _Nulls:
    placed = chosen[chosen["placed"]]
    values = placed["value"].to_numpy(dtype=np.float64)
    points = parcels.loc[placed.index, ["x", "y", "z"]].to_numpy(dtype=np.float64)
    expressed = placed["used"].to_numpy(dtype=np.bool_)
    if settings.null == "spin":
        sides = placed["hemisphere"].to_numpy(dtype=str)
        turned = values[spin_assignments(points, sides, draws=settings.draws, seed=seed)]
        return _Nulls(values, turned, expressed)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    with np.errstate(divide="ignore"):
        weights = 1.0 / distance
    np.fill_diagonal(weights, 0.0)
    return _Nulls(values, moran_surrogates(values, weights, draws=settings.draws, seed=seed), expressed)


def _own(chosen: pd.DataFrame, surrogates: npt.ArrayLike) -> _Nulls:
    maps = np.asarray(surrogates, dtype=np.float64)
    used = chosen["used"].to_numpy(dtype=np.bool_)
    if maps.ndim != 2 or not len(maps) or maps.shape[1] != used.size or not np.isfinite(maps[:, used]).all():
        raise InputError(
            "IGX-SETS-032",
            f"surrogates of shape {maps.shape} do not fit a map of {used.size} parcels, or have missing values",
            expected="one row for each surrogate, a value for each parcel of the map that is tested",
            remedy="make the surrogates of the map as it is given, in its order",
        )
    return _Nulls(chosen.loc[used, "value"].to_numpy(dtype=np.float64), maps[:, used], used[used])


def _test(
    nulls: _Nulls,
    values: FloatArray,
    names: list[str],
    sets: Mapping[str, tuple[str, ...]],
    settings: BrainMapSettings,
) -> _Tested:
    index = locate_sets(sets, names, min_matched=0.0, where="genes") if sets else SetIndex.of({})
    ranks = settings.correlation == "spearman"
    observed = correlate_maps(nulls.map[None, nulls.expressed], values, ranks=ranks)[0]
    above, strongest, means = np.zeros(len(names)), [], [_means(observed[None], index)]
    draws = len(nulls.surrogates)
    for start in range(0, draws, BLOCK):
        drawn = correlate_maps(nulls.surrogates[start : start + BLOCK, nulls.expressed], values, ranks=ranks)
        above += (np.abs(drawn) >= np.abs(observed) - TIE).sum(axis=0)
        strongest.append(np.abs(drawn).max(axis=1, initial=0.0))
        means.append(_means(drawn, index))
    top = np.sort(np.concatenate(strongest))
    beyond = draws - np.searchsorted(top, np.abs(observed) - TIE, side="left")
    units = unit_columns(rankdata(values, axis=0) if ranks else values)
    return _Tested(
        observed,
        (above + 1.0) / (draws + 1.0),
        (beyond + 1.0) / (draws + 1.0),
        np.concatenate(means),
        index,
        units,
    )


def _gene_rows(genes: pd.Index, names: list[str], tested: _Tested, parcels: int) -> pd.DataFrame:
    """Return a row for each gene, those that could not be tested with their reason."""
    df = parcels - 2
    t = np.abs(tested.observed) * np.sqrt(df / np.maximum(1.0 - tested.observed**2, 1e-15))
    rows = pd.DataFrame(
        {
            "gene": names,
            "effect": tested.observed,
            "p": tested.p,
            "p_maxt": tested.p_maxt,
            "p_independent": 2.0 * stdtr(df, -t),
        }
    )
    table = pd.DataFrame({"gene": [str(g) for g in genes]}).merge(rows, on="gene", how="left")
    missing = f"expression is missing in some of {parcels} parcels, or the same in all"
    return table.assign(reason=np.where(table["p"].isna(), missing, ""))


def _means(correlations: FloatArray, index: SetIndex) -> FloatArray:
    return index.sums(correlations) / np.maximum(index.sizes, 1)


def _set_rows(
    tested: _Tested,
    sets: Mapping[str, tuple[str, ...]],
    levels: npt.NDArray[np.int64],
    settings: BrainMapSettings,
    *,
    stream: tuple[int, str],
) -> pd.DataFrame:
    """Return a row for each set; those that are too small or too large with their reason."""
    index, means = tested.index, tested.means
    rows = []
    for k, name in enumerate(index.names):
        size = int(index.sizes[k])
        row: dict[str, object] = {
            "set": name,
            "size": len(set(sets[name])),
            "size_tested": size,
            "reason": "",
        }
        if not settings.min_size <= size <= min(settings.max_size, len(tested.observed) - 1):
            row["reason"] = f"{size} genes with expression, not {settings.min_size} to {settings.max_size}"
        else:
            above = int((np.abs(means[1:, k]) >= abs(means[0, k]) - TIE).sum())
            row |= {"effect": float(means[0, k]), "p": (above + 1.0) / len(means)}
            row |= _beside_random(index, k, tested, levels, settings, (*stream, name))
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=[c for c in SET_COLUMNS if c not in SHARED])


def _beside_random(
    index: SetIndex,
    k: int,
    tested: _Tested,
    levels: npt.NDArray[np.int64],
    settings: BrainMapSettings,
    stream: tuple[int, str, str],
) -> dict[str, object]:
    """Return where the set lies among random sets of its size and co-expression."""
    places = index.set(k)
    drawn = draw_random_sets(
        places, tested.units, levels, count=settings.random_sets, measure="mean", stream=stream
    )
    size = np.array([len(places)])
    means = _means(tested.observed[None], drawn.index)[0] * inflation_of(drawn, size)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "p_random_sets": against_random(
            float(tested.means[0, k]), means, one_sided=False, effective=drawn.effective
        ),
        "random_low": float(low),
        "random_high": float(high),
        "effective": drawn.effective,
        "correlation": drawn.wanted,
        "correlation_random": float(drawn.reached.mean()),
    }


def _finish(
    rows: pd.DataFrame, settings: BrainMapSettings, columns: tuple[str, ...], note: str
) -> pd.DataFrame:
    """Add q, status and verdict (with a note on what is supported), and put the columns in order."""
    p = rows["p"].to_numpy(dtype=np.float64)
    table = rows.assign(q=false_discovery(p, settings.fdr), status=np.where(np.isnan(p), "not tested", "ok"))
    beside = table["p_random_sets"] if "p_random_sets" in columns else pd.Series(0.0, index=table.index)
    answers = [
        stand_against((Null(q), Null(beaten, RANDOM_SETS)), alpha=settings.alpha, reason=reason)
        for q, beaten, reason in zip(table["q"], beside, table["reason"].astype(str), strict=True)
    ]
    table["verdict"], table["reason"] = zip(*answers, strict=True) if answers else ((), ())
    table.loc[table["verdict"] == SUPPORTED, "reason"] = note
    return table.reindex(columns=list(columns))
