"""What a reader wrote about an image, whatever the file: one row for each answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

READ_COLUMNS = (
    "patient",
    "reader",
    "annotation",
    "kind",
    "item",
    "item_code",
    "code",
    "scheme",
    "meaning",
    "value",
    "unit",
    "source",
)


@dataclass(frozen=True)
class Answer:
    """One answer of one reader about one patient.

    Parameters
    ----------
    patient, reader : str
        As the file names them.
    annotation : str
        Which lesion, or which group of measurements.
    kind : str
        ``anatomy``, ``observation``, ``characteristic``, ``measurement`` or ``evaluation``.
    item, item_code : str
        The question, in words and as ``scheme:code`` (empty where the file has words only).
    code, scheme, meaning : str
        The coded answer; several codes that qualify each other are joined by '+'.
    value : float
        The number, NaN for a coded answer.
    unit : str
        Unit of the number.
    source : str
        Name of the file.
    """

    patient: str
    reader: str
    annotation: str
    kind: str
    item: str
    item_code: str = ""
    code: str = ""
    scheme: str = ""
    meaning: str = ""
    value: float = float("nan")
    unit: str = ""
    source: str = ""


def read_table(answers: Sequence[Answer]) -> pd.DataFrame:
    """Return the answers as a table with the columns ``READ_COLUMNS``, in the order given."""
    frame = pd.DataFrame([asdict(answer) for answer in answers], columns=list(READ_COLUMNS)).astype(object)
    return frame.assign(value=frame["value"].astype(np.float64))
