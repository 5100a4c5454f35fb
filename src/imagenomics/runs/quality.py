"""The quality of the images of a study: figures of each, compared with the others, and hints where to look.

A flag is a hint for a person. Nothing is left out of any analysis because of it, and no feature knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.images.load import ReadCase
from imagenomics.images.quality import RegionQuality, measure_quality

MEASURES = (
    "noise_sd",
    "snr",
    "contrast_to_noise",
    "clipped_share",
    "region_clipped_share",
    "edge_share",
    "region_slices",
    "empty_slices",
    "stripes",
    "foreground_share",
    "spacing_z_mm",
    "spacing_y_mm",
    "spacing_x_mm",
    "spacing_ratio",
)
QUALITY_COLUMNS = ("patient", "image", "n_flags", "flags", "reasons", "edge_region", *MEASURES)
SUMMARY_COLUMNS = ("image", "measure", "n", "lowest", "p5", "median", "p95", "highest")
SPACING_RATIO = 1.25  # voxels that much longer or shorter than usual in the study
CLIPPED = 0.002  # share of the foreground at the largest value
REGION_CLIPPED = 0.01  # share of a region at the largest or smallest value
FEWEST_SLICES = 3
LEAST_STRIPES = 0.02
OUTLIER = 3.5  # median absolute deviations, as standard deviations
FEWEST_IMAGES = 10  # fewer are no cohort to compare with
NORMAL = 1.482602218505602


def about_quality(case: ReadCase) -> dict[str, Any]:
    """Return the figures of one image as read, in plain JSON types: ``image``, ``regions``, geometry."""
    image, regions = measure_quality(case.volume, case.regions)
    return {
        "image": _plain(asdict(image)),
        "regions": {name: _plain(asdict(region)) for name, region in regions.items()},
        "spacing_mm": list(case.volume.spacing_mm),
        "spacing_known": case.volume.spacing_known,
        "size": list(case.volume.array.shape),
    }


def quality_table(measured: Mapping[tuple[str, str], Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row for each image with its figures, flags and their reasons in words.

    Parameters
    ----------
    measured : mapping of (patient, image) to dict
        What :func:`about_quality` returned for each.

    Returns
    -------
    DataFrame
        Columns ``QUALITY_COLUMNS``, sorted by image and patient. Of several regions the worst counts: the largest
        share on the border, the smallest contrast, the fewest slices.
    """
    rows = [_row(patient, image, about) for (patient, image), about in measured.items()]
    frame = pd.DataFrame(rows, columns=[*QUALITY_COLUMNS, "n_slices_image"])
    frame = frame.sort_values(["image", "patient"], ignore_index=True)
    parts = [_compared(part) for _, part in frame.groupby("image", sort=True)]
    whole = pd.concat(parts, ignore_index=True) if parts else frame
    return whole.reindex(columns=list(QUALITY_COLUMNS))


def summary_table(quality: pd.DataFrame) -> pd.DataFrame:
    """Return the distribution of every measure in each image block: the columns ``SUMMARY_COLUMNS``."""
    rows = []
    for image, part in quality.groupby("image", sort=True):
        for measure in MEASURES:
            values = part[measure].astype(float).dropna().to_numpy()
            if values.size:
                rows.append((image, measure, values.size, *np.percentile(values, (0, 5, 50, 95, 100))))
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def _row(patient: str, image: str, about: Mapping[str, Any]) -> dict[str, Any]:
    regions = {name: RegionQuality(**_numbers(figures)) for name, figures in about["regions"].items()}
    edges = {name: r.edge_share for name, r in regions.items() if r.edge_share > 0}
    contrasts = [r.contrast_to_noise for r in regions.values() if not np.isnan(r.contrast_to_noise)]
    z, y, x = about["spacing_mm"] if about["spacing_known"] else (np.nan,) * 3
    return {
        "patient": patient,
        "image": image,
        **_numbers(about["image"]),
        "contrast_to_noise": min(contrasts, key=abs, default=np.nan),
        "region_clipped_share": max((r.clipped_share for r in regions.values()), default=np.nan),
        "edge_share": max((r.edge_share for r in regions.values()), default=np.nan),
        "edge_region": max(edges, key=lambda name: edges[name], default=""),
        "region_slices": min((r.n_slices for r in regions.values()), default=np.nan),
        "spacing_z_mm": z,
        "spacing_y_mm": y,
        "spacing_x_mm": x,
        "n_slices_image": about["size"][0],
    }


