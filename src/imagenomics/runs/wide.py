"""From long values of single patients to one wide table: a doubtful value never passes in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.features.columns import feature_columns
from imagenomics.features.names import (
    ANISOTROPIC,
    DIAGNOSTIC,
    FEW_LEVELS,
    NEGATIVE_CONTROL,
    SIGNED,
    VOXEL_UNITS,
)
from imagenomics.features.phenotypes.kinds import named_regions
from imagenomics.features.phenotypes.measure import planned_rows
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.load import WHOLE
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.folder import Issues
from imagenomics.runs.phenotype_block import PhenotypeBlock
from imagenomics.tables.patient_table import PatientTable, describe

REMEDIES = {
    ANISOTROPIC: "slices are much thicker than pixels: measure within slices (features.aggregations = ['2D_comb']) "
    "or resample (features.spacing_mm)",
    FEW_LEVELS: "use more grey levels (features.discretisation), or leave the families out",
    SIGNED: "these ratios need grey values above zero; other features of the image are not touched",
}
MOST_NAMED = 3  # patients named in one warning
OF_COLUMNS = (VOXEL_UNITS, NEGATIVE_CONTROL, DIAGNOSTIC)  # flags that hold for every image of a block


def widen(
    name: str,
    described: pd.DataFrame,
    values: Mapping[str, pd.DataFrame],
    *,
    accept: Collection[str] = (),
    patients: Sequence[str],
    issues: Issues,
) -> PatientTable:
    """Set the values of one block side by side, one column for each region and feature.

    Whether a value is kept depends on its own image alone: one with a flag that ``accept`` does not let pass is
    missing, and a warning says so. What holds for every image of the block (unknown spacing) is a flag of the column
    instead.

    Parameters
    ----------
    name : str
        Name of the block, first part of its columns.
    described : DataFrame
        Its columns, as :func:`column_descriptions` or :func:`phenotype_descriptions` announces them.
    values : mapping of str to DataFrame
        By patient: ``region, feature, value, flags, status, reason``.
    patients : sequence of str
        Rows of the table; patients without values get missing ones.
    """
    index = pd.Index(list(patients), name="patient", dtype=object)
    wide = pd.DataFrame(np.nan, index=index, columns=described.index)
    if not values or not len(described):
        return PatientTable(wide, described)
    long = pd.concat(list(values.values()), ignore_index=True)
    long["patient"] = np.repeat(np.array(list(values), object), [len(frame) for frame in values.values()])
    long["column"] = name + "." + long["region"] + "." + long["feature"]
    long["doubt"] = _doubts(long, described, accept)
    _warn(long, name, issues)
    kept = long[long["doubt"] == ""].pivot(index="patient", columns="column", values="value")
    return PatientTable(kept.reindex(index=index, columns=described.index).astype("float64"), described)


def _doubts(long: pd.DataFrame, described: pd.DataFrame, accept: Collection[str]) -> list[str]:
    """Return for each value those of its flags that neither its column has nor the settings let pass."""
    passed = {str(column): {*str(flags).split("|"), *accept} for column, flags in described["flags"].items()}
    return [
        "|".join(f for f in str(flags).split("|") if f and f not in passed[column]) if flags else ""
        for flags, column in zip(long["flags"].tolist(), long["column"].tolist(), strict=True)
    ]


def column_descriptions(block: ImageSettings, settings: FeatureSettings) -> pd.DataFrame:
    """Describe the columns of an image block before any image is read; a series has none."""
    if block.form == "series":
        return describe([])
    schema = feature_columns(settings, spacing_known=block.spacing != "unknown")
    regions = list(block.regions) if block.has_mask else [WHOLE]
    parts = [
        describe(
            [f"{block.name}.{region}.{feature}" for feature in schema["feature"]],
            role=["volume" if family == "volume" else "feature" for family in schema["family"]],
            source=block.name,
            region=region,
            family=list(schema["family"]),
            feature=list(schema["feature"]),
            ibsi=list(schema["ibsi"]),
            unit=list(schema["unit"]),
            flags=list(schema["flags"]),
            settings=f"{block.digest_of_values()}-{settings.digest()}",
        )
        for region in regions
    ]
    return pd.concat(parts)


def phenotype_descriptions(block: PhenotypeBlock, image: ImageSettings, root: Path) -> pd.DataFrame:
    """Describe the columns of a phenotype before any image is read; ``root`` is where its paths start."""
    regions = list(image.regions) if image.has_mask else [WHOLE]
    around = named_regions(block.measure)
    rows = planned_rows(
        block.measure,
        [r for r in regions if r not in around],
        spacing_known=image.spacing != "unknown",
        others=list(block.others),
        files={key: root / file for key, file in block.shared_files().items()},
    )
    kept = ["|".join(f for f in str(flags).split("|") if f in OF_COLUMNS) for flags in rows["flags"]]
    return describe(
        [
            f"{block.name}.{region}.{feature}"
            for region, feature in zip(rows["region"], rows["feature"], strict=True)
        ],
        role="feature",
        source=block.name,
        region=list(rows["region"]),
        family=list(rows["family"]),
        feature=list(rows["feature"]),
        ibsi="",
        unit=list(rows["unit"]),
        flags=kept,
        settings=f"{image.digest_of_values()}-{block.measure.digest()}",
    )


def _warn(long: pd.DataFrame, image: str, issues: Issues) -> None:
    """Say, once for each reason, which values are missing and of whom."""
    undefined = long[(long["doubt"] == "") & long["status"].isin(["failed", "skipped"])]
    reasons = [
        *(
            (str(d), "set to missing", rows)
            for d, rows in long[long["doubt"] != ""].groupby("doubt", sort=True)
        ),
        *((str(r), "could not be computed", rows) for r, rows in undefined.groupby("reason", sort=True)),
    ]
    for reason, fate, rows in reasons:
        counts = Counter(map(str, rows["patient"]))
        named = ", ".join(sorted(counts)[:MOST_NAMED]) + (", ..." if len(counts) > MOST_NAMED else "")
        text = f"{image}: up to {max(counts.values())} values of {len(counts)} patients {fate}: {reason} ({named})"
        issues.warn("extract", "IGX-RUN-020", text, remedy=REMEDIES.get(reason, ""))
