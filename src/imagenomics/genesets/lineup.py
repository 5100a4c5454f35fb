"""A score of genes among the scores of random genes: what a claim about a signature or a module has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.replication.scales import SCALES
from imagenomics.associate.scores import normal_scores
from imagenomics.errors import InputError
from imagenomics.genesets.gene_panel import GenePanel, make_panel
from imagenomics.genesets.random_sets import RandomSets, against_random, draw_random_sets, expression_levels
from imagenomics.genomics.derive.signatures import GeneSet
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Score = Callable[[Mapping[str, GeneSet]], pd.DataFrame]
OURS = "signature"
LEAST_SETS = 39  # random sets with a test, for a p of .05 on two sides
LEAST_PATIENTS = 8
LEAST_GENES = 2
COMPARED = ("z", "random_low", "random_high", "p_random_sets", "random_sets", "why_not")


@dataclass(frozen=True)
class Lineup:
    """The score of a set of genes beside those of random sets.

    Parameters
    ----------
    scores : PatientTable
        The column ``signature``, then one column for each random set.
    genes : int
        Genes of the set that are measured.
    wanted, reached : float
        Mean correlation between the genes of the set; and of its random sets, on average.
    effective : float
        How many random sets without common genes would say as much.
    gain : Series, optional
        By random set: how many times larger its squared correlation with anything would be, were its genes as tightly
        correlated as those of the tested set; not set: random sets are taken as they are.
    """

    scores: PatientTable
    genes: int
    wanted: float
    reached: float
    effective: float
    gain: pd.Series | None = None


def line_up(
    chosen: GeneSet, numbers: pd.DataFrame, score: Score, *, count: int, stream: tuple[int, str, str]
) -> Lineup:
    """Score a set of genes, and random sets of the same size, correlation and level.

    Genes that go up and genes that go down are matched apart; weights are dealt anew to the random genes.

    Parameters
    ----------
    chosen : GeneSet
    numbers : DataFrame, (n, g)
        By patient and gene, NaN for missing.
    score : callable
        ``score(sets)`` gives one column for each set, by patient.
    count : int
        Random sets.
    stream : (int, str, str)
        Seed, analysis and signature, which name the random stream.

    Raises
    ------
    InputError
        ``IGX-SETS-033``: too few patients or genes for random sets to be drawn.
    """
    rows = numbers[numbers.notna().any(axis=1)]
    values = rows.to_numpy(dtype=np.float64)
    names = [str(c) for c in rows.columns]
    patients = min(LEAST_PATIENTS, max(len(rows), 1))
    panel, usable = make_panel(normal_scores(values), names, np.ones((len(rows), 1)), min_patients=patients)
    levels = expression_levels(values[:, usable]) if usable.any() else np.zeros(0, dtype=np.int64)
    parts = [_places(panel, genes) for genes in (chosen.up, chosen.down)]
    if (
        len(rows) < LEAST_PATIENTS
        or len(parts[0]) < LEAST_GENES
        or (chosen.down and len(parts[1]) < LEAST_GENES)
    ):
        raise InputError(
            "IGX-SETS-033",
            f"{len(rows)} patients and {sum(map(len, parts))} genes are too few for random sets",
            where=stream[2],
            expected=f"{LEAST_PATIENTS} patients with values, and {LEAST_GENES} genes in each direction",
            remedy="test single genes as genes, not as a signature",
        )
    mixed = chosen.weights is not None and bool((chosen.weights > 0).any() and (chosen.weights < 0).any())
    drawn = [
        draw_random_sets(
            places,
            panel.units,
            levels,
            count=count,
            measure="mean-square" if mixed else "mean",
            stream=(stream[0], stream[1], f"{stream[2]} {side}".strip()),
        )
        for places, side in zip(parts, ("", "down"), strict=True)
        if len(places)
    ]
    sets = {OURS: chosen, **_random(chosen, drawn, panel, count=count, stream=stream)}
    frame = score(sets).reindex(columns=list(sets))
    frame.index = frame.index.rename("patient")
    shares = [len(p) / sum(map(len, parts)) for p in parts if len(p)]
    return Lineup(
        PatientTable(frame, describe(list(sets), role="molecule", feature=list(sets))),
        sum(map(len, parts)),
        _weighted([d.wanted for d in drawn], shares),
        _weighted([float(d.reached.mean()) for d in drawn], shares),
        min(d.effective for d in drawn),
    )


def compare_with_random(rows: pd.DataFrame, lineup: Lineup, *, side: str) -> pd.DataFrame:
    """Return, for each partner of the scores, how often a random set goes with it as well as the tested one.

    Parameters
    ----------
    rows : DataFrame
        Tests of every column of ``lineup.scores``, as :func:`imagenomics.associate.pairs.test_pairs` gives them.
    lineup : Lineup
    side : {"feature", "target"}
        Column of ``rows`` that names the scores; the other one names their partners.

    Returns
    -------
    DataFrame
        Indexed by the partner, in their order: ``COMPARED``. ``z`` is the p value as a standard normal number, with the
        sign of the effect where it has one; ``random_low`` to ``random_high`` holds the middle 95% of the random sets.
    """
    other = "target" if side == "feature" else "feature"
    strength, signed = signed_strength(rows)
    if lineup.gain is not None:
        gain = rows[side].astype(str).map(lineup.gain).fillna(1.0).to_numpy(dtype=np.float64)
        strength = as_tight(strength, rows["n"].to_numpy(dtype=np.float64), gain)
    table = pd.DataFrame(
        {"partner": rows[other].astype(str), "score": rows[side].astype(str), "z": strength, "signed": signed}
    )
    found = {
        partner: _one(own.set_index("score")["z"], bool(own["signed"].all()), lineup)
        for partner, own in table.groupby("partner", sort=False)
    }
    return pd.DataFrame.from_dict(found, orient="index", columns=list(COMPARED))


def signed_strength(rows: pd.DataFrame) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the p values of tests as standard normal numbers, and which of them carry the sign of their effect."""
    from scipy.special import ndtri_exp

    names = rows["effect_name"].astype(str)
    nothing = {name: _no_effect(name) for name in names.unique()}
    log_p = -np.log(10.0) * rows["neg_log10_p"].to_numpy(dtype=np.float64)
    z = -ndtri_exp(np.minimum(log_p, 0.0) - np.log(2.0))
    centre = names.map(nothing).to_numpy(dtype=np.float64)
    signed = ~np.isnan(centre)
    down = signed & (rows["effect"].to_numpy(dtype=np.float64) < np.where(signed, centre, 0.0))
    return np.where(down, -z, z), signed


