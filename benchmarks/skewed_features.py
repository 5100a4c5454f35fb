"""How often the tests that a study may choose say 'p <= alpha' of skewed features that go with nothing.

    python benchmarks/skewed_features.py [--features 4000] [--json]

Features (and numeric targets) are log-normal with a standard deviation of 1.5 of the logarithm; about a fifth to a
quarter of the patients have the binary target.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import pandas as pd

from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

SPREAD = 1.5
GROUPS = {40: 10, 60: 12, 110: 25}  # patients: those with the binary target
LEVELS = (0.05, 0.001)
TARGETS = 3  # binary ones


def table(values: np.ndarray, *, kind: str, prefix: str) -> PatientTable:
    ids = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient")
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=ids, columns=names), describe(names, kind=kind))


def rates(features: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for n, size in GROUPS.items():
        random = np.random.default_rng(n)
        skewed = table(np.exp(SPREAD * random.standard_normal((n, features))), kind="continuous", prefix="f")
        has = np.stack([random.permutation(np.arange(n) < size) for _ in range(TARGETS)], axis=1)
        binary = table(has.astype(float), kind="binary", prefix="b")
        number = table(np.exp(SPREAD * random.standard_normal((n, TARGETS))), kind="continuous", prefix="n")
        for targets, key, tests in (
            (binary, "two_groups", ("mann-whitney", "welch", "student")),
            (number, "correlation", ("spearman", "pearson")),
        ):
            for test in tests:
                settings = AssociateSettings.model_validate({key: test, "permutations": 0})
                p = test_pairs(skewed, targets, settings=settings, analysis="noise", seed=1)["p"].dropna()
                shares = {f"p <= {level}": float((p <= level).mean()) for level in LEVELS}
                rows.append({"patients": n, "test": test, "tests": len(p), **shares})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = rates(chosen.features)
    print(json.dumps(rows, indent=1) if chosen.json else pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
