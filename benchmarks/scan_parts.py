"""The parts of a scan that docs quote: the compiled core of the linear engine, and q of two million p values.

The core is timed without the matrix product, in CPU nanoseconds for each pair, with ten covariates, on complete tables
and with missing values on both sides; compiling is the first call in a cache of its own. q is found by buckets, by
counting, and by a plain sort of the same p values, even ones and ones of which a tenth has a signal. One thread;
fastest of the repeats.

    python benchmarks/scan_parts.py [--json] [--patients 500] [--features 1000] [--genes 2000] [--repeats 8]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from associate_pairs import make_table
from threadpoolctl import threadpool_limits

from imagenomics.associate import linear
from imagenomics.associate.choose import rules_of
from imagenomics.associate.inputs import read_inputs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.stats.multiplicity import benjamini_hochberg
from imagenomics.stats.p_buckets import step_up_all
from imagenomics.stats.p_order import order_p


def cpu_seconds(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def core_seconds(options: argparse.Namespace, missing: float) -> float:
    """Return the CPU seconds of the compiled core alone, in a whole call of the engine's tests."""
    random = np.random.default_rng(1)
    sizes = (("f", options.features), ("g", options.genes))
    features, genes = (make_table(random, options.patients, p, name=n, missing=missing) for n, p in sizes)
    covariates = make_table(random, options.patients, options.covariates, name="c", missing=0.0)
    read = read_inputs(features, genes, covariates=covariates, strata=None)
    rules = rules_of(AssociateSettings())
    engine = linear.LinearEngine(
        read.features, read.targets, design=read.design, rules=rules, confidence=0.95
    )
    core, spent = linear.scan_pairs, []

    def timed(*given: object) -> None:
        spent.append(cpu_seconds(lambda: core(*given)))

    linear.scan_pairs = timed
    try:
        for _ in range(options.repeats):
            engine.observe()
    finally:
        linear.scan_pairs = core
    return min(spent)


def compile_seconds() -> float:
    """Return the CPU seconds of the first call of the core in a process that has compiled nothing yet."""
    small = "argparse.Namespace(patients=50, features=9, genes=9, covariates=2, repeats=1)"
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import scan_parts, argparse; print(scan_parts.core_seconds({small}, 0.1))",
            ],
            cwd=os.path.dirname(os.path.abspath(__file__)),
            env={**os.environ, "NUMBA_CACHE_DIR": cache},
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout)


def q_seconds(p: np.ndarray, repeats: int) -> dict[str, float | None]:
    plain = lambda: np.argsort(p)  # noqa: E731
    ways = {"whole": lambda: benjamini_hochberg(p), "counting": lambda: order_p(p), "plain sort": plain}
    found: dict[str, float | None] = {n: min(cpu_seconds(f) for _ in range(repeats)) for n, f in ways.items()}
    found["buckets"] = None
    if step_up_all(p, 1.0) is not None:
        found["buckets"] = min(cpu_seconds(lambda: step_up_all(p, 1.0)) for _ in range(repeats))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    sizes = {"patients": 500, "features": 1000, "genes": 2000, "covariates": 10, "repeats": 8}
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--missing", type=float, default=0.02)
    options = parser.parse_args()
    pairs = options.features * options.genes
    random = np.random.default_rng(1)
    even = random.random(2_000_000)
    signals = np.where(random.random(even.size) < 0.1, even**6, even)
    figures: dict[str, object] = {"date": time.strftime("%Y-%m-%d"), **vars(options)}
    with threadpool_limits(limits=1):
        for name, missing in (("complete", 0.0), ("missing", options.missing)):
            figures[f"core_ns_a_pair_{name}"] = core_seconds(options, missing) / pairs * 1e9
        figures["core_compiling_s"] = compile_seconds()
        figures["q_s_even"] = q_seconds(even, options.repeats)
        figures["q_s_signals"] = q_seconds(signals, options.repeats)
    print(json.dumps(figures, indent=1) if options.json else figures)


if __name__ == "__main__":
    main()
