"""Metagenes of a whole cohort as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.genesets.settings import ModuleSettings
from imagenomics.prepare.metagenes import Metagenes

SHOWN = 50  # genes named for each metagene


def learn_metagenes(
    values: np.ndarray, names: list[str], settings: ModuleSettings, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Return the leading genes of each metagene, its amount by row of ``values`` (n, G), and how good the fit is."""
    model: Metagenes = settings.learner(seed=seed).fit(values)
    parts = []
    for k, module in enumerate(model.get_feature_names_out()):
        order = np.argsort(-model.loadings_[k], kind="stable")[:SHOWN]
        order = order[model.loadings_[k][order] > 0]
        parts.append(
            pd.DataFrame(
                {
                    "module": module,
                    "gene": [names[i] for i in order],
                    "membership": model.loadings_[k][order],
                    "rank": np.arange(1, len(order) + 1),
                }
            )
        )
    amounts = model.transform(values)
    part = model.positive(values)
    left = ((part - amounts @ model.loadings_) ** 2).sum() / max(
        ((part - part.mean(axis=0)) ** 2).sum(), 1e-300
    )
    note = f"{len(model.loadings_)} metagenes explain {1 - left:.0%} of the variance of expression"
    return pd.concat(parts), pd.DataFrame(amounts, columns=list(model.get_feature_names_out())), note
