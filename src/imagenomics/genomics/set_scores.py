"""Scores of gene sets in single patients, and across patients."""

from __future__ import annotations

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
    score = _centred_rank(values, members)
    return score if down is None else score + _centred_rank(-values, down)


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
    from scipy.stats import rankdata

    n = len(values)
    weights = rankdata(values)[members] ** SSGSEA_POWER
    left = np.empty(n)  # how many places a gene is counted at: its own and all below it
    left[np.argsort(-values, kind="stable")] = np.arange(n, 0, -1)
    inside = np.sum(weights * left[members]) / np.sum(weights)
    return float(inside - left[~members].mean())


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


def _centred_rank(values: np.ndarray, members: np.ndarray) -> float:
    from scipy.stats import rankdata

    n, k = len(values), int(members.sum())
    mean = rankdata(values, method="min")[members].mean()
    least, most = (k + 1) / 2, (2 * n - k + 1) / 2
    return float((mean - least) / (most - least) - 0.5)
