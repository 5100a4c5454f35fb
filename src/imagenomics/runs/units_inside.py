"""Tables of a study whose rows are units inside patients: biopsies, foci, lesions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from imagenomics.cohort.losses import PARTIAL, Loss, loss_table
from imagenomics.genomics.table import MoleculeTable
from imagenomics.runs.feature_tables import GivenFeatures
from imagenomics.runs.folder import RunFolder
from imagenomics.tables.unit_table import UnitTable, join_units

FILES = ("unit_features", "unit_molecules")


@dataclass(frozen=True)
class InnerUnits:
    """Features and molecules by the word for their unit ('biopsy')."""

    features: Mapping[str, UnitTable] = field(default_factory=dict)
    molecules: Mapping[str, UnitTable] = field(default_factory=dict)

    def source(self, name: str) -> UnitTable | None:
        """Return the units that a block of this name has, where it has any."""
        for table in (*self.features.values(), *self.molecules.values()):
            own = table.columns.index[table.columns["source"] == name]
            if len(own):
                return table.select(own)
        return None


NO_UNITS = InnerUnits()


def inner_units(
    given: Mapping[str, GivenFeatures], molecules: Mapping[str, MoleculeTable], patients: Sequence[str]
) -> InnerUnits:
    """Return the units of the patients who are in the study, blocks with the same unit side by side."""
    return InnerUnits(_joined(given.values(), patients), _joined(molecules.values(), patients))


def _joined(sides: Iterable[GivenFeatures | MoleculeTable], patients: Sequence[str]) -> dict[str, UnitTable]:
    tables = [side.units for side in sides if side.units is not None]
    words = dict.fromkeys(table.unit for table in tables)
    return {word: join_units([t.of(patients) for t in tables if t.unit == word], unit=word) for word in words}


def unit_losses(inner: InnerUnits) -> pd.DataFrame:
    """Return a row for each unit that has features and no molecules, or molecules and no features."""
    rows = []
    for word in [word for word in inner.features if word in inner.molecules]:
        sides = {"features": inner.features[word], "molecules": inner.molecules[word]}
        for name, other in (("features", "molecules"), ("molecules", "features")):
            alone = sides[name].values.index.difference(sides[other].values.index)
            rows += [
                Loss(str(p), word, str(u), PARTIAL, f"this {word} has {name} and no {other}")
                for p, u in alone
            ]
    return loss_table(rows)


def write_units(inner: InnerUnits, folder: RunFolder) -> None:
    """Write ``unit_features.parquet`` and ``unit_molecules.parquet``: ``word, patient, unit``, then the columns."""
    for name, tables in zip(FILES, (inner.features, inner.molecules), strict=True):
        parts = [
            table.values.reset_index().assign(word=word)[["word", "patient", "unit", *table.values.columns]]
            for word, table in tables.items()
        ]
        if parts:
            folder.write_frame(name, pd.concat(parts, ignore_index=True))
        else:
            folder.remove(f"{name}.parquet")
