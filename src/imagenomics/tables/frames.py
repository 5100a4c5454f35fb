"""Plain frames: setting them one below the other without losing what their columns are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pandas.api.types import union_categoricals


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Set frames one below the other; categories stay categories (with the union of levels).

    A column that a frame lacks is missing in its rows; frames without rows say nothing where others have some.
    """
    names = dict.fromkeys(name for frame in frames for name in frame.columns)
    frames = [
        frame if len(frame.columns) == len(names) else frame.reindex(columns=list(names)) for frame in frames
    ]
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    columns = {
        name: union_categoricals([frame[name] for frame in frames])
        if all(isinstance(frame[name].dtype, pd.CategoricalDtype) for frame in frames)
        else pd.concat([frame[name] for frame in frames], ignore_index=True)
        for name in names
    }
    return pd.DataFrame(columns)
