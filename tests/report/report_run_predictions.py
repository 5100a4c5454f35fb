"""The prediction half of the run folder: scores, measures, curves, verdicts."""

import numpy as np
import pandas as pd

from imagenomics.tables.write import write_json, write_parquet

MODELS = {
    "elastic-net": ("primary", 1.0),
    "linear-svm": ("other", 0.9),
    "random-forest": ("other", 0.85),
    "gradient-boosting": ("other", 0.8),
    "clinical": ("baseline", 0.45),
    "volume": ("baseline", 0.3),
    "majority": ("baseline", 0.0),
    "image+clinical": ("combined", 1.05),
}
TARGETS = {
    "idh": ("classes.IDH.status", 1.7, 0.7),
    "mgmt": ("classes.MGMT.status", 0.1, 0.5),
    "age55": ("age", 0.3, 0.4),
}


def write_predictions(folder, rng, index, site):
    scores, measures, curves, verdicts = [], [], [], []
    for analysis, (target, strength, share) in TARGETS.items():
        label = (rng.random(len(index)) < share).astype(float)
        label[:2] = [0.0, 1.0][: len(label)]
        latent = rng.normal(size=len(index))
        for model, (role, factor) in MODELS.items():
            raw = 0.6 * latent + rng.normal(size=len(index)) + factor * strength * label
            score = 1 / (1 + np.exp(-(raw - raw.mean()))) if factor else np.full(len(index), label.mean())
            scores.append(_score_rows(index, analysis, target, model=model, score=score, label=label))
            measures += _measure_rows(analysis, target, model, role=role, score=score, label=label, site=site)
            curves += _curve_rows(analysis, target, model, score=score, label=label, rng=rng)
        verdicts += _verdicts(analysis, target, label)
    verdicts.append(_not_testable(len(index)))
    write_parquet(folder / "predictions.parquet", pd.concat(scores, ignore_index=True))
    write_parquet(folder / "performance.parquet", pd.DataFrame(measures))
    write_parquet(folder / "curves.parquet", pd.DataFrame(curves))
    columns = [{"name": f"t1post.lesion.cm_{i}", "weight": 0.4 - 0.06 * i, "scale": 1.0} for i in range(12)]
    card = {
        "schema_version": "1",
        "study": "s",
        "analysis": "idh",
        "target": TARGETS["idh"][0],
        "columns": columns,
    }
    write_json(folder / "models" / "idh.json", card)
    return verdicts


