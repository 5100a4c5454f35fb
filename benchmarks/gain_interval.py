"""How often the interval of the gain in the C-index of nested Cox models holds the gain that such studies have.

    python benchmarks/gain_interval.py [--studies 200] [--json]

Studies are drawn from one population; the truth is the mean of their cross-validated gains, so that it is the gain of
models fitted to as many patients. 'bootstrap' draws patients again from held-out scores and keeps the models as they
are; 'refitted' is widened by leaving out tenths of the patients, which is what `[[survival.compare]]` gives.
"""

from __future__ import annotations

import argparse
import json
from unittest.mock import patch

import numpy as np
import pandas as pd

from imagenomics.associate.survival.gain import gains
from imagenomics.associate.survival.settings import CompareSettings, CoxSettings
from imagenomics.associate.survival.times import survival_times

MODELS = [{"name": "before", "terms": ["x0"]}, {"name": "after", "adds": ["x1"]}]
EFFECT = 0.7  # of the column of the smaller model
SCENARIOS = {  # patients, columns that are added, log hazard ratio of the first two of them together
    "80 patients, 2 of noise": (80, 2, 0.0),
    "80 patients, 2 weak": (80, 2, 0.3),
    "80 patients, 2 strong": (80, 2, 0.8),
    "80 patients, 6 of noise": (80, 6, 0.0),
    "80 patients, 2 strong and 4 of noise": (80, 6, 0.6),
    "200 patients, 2 of noise": (200, 2, 0.0),
    "200 patients, 2 weak": (200, 2, 0.3),
    "200 patients, 2 strong and 4 of noise": (200, 6, 0.6),
}


def study(n: int, columns: int, effect: float, seed: int) -> dict[str, float]:
    random = np.random.default_rng([seed, n])
    ids = pd.Index([f"P{i:04d}" for i in range(n)], name="patient")
    X = pd.DataFrame(random.standard_normal((n, 1 + columns)), index=ids).add_prefix("x")
    hidden = random.exponential(
        12.0 * np.exp(-EFFECT * X["x0"] - effect * (X["x1"] + X["x2"]) / np.sqrt(2.0))
    )
    censored = random.uniform(2.0, 30.0, n)
    event = pd.Series((hidden <= censored).astype(float), ids)
    times = survival_times(pd.Series(np.minimum(hidden, censored), ids), event)
    designs = {"before": X[["x0"]].loc[times.ids], "after": X.loc[times.ids]}
    settings = CompareSettings.model_validate({"name": "c", "models": MODELS, "draws": 500})
    refitted = gains(designs, times, settings=settings, rules=CoxSettings(), seed=seed)["after"]
    unknown = np.full(2, np.nan)
    with patch("imagenomics.associate.survival.gain._left_out_error", return_value=unknown):
        drawn = gains(designs, times, settings=settings, rules=CoxSettings(), seed=seed)["after"]
    return {
        "gain": refitted["c_gain"],
        "low": refitted["c_gain_low"],
        "high": refitted["c_gain_high"],
        "drawn low": drawn["c_gain_low"],
        "drawn high": drawn["c_gain_high"],
    }


def row_of(name: str, studies: int) -> dict[str, object]:
    table = pd.DataFrame([study(*SCENARIOS[name], seed) for seed in range(studies)])
    truth = float(table["gain"].mean())
    return {
        "scenario": name,
        "gain": round(truth, 4),
        "its sd": round(float(table["gain"].std()), 4),
        "held, bootstrap": float(((table["drawn low"] <= truth) & (truth <= table["drawn high"])).mean()),
        "held, refitted": float(((table["low"] <= truth) & (truth <= table["high"])).mean()),
        "width, bootstrap": round(float((table["drawn high"] - table["drawn low"]).mean()), 4),
        "width, refitted": round(float((table["high"] - table["low"]).mean()), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = []
    for name in SCENARIOS:
        rows.append(row_of(name, chosen.studies))
        if not chosen.json:
            print("  ".join(f"{k} {v}" for k, v in rows[-1].items()), flush=True)
    if chosen.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
