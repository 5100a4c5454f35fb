"""Null draws of a prediction, beside the same pipeline made of scikit-learn parts alone.

One draw permutes the rows and refits everything: five outer folds, in each the elastic net tuned over
2 l1 ratios x 15 penalties in five inner folds, impute, standardise, redundancy filter and selection of 60 columns
refitted in every inner fold, and the refit. Default table: 110 patients x 450 columns, 3% missing.

The scikit-learn version does the same work with its own parts: a Pipeline of SimpleImputer, StandardScaler, a
Spearman redundancy filter on numpy and scipy, SelectKBest by AUC, and GridSearchCV over LogisticRegression(saga,
tol 1e-4: looser than ours, which is exact to 5e-7). As GridSearchCV is used, it prepares anew for each of the 30
settings; ours prepares an inner fold once and scores the whole grid on it. Both are timed on one thread, turn by
turn.

    python benchmarks/train_null.py [--json] [--patients 110] [--columns 450] [--draws 5] [--reference-draws 1]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from imagenomics.predict.build import build_model
from imagenomics.resample.null import null_draw
from imagenomics.resample.splits import folds
from imagenomics.work.threads import one_thread

MIXES = (0.9, 0.1)
STEPS = 15


class PlainRedundancy(TransformerMixin, BaseEstimator):
    """Greedy Spearman filter in a few lines of numpy."""

    def fit(self, X, y=None):
        correlation = np.abs(np.nan_to_num(np.corrcoef(rankdata(X, axis=0).T)))
        kept: list[int] = []
        for j in range(X.shape[1]):
            if not kept or correlation[j, kept].max() <= 0.95:
                kept.append(j)
        self.kept_ = np.array(kept)
        return self

    def transform(self, X):
        return X[:, self.kept_]


def distance_of_auc(X, y):
    ranks = rankdata(X, axis=0)
    positive = y == 1
    pairs = positive.sum() * (~positive).sum()
    return np.abs((ranks[positive].sum(axis=0) - positive.sum() * (positive.sum() + 1) / 2) / pairs - 0.5)


def plain_model(n: int) -> GridSearchCV:
    """Build the same search; the penalties stand at fixed values, as scikit-learn has no path."""
    steps = [
        ("impute", SimpleImputer(strategy="median")),
        ("scale", StandardScaler()),
        ("filter", PlainRedundancy()),
        ("select", SelectKBest(distance_of_auc, k=60)),
        ("model", LogisticRegression(solver="saga", l1_ratio=0.5, tol=1e-4, max_iter=5000)),
    ]
    grid = []
    for mix in MIXES:
        lambdas = 0.3 / mix * np.geomspace(1.0, 0.05, STEPS)
        grid.append({"model__l1_ratio": [mix], "model__C": list(1.0 / (0.64 * n * lambdas))})
    for part in grid:
        part["model__penalty"] = ["elasticnet"]
    inner = StratifiedKFold(5, shuffle=True, random_state=0)
    return GridSearchCV(Pipeline(steps), grid, scoring="neg_log_loss", cv=inner)


def make_table(options: argparse.Namespace) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(options.seed)
    n, p = options.patients, options.columns
    X = rng.normal(size=(n, 40)) @ rng.normal(size=(40, p)) + 2.0 * rng.normal(size=(n, p))
    X[rng.random(X.shape) < 0.03] = np.nan
    ids = pd.Index([f"P{i:04d}" for i in range(n)], name="patient")
    y = pd.Series((rng.random(n) < 0.4).astype(float), ids)
    return pd.DataFrame(X, index=ids, columns=[f"f{j}" for j in range(p)]), y


def measure(options: argparse.Namespace) -> dict[str, float]:
    X, y = make_table(options)
    plan = folds(X.index, y, seed=options.seed)
    own = build_model("elastic-net", task="binary", seed=options.seed)
    shared = {"X": X, "y": y, "folds": plan, "metric": "auc", "seed": options.seed}
    seconds: dict[str, list[float]] = {"own": [], "plain": []}
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", UserWarning)
        null_draw(0, estimator=own, **shared)  # compile
        for draw in range(max(options.draws, options.reference_draws)):
            for name, model, wanted in (
                ("own", own, options.draws),
                ("plain", plain_model(options.patients), options.reference_draws),
            ):
                if draw < wanted:
                    start = time.perf_counter()
                    null_draw(draw, estimator=model, **shared)
                    seconds[name].append(time.perf_counter() - start)
    best = {name: min(values) for name, values in seconds.items()}
    return {
        "patients": options.patients,
        "columns": options.columns,
        "seconds_per_draw": round(best["own"], 4),
        "draws_per_second": round(1.0 / best["own"], 2),
        "sklearn_seconds_per_draw": round(best["plain"], 2),
        "ratio": round(best["plain"] / best["own"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--patients", type=int, default=110)
    parser.add_argument("--columns", type=int, default=450)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--reference-draws", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:28s}{value}")


if __name__ == "__main__":
    main()
