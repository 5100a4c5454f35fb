"""Plain frames: setting them one below the other without losing what their columns are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pandas.api.types import union_categoricals


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Set frames with equal columns one below the other; categories stay categories (with the union of levels)."""
    first = frames[0]
    columns = {
        name: union_categoricals([frame[name] for frame in frames])
        if all(isinstance(frame[name].dtype, pd.CategoricalDtype) for frame in frames)
        else pd.concat([frame[name] for frame in frames], ignore_index=True)
        for name in first.columns
    }
    return pd.DataFrame(columns)
