"""From long values of single patients to one wide table: flagged values never pass in silence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.features.columns import feature_columns
from imagenomics.features.names import ANISOTROPIC, FEW_LEVELS, VOXEL_UNITS
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.folder import Issues
from imagenomics.tables.patient_table import PatientTable, describe

WHOLE_REGION = "whole"
REMEDIES = {
    ANISOTROPIC: "slices are much thicker than pixels: measure within slices (features.aggregations = ['2D_comb']) "
    "or resample (features.spacing_mm)",
    FEW_LEVELS: "use more grey levels (features.discretisation), or leave the families out",
}


def widen(
    block: ImageSettings,
    settings: FeatureSettings,
    values: Mapping[str, pd.DataFrame],
    *,
    patients: Sequence[str],
    issues: Issues,
) -> PatientTable:
    """Set the values of one image side by side, one column for each region and feature.

    A flag that most patients share belongs to the column; a value flagged for a few patients only (too few grey
    levels, say) becomes missing for them, and a warning says so.

    Parameters
    ----------
    values : mapping of str to DataFrame
        By patient: ``region, feature, value, flags, status, reason``.
    patients : sequence of str
        Rows of the table; patients without values get missing ones.
    """
    described = column_descriptions(block, settings)
    index = pd.Index(list(patients), name="patient", dtype=object)
    wide = pd.DataFrame(np.nan, index=index, columns=described.index)
    if not values:
        return PatientTable(wide, described)
    long = pd.concat([frame.assign(patient=patient) for patient, frame in values.items()], ignore_index=True)
    long["column"] = block.name + "." + long["region"] + "." + long["feature"]
    shared = _shared_flags(long)
    _warn_of_columns(shared, block.name, issues)
    described["flags"] = [_merge(own, shared.get(str(name), "")) for name, own in described["flags"].items()]
    known = {str(name): str(flags).split("|") for name, flags in described["flags"].items()}
    long["extra"] = [
        _merge(*(f for f in str(flags).split("|") if f not in known[str(column)]))
        for flags, column in zip(long["flags"], long["column"], strict=True)
    ]
    _warn_of_values(long, block.name, issues)
    kept = long[long["extra"] == ""].pivot(index="patient", columns="column", values="value")
    return PatientTable(kept.reindex(index=index, columns=described.index).astype("float64"), described)


def column_descriptions(block: ImageSettings, settings: FeatureSettings) -> pd.DataFrame:
    """Describe the columns of an image block before any image is read."""
    schema = feature_columns(settings, spacing_known=block.spacing != "unknown")
    regions = list(block.regions) if block.has_mask else [WHOLE_REGION]
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


def _shared_flags(long: pd.DataFrame) -> dict[str, str]:
    """Return, for each column, the flags that more than half of its patients have."""
    sizes = Counter(map(str, long["column"]))
    counts: Counter[tuple[str, str]] = Counter()
    for column, flags in zip(long["column"], long["flags"], strict=True):
        counts.update((str(column), flag) for flag in str(flags).split("|") if flag)
    shared: dict[str, list[str]] = defaultdict(list)
    for (column, flag), count in sorted(counts.items()):
        if count > sizes[column] / 2:
            shared[column].append(flag)
    return {column: "|".join(flags) for column, flags in shared.items()}


def _warn_of_columns(shared: Mapping[str, str], image: str, issues: Issues) -> None:
    """Say which columns stay out of default models because of what most patients' images are like."""
    counts = Counter(flag for flags in shared.values() for flag in flags.split("|") if flag != VOXEL_UNITS)
    for flag, count in sorted(counts.items()):
        text = f"{image}: {count} columns are flagged '{flag}' and stay out of default tests and models"
        issues.warn("extract", "IGX-RUN-022", text, remedy=REMEDIES.get(flag, ""))


def _merge(*flags: str) -> str:
    return "|".join(dict.fromkeys(f for text in flags for f in text.split("|") if f))


def _warn_of_values(long: pd.DataFrame, image: str, issues: Issues) -> None:
    odd = long[(long["extra"] != "") | long["status"].isin(["failed", "skipped"])]
    for (patient, region, status), rows in odd.groupby(["patient", "region", "status"], sort=True):
        reasons = sorted({str(r) for r in rows["reason"] if r})
        issues.warn(
            "extract",
            "IGX-RUN-020",
            f"{image}, region {region}: {len(rows)} values {status}, set to missing ({'; '.join(reasons)})",
            patient=str(patient),
        )
