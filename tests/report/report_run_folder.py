"""Writes a run folder as `imagenomics run` would: numbers from numpy, names as hostile as they come."""

from pathlib import Path

import numpy as np
import pandas as pd
from report_run_names import CLOSING, FAMILIES, GENES, HOSTILE, IMAGE_TAG, IMAGES, SCRIPT, SITES, FolderShape
from report_run_predictions import write_predictions
from report_run_rest import run_record, write_flow, write_panels, write_quality, write_stability
from scipy.stats import norm as normal
from scipy.stats import rankdata, spearmanr

from imagenomics.runs.table_one import table_one
from imagenomics.stats.multiplicity import benjamini_hochberg
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.write import write_csv, write_json, write_parquet


def build_folder(folder: Path, shape: FolderShape) -> None:
    """Write a whole run folder under ``folder``."""
    rng = np.random.default_rng(shape.seed)
    patients = [f"TCGA-{rng.choice(SITES)}-{4900 + i:04d}" for i in range(shape.patients)]
    if shape.hostile and shape.patients > 10:
        patients[:3] = [SCRIPT, IMAGE_TAG, CLOSING]
    index = pd.Index(patients, name="patient", dtype=object)
    site = np.array([p.split("-")[1] if p.startswith("TCGA") else "CS" for p in patients], dtype=object)
    clinical = _clinical(rng, index, site)
    molecules = _molecules(rng, index, site, shape)
    features = _features(rng, index, site, molecules=molecules, shape=shape)
    _write_tables(folder, clinical=clinical, molecules=molecules, features=features)
    write_parquet(folder / "associations.parquet", _associations(features[0], molecules, site))
    verdicts = write_predictions(folder, rng, index, site) if shape.train else []
    write_json(
        folder / "verdicts.json",
        {"schema_version": "1", "verdicts": [*verdicts, *_association_verdicts(shape)]},
    )
    write_flow(folder, shape)
    write_quality(folder, shape, patients)
    write_stability(folder, features[1])
    if shape.panels:
        write_panels(folder, rng, patients)
    write_json(folder / "record.json", run_record(shape))


def _clinical(rng, index, site):
    n = len(index)
    values = pd.DataFrame(
        {
            "age": rng.normal(45, 13, n).round(),
            "gender": rng.integers(0, 2, n).astype(float),
            "site": site,
            "t1post.acquisition.model": np.where(site == "DU", SCRIPT, IMAGE_TAG),
            "t1post.acquisition.spacing_z_mm": np.where(site == "DU", 1.0, np.nan),
        },
        index=index,
    )
    columns = describe(
        values.columns,
        kind=["continuous", "binary", "categorical", "categorical", "continuous"],
        role=["clinical", "clinical", "site", "acquisition", "acquisition"],
        levels=["", "female|male", "|".join(SITES), f"{IMAGE_TAG}|{SCRIPT}", ""],
        unit=["years", "", "", "", "mm"],
    )
    return values, columns


def _molecules(rng, index, site, shape):
    names = [f"mutations.{g}" for g in GENES] + [
        f"expression.GENE{i}" for i in range(max(0, shape.targets - 14))
    ]
    names += ["classes.IDH.status", "classes.MGMT.status"]
    if shape.targets < len(names):
        names = names[: shape.targets]
    values, kinds, levels = {}, [], []
    idh = rng.random(len(index)) < 0.7
    for name in names:
        if name.startswith("expression"):
            values[name] = rng.normal(8, 2, len(index))
            kinds.append("continuous"), levels.append("")
            continue
        by_site = np.where(site == "DU", 0.75, 0.12) if name.endswith("CIC") else rng.uniform(0.05, 0.5)
        drawn = idh if "IDH" in name else rng.random(len(index)) < by_site
        values[name] = np.where(rng.random(len(index)) < 0.04, np.nan, drawn.astype(float))
        kinds.append("binary"), levels.append("WT|Mutant")
    if shape.hostile and len(names) > 10:
        renamed = dict(zip(names[-9:-2], HOSTILE, strict=True))
        values = {renamed.get(k, k): v for k, v in values.items()}
    frame = pd.DataFrame(values, index=index)
    block = [n.split(".")[0] if "." in n else "mutations" for n in frame.columns]
    return frame, describe(frame.columns, kind=kinds, role="molecule", levels=levels, source=block)


