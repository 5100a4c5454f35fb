"""What family-wise permutation of a large scan costs: whole calls of ``test_pairs`` with and without draws.

Linear models (covariates, with and without missing values) and Spearman's correlation on complete tables, with two
workers; beside them the matrix product that no draw can do without, extrapolated from five.

    python benchmarks/max_t.py [--json] [--patients 500] [--features 100] [--genes 20000] [--draws 1000] [--workers 2]
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np
from associate_pairs import clock, make_table
from threadpoolctl import threadpool_limits

from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.work.cluster import open_executor
from imagenomics.work.executor import Executor


def scans(options: argparse.Namespace, executor: Executor) -> dict[str, float]:
    random = np.random.default_rng(options.seed)
    covariates = make_table(random, options.patients, options.covariates, name="c", missing=0.0)
    found = {}
    for name, missing, adjusted in (
        ("linear", 0.0, True),
        ("linear, missing values", options.missing, True),
        ("spearman", 0.0, False),
    ):
        sizes = (("f", options.features), ("g", options.genes))
        features, genes = (make_table(random, options.patients, p, name=n, missing=missing) for n, p in sizes)
        found[name] = clock(
            lambda f=features, g=genes, adjusted=adjusted: test_pairs(
                f,
                g,
                covariates=covariates if adjusted else None,
                settings=AssociateSettings(permutations=options.draws),
                analysis="scan",
                seed=1,
                executor=executor,
            )
        )
    return found


def measure(options: argparse.Namespace) -> dict[str, object]:
    random = np.random.default_rng(options.seed)
    F, G = (random.standard_normal((options.patients, p)) for p in (options.features, options.genes))
    with threadpool_limits(limits=1):
        product = min(clock(lambda: G.T @ F) for _ in range(5)) * options.draws / options.workers
        with open_executor(workers=options.workers) as executor:
            scans(argparse.Namespace(**{**vars(options), "genes": 200, "draws": 100}), executor)  # compile
            seconds = scans(options, executor)
    return {
        **vars(options),
        "seconds": seconds,
        "seconds_of_products": product,
        "times_the_products": {name: value / product for name, value in seconds.items()},
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    sizes = {"patients": 500, "features": 100, "genes": 20000, "covariates": 10, "draws": 1000, "workers": 2}
    for name, default in {**sizes, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--missing", type=float, default=0.02)
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:30} {value}")


if __name__ == "__main__":
    main()
