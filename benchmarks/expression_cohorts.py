"""Cohorts with known truth for tests of expression: counts of four kinds, with and without planted genes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SCENARIOS = {
    "negative binomial": "variance = mean + dispersion mean², dispersion 0.1 + 2 / mean",
    "few reads": "the same, four reads a gene in the median",
    "outlying counts": "the same, one count in 200 ten to fifty times as large",
    "heavy tails": "Poisson counts around means that differ by exp(0.4 t) between patients, t with 3 df",
    "gliomas": "Poisson counts around the expression of TCGA gliomas (RSEM, shifted to begin at 0)",
}
KINDS = ("binary", "continuous")
EFFECT = {
    "binary": 0.7,
    "continuous": 0.5,
}  # natural log of the fold change: between groups, for a standard deviation
GLIOMAS = "tcga-glioma-molecular/porpoise_tcga_gbmlgg_all_clean.csv.zip"


@dataclass(frozen=True)
class Cohort:
    """Counts (N, G), phenotype (N,) of a kind, covariate (N,), and which genes follow the phenotype (G,)."""

    name: str
    counts: np.ndarray
    phenotype: np.ndarray
    kind: str
    covariate: np.ndarray
    planted: np.ndarray


def make_cohort(
    scenario: str,
    kind: str,
    *,
    patients: int,
    genes: int,
    share: float,
    seed: int,
    gliomas: np.ndarray | None,
) -> Cohort:
    """Return a cohort; a ``share`` of its genes follows the phenotype, made by thinning reads (Gerard 2020)."""
    random = np.random.default_rng([seed, patients, list(SCENARIOS).index(scenario), KINDS.index(kind)])
    depth = np.exp(random.normal(0.0, 0.35, patients))[:, None]
    level = np.exp(random.normal(1.4 if scenario == "few reads" else 4.5, 1.2, genes))
    counts = _reads(scenario, depth, level, random, gliomas)
    counts = counts[:, (counts > 0).sum(axis=0) >= patients // 6]
    half = np.arange(patients) % 2
    x = random.permutation(half).astype(float) if kind == "binary" else random.standard_normal(patients)
    planted = random.random(counts.shape[1]) < share
    effect = np.where(planted, EFFECT[kind] * random.choice([-1.0, 1.0], counts.shape[1]), 0.0)
    if share:
        kept = np.exp(np.outer(x, effect))
        counts = random.binomial(counts.astype(np.int64), kept / kept.max(axis=0)).astype(float)
    name = f"{scenario}_{kind}_{share:g}_{seed}".replace(" ", "-")
    return Cohort(name, counts, x, kind, random.standard_normal(patients), planted)


def _reads(
    scenario: str,
    depth: np.ndarray,
    level: np.ndarray,
    random: np.random.Generator,
    gliomas: np.ndarray | None,
) -> np.ndarray:
    mean = depth * level
    if scenario == "gliomas":
        assert gliomas is not None
        some = gliomas[random.choice(len(gliomas), len(depth), replace=False)]
        some = some[:, random.permutation(some.shape[1])[: level.size]]
        return random.poisson(depth * level[: some.shape[1]] * some).astype(float)
    if scenario == "heavy tails":
        tails = np.clip(random.standard_t(3, mean.shape), -8, 8)
        return random.poisson(mean * np.exp(0.4 * tails)).astype(float)
    dispersion = 0.1 + 2.0 / level
    counts = random.negative_binomial(1 / dispersion, 1 / (1 + dispersion * mean)).astype(float)
    if scenario == "outlying counts":
        hit = random.random(counts.shape) < 0.005
        counts[hit] = np.round(counts[hit] * random.uniform(10, 50, hit.sum()) + 10)
    return counts


def read_gliomas(data: Path | None) -> np.ndarray | None:
    """Return the expression of each case relative to its gene's mean, (N, G); None where the file is not there."""
    if data is None or not (data / GLIOMAS).exists():
        return None
    rows = pd.read_csv(data / GLIOMAS).drop_duplicates("case_id")
    z = rows[[name for name in rows if name.endswith("_rnaseq")]].to_numpy(float)
    z = z[:, np.isfinite(z).all(axis=0)]
    z = z - z.min(axis=0)
    return z[:, z.mean(axis=0) > 0] / z.mean(axis=0)[z.mean(axis=0) > 0]


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write a cohort where scripts of other languages find it, genes as rows."""
    patients = [f"P{i}" for i in range(len(cohort.counts))]
    genes = [f"g{k}" for k in range(cohort.counts.shape[1])]
    counts = pd.DataFrame(cohort.counts.T.astype(np.int64), index=genes, columns=patients)
    counts.to_csv(folder / f"{cohort.name}.counts.csv")
    clinical = pd.DataFrame({"c": cohort.covariate, "x": cohort.phenotype}, index=patients)
    clinical.to_csv(folder / f"{cohort.name}.patients.csv")
