"""The patients of the phantom: who they are, what is mutated, how their lesion is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.phantom import truth
from imagenomics.work.seeds import generator

REDRAWS = 60


def draw_cohort(n_patients: int, *, seed: int) -> pd.DataFrame:
    """Draw the true state of every patient.

    Parameters
    ----------
    n_patients : int
        Patients with pictures.
    seed : int
        Seed of everything.

    Returns
    -------
    DataFrame, (n_patients, ...)
        Indexed by patient: clinical columns, one bool column for each gene, lesion and scanner columns, and
        ``imperfection`` (empty for most).
    """
    width = max(3, len(str(max(n_patients, truth.ONLY_MOLECULES))))
    ids = [truth.ID.format(number=i + 1, width=width) for i in range(n_patients)]
    cohort = pd.DataFrame(index=pd.Index(ids, name="patient", dtype=object))
    sites = np.array([site.name for site in truth.SITES], dtype=object)
    order = generator(seed, "phantom", "site").permutation(n_patients)
    cohort["site"] = sites[order % len(sites)]
    for gene in truth.EFFECTIVE_GENES:
        share = np.full(n_patients, truth.FREQUENCY[gene])
        cohort[gene] = _spread(cohort, share, generator(seed, "phantom", "gene", gene), gene=gene)
    cohort = cohort.join(_lesions(cohort, seed))
    shares = {"SITC": cohort["site"].map({site.name: site.sitc for site in truth.SITES}).to_numpy(float)}
    for gene in truth.IDLE_GENES:
        share = shares.get(gene, np.full(n_patients, truth.FREQUENCY.get(gene, 0.0)))
        cohort[gene] = _unrelated(cohort, share, generator(seed, "phantom", "gene", gene), gene=gene)
    return cohort.join([_clinical(cohort, seed), _imperfections(cohort, seed)])


def _spread(cohort: pd.DataFrame, share: np.ndarray, rng: np.random.Generator, *, gene: str) -> np.ndarray:
    """Choose ``share`` of the patients, evenly within site and within the carriers of TEXA and VOLB.

    Systematic sampling: patients stand in a row, those alike beside each other, and the running sum of their
    shares picks one each time it passes a whole number.
    """
    strata = [cohort[name].to_numpy() for name in ("VOLB", "TEXA", "site") if name in cohort and name != gene]
    row = np.lexsort((rng.random(len(cohort)), *(np.unique(s, return_inverse=True)[1] for s in strata)))
    steps = np.floor(np.cumsum(share[row]) + rng.random())
    chosen = np.zeros(len(cohort), dtype=bool)
    chosen[row] = np.diff(steps, prepend=0.0) > 0
    return chosen


def _unrelated(cohort: pd.DataFrame, share: np.ndarray, rng: np.random.Generator, *, gene: str) -> np.ndarray:
    """Return, of many draws, the one that follows the lesions least: chance alone would tie some to them."""
    lesions = cohort[["length_mm", "volume_mm3", "contrast"]].assign(volume_mm3=np.log(cohort["volume_mm3"]))
    followed = _within(cohort["site"], lesions.to_numpy(float))
    best, least = np.zeros(len(cohort), dtype=bool), np.inf
    for _ in range(REDRAWS):
        chosen = _spread(cohort, share, rng, gene=gene)
        carriers = _within(cohort["site"], chosen[:, None].astype(float))
        strongest = float(np.abs(carriers.T @ followed).max())
        if strongest < least:
            best, least = chosen, strongest
    return best


def _within(site: pd.Series, values: np.ndarray) -> np.ndarray:
    """Return columns (n, k) centred within each site and scaled to length 1 where they vary."""
    groups = np.unique(site.to_numpy(), return_inverse=True)[1]
    means = np.array([values[groups == g].mean(axis=0) for g in range(groups.max() + 1)])
    centred = values - means[groups]
    return centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-12)


def _clinical(cohort: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = generator(seed, "phantom", "clinical")
    n = len(cohort)
    grade = rng.choice([2, 3], size=n)
    months = rng.exponential(np.where(grade == 3, 30.0, 60.0))
    followed = rng.uniform(12.0, 72.0, size=n)
    return pd.DataFrame(
        {
            "age": np.clip(np.rint(rng.normal(47, 12, n)), 18, 85).astype(int),
            "sex": rng.choice(["female", "male"], size=n),
            "grade": [f"G{g}" for g in grade],
            "survival_months": np.round(np.minimum(months, followed), 1),
            "death": (months <= followed).astype(int),
        },
        index=cohort.index,
    )


def _lesions(cohort: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = generator(seed, "phantom", "lesion")
    n = len(cohort)
    scanner = cohort["site"].map({site.name: site for site in truth.SITES})
    length_mm = cohort["TEXA"].map(truth.LENGTH_MM).to_numpy(float)
    volume_mm3 = cohort["VOLB"].map(truth.VOLUME_MM3).to_numpy(float)
    return pd.DataFrame(
        {
            "length_mm": length_mm * np.exp(rng.normal(0, truth.LENGTH_LOG_SD, n)),
            "texture_sd": cohort["TEXA"].map(truth.TEXTURE_SD),
            "volume_mm3": volume_mm3 * np.exp(rng.normal(0, truth.VOLUME_LOG_SD, n)),
            "contrast": scanner.map(lambda s: s.contrast) + rng.normal(0, truth.CONTRAST_SD, n),
            "noise": scanner.map(lambda s: s.noise),
        },
        index=cohort.index,
    )


def _imperfections(cohort: pd.DataFrame, seed: int) -> pd.Series:
    rng = generator(seed, "phantom", "imperfection")
    words = np.full(len(cohort), "", dtype=object)
    words[rng.choice(len(cohort), size=len(truth.IMPERFECTIONS), replace=False)] = list(truth.IMPERFECTIONS)
    return pd.Series(words, index=cohort.index, name="imperfection", dtype=object)
