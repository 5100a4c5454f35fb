"""A cohort with follow-up."""

import numpy as np
import pandas as pd


def cohort(seed=0, n=160, effect=0.8, ties=True):
    """Patients whose hazard follows x0, with tied times and late entries."""
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    X = pd.DataFrame(rng.normal(size=(n, 3)), index=ids, columns=["x0", "x1", "x2"])
    hidden = rng.exponential(12.0 * np.exp(-effect * X["x0"]), n)
    censored = rng.uniform(2, 30, n)
    time = np.minimum(hidden, censored)
    time = np.ceil(time) if ties else time
    event = (hidden <= censored).astype(float)
    entry = np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0, 0.9, n) * time)
    return X, pd.Series(time, ids), pd.Series(event, ids), pd.Series(entry, ids)