def as_tight(z: FloatArray, n: FloatArray, gain: FloatArray) -> FloatArray:
    """Return normal numbers of tests in ``n`` patients, had the squared correlations been ``gain`` times as large."""
    squared = np.minimum(-np.expm1(-(z**2) / n) * gain, 1.0 - 1e-12)
    return np.asarray(np.where(gain == 1.0, z, np.sign(z) * np.sqrt(-n * np.log1p(-squared))))


def _no_effect(name: str) -> float:
    """Return the effect of no association on its own scale; NaN for squares, which have no direction."""
    if name.startswith("hazard ratio"):
        return 1.0
    return float(SCALES[name].back(np.zeros(1))[0]) if name in SCALES else float("nan")


def _one(z: pd.Series, signed: bool, lineup: Lineup) -> tuple[float, float, float, float, int, str]:
    observed = float(z.get(OURS, np.nan))
    draws = z.drop(OURS, errors="ignore").dropna().to_numpy(dtype=np.float64)
    if np.isnan(observed):
        return np.nan, np.nan, np.nan, np.nan, len(draws), "the pair was not tested"
    if len(draws) < LEAST_SETS:
        why = f"only {len(draws)} random sets could be tested"
        return observed, np.nan, np.nan, np.nan, len(draws), why
    if signed:
        p = against_random(observed, draws, one_sided=False, effective=lineup.effective)
    else:  # no normal prediction for a strength without direction: as many draws as differ can say no more
        p = max(against_random(observed, draws, one_sided=True), 1.0 / (lineup.effective + 1.0))
    low, high = np.quantile(draws, [0.025, 0.975])
    return observed, float(low), float(high), p, len(draws), ""


def _places(panel: GenePanel, genes: tuple[str, ...]) -> IntArray:
    at = {name: k for k, name in enumerate(panel.genes)}
    return np.array(sorted({at[g] for g in genes if g in at}), dtype=np.int64)


def _random(
    chosen: GeneSet, drawn: list[RandomSets], panel: GenePanel, *, count: int, stream: tuple[int, str, str]
) -> dict[str, GeneSet]:
    """Return the random sets by name; weights of the tested set are dealt to their genes."""
    random = generator(stream[0], "random weights", stream[1], stream[2])
    found = {}
    for r in range(count):
        sides = [tuple(panel.genes[i] for i in d.index.set(r).tolist()) for d in drawn]
        weights = None
        if chosen.weights is not None:
            known = chosen.weights[[g for g in chosen.up if g in set(panel.genes)]].to_numpy(dtype=np.float64)
            weights = pd.Series(random.permutation(known), index=list(sides[0]))
        found[f"random {r + 1}"] = GeneSet(sides[0], sides[1] if len(sides) > 1 else (), weights)
    return found


def _weighted(values: list[float], shares: list[float]) -> float:
    return float(np.dot(values, shares))
