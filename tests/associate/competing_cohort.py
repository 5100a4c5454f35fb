"""Patients of whom another event can come first."""

import numpy as np
import pandas as pd

from imagenomics.associate.survival.times import SurvivalTimes


def competing_cohort(seed, n=150, ties=False, k=3):
    """Return t, cause (0 censored, 1, 2), group g, x, z and stratum s; both hazards differ between patients."""
    r = np.random.default_rng(seed)
    g, x = r.integers(0, k, n), r.normal(size=n)
    first = r.exponential(10 * np.exp(-0.5 * x - 0.3 * g))
    second, left = r.exponential(12, n), r.uniform(1, 25, n)
    t = np.min([first, second, left], axis=0)
    cause = np.argmin([left, first, second], axis=0)
    table = {"t": np.ceil(t) if ties else t, "cause": cause, "g": g, "x": x}
    ids = pd.Index([f"P{i:04d}" for i in range(n)], name="patient")
    return pd.DataFrame(table | {"z": r.integers(0, 2, n), "s": r.integers(0, 2, n)}, index=ids)


def follow_up(d):
    """Return the follow-up of such a cohort."""
    return SurvivalTimes(
        d.index, d["t"].to_numpy(), (d["cause"] == 1).to_numpy(), cause=d["cause"].to_numpy()
    )
