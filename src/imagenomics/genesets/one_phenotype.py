"""One imaging phenotype against all sets: the method's own null, the null of patients, and random sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.associate.design import orthonormal
from imagenomics.associate.scores import normal_scores
from imagenomics.genesets.competitive import Camera
from imagenomics.genesets.gene_panel import GenePanel, make_panel
from imagenomics.genesets.over_representation import HitCount, hypergeometric_p
from imagenomics.genesets.phenotype_permutation import SetStatistic, permute_phenotype
from imagenomics.genesets.preranked import permute_genes
from imagenomics.genesets.random_sets import RandomSets, against_random, inflation_of
from imagenomics.genesets.running_sum import RunningSum, leading_edge
from imagenomics.genesets.self_contained import MeanStatistic
from imagenomics.genesets.set_index import SetIndex
from imagenomics.genesets.settings import EnrichSettings
from imagenomics.genesets.tally import Tally

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Row = dict[str, Any]
MOST_LEADING = 30  # genes named in a row
NUMBERS = ("effect", "statistic", "p", "p_permutation", "p_random_sets", "random_low", "random_high")


@dataclass(frozen=True)
class Bench:
    """What every phenotype of a call is tested against; the rows of all arrays are the same patients.

    Parameters
    ----------
    expression : array, (N, G)
        Numbers as given, NaN for missing.
    genes : tuple of str, (G,)
    design : array, (N, C)
        Intercept and covariates.
    strata : int array, (N,)
    sets : SetIndex
        Places among ``genes``.
    random : mapping
        Random sets of each set that is large enough, by name.
    settings : EnrichSettings
    draws : int
        Most draws of a null.
    seed, analysis : int, str
    """

    expression: FloatArray
    genes: tuple[str, ...]
    design: FloatArray
    strata: IntArray
    sets: SetIndex
    random: Mapping[str, RandomSets]
    settings: EnrichSettings
    draws: int
    seed: int
    analysis: str


def test_phenotype(item: tuple[str, FloatArray], *, bench: Bench) -> list[Row]:
    """Return one row per set for one phenotype, ``item`` being its name and its values (N,)."""
    name, values = item
    known = ~np.isnan(values)
    settings = bench.settings
    if not np.isfinite(values[known]).all() or known.sum() < settings.min_patients:
        n = int(known.sum())
        reason = f"{n} patients have the phenotype and the covariates; {settings.min_patients} are needed"
        return [_untested(bench, name, k, reason, n=n) for k in range(len(bench.sets.names))]
    x, design = values[known], bench.design[known]
    if settings.transform == "normal-scores":
        x = normal_scores(x[:, None])[:, 0]
    basis = orthonormal(design)
    centred = x - x.mean()
    left = centred - basis @ (basis.T @ centred)
    if not float(np.linalg.norm(left)) > 1e-8 * float(np.linalg.norm(centred)) or not np.ptp(x) > 0:
        reason = "the phenotype is constant, or the covariates explain it"
        return [_untested(bench, name, k, reason, n=len(x)) for k in range(len(bench.sets.names))]
    genes = bench.expression[known]
    if settings.transform == "normal-scores":
        genes = normal_scores(genes)
    panel, usable = make_panel(genes, bench.genes, design, min_patients=settings.min_patients)
    sets = bench.sets.among(usable)
    largest = min(settings.max_size, len(panel.genes) - 1)
    tested = np.flatnonzero((sets.sizes >= settings.min_size) & (sets.sizes <= largest))
    found = {}
    if tested.size:
        movable = _movable(bench.strata[known])
        found = _test(bench, panel, left, sets.take(tested), name, usable, bench.strata[known], movable)
    rows = []
    for k, set_name in enumerate(sets.names):
        if set_name in found:
            rows.append(found[set_name] | {"n": len(x), "size_tested": int(sets.sizes[k])})
            continue
        size = int(sets.sizes[k])
        reason = f"{size} of its genes were tested; {settings.min_size} to {largest} are needed"
        rows.append(_untested(bench, name, k, reason, n=len(x), size=size))
    return rows


test_phenotype.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _movable(strata: IntArray) -> bool:
    return bool(np.unique(strata, return_counts=True)[1].max(initial=0) > 1)


def _untested(bench: Bench, feature: str, k: int, reason: str, *, n: int, size: int | None = None) -> Row:
    own = int(bench.sets.sizes[k]) if size is None else size
    nothing: Row = dict.fromkeys(NUMBERS, float("nan"))
    return nothing | {
        "feature": feature,
        "set": bench.sets.names[k],
        "test": "",
        "n": n,
        "size_tested": own,
        "effect_name": "",
        "status": "not tested",
        "reason": reason,
        "leading": "",
    }


def choose_statistic(settings: EnrichSettings, panel: GenePanel, x: FloatArray) -> SetStatistic:
    """Return what the method computes of each set."""
    if settings.method == "self-contained":
        return MeanStatistic(settings.statistic)
    if settings.method == "competitive":
        df = float(np.median(panel.df))
        return Camera(panel.given(x), df, settings.correlation)
    if settings.method == "over-representation":
        return HitCount(settings.hits)
    return RunningSum(settings.weight)


def _test(
    bench: Bench,
    panel: GenePanel,
    x: FloatArray,
    sets: SetIndex,
    feature: str,
    usable: npt.NDArray[np.bool_],
    strata: IntArray,
    movable: bool,
) -> dict[str, Row]:
    settings = bench.settings
    statistic = choose_statistic(settings, panel, x)
    z = panel.statistics(x[None])
    measured = panel.p_values(x[None]) if isinstance(statistic, HitCount) else z
    observed = statistic.score(measured, sets)[0]
    stream = (bench.seed, bench.analysis, feature)
    patients = _nothing(observed)
    if movable:
        patients = permute_phenotype(
            statistic, panel, x, sets, strata=strata, maximum=bench.draws, stream=stream
        )
    p, effect, reason = _own_null(bench, statistic, measured, z, sets, patients, stream)
    p_random, low, high = _random_null(bench, statistic, measured, sets, observed, usable)
    leading = _leading(statistic, z[0], measured, sets, panel.genes)
    p_permutation = patients.p if movable else np.full(observed.size, np.nan)
    if not movable:
        reason = "no patient can be exchanged within the strata"
    return {
        name: {
            "feature": feature,
            "set": name,
            "test": statistic.test + (", genes permuted" if settings.method == "preranked" else ""),
            "effect": float(effect[k]),
            "effect_name": statistic.effect_name,
            "statistic": float(observed[k]),
            "p": float(p[k]),
            "p_permutation": float(p_permutation[k]),
            "p_random_sets": float(p_random[k]),
            "random_low": float(low[k]),
            "random_high": float(high[k]),
            "status": "ok",
            "reason": reason,
            "leading": leading[k],
        }
        for k, name in enumerate(sets.names)
    }


def _nothing(observed: FloatArray) -> Tally:
    return Tally(observed, tail="two-sided", maximum=0)


def _own_null(
    bench: Bench,
    statistic: SetStatistic,
    measured: FloatArray,
    z: FloatArray,
    sets: SetIndex,
    patients: Tally,
    stream: tuple[int, str, str],
) -> tuple[FloatArray, FloatArray, str]:
    """Return p under the method's own null, the effect, and what a reader should know about them."""
    observed = statistic.score(measured, sets)[0]
    if isinstance(statistic, Camera):
        return statistic.p_values(observed, z.shape[1]), statistic.difference(z, sets)[0], ""
    if isinstance(statistic, HitCount):
        hits = statistic.hits(measured)
        count = sets.sums(hits.astype(np.float64))[0]
        total = int(hits.sum())
        p = hypergeometric_p(count, sets.sizes, hits=total, genes=z.shape[1])
        expected = sets.sizes * total / z.shape[1]
        effect = np.divide(count, expected, out=np.full(count.size, np.nan), where=expected > 0)
        return p, effect, "" if total else "no gene is a hit"
    if bench.settings.method == "preranked":
        genes = permute_genes(statistic, z[0], sets, maximum=bench.draws, stream=stream)
        return genes.p, observed / genes.scale, ""
    if patients.drawn == 0:
        return np.full(observed.size, np.nan), np.full(observed.size, np.nan), ""
    effect = observed / patients.scale if isinstance(statistic, RunningSum) else observed
    return patients.p, effect, ""


