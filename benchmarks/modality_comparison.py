"""How often equally good modalities of the same patients are called different, by ``compare`` and by other tests.

    python benchmarks/modality_comparison.py [--studies 300] [--patients 60 120 240] [--json]

Both modalities carry the same signal, so that every difference found is a false one; in the last scenario one carries
more. A ridge-shrunken linear discriminant in plain arrays stands for the pipeline, which would only take longer. Beside
our error (halves of the patients, everything refitted): DeLong's paired test of the held-out scores (ranks in folds,
averaged over repeats), their bootstrap, and the corrected resampled t test over folds and repeats.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import pandas as pd
from scipy import stats

from imagenomics.resample.comparison import HALVINGS, refitted_error
from imagenomics.stats.delong import compare_areas

FEATURES, CARRIERS, POSITIVE, FOLDS, REPEATS, DRAWS = 20, 3, 0.35, 5, 5, 200
SCENARIOS = {  # shift of the carriers among positives in either modality, correlation of the modalities
    "no signal": (0.0, 0.0, 0.0),
    "weak in both": (0.4, 0.4, 0.0),
    "strong in both": (0.8, 0.8, 0.0),
    "weak in both, correlated": (0.4, 0.4, 0.6),
    "stronger in one": (0.8, 0.2, 0.3),
}


def above(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sign(scores[y == 1][:, None] - scores[y == 0][None, :]) / 2.0 + 0.5


def weights(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    scale = X.std(axis=0) + 1e-9
    z = (X - X.mean(axis=0)) / scale
    gap = z[y == 1].mean(axis=0) - z[y == 0].mean(axis=0)
    return np.linalg.solve(z.T @ z / len(z) + 0.5 * np.eye(z.shape[1]), gap) / scale


def deal(y: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    fold = np.empty(len(y), int)
    for label in (0, 1):
        rows = random.permutation(np.flatnonzero(y == label))
        fold[rows] = (np.arange(len(rows)) + random.integers(k)) % k
    return fold


def held_out(X: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
    scores = np.empty(len(y))
    for k in range(FOLDS):
        test = fold == k
        scores[test] = X[test] @ weights(X[~test], y[~test])
    return scores


def areas(scores: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
    return np.array([above(scores[fold == k], y[fold == k]).mean() for k in range(FOLDS)])


def bootstrap_error(
    repeats: list[tuple[np.ndarray, np.ndarray, np.ndarray]], y: np.ndarray, random: np.random.Generator
) -> float:
    drawn = np.zeros((len(y), DRAWS))
    for label in (0, 1):
        rows = np.flatnonzero(y == label)
        drawn[rows] = random.multinomial(len(rows), np.ones(len(rows)) / len(rows), size=DRAWS).T
    total = np.zeros(DRAWS)
    for first, second, fold in repeats:
        values = []
        for k in range(FOLDS):
            test = fold == k
            yes, no = drawn[test][y[test] == 1], drawn[test][y[test] == 0]
            gap = above(first[test], y[test]) - above(second[test], y[test])
            pairs = yes.sum(axis=0) * no.sum(axis=0)
            won = ((gap.T @ yes) * no).sum(axis=0)
            values.append(np.where(pairs > 0, won / np.maximum(pairs, 1), np.nan))
        total += np.nanmean(values, axis=0)
    return float((total / len(repeats)).std())


def delong_p(repeats: list[tuple[np.ndarray, np.ndarray, np.ndarray]], y: np.ndarray) -> float:
    ranks = np.zeros((2, len(y)))
    for *scores, fold in repeats:
        for model, own in enumerate(scores):
            for k in range(FOLDS):
                test = fold == k
                ranks[model, test] += stats.rankdata(own[test]) / test.sum()
    return compare_areas(ranks[0], ranks[1], y).p


def study(scenario: tuple[float, float, float], n: int, seed: int) -> dict[str, float]:
    random = np.random.default_rng([seed, n])
    *shifts, shared = scenario
    y = (np.arange(n) < int(n * POSITIVE)).astype(int)
    common = random.standard_normal((n, FEATURES))
    tables = []
    for shift in shifts:
        values = np.sqrt(shared) * common + np.sqrt(1 - shared) * random.standard_normal((n, FEATURES))
        values[:, :CARRIERS] += shift * y[:, None]
        tables.append(values)
    repeats, gaps = [], []
    for _ in range(REPEATS):
        fold = deal(y, FOLDS, random)
        first, second = (held_out(X, y, fold) for X in tables)
        repeats.append((first, second, fold))
        gaps.append(areas(first, y, fold) - areas(second, y, fold))
    halves = np.empty((2, HALVINGS, 2))
    for number in range(HALVINGS):
        half = deal(y, 2, random) == 0
        for side, rows in enumerate((half, ~half)):
            fold = deal(y[rows], FOLDS, random)
            for model, X in enumerate(tables):
                own = held_out(X[rows], y[rows], fold)
                halves[model, number, side] = areas(own, y[rows], fold).mean()
    parts = np.concatenate(gaps)
    return {
        "difference": float(parts.mean()),
        "DeLong": delong_p(repeats, y),
        "bootstrap": bootstrap_error(repeats, y, random),
        "corrected": float(np.sqrt(parts.var(ddof=1) * (1 / parts.size + 1 / (FOLDS - 1)))),
        "halves": refitted_error(*halves),
    }


def row_of(name: str, n: int, studies: int) -> dict[str, object]:
    table = pd.DataFrame([study(SCENARIOS[name], n, seed) for seed in range(studies)])
    gap = table["difference"].abs()
    ours = np.maximum(table["halves"], table["bootstrap"])
    corrected = 2 * stats.t.sf(gap / table["corrected"], FOLDS * REPEATS - 1)
    return {
        "patients": n,
        "scenario": name,
        "difference": round(float(table["difference"].mean()), 3),
        "its sd": round(float(table["difference"].std()), 3),
        "error, bootstrap": round(float(table["bootstrap"].mean()), 3),
        "error, corrected": round(float(table["corrected"].mean()), 3),
        "error, halves": round(float(table["halves"].mean()), 3),
        "found, DeLong": round(float((table["DeLong"] <= 0.05).mean()), 3),
        "found, bootstrap": round(float((gap / table["bootstrap"] > 1.96).mean()), 3),
        "found, corrected t": round(float((corrected <= 0.05).mean()), 3),
        "found, ours": round(float((gap / ours > 1.96).mean()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--patients", type=int, nargs="+", default=[60, 120, 240])
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = [row_of(name, n, chosen.studies) for n in chosen.patients for name in SCENARIOS]
    print(json.dumps(rows, indent=1) if chosen.json else pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
