"""Lesions of all patients against targets: one row for each target, its clusters, and the map itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.rows import frame_of, untested_row
from imagenomics.associate.sides import check_table, read_side
from imagenomics.errors import InputError
from imagenomics.stats.effects import odds_ratio
from imagenomics.stats.mann_whitney import mann_whitney
from imagenomics.tables.patient_table import PatientTable
from imagenomics.voxels.lesion_map import LesionMap, find_patterns, map_target, size_strata
from imagenomics.voxels.settings import VoxelSettings
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TEST = "lesion map (strongest voxel)"
ODDS, AREA = "odds ratio at the peak", "AUC at the peak"
CLUSTERS = (
    *("analysis", "target", "cluster", "sign", "voxels", "volume_mm3", "x_mm", "y_mm", "z_mm"),
    *("deviate", "p_peak", "p_cluster"),
)
MAPS = (
    *("analysis", "target", "k", "j", "i", "lesions", "share", "share_with", "share_without"),
    *("deviate", "p_fwe"),
)


class VoxelTables(NamedTuple):
    """``associations``, ``voxel_clusters`` and ``voxel_maps``."""

    associations: pd.DataFrame
    clusters: pd.DataFrame
    maps: pd.DataFrame


def test_voxels(
    lesions: Mapping[str, BoolArray],
    targets: PatientTable,
    *,
    affine: FloatArray,
    strata: pd.Series | None = None,  # noqa: PT028
    settings: VoxelSettings,
    feature: str,
    analysis: str,
    seed: int,
) -> VoxelTables:
    """Test where lesions go with each target.

    Parameters
    ----------
    lesions : mapping of str to bool array, (z, y, x)
        Lesion mask of each patient, all on one grid: registered to one space beforehand.
    targets : PatientTable
        Binary columns, or numbers; categorical ones are not testable.
    affine : array, (4, 4)
        Voxel (i, j, k) along x, y, z to mm.
    strata : Series, optional
        Stratum by patient (a site): draws keep patients in theirs.
    settings : VoxelSettings
    feature : str
        What the lesions are called in the rows.
    analysis : str
    seed : int

    Returns
    -------
    VoxelTables
        ``associations`` has one row for each target: ``statistic`` is the signed deviate of the strongest voxel, ``p``
        and ``p_maxt`` its chance anywhere in the map. ``clusters`` has sizes, peaks in mm and both family-wise p
        values. ``maps`` has one row for each target and voxel in which anybody has a lesion: shares of patients with a
        lesion among all, with the target and without (above and up to the median of numbers), deviate and
        family-wise p.

    Raises
    ------
    InputError
        ``IGX-VOX-001``: masks of different shapes; ``IGX-VOX-002``: no lesion at all.

    Assumes
    -------
    Masks lie in one anatomical space; nothing is registered here.
    """
    check_table(targets, what="targets")
    ids = [patient for patient in targets.values.index if patient in lesions]
    stack = _stack({patient: lesions[patient] for patient in ids})
    side = read_side(targets, pd.Index(ids, dtype=object), what="targets")
    sites = np.zeros(len(ids), dtype=np.int64)
    if strata is not None:
        sites = pd.factorize(strata.reindex(ids).astype(str))[0].astype(np.int64)
    rows, clusters, maps = [], [], []
    mapped: dict[str, LesionMap] = {}
    for k, name in enumerate(side.names):
        known = np.isfinite(side.values[:, k])
        y, own = side.values[known, k], stack[known]
        kind = str(side.kinds[k])
        row = untested_row(feature, str(name), kind, int(known.sum()), _refusal(y, kind, settings))
        if not row["reason"]:
            patterns = find_patterns(own, least=settings.min_lesions)
            if not patterns.counts.size:
                row["reason"] = (
                    f"at no voxel {settings.min_lesions} patients have a lesion and as many have none"
                )
        if not row["reason"]:
            sizes = own.reshape(len(own), -1).sum(axis=1)
            groups = sites[known] if settings.control == "none" else size_strata(sizes, sites[known])
            with one_thread():
                found = map_target(
                    patterns,
                    y,
                    groups,
                    binary=kind == "binary",
                    settings=settings,
                    name=f"{analysis}.{name}",
                    seed=seed,
                )
            row |= _strongest(found, own, y, kind, settings)
            mapped[str(name)] = found
            clusters.append(_cluster_rows(found, affine).assign(analysis=analysis, target=str(name)))
            maps.append(_map_rows(found, own, y, kind).assign(analysis=analysis, target=str(name)))
        rows.append(row)
    frame = frame_of(rows, analysis=analysis, fdr=settings.fdr)
    level = settings.alpha / max(len(mapped), 1)  # of the first map to pass among the targets
    named = frame["target"].astype(str)
    frame = frame.assign(
        voxel_p=[mapped[name].voxel_p(level) if name in mapped else np.nan for name in named],
        most_lesions=[float(mapped[name].most_lesions) if name in mapped else np.nan for name in named],
    )
    return VoxelTables(frame, _joined(clusters, CLUSTERS), _joined(maps, MAPS))


test_voxels.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _stack(lesions: Mapping[str, BoolArray]) -> BoolArray:
    shapes = {patient: np.asarray(mask).shape for patient, mask in lesions.items()}
    first = next(iter(shapes), None)
    for patient, shape in shapes.items():
        if first is not None and shape != shapes[first]:
            raise grids_differ(f"have {shapes[first]} and {shape} voxels", f"patients {first} and {patient}")
    if not any(np.asarray(mask).any() for mask in lesions.values()):
        raise InputError(
            "IGX-VOX-002",
            f"none of {len(lesions)} patients with a target has a lesion",
            expected="masks with voxels that belong to the region",
            remedy="check the labels of `regions` in the [[images]] block",
        )
    return np.stack([np.asarray(mask, dtype=np.bool_) for mask in lesions.values()])


def grids_differ(how: str, where: str) -> InputError:
    """Return the refusal of masks that do not lie on one grid."""
    return InputError(
        "IGX-VOX-001",
        f"the masks of two patients {how}",
        where=where,
        expected="masks of all patients on one grid, in one anatomical space",
        remedy="register images and masks to one template first (`prepare` of [[images]], kind 'register')",
    )


def _refusal(y: FloatArray, kind: str, settings: VoxelSettings) -> str:
    if kind == "categorical":
        return "a categorical column has no map: make one binary column of each level"
    if y.size < settings.min_patients:
        return f"fewer than {settings.min_patients} patients have a value"
    if kind == "binary" and min((y == 0).sum(), (y == 1).sum()) < settings.min_group:
        return f"a group has fewer than {settings.min_group} patients"
    return "all values are equal" if np.ptp(y) == 0 else ""


def _strongest(
    found: LesionMap, own: BoolArray, y: FloatArray, kind: str, settings: VoxelSettings
) -> dict[str, Any]:
    """Return the columns of a target that was mapped, from its strongest voxel."""
    place = int(np.nanargmax(np.abs(found.z)))
    peak = np.unravel_index(place, found.z.shape)
    there = own.reshape(len(own), -1)[:, place]
    p = float(found.p_fwe[peak])
    if kind == "binary":
        both, with_lesion, with_target, neither = [
            np.array([float((there == a)[y == b].sum())]) for a in (True, False) for b in (1, 0)
        ]
        cells = both, with_lesion, with_target, neither
        if min(float(cell[0]) for cell in cells) == 0:  # Haldane and Anscombe's correction: a finite ratio
            cells = both + 0.5, with_lesion + 0.5, with_target + 0.5, neither + 0.5
        effect, low, high = (float(part[0]) for part in odds_ratio(cells, confidence=settings.confidence))
    else:
        area = mann_whitney(y[there], y[~there], confidence=settings.confidence)
        effect, low, high = float(area.effect), float(area.low), float(area.high)
    return {
        "test": TEST,
        "effect_name": ODDS if kind == "binary" else AREA,
        "effect": effect,
        "ci_low": low,
        "ci_high": high,
        "statistic": float(found.z[peak]),
        "p": p,
        "neg_log10_p": -np.log10(p),
        "p_maxt": p,
        "permutation": "maxT",
        "status": "ok",
    }


def _cluster_rows(found: LesionMap, affine: FloatArray) -> pd.DataFrame:
    volume = abs(float(np.linalg.det(affine[:3, :3])))
    rows = []
    for number, cluster in enumerate(found.clusters, start=1):
        k, j, i = cluster.peak
        x, y, z = (affine @ np.array([i, j, k, 1.0]))[:3]
        rows.append(
            {
                "cluster": number,
                "sign": cluster.sign,
                "voxels": cluster.voxels,
                "volume_mm3": cluster.voxels * volume,
                "x_mm": x,
                "y_mm": y,
                "z_mm": z,
                "deviate": cluster.z,
                "p_peak": cluster.p_peak,
                "p_cluster": cluster.p_cluster,
            }
        )
    return pd.DataFrame(rows)


def _map_rows(found: LesionMap, own: BoolArray, y: FloatArray, kind: str) -> pd.DataFrame:
    has = y == 1 if kind == "binary" else y > np.median(y)
    counts = own.sum(axis=0)
    place = np.nonzero(counts)
    return pd.DataFrame(
        {
            **dict(zip("kji", (axis.astype(np.int32) for axis in place), strict=True)),
            "lesions": counts[place].astype(np.int32),
            "share": own.mean(axis=0)[place],
            "share_with": own[has].mean(axis=0)[place],
            "share_without": own[~has].mean(axis=0)[place],
            "deviate": found.z[place],
            "p_fwe": found.p_fwe[place],
        }
    )


def _joined(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    return (
        pd.concat(parts, ignore_index=True).reindex(columns=list(columns))
        if parts
        else pd.DataFrame(columns=list(columns))
    )


def volume_of(table: pd.DataFrame, column: str, shape: tuple[int, int, int]) -> FloatArray:
    """Return one column of ``voxel_maps`` (rows of one target) as a volume, (z, y, x); NaN elsewhere."""
    volume = np.full(shape, np.nan)
    volume[tuple(table[axis].to_numpy(dtype=np.int64) for axis in "kji")] = table[column].to_numpy(
        dtype=np.float64
    )
    return volume