def _random_null(
    bench: Bench,
    statistic: SetStatistic,
    measured: FloatArray,
    sets: SetIndex,
    observed: FloatArray,
    usable: npt.NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return p against random sets, and the middle 95% of their statistics at the correlation of the set."""
    centre = 1.0 if isinstance(statistic, MeanStatistic) and statistic.kind == "mean-square" else 0.0
    p, low, high = (np.full(observed.size, np.nan) for _ in range(3))
    for k, name in enumerate(sets.names):
        random = bench.random.get(name)
        if random is None:
            continue
        index = random.index.among(usable)
        draws = statistic.score(measured, index)[0]
        spread = _as_wide(statistic, draws, random, index, centre)
        p[k] = against_random(
            float(observed[k]),
            spread,
            one_sided=statistic.tail == "upper",
            centre=centre,
            effective=None if isinstance(statistic, RunningSum) else random.effective,
        )
        low[k], high[k] = np.quantile(spread, [0.025, 0.975])
    return p, low, high


def _as_wide(
    statistic: SetStatistic, draws: FloatArray, random: RandomSets, index: SetIndex, centre: float
) -> FloatArray:
    """Return the statistics of random sets, spread as those of sets with the correlation of the tested one.

    Nothing changes where the match is perfect; a set that correlates more than any other group of genes still has
    something to be compared with.
    """
    if isinstance(statistic, Camera):
        return draws  # has the correlation of each set taken out already
    inflation = inflation_of(random, index.sizes)
    if isinstance(statistic, RunningSum):  # bounded by -1 and 1: on the scale of Fisher's transformation
        return np.tanh(np.arctanh(np.clip(draws, -0.999999, 0.999999)) * inflation)
    return (draws - centre) * inflation + centre


def _leading(
    statistic: SetStatistic, z: FloatArray, measured: FloatArray, sets: SetIndex, genes: Sequence[str]
) -> list[str]:
    """Return the genes that make each set's result, the strongest first."""
    found = []
    for k in range(len(sets.names)):
        places = sets.set(k)
        if isinstance(statistic, RunningSum):
            strongest = leading_edge(z, places, statistic.weight)
        elif isinstance(statistic, HitCount):
            hit = places[statistic.hits(measured)[0][places]]
            strongest = hit[np.argsort(-np.abs(z[hit]), kind="stable")]
        else:
            strongest = places[np.argsort(-np.abs(z[places]), kind="stable")]
        found.append("|".join(genes[i] for i in strongest[:MOST_LEADING]))
    return found