def _features(rng, index, site, *, molecules, shape):
    names, about = [], []
    for i in range(shape.features):
        image = IMAGES[i % 2]
        family = list(FAMILIES)[(i // 2) % len(FAMILIES)]
        names.append(f"{image}.lesion.{FAMILIES[family]}_feature{i // 10}_3D_avg")
        about.append((image, family))
    values = rng.normal(size=(len(index), shape.features))
    values[:, : shape.features // 5] += rng.normal(size=(len(index), 1))
    values[:, ::7] += 1.4 * (site == "DU")[:, None]
    idh = np.nan_to_num(molecules[0].iloc[:, 0].to_numpy(float))
    values[:, ::11] += 0.9 * idh[:, None]
    names = [f"{n}.{i}" if n in names[:i] else n for i, n in enumerate(names)]
    if shape.hostile and len(names) > 20:
        names[2:9] = [f"t1post.lesion.{h}" for h in HOSTILE]
    frame = pd.DataFrame(values, index=index, columns=names)
    columns = describe(
        names,
        source=[a[0] for a in about],
        region="lesion",
        family=[a[1] for a in about],
        feature=[n.split(".", 2)[-1] for n in names],
    )
    return frame, columns


def _write_tables(folder, *, clinical, molecules, features):
    for name, (values, columns) in {
        "clinical": clinical,
        "molecules": molecules,
        "features": features,
    }.items():
        write_parquet(folder / f"{name}.parquet", values)
        write_parquet(folder / f"{name}.columns.parquet", columns)
    write_csv(folder / "table1.csv", table_one(PatientTable(*clinical)))


def _associations(features, molecules, site):
    values, about = molecules
    dummies = np.column_stack([np.ones(len(site))] + [(site == s).astype(float) for s in SITES[1:]])
    centred = features.to_numpy() - dummies @ np.linalg.lstsq(dummies, features.to_numpy(), rcond=None)[0]
    adjusted = pd.DataFrame(centred, index=features.index, columns=features.columns)
    parts = []
    for analysis, table in (("drivers-unadjusted", features), ("drivers", adjusted)):
        rows = [_test_column(table, values[t], about.at[t, "kind"], t) for t in values.columns]
        part = pd.concat(rows, ignore_index=True)
        part = _other_scale(part, analysis)
        part["q"] = benjamini_hochberg(part["p"].to_numpy())
        part["p_maxt"] = np.minimum(1.0, part["p"] * 60)
        part.insert(0, "analysis", analysis)
        parts.append(part)
    names = (
        "analysis",
        "feature",
        "target",
        "target_kind",
        "stratum",
        "test",
        "unit",
        "effect_name",
        "status",
        "reason",
    )
    return pd.concat(parts, ignore_index=True).astype(dict.fromkeys(names, "category"))


def _other_scale(part, analysis):
    """Binary targets get an AUC, and an odds ratio once they are adjusted."""
    numbers = ["effect", "ci_low", "ci_high"]
    two = part["target_kind"] == "binary"
    changed = part.copy()
    if analysis == "drivers":
        changed.loc[two, numbers] = np.exp(2 * part.loc[two, numbers])
        changed.loc[two, ["test", "effect_name"]] = ["logistic", "odds ratio"]
    else:
        changed.loc[two, numbers] = (part.loc[two, numbers] + 1) / 2
        changed.loc[two, "effect_name"] = "AUC"
    return changed


def _test_column(features, target, kind, name):
    have = target.notna().to_numpy()
    X, y = features.to_numpy()[have], target[have].to_numpy(float)
    base = pd.DataFrame(
        {
            "feature": features.columns,
            "target": name,
            "target_kind": kind,
            "stratum": "site",
            "unit": "patient",
        }
    )
    n1 = int(y.sum()) if kind == "binary" else len(y)
    if len(y) < 8 or (kind == "binary" and min(n1, len(y) - n1) < 4):
        gone = dict.fromkeys(("effect", "ci_low", "ci_high", "statistic", "p", "neg_log10_p"), np.nan)
        return base.assign(
            test="none",
            n=len(y),
            effect_name="",
            **gone,
            status="not tested",
            reason="fewer than 4 patients in a class",
        )
    ranks = rankdata(X, axis=0)
    if kind == "binary":
        n0 = len(y) - n1
        u = ranks[y == 1].sum(axis=0) - n1 * (n1 + 1) / 2
        effect, z = 2 * u / (n1 * n0) - 1, (u - n1 * n0 / 2) / np.sqrt(n1 * n0 * (len(y) + 1) / 12)
        test, effect_name = "Mann-Whitney U", "rank-biserial correlation"
    else:
        effect = (
            np.array([spearmanr(X[:, j], y).statistic for j in range(X.shape[1])])
            if X.shape[1] < 50
            else _rho(ranks, y)
        )
        z, test, effect_name = effect * np.sqrt(len(y) - 1), "Spearman", "rank correlation"
    half = 1.96 * np.abs(effect) / np.maximum(np.abs(z), 1e-9)
    return base.assign(
        test=test,
        n=len(y),
        effect=effect,
        effect_name=effect_name,
        ci_low=np.maximum(effect - half, -1),
        ci_high=np.minimum(effect + half, 1),
        statistic=z,
        p=2 * normal.sf(np.abs(z)),
        neg_log10_p=-(normal.logsf(np.abs(z)) + np.log(2)) / np.log(10),
        status="tested",
        reason="",
    )


def _rho(ranks, y):
    a, b = ranks - ranks.mean(axis=0), rankdata(y) - (len(y) + 1) / 2
    return (a * b[:, None]).sum(axis=0) / np.sqrt((a**2).sum(axis=0) * (b**2).sum())


def _association_verdicts(shape):
    base = {
        "kind": "association",
        "model": "t1post.lesion.cm_feature26_3D_avg",
        "estimate_name": "odds ratio",
        "null_p": None,
        "n": shape.patients,
    }
    return [
        {
            **base,
            "analysis": "drivers",
            "target": "mutations.IDH1",
            "verdict": "supported",
            "estimate": 4.1,
            "ci_low": 1.9,
            "ci_high": float("inf"),
            "null_p_adjusted": 0.0004,
            "detectable": 0.41,
            "reason": "smallest q is 0.0004 over the declared family",
        },
        {
            **base,
            "analysis": "drivers",
            "target": "mutations.CIC",
            "verdict": "no evidence found",
            "estimate": 1.3,
            "ci_low": 0.7,
            "ci_high": 2.4,
            "null_p_adjusted": 0.61,
            "detectable": 0.44,
            "reason": "smallest q is 0.61",
        },
        {
            **base,
            "analysis": "drivers",
            "target": SCRIPT,
            "verdict": "not testable",
            "estimate": None,
            "ci_low": None,
            "ci_high": None,
            "null_p_adjusted": None,
            "detectable": None,
            "reason": f"3 patients are {SCRIPT}",
        },
    ]
