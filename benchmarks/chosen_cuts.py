"""How often a cut-point that survival chose says 'p <= .05' of a number that means nothing.

    python benchmarks/chosen_cuts.py [--runs 1000] [--json]

For each number of patients and each smallest share on either side: the naive log-rank p, and the same corrected for the
search (Lausen and Schumacher). The honest p of the package, which permutes the whole choice, is held to its level by
tests/associate/test_associate_cut_point.py.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from scipy.stats import chi2

from imagenomics.associate.survival.cut_kernel import best_cut, risk_spans
from imagenomics.associate.survival.cut_point import corrected_p
from imagenomics.associate.survival.times import survival_times

LEVEL = 0.05
PATIENTS, SHARES = (60, 100, 200), (0.1, 0.2)


def one_cohort(n: int, random: np.random.Generator):
    """Return a number and a follow-up that have nothing to do with each other; about four in ten are censored."""
    import pandas as pd

    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    hidden, left = random.exponential(size=n), random.exponential(1.5, n)
    time = pd.Series(np.minimum(hidden, left), ids)
    event = pd.Series((hidden <= left).astype(float), ids)
    return random.standard_normal(n), survival_times(time, event)


def rates(runs: int) -> list[dict[str, float]]:
    rows = []
    for n in PATIENTS:
        random = np.random.default_rng(n)
        p = {share: ([], []) for share in SHARES}
        for _ in range(runs):
            x, times = one_cohort(n, random)
            spans, order = risk_spans(times), np.arange(n)
            for share, (naive, corrected) in p.items():
                _, z = best_cut(x, order, spans, max(1, int(np.ceil(share * n))))
                naive.append(chi2.sf(z**2, 1))
                corrected.append(corrected_p(abs(z), share))
        for share, (naive, corrected) in p.items():
            found = [float((np.array(values) <= LEVEL).mean()) for values in (naive, corrected)]
            rows.append({"patients": n, "min_share": share, "naive": found[0], "corrected": found[1]})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = rates(chosen.runs)
    if chosen.json:
        print(json.dumps({"runs": chosen.runs, "level": LEVEL, "rates": rows}, indent=1))
        return
    print(f"share of {chosen.runs} numbers without meaning that have p <= {LEVEL}")
    for row in rows:
        who = f"{row['patients']:4d} patients, min_share {row['min_share']:.1f}"
        print(f"{who}: naive {row['naive']:.3f}, corrected {row['corrected']:.3f}")


if __name__ == "__main__":
    main()
