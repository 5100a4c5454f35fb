"""Annotations and reports (AIM, DICOM SR) as a coded reading: one row for each patient and reader."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.cohort.spelling import same_word
from imagenomics.errors import InputError, unknown_name
from imagenomics.features.semantic.cells import MARK, NONE
from imagenomics.features.semantic.dictionary import Dictionary, Item


def arrange_reads(reads: pd.DataFrame, dictionary: Dictionary, *, ignore: Sequence[str] = ()) -> pd.DataFrame:
    """Arrange a table of answers for :func:`~imagenomics.features.semantic.table.read_semantic_table`.

    Parameters
    ----------
    reads : DataFrame
        ``READ_COLUMNS`` of :mod:`imagenomics.images.reads`, one row for each answer.
    dictionary : Dictionary
        The questions; each row belongs to one, by its item in words or in code.
    ignore : sequence of str
        Items that are left out, beside those that the dictionary ignores.

    Returns
    -------
    DataFrame
        ``patient``, ``reader`` and one column for each item that occurs, named by its code. Items with several
        answers that a reader left empty are '(none)': nothing was ticked.

    Raises
    ------
    InputError
        ``IGX-FEAT-041`` an item that the dictionary does not have; ``-042`` two different answers of one reader to
        one question; ``-047`` a unit that is not the one of the dictionary.
    """
    skipped = {same_word(text) for text in (*ignore, *dictionary.ignored)}
    kept = reads[~reads["item"].map(same_word).isin(skipped)]
    items = {
        name: _item(name, code, dictionary)
        for name, code in set(zip(kept["item"], kept["item_code"], strict=True))
    }
    kept = kept.assign(
        question=[items[name].code for name in kept["item"]],
        answer=[_answer(row, items[row.item]) for row in kept.itertuples(index=False)],
    )
    keys = kept[["patient", "reader"]].drop_duplicates()
    wide = pd.DataFrame(index=pd.MultiIndex.from_frame(keys))
    used = set(kept["question"])
    for item in (i for i in dictionary.items if i.code in used or i.many):
        rows = kept[kept["question"] == item.code]
        wide[item.code] = _cells(rows, item).reindex(wide.index).astype(object)
        wide[item.code] = wide[item.code].where(wide[item.code].notna(), NONE if item.many else None)
    return wide.reset_index()


def _item(name: str, code: str, dictionary: Dictionary) -> Item:
    found = dictionary.find(name) or (dictionary.find(code) if code else None)
    if found is None:
        raise unknown_name(
            "IGX-FEAT-041", "item", name, dictionary.names(), where=f"readings ({dictionary.name})"
        )
    return found


def _answer(row: object, item: Item) -> str:
    """Return the answer as the dictionary knows it, by code or by meaning; unknown ones go on as they are."""
    code, meaning = str(getattr(row, "code", "")), str(getattr(row, "meaning", ""))
    if item.kind == "continuous":
        value, unit = float(getattr(row, "value", np.nan)), str(getattr(row, "unit", ""))
        if np.isnan(value):
            return meaning
        if unit != item.unit:
            raise InputError(
                "IGX-FEAT-047",
                f"'{item.label}' is written in '{unit}'",
                where=f"{getattr(row, 'source', '')}, patient {getattr(row, 'patient', '')}",
                expected=f"'{item.unit}'",
                remedy="convert it, or declare an item with this unit",
            )
        return repr(value)
    known = {same_word(text): label for text, label in item.answers().items()}
    for text in (code, meaning):
        if text and same_word(text) in known:
            return known[same_word(text)]
    return f"{meaning} ({code})" if code and meaning else meaning or code


def _cells(rows: pd.DataFrame, item: Item) -> pd.Series:
    """Return one cell for each patient and reader."""
    grouped = rows.groupby(["patient", "reader"], sort=False)["answer"]
    if not item.many:
        several = grouped.nunique() > 1
        if several.any():
            patient, reader = several[several].index[0]
            answers = sorted(set(grouped.get_group((patient, reader))))
            raise InputError(
                "IGX-FEAT-042",
                f"{reader} answered '{item.label}' of {patient} differently: {' and '.join(answers)}",
                where=f"{int(several.sum())} such patients in the readings",
                expected="one answer to a question",
                remedy="keep one annotation for each patient, or tell the lesions apart by their own patient ids",
            )
    return grouped.agg(lambda found: MARK.join(dict.fromkeys(found)))