def auc(score, label):
    positive, negative = score[label == 1], score[label == 0]
    if not len(positive) or not len(negative):
        return np.nan
    return float((positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean())


def _score_rows(index, analysis, target, *, model, score, label):
    return pd.DataFrame(
        {
            "patient": index,
            "analysis": analysis,
            "target": target,
            "model": model,
            "repeat": 0,
            "fold": np.arange(len(index)) % 5,
            "score": score,
            "label": label,
        }
    )


def _measure_rows(analysis, target, model, *, role, score, label, site):
    rows = []
    splits = [
        ("cross-validation", np.ones(len(label), bool)),
        *((f"site:{s}", site == s) for s in sorted(set(site))),
    ]
    for split, keep in splits:
        a, n, m = auc(score[keep], label[keep]), int(keep.sum()), int(label[keep].sum())
        half = 1.96 * np.sqrt(max(a * (1 - a), 0.02) / max(min(m, n - m), 1)) if np.isfinite(a) else np.nan
        note = "trained on the other sites" if np.isfinite(a) else "too few of a class at this site"
        head = {"analysis": analysis, "target": target, "model": model, "role": role, "split": split}
        counts = {"n": n, "n_positive": m, "note": note if split != "cross-validation" else ""}
        ends = {"ci_low": a - half, "ci_high": min(1.0, a + half)}
        none = {"ci_low": np.nan, "ci_high": np.nan}
        rows.append({**head, "metric": "auc", "estimate": a, **(none if ":" in split else ends), **counts})
        if split == "cross-validation":
            rows.append({**head, "metric": "balanced_accuracy", "estimate": a * 0.93, **none, **counts})
            rows.append({**head, "metric": "brier", "estimate": 0.3 - a / 5, **none, **counts})
        if split == "cross-validation" and role == "combined":
            gain = {"estimate": 0.04, "ci_low": -0.02, "ci_high": 0.1}
            rows.append({**head, "metric": "gain in auc over clinical", **gain, **counts})
    return rows


def _curve_rows(analysis, target, model, *, score, label, rng):
    base = {
        "analysis": analysis,
        "target": target,
        "model": model,
        "low": np.nan,
        "high": np.nan,
        "n": len(label),
    }
    order = np.argsort(-score, kind="stable")
    tpr = np.concatenate([[0], np.cumsum(label[order]) / max(label.sum(), 1)])
    fpr = np.concatenate([[0], np.cumsum(1 - label[order]) / max((1 - label).sum(), 1)])
    if np.ptp(score) == 0:
        tpr, fpr = np.array([0, 1.0]), np.array([0, 1.0])
    rows = [{**base, "curve": "roc", "x": x, "y": y} for x, y in zip(fpr, tpr, strict=True)]
    for low in np.arange(0, 1, 0.2):
        keep = (score >= low) & (score < low + 0.2)
        if keep.sum() > 3:
            y, half = label[keep].mean(), 1.96 * np.sqrt(0.2 / keep.sum())
            rows.append(
                {
                    **base,
                    "curve": "calibration",
                    "x": score[keep].mean(),
                    "y": y,
                    "low": max(0, y - half),
                    "high": min(1, y + half),
                    "n": int(keep.sum()),
                }
            )
    for t in np.linspace(0.01, 0.9, 60):
        flagged = score >= t
        benefit = (label[flagged].sum() - (1 - label[flagged]).sum() * t / (1 - t)) / len(label)
        everybody = label.mean() - (1 - label.mean()) * t / (1 - t)
        rows.append({**base, "curve": "decision", "x": t, "y": benefit, "low": 0.0, "high": everybody})
    if model == "elastic-net":
        rows += [{**base, "curve": "null", "x": i, "y": y} for i, y in enumerate(rng.normal(0.5, 0.055, 199))]
    return rows


def _verdicts(analysis, target, label):
    yes = analysis == "idh"
    base = {
        "analysis": analysis,
        "target": target,
        "model": "elastic-net",
        "n": len(label),
        "estimate_name": "auc",
    }
    main = {
        **base,
        "kind": "prediction",
        "verdict": "supported" if yes else "no evidence found",
        "estimate": 0.862 if yes else 0.53,
        "ci_low": 0.79 if yes else 0.42,
        "ci_high": 0.92 if yes else 0.63,
        "null_p": 0.005 if yes else 0.31,
        "null_p_adjusted": 0.015 if yes else 0.62,
        "detectable": 0.66,
        "reason": "adjusted null p 0.015 and the interval excludes 0.5"
        if yes
        else "adjusted null p 0.62 is above 0.05",
    }
    gains = [
        {
            **base,
            "kind": "increment",
            "model": f"image+{over} vs {over}",
            "estimate_name": "auc",
            "verdict": "supported" if yes and over == "volume" else "no evidence found",
            "estimate": 0.12 if yes else 0.01,
            "ci_low": 0.02 if yes and over == "volume" else -0.03,
            "ci_high": 0.2,
            "null_p": 0.01 if yes else 0.4,
            "null_p_adjusted": 0.02 if yes else 0.8,
            "detectable": 0.09,
            "reason": f"gain over {over} only",
        }
        for over in ("clinical", "volume")
    ]
    return [main, *gains]


def _not_testable(n):
    empty = dict.fromkeys(("estimate", "ci_low", "ci_high", "null_p", "null_p_adjusted", "detectable"))
    return {
        "analysis": "tert",
        "kind": "prediction",
        "target": "mutations.TERT",
        "model": "elastic-net",
        "verdict": "not testable",
        "estimate_name": "auc",
        **empty,
        "n": n,
        "reason": "7 patients are mutated; a class needs at least 10",
    }
