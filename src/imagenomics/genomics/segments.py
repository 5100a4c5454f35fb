"""Copy-number segments: how much of each chromosome arm is gained or lost in each patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.source import id_column, read_source
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.arms import ARMS
from imagenomics.genomics.settings_numbers import SegmentSettings
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import MoleculeTable, block_table, dropped_columns
from imagenomics.tables.read import to_number

NAMES = {
    "chromosome": ("chromosome", "chrom", "chr", "seqnames"),
    "start": ("start", "loc.start", "start_position", "startposition"),
    "end": ("end", "loc.end", "end_position", "stop"),
    "value": ("segment_mean", "seg.mean", "segmean", "log2", "log2ratio"),
}
MEASURES = ("", ".gained", ".lost")


def segment_table(settings: SegmentSettings, linking: Linking, *, path: Path) -> MoleculeTable:
    """Return what of each chromosome arm is gained or lost.

    Parameters
    ----------
    settings : SegmentSettings
        Genome build, and the log ratios from which a segment is gained or lost.
    linking : Linking
        The patients and the id rule.
    path : Path
        One row per segment: sample, chromosome, start, end, log2 ratio to two copies.

    Returns
    -------
    MoleculeTable
        ``{block}.{arm}`` mean log ratio by length; ``.gained`` and ``.lost`` shares of the measured part of the arm.
        NaN where segments cover less than ``min_covered`` of it.

    Raises
    ------
    InputError
        ``IGX-GEN-026`` a column is missing; ``IGX-GEN-027`` segments that do not lie on the declared genome;
        ``IGX-GEN-006``, ``IGX-LINK-...``, ``IGX-COHORT-011``.
    """
    frame = read_source(path, separator=settings.separator)
    ids, _, note = id_column(frame, settings.id, where=str(path), specimens=True)
    segments = _columns(frame, str(path))
    _check_places(segments, settings, str(path))
    samples = list(dict.fromkeys(ids))
    specimens = find_specimens(
        pd.Series(samples, dtype=object), linking, settings.samples, side=settings.name
    )
    arms = _arms(segments.assign(sample=ids.to_numpy()), settings)
    rows = arms.reindex(specimens.raw[specimens.rows.to_numpy()].to_numpy())
    values, lost = one_per_patient(rows, specimens, settings.samples)
    bare = [c for c in values.columns if values[c].isna().all()]
    values = values.drop(columns=bare)
    arms_only = [not str(c).endswith(MEASURES[1:]) for c in values.columns]
    return MoleculeTable(
        table=block_table(
            values,
            settings,
            role="molecule",
            family="copy number",
            unit=["log2 ratio" if arm else "share of the arm" for arm in arms_only],
        ),
        losses=join_losses([specimens.losses, lost]),
        notes=(f"{settings.name}: {note}",) if note else (),
        dropped=dropped_columns(dict.fromkeys(bare, ("covered by segments in no patient", 0))),
    )


def _columns(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    known = {str(c).lower(): str(c) for c in frame.columns}
    found = {}
    for name, spellings in NAMES.items():
        column = next((known[s] for s in spellings if s in known), None)
        if column is None:
            raise unknown_name("IGX-GEN-026", "column", spellings[0], frame.columns, where=where)
        found[name] = frame[column]
    table = pd.DataFrame(found)
    for name in ("start", "end", "value"):
        table[name] = to_number(table[name].astype(object), where=f"{where}: {name}")
    table["chromosome"] = table["chromosome"].astype(str).str.removeprefix("chr").replace({"23": "X"})
    return table


def _check_places(segments: pd.DataFrame, settings: SegmentSettings, where: str) -> None:
    arms = ARMS[settings.genome]
    ends = segments["chromosome"].map(lambda name: arms.get(f"{name}q", (0, 0))[1])
    reversed_ = segments["end"] < segments["start"]
    beyond = (ends > 0) & (segments["end"] > ends)
    wrong = segments[reversed_ | beyond | segments["start"].lt(0)]
    if len(wrong) or not (ends > 0).any():
        rows = wrong if len(wrong) else segments
        shown = [f"{c}:{s:.0f}-{e:.0f}" for c, s, e in rows[["chromosome", "start", "end"]].to_numpy()]
        raise InputError(
            "IGX-GEN-027",
            f"{len(rows)} segments do not lie on the chromosomes of {settings.genome}: {short_list(shown)}",
            where=where,
            remedy="declare the genome build of the file: genome = 'GRCh37' or 'GRCh38'",
        )


def _arms(segments: pd.DataFrame, settings: SegmentSettings) -> pd.DataFrame:
    """Return the measures of every arm, one row per sample."""
    known = segments[segments["value"].notna()]
    samples = pd.Index(segments["sample"].unique(), dtype=object)
    columns: dict[str, pd.Series] = {}
    for arm, (begin, end) in ARMS[settings.genome].items():
        own = known[known["chromosome"] == arm[:-1]]
        length = (own["end"].clip(upper=end) - own["start"].clip(lower=begin)).clip(lower=0)
        parts = pd.DataFrame(
            {
                "covered": length,
                "": length * own["value"],
                ".gained": length * (own["value"] >= settings.gain),
                ".lost": length * (own["value"] <= settings.loss),
            }
        )
        sums = parts.groupby(own["sample"]).sum().reindex(samples)
        enough = sums["covered"] >= settings.min_covered * (end - begin)
        for measure in MEASURES:
            columns[f"{arm}{measure}"] = (sums[measure] / sums["covered"]).where(enough, np.nan)
    return pd.DataFrame(columns, index=samples)
