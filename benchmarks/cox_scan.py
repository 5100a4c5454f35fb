"""A scan of all genes against survival beside a loop over lifelines, in one run, and the same p values.

Ours is one call of ``scan_survival`` on all genes; lifelines' ``CoxPHFitter`` fits a sample of them one by one, and its
time for all is extrapolated. Follow-up has ties and censoring; both use Efron's method, two covariates stand in every
model. CPU seconds of one process with one thread each, so that other work on the machine weighs little. The p values of
Wald's and of the likelihood-ratio test of the sample must agree to 1e-9 with lifelines carried on to convergence; its
time is that of its defaults, which stop earlier.

    python benchmarks/cox_scan.py [--json] [--patients 400] [--genes 20000] [--sample 200]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from peer_environments import python_of
from scipy.stats import chi2

from imagenomics.associate.survival.cox_scan import scan_survival
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.tables.patient_table import PatientTable, describe

PEER = """
import json, sys, time, warnings
import numpy as np, pandas as pd
from lifelines import CoxPHFitter
warnings.simplefilter("ignore")
data = np.load(sys.argv[1])
base = pd.DataFrame(data["covariates"], columns=["c0", "c1"]).assign(time=data["time"], event=data["event"])
precise = {"precision": 1e-22, "r_precision": 0.0}  # the decrement is the square of an error in z
without = CoxPHFitter().fit(base, "time", "event", fit_options=precise).log_likelihood_
def fit(column, **options):
    return CoxPHFitter().fit(base.assign(gene=column), "time", "event", **options)
fit(data["genes"][:, 0])
start = time.process_time()
for column in data["genes"].T:
    fit(column)
seconds = time.process_time() - start
fits = [fit(column, fit_options=precise) for column in data["genes"].T]
print(json.dumps({
    "seconds": seconds,
    "wald": [float(f.summary.loc["gene", "z"]) for f in fits],
    "ratio": [float(2 * (f.log_likelihood_ - without)) for f in fits],
}))
"""


def simulated(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return time (in whole months, so with ties), event, covariates and genes."""
    random = np.random.default_rng(options.seed)
    genes = random.standard_normal((options.patients, options.genes))
    covariates = random.standard_normal((options.patients, 2))
    risk = 0.5 * covariates[:, 0] + 0.4 * genes[:, :3].sum(axis=1)
    event_at = random.exponential(30.0, options.patients) * np.exp(-risk)
    end = random.uniform(10.0, 80.0, options.patients)
    months = np.ceil(np.minimum(event_at, end))
    return months, (event_at <= end).astype(float), covariates, genes


def ours(
    months: np.ndarray, event: np.ndarray, covariates: np.ndarray, genes: np.ndarray, statistic: str
) -> tuple[pd.DataFrame, float]:
    index = pd.Index([f"P{i:05d}" for i in range(len(months))], name="patient", dtype=object)
    names = [f"g{k}" for k in range(genes.shape[1])]
    table = PatientTable(pd.DataFrame(genes, index=index, columns=names), describe(names))
    times = SurvivalTimes(index, months, event > 0)
    clinical = pd.DataFrame(covariates, index=index)
    start = time.process_time()
    found = scan_survival(
        table, times, covariates=clinical, settings=CoxSettings(statistic=statistic, ties="efron")
    )
    return found, time.process_time() - start


def measure(options: argparse.Namespace) -> dict[str, object]:
    months, event, covariates, genes = simulated(options)
    chosen = np.random.default_rng(options.seed + 1).choice(options.genes, options.sample, replace=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.npz"
        np.savez(path, time=months, event=event, covariates=covariates, genes=genes[:, chosen])
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [python_of("lifelines"), "-c", PEER, str(path)],
            env=alone,
            capture_output=True,
            text=True,
            check=True,
        )
    peer = json.loads(done.stdout)
    seconds, furthest = {}, {}
    for statistic, theirs in (
        ("wald", np.square(peer["wald"])),
        ("likelihood-ratio", np.array(peer["ratio"])),
    ):
        ours(months, event, covariates, genes[:, :20], statistic)  # compile
        found, seconds[statistic] = ours(months, event, covariates, genes, statistic)
        p = found["p"].to_numpy()[chosen]
        furthest[statistic] = float(np.abs(p - chi2.sf(theirs, 1)).max())
        assert furthest[statistic] <= 1e-9, f"{statistic}: p values differ by {furthest[statistic]:.2g}"
    all_of_theirs = peer["seconds"] * options.genes / options.sample
    return {
        **vars(options),
        "events": int(event.sum()),
        "seconds": seconds,
        "seconds_of_lifelines_extrapolated": all_of_theirs,
        "times_faster": {name: all_of_theirs / value for name, value in seconds.items()},
        "largest_difference_of_p": furthest,
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    for name, default in {"patients": 400, "genes": 20000, "sample": 200, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:36} {value}")


if __name__ == "__main__":
    main()
