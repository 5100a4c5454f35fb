"""Scans of all genes against all image features beside the plain matrix product, in one run.

The bound is what numpy needs on complete tables for residualising both on the covariates, one matrix product, and the t
statistics. Ours is the whole call of ``test_pairs``: own patients for each pair, effects with intervals, p, q and the
table; ``linear`` has missing values on both sides and ten covariates, ``spearman`` and ``mann_whitney`` are on
complete tables, and the same with ``_missing`` rank every pair again among its own patients. ``linear_tests`` is the
engine alone, without reading, q and table; ``linear_keep`` gives rows to p values of at most .001 alone. Jobs run turn
by turn, with one thread on all sides; ratios are of fastest times and of medians. Loops of scipy and statsmodels do a
sample of the pairs, complete ones; their time for all pairs is extrapolated.

    python benchmarks/scan_speed.py [--json] [--patients 500] [--features 1000] [--genes 2000] [--repeats 5]
        [--jobs linear spearman ...]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from associate_pairs import clock, make_table, t_statistics
from scipy import stats
from threadpoolctl import threadpool_limits

from imagenomics.associate.choose import rules_of
from imagenomics.associate.inputs import read_inputs
from imagenomics.associate.linear import LinearEngine
from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

SLOW = ("spearman_missing",)  # once for every other job's repeats


def in_two(table: PatientTable) -> PatientTable:
    """Return the columns as 0 and 1, split at 0."""
    values = (table.values > 0).astype(float).where(table.values.notna())
    return PatientTable(values, describe(list(values.columns), kind="binary"))


def our_jobs(options: argparse.Namespace) -> dict[str, Callable[[], pd.DataFrame]]:
    random = np.random.default_rng(options.seed)

    def pair(missing: float) -> tuple[PatientTable, PatientTable]:
        sizes = (("f", options.features), ("g", options.genes))
        return tuple(make_table(random, options.patients, p, name=n, missing=missing) for n, p in sizes)

    whole, gaps = pair(0.0), pair(options.missing)
    covariates = make_table(random, options.patients, options.covariates, name="c", missing=0.0)

    settings = AssociateSettings(permutations=0, transform="none")
    read = read_inputs(*gaps, covariates=covariates, strata=None)

    def scan(
        features: PatientTable, genes: PatientTable, keep_p: float = 1.0, **more: object
    ) -> pd.DataFrame:
        chosen = settings.model_copy(update={"keep_p": keep_p})
        return test_pairs(features, genes, settings=chosen, analysis="scan", seed=1, **more)

    def tests() -> None:
        sides = read.features, read.targets
        LinearEngine(*sides, design=read.design, rules=rules_of(settings), confidence=0.95).observe()

    jobs = {
        "linear": lambda: scan(*gaps, covariates=covariates),
        "linear_tests": tests,
        "linear_keep": lambda: scan(*gaps, keep_p=0.001, covariates=covariates),
        "spearman": lambda: scan(*whole),
        "mann_whitney": lambda: scan(whole[0], in_two(whole[1])),
        "mann_whitney_missing": lambda: scan(gaps[0], in_two(gaps[1])),
        "spearman_missing": lambda: scan(*gaps),
    }
    return {name: job for name, job in jobs.items() if not options.jobs or name in options.jobs}


def peer_seconds(options: argparse.Namespace, *, sample: int) -> dict[str, float]:
    """Return the time that loops need for all pairs, extrapolated from a sample."""
    import statsmodels.api as sm

    random = np.random.default_rng(options.seed)
    x, y = random.standard_normal((2, sample, options.patients))
    Z = np.column_stack(
        [np.ones(options.patients), random.standard_normal((options.patients, options.covariates))]
    )
    loops = {
        "linear_by_statsmodels": lambda a, b: sm.OLS(a, np.column_stack([Z, b])).fit().pvalues[-1],
        "spearman_by_scipy": stats.spearmanr,
        "mann_whitney_by_scipy": lambda a, b: stats.mannwhitneyu(a[b > 0], a[b <= 0]),
    }
    pairs = options.features * options.genes
    return {
        name: clock(lambda test=test: [test(a, b) for a, b in zip(x, y, strict=True)]) * pairs / sample
        for name, test in loops.items()
    }


def measure(options: argparse.Namespace) -> dict[str, object]:
    random = np.random.default_rng(options.seed)
    F, G = (random.standard_normal((options.patients, p)) for p in (options.features, options.genes))
    Z = random.standard_normal((options.patients, options.covariates))
    ours = our_jobs(options)
    jobs = {"bound": lambda: t_statistics(F, G, Z), **ours}
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    with threadpool_limits(limits=1):
        small = argparse.Namespace(**{**vars(options), "features": 20, "genes": 20})
        for job in our_jobs(small).values():
            job()  # compile
        for turn in range(options.repeats):
            for name, job in jobs.items():
                if turn == 0 or name not in SLOW:
                    seconds[name].append(clock(job))
        peers = peer_seconds(options, sample=200)
    best = {name: min(values) for name, values in seconds.items()}
    middle = {name: float(np.median(values)) for name, values in seconds.items()}
    return {
        **vars(options),
        "seconds": best,
        "seconds_median": middle,
        "times_the_bound": {name: best[name] / best["bound"] for name in ours},
        "times_the_bound_median": {name: middle[name] / middle["bound"] for name in ours},
        "seconds_of_loops_extrapolated": peers,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    sizes = {"patients": 500, "features": 1000, "genes": 2000, "covariates": 10, "repeats": 5, "seed": 1}
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--missing", type=float, default=0.02)
    parser.add_argument("--jobs", nargs="+", default=())
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:30} {value}")


if __name__ == "__main__":
    main()
