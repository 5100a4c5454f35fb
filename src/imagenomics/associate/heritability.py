"""How much of a phenotype relatives share through their genes: a variance component fitted by maximum likelihood."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field
from scipy import optimize, special

from imagenomics.associate.design import complete_rows, make_design, orthonormal
from imagenomics.associate.rows import Row, frame_of, untested_row
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.settings import FamilySettings
from imagenomics.associate.sides import check_table, read_side
from imagenomics.errors import InputError, short_list
from imagenomics.tables.patient_table import PatientTable

FloatArray = npt.NDArray[np.float64]
MONOZYGOTIC = "MZ"
SHARED = 0.5  # of the genes of siblings and of dizygotic twins
HIGHEST = 1.0 - 1e-6  # at 1 the covariance of identical twins has no inverse
GRID = np.linspace(0.0, HIGHEST, 41)
TEST, EFFECT, TARGET = "polygenic model, likelihood ratio", "heritability", "relatives"


class HeritabilitySettings(FamilySettings):
    """How heritabilities are fitted."""

    normal_scores: bool = Field(
        True,
        description="Each phenotype's values become normal scores before the model, as its likelihood is normal.",
    )
    min_pairs: int = Field(10, ge=1, description="Fewest pairs of relatives who both have a value.")


class Fit(NamedTuple):
    """The share of variance that goes with relatedness, its limits, and the test that it is 0."""

    share: float
    low: float
    high: float
    ratio: float
    p: float


def relatedness(families: pd.Series, zygosity: pd.Series | None) -> FloatArray:
    """Return how many of their genes each two people share, (n, n).

    Parameters
    ----------
    families : Series
        Family of each person; people of different families, or without one, are unrelated.
    zygosity : Series, optional
        ``MZ`` for both of a pair of identical twins (they share all); any other cell, or none: half. A twin whose other
        is not there has no pair.

    Raises
    ------
    InputError
        ``IGX-ASSOC-090``: more than two people of one family are ``MZ``.
    """
    family = families.astype(object).to_numpy()
    known = families.notna().to_numpy()
    same = (family[:, None] == family[None, :]) & known[:, None] & known[None, :]
    shared = np.where(same, SHARED, 0.0)
    if zygosity is not None:
        identical = (zygosity.astype(object) == MONOZYGOTIC).to_numpy() & known
        sizes = pd.Series(family[identical]).value_counts()
        odd = [str(name) for name, size in sizes.items() if size > 2]
        if odd:
            raise InputError(
                "IGX-ASSOC-090",
                f"{len(odd)} families have more than two people who are {MONOZYGOTIC}: {short_list(odd)}",
                expected="two people for each pair of identical twins",
                remedy="give each pair a family of its own",
            )
        shared[same & identical[:, None] & identical[None, :]] = 1.0
    np.fill_diagonal(shared, 1.0)
    return shared


def test_heritability(
    phenotypes: PatientTable,
    families: pd.Series,
    zygosity: pd.Series | None = None,  # noqa: PT028
    *,
    covariates: PatientTable | None = None,  # noqa: PT028
    settings: HeritabilitySettings,
    analysis: str,
) -> pd.DataFrame:
    """Fit the heritability of each numeric phenotype, and test that it is more than 0.

    Parameters
    ----------
    phenotypes : PatientTable
        (n, p); columns that are not numeric are not testable.
    families, zygosity : Series
        As of :func:`relatedness`, by patient.
    covariates : PatientTable, optional
        Fixed effects; people who lack one are left out.
    settings : HeritabilitySettings
    analysis : str

    Returns
    -------
    DataFrame
        The columns of every family, a row for each phenotype; ``effect`` is the heritability, its interval that of
        the profile likelihood, ``p`` of half a chi-square of one degree of freedom, since a share cannot be negative.

    Raises
    ------
    InputError
        ``IGX-ASSOC-090``: see :func:`relatedness`; ``IGX-ASSOC-091``: nobody has a relative.

    Assumes
    -------
    Relatives are alike through genes alone: what families share besides (home, scanner) is counted as heritability.

    Source
    ------
    Almasy & Blangero 1998, American Journal of Human Genetics 62:1198; Self & Liang 1987, Journal of the American
    Statistical Association 82:605 (the test at the border).
    """
    ids = check_table(phenotypes, what="phenotypes").values.index.sort_values()
    side, adjust = read_side(phenotypes, ids, what="phenotypes"), None
    if covariates is not None and len(covariates.columns):
        adjust = read_side(check_table(covariates, what="covariates"), ids, what="covariates")
        keep = complete_rows(adjust)
        side, adjust, ids = side.rows(keep), adjust.rows(keep), ids[keep]
    design = make_design(adjust, len(ids)).basis
    shared = relatedness(families.reindex(ids), None if zygosity is None else zygosity.reindex(ids))
    if not (np.triu(shared, 1) > 0).any():
        raise InputError(
            "IGX-ASSOC-091",
            "no two patients belong to one family",
            where=f"column {families.name}",
            expected="the same family in the rows of relatives",
            remedy="heritability needs twins or families; for unrelated people there is nothing to compare",
        )
    seen: dict[bytes, Spectrum] = {}
    rows = []
    for k, name in enumerate(side.names):
        known = np.isfinite(side.values[:, k])
        row = _begun(
            str(name), str(side.kinds[k]), side.values[known, k], shared[np.ix_(known, known)], settings
        )
        if not row["reason"]:
            key = known.tobytes()
            if key not in seen:
                seen[key] = spectrum(shared[np.ix_(known, known)], orthonormal(design[known]))
            row |= _fitted(side.values[known, k], seen[key], settings)
        rows.append(row)
    return frame_of(rows, analysis=analysis, fdr=settings.fdr)


test_heritability.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


class Spectrum(NamedTuple):
    """Eigenvalues and eigenvectors of the relatedness of some people, and their fixed effects, turned by them."""

    weights: FloatArray
    vectors: FloatArray
    columns: FloatArray


def spectrum(shared: FloatArray, design: FloatArray) -> Spectrum:
    """Return what all phenotypes of the same people have in common."""
    weights, vectors = np.linalg.eigh(shared)
    return Spectrum(np.maximum(weights, 0.0), vectors, vectors.T @ design)


def fit_heritability(y: FloatArray, people: Spectrum, *, confidence: float) -> Fit:
    """Fit ``y = design b + g + e``, the covariance of g being the relatedness times a variance.

    Parameters
    ----------
    y : array, (n,)
    people : Spectrum
        Of relatedness (n, n) and fixed effects (n, k), the constant among them.
    confidence : float
    """
    rotated = people.vectors.T @ y

    def lost(share: float) -> float:
        """Return -2 log likelihood, but for a constant, at a heritability."""
        variance = share * people.weights + (1.0 - share)
        scaled = people.columns.T / variance
        b = np.linalg.solve(scaled @ people.columns, scaled @ rotated)
        rest = rotated - people.columns @ b
        return float(len(y) * np.log(rest @ (rest / variance)) + np.log(variance).sum())

    values = [lost(share) for share in GRID]
    k = int(np.argmin(values))
    low, high = GRID[max(k - 1, 0)], GRID[min(k + 1, len(GRID) - 1)]
    found = optimize.minimize_scalar(lost, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    best, least = (found.x, found.fun) if found.fun < values[k] else (GRID[k], values[k])
    ratio = max(values[0] - least, 0.0)
    reach = least + special.chdtri(1, 1.0 - confidence)
    limits = [
        end if lost(end) <= reach else optimize.brentq(lambda s: lost(s) - reach, *sorted((end, best)))
        for end in (0.0, HIGHEST)
    ]
    p = 1.0 if ratio <= 0.0 else 0.5 * float(special.chdtrc(1, ratio))
    return Fit(float(best), float(limits[0]), float(limits[1]), float(ratio), p)


def _begun(name: str, kind: str, y: FloatArray, shared: FloatArray, settings: HeritabilitySettings) -> Row:
    """Return the row of a phenotype before its model, with the reason where there will be none."""
    row = untested_row(name, TARGET, "continuous", len(y))
    if kind not in ("continuous", "ordinal"):
        return row | {"reason": "only numbers have a heritability here"}
    if len(y) < settings.min_patients:
        return row | {"reason": f"fewer than {settings.min_patients} patients have a value"}
    if int((np.triu(shared, 1) > 0).sum()) < settings.min_pairs:
        return row | {"reason": f"fewer than {settings.min_pairs} pairs of relatives have values"}
    return row | ({"reason": "all values are equal"} if np.ptp(y) == 0 else {})


def _fitted(y: FloatArray, people: Spectrum, settings: HeritabilitySettings) -> dict[str, Any]:
    scores = normal_scores(y[:, None])[:, 0] if settings.normal_scores else (y - y.mean()) / y.std()
    fit = fit_heritability(scores, people, confidence=settings.confidence)
    return {
        "test": TEST,
        "effect_name": EFFECT,
        "effect": fit.share,
        "ci_low": fit.low,
        "ci_high": fit.high,
        "statistic": fit.ratio,
        "df": 1.0,
        "p": fit.p,
        "neg_log10_p": -np.log10(fit.p) if fit.p > 0 else np.inf,
        "status": "ok",
    }
