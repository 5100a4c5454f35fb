"""Modules inside a model: the test part must not shape them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from imagenomics.prepare.gene_modules import ModuleEigengenes
from imagenomics.prepare.metagenes import Metagenes
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.splits import folds


def cohort(seed=1, n=60):
    random = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:02d}" for i in range(n)], name="patient")
    factors = np.repeat(random.standard_normal((n, 2)), 20, axis=1)
    genes = [f"g{k}" for k in range(60)]
    values = np.hstack([factors + 0.6 * random.standard_normal((n, 40)), random.standard_normal((n, 20))])
    return pd.DataFrame(values, index=ids, columns=genes), pd.Series(
        (random.random(n) < 0.5).astype(float), ids
    )


@pytest.mark.parametrize(
    "step", [ModuleEigengenes(min_module=10), Metagenes(4)], ids=["modules", "metagenes"]
)
def test_modules_are_those_of_the_training_part(step):
    """Test patients who would form a module of their own change nothing for the others."""
    X, y = cohort()
    model = make_pipeline(step, LogisticRegression())
    plan = folds(X.index, y, n_splits=3, seed=1)
    tested = X.index.isin(plan.loc[plan["fold"] == 0, "patient"])
    spoiled = X.copy()
    # In the test part alone the lonely genes move with the label: a leak would make a module of them.
    spoiled.loc[tested, X.columns[40:]] = 9.0 * (2 * y[tested].to_numpy()[:, None] - 1)
    inside = model.fit(X[~tested], y[~tested])
    again = model.fit(spoiled[~tested], y[~tested])
    assert np.array_equal(inside.predict_proba(X[tested]), again.predict_proba(X[tested]))
    whole = cross_validate(model, spoiled, y, plan)
    own = whole[(whole["fold"] == 0)].set_index("patient")["score"].sort_index()
    alone = pd.Series(again.predict_proba(spoiled[tested])[:, 1], index=X.index[tested]).sort_index()
    # The score of the loop is a probability or its logit; either way the order is that of the model fitted outside.
    assert own.rank().equals(alone.rank())