def _compared(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what needs the other images of the block: deviations from the usual, flags, reasons."""
    spacing = frame[["spacing_z_mm", "spacing_y_mm", "spacing_x_mm"]].astype(float)
    apart = np.abs(np.log(spacing / spacing.median()))
    frame = frame.assign(spacing_ratio=np.exp(apart.max(axis=1)))
    found = _flags(frame)
    reasons = {name: texts for name, (_, texts) in found.items()}
    hits = {name: hit for name, (hit, _) in found.items()}
    flags = [[name for name in hits if hits[name][i]] for i in frame.index]
    return frame.assign(
        n_flags=[len(own) for own in flags],
        flags=["|".join(own) for own in flags],
        reasons=[
            "; ".join(reasons[name][i] for name in own) for i, own in zip(frame.index, flags, strict=True)
        ],
    )


def _flags(frame: pd.DataFrame) -> dict[str, tuple[pd.Series, dict[Any, str]]]:
    """Return for each flag which images have it, and the reason of each in words."""
    clipped = frame["clipped_share"].astype(float)
    in_region = frame["region_clipped_share"].astype(float)
    slices = frame["region_slices"].astype(float)
    usual = frame["snr"].astype(float).median()
    flags = {
        "cut": (
            frame["edge_share"].astype(float) > 0,
            "{edge_share:.1%} of the surface of {edge_region} lies on the border of the image",
        ),
        "spacing": (
            frame["spacing_ratio"] > SPACING_RATIO,
            "voxels of {spacing_z_mm:.3g} x {spacing_y_mm:.3g} x {spacing_x_mm:.3g} mm differ {spacing_ratio:.2g} "
            "times from the usual ones",
        ),
        "noisy": (
            _outlying(frame["snr"], low=True),
            f"signal-to-noise ratio of {{snr:.3g}}, the usual one is {usual:.3g}",
        ),
        "clipped": (
            (clipped > CLIPPED) | (in_region > REGION_CLIPPED),
            "{clipped_share:.2%} of the foreground at the largest value, {region_clipped_share:.2%} of a region at an "
            "extreme one",
        ),
        "few-slices": (
            (slices < FEWEST_SLICES) & (frame["n_slices_image"] > 1),
            "a region is seen in {region_slices:.0f} slice(s)",
        ),
        "empty-slices": (
            frame["empty_slices"] > 0,
            "{empty_slices:.0f} empty slice(s) between others",
        ),
        "stripes": (
            _outlying(frame["stripes"], low=False) & (frame["stripes"].astype(float) > LEAST_STRIPES),
            "brightness jumps by {stripes:.1%} from slice to slice",
        ),
    }
    return {
        name: (hit, {i: text.format(**frame.loc[i].to_dict()) for i in frame.index[hit]})
        for name, (hit, text) in flags.items()
    }


def _outlying(values: pd.Series, *, low: bool) -> pd.Series:
    """Tell which values lie far from the median of all, on a logarithmic scale."""
    logs = values.astype(float).where(values.astype(float) > 0).map(np.log)
    if logs.notna().sum() < FEWEST_IMAGES:
        return pd.Series(False, index=values.index)
    centre = logs.median()
    spread = NORMAL * (logs - centre).abs().median()
    score = (logs - centre) / spread if spread > 0 else logs * 0
    far: pd.Series = (score < -OUTLIER) if low else (score > OUTLIER)
    return far


def _plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in figures.items()}


def _numbers(figures: Mapping[str, float | None]) -> dict[str, Any]:
    return {name: float("nan") if value is None else value for name, value in figures.items()}
