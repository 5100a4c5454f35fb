"""The linear engine beside the plain matrix product, in one run.

Bound A is what numpy needs to residualise both complete tables on the covariates, multiply them and turn the
correlations into t statistics; bound B adds a p value for each pair by scipy. Ours is the whole call of
``test_pairs`` on tables with missing values: own complete cases for each pair, effects with intervals, p, q and the
table. Each is repeated and its fastest time taken, turn by turn, so that a noisy machine hits all alike.

    python benchmarks/associate_pairs.py [--json] [--patients 500] [--features 1000] [--targets 2000]
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np
import pandas as pd
from scipy import special
from threadpoolctl import threadpool_limits

from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe


def make_table(random: np.random.Generator, patients: int, columns: int, *, name: str, missing: float):
    values = random.standard_normal((patients, columns))
    values[random.random(values.shape) < missing] = np.nan
    index = pd.Index([f"P{i:05d}" for i in range(patients)], name="patient", dtype=object)
    names = [f"{name}.{k}" for k in range(columns)]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names))


def t_statistics(F: np.ndarray, T: np.ndarray, Z: np.ndarray) -> tuple[np.ndarray, int]:
    Q, _ = np.linalg.qr(np.column_stack([np.ones(len(Z)), Z]))
    f, t = F - Q @ (Q.T @ F), T - Q @ (Q.T @ T)
    f /= np.sqrt((f * f).sum(axis=0))
    t /= np.sqrt((t * t).sum(axis=0))
    r = t.T @ f
    df = len(Z) - Q.shape[1] - 1
    return r * np.sqrt(df / (1.0 - r * r)), df


def with_p(F: np.ndarray, T: np.ndarray, Z: np.ndarray) -> np.ndarray:
    t, df = t_statistics(F, T, Z)
    return 2.0 * special.stdtr(df, -np.abs(t))


def clock(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measure(options: argparse.Namespace) -> dict[str, float]:
    random = np.random.default_rng(options.seed)
    sizes = {"patients": options.patients}
    features = make_table(random, options.patients, options.features, name="f", missing=options.missing)
    targets = make_table(random, options.patients, options.targets, name="t", missing=options.missing)
    covariates = make_table(random, options.patients, options.covariates, name="c", missing=0.0)
    F, T = (random.standard_normal((options.patients, p)) for p in (options.features, options.targets))
    Z = covariates.values.to_numpy()

    def ours(transform: str) -> None:
        settings = AssociateSettings(method="linear", permutations=0, transform=transform)
        test_pairs(features, targets, covariates=covariates, settings=settings, analysis="speed", seed=1)

    jobs = {
        "bound_a": lambda: t_statistics(F, T, Z),
        "bound_b": lambda: with_p(F, T, Z),
        "ours": lambda: ours("none"),
        "ours_normal_scores": lambda: ours("normal-scores"),
    }
    seconds = {name: [] for name in jobs}
    with threadpool_limits(limits=1):
        for job in jobs.values():
            job()  # compile and warm up
        for _ in range(options.repeats):
            for name, job in jobs.items():
                seconds[name].append(clock(job))
    best = {name: min(values) for name, values in seconds.items()}
    median = {name: float(np.median(values)) for name, values in seconds.items()}
    return {
        **sizes,
        "features": options.features,
        "targets": options.targets,
        "covariates": options.covariates,
        "missing": options.missing,
        **{f"{name}_s": value for name, value in best.items()},
        **{f"{name}_median_s": value for name, value in median.items()},
        "ratio_a": best["ours"] / best["bound_a"],
        "ratio_b": best["ours"] / best["bound_b"],
        "ratio_a_normal_scores": best["ours_normal_scores"] / best["bound_a"],
        "ratio_b_normal_scores": best["ours_normal_scores"] / best["bound_b"],
        "ratio_a_median": median["ours"] / median["bound_a"],
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    for name, default in (("patients", 500), ("features", 1000), ("targets", 2000), ("covariates", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--missing", type=float, default=0.02)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    figures = measure(parser.parse_args())
    if parser.parse_args().json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:24} {value:.4g}")


if __name__ == "__main__":
    main()
