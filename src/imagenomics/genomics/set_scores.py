"""Scores of gene sets in single patients, and across patients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

SSGSEA_POWER = 0.25


def singscore(values: np.ndarray, members: np.ndarray, *, down: np.ndarray | None = None) -> float:
    """Return how high the genes of a set stand among all genes of one patient, from -0.5 to 0.5.

    Parameters
    ----------
    values : ndarray, (g,)
        Numbers of one patient, without missing values.
    members, down : ndarray of bool, (g,)
        Genes that go up; genes that go down, whose score (from low to high) is added.

    Source
    ------
    Foroutan and others 2018, BMC Bioinformatics 19:404.
    """
    score = centred_ranks(values[None], members[:, None])[0, 0]
    return float(score if down is None else score + centred_ranks(-values[None], down[:, None])[0, 0])


def ssgsea(values: np.ndarray, members: np.ndarray) -> float:
    """Return the single-sample enrichment score of one patient, not normalised across patients.

    The sum over all genes, from the highest down, of the difference between the weighted share of the set and the share
    of the other genes seen so far; weights are ranks to the power of 0.25.

    Parameters
    ----------
    values : ndarray, (g,)
        Numbers of one patient, without missing values.
    members : ndarray of bool, (g,)

    Source
    ------
    Barbie and others 2009, Nature 462:108.
    """
    return float(rank_walks(values[None], members[:, None])[0, 0])


def centred_ranks(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the scores of :func:`singscore` of many patients and sets.

    Parameters
    ----------
    values : ndarray, (n, g)
        NaN where a gene has no value; a patient's other genes are ranked.
    members : ndarray of bool, (g, s)

    Returns
    -------
    ndarray, (n, s)
        NaN where a patient has none of a set's genes, or no other.
    """
    from scipy.stats import rankdata

    inside = members.astype(np.float64)
    scores = np.full((len(values), members.shape[1]), np.nan)
    for i, known, own in _by_patient(values):
        k, n = inside[known].sum(axis=0), float(own.size)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (rankdata(own, method="min") @ inside[known]) / k
            least, most = (k + 1) / 2, (2 * n - k + 1) / 2
            scores[i] = np.where((k > 0) & (k < n), (mean - least) / (most - least) - 0.5, np.nan)
    return scores


def rank_walks(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the scores of :func:`ssgsea` of many patients (n, g) and sets (g, s); NaN as in :func:`centred_ranks`."""
    from scipy.stats import rankdata

    inside = members.astype(np.float64)
    scores = np.full((len(values), members.shape[1]), np.nan)
    for i, known, own in _by_patient(values):
        k, n = inside[known].sum(axis=0), float(own.size)
        weights = rankdata(own) ** SSGSEA_POWER
        left = np.empty(own.size)  # how many places a gene is counted at: its own and all below it
        left[np.argsort(-own, kind="stable")] = np.arange(own.size, 0, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            hits = ((weights * left) @ inside[known]) / (weights @ inside[known])
            others = (left.sum() - left @ inside[known]) / (n - k)
            scores[i] = np.where((k > 0) & (k < n), hits - others, np.nan)
    return scores


def _by_patient(values: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield the place of each patient, which genes are known, and their numbers."""
    for i, row in enumerate(values):
        known = ~np.isnan(row)
        yield i, known, row[known]


def gsva(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the gene set variation score of every patient.

    Each gene is turned into its smoothed cumulative frequency among the patients (normal kernel, a quarter of the
    standard deviation); within a patient genes are ranked and the largest deviations of the random walk to both sides
    are added.

    Parameters
    ----------
    values : ndarray, (n, g)
        Without missing values.
    members : ndarray of bool, (g,) or (s, g)
        One set, or several.

    Returns
    -------
    ndarray, (n,) or (n, s)

    Source
    ------
    Hänzelmann, Castelo and Guinney 2013, BMC Bioinformatics 14:7.
    """
    sets = np.atleast_2d(members)
    frequency = _smoothed_frequency(values)
    scores = np.array([_walks(row, sets) for row in frequency])
    return scores[:, 0] if members.ndim == 1 else scores


def _smoothed_frequency(values: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    width = values.std(axis=0, ddof=1) / 4
    width = np.where(width > 0, width, 1.0)
    frequency = np.empty_like(values)
    for i, row in enumerate(values):
        frequency[i] = ndtr((row - values) / width).mean(axis=0)
    return frequency


def _walks(row: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return the difference of the largest deviations of each set in one patient."""
    n = len(row)
    order = np.argsort(-row, kind="stable")
    weights = np.abs(np.arange(n, 0, -1) - n / 2)
    scores = np.empty(len(sets))
    for s, members in enumerate(sets):
        places = np.flatnonzero(members[order])
        k = len(places)
        inside = np.cumsum(weights[places]) / weights[places].sum()
        hits = np.arange(1, k + 1)
        after = inside - (places + 1 - hits) / (n - k)
        before = np.concatenate([[0.0], inside[:-1]]) - (places + 1 - hits) / (n - k)
        scores[s] = max(0.0, after.max()) + min(0.0, before.min())
    return scores
