"""The pooled rows of a family, and the table of how well its pairs replicate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.frame import COLUMNS, TYPES
from imagenomics.associate.replication.scales import SCALES
from imagenomics.associate.replication.settings import ReplicationSettings
from imagenomics.stats.meta import Pooled, sign_chance
from imagenomics.stats.multiplicity import false_discovery

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.object_]
POOLED = "all cohorts"
RANDOM, FIXED = "meta-analysis (random effects)", "meta-analysis (common effect)"
POOLED_TESTS = (RANDOM, FIXED)
PAIR_COLUMNS = (
    *("analysis", "feature", "target", "effect_name", "scale", "cohorts", "n"),
    *("random", "random_low", "random_high", "random_p", "tau2"),
    *("fixed", "fixed_low", "fixed_high", "fixed_p"),
    *("heterogeneity", "p_heterogeneity", "i2"),
    *("positive", "negative", "p_sign", "status", "reason"),
)


def pooled_rows(
    parts: Mapping[str, pd.DataFrame],
    found: Pooled,
    effects: FloatArray,
    *,
    settings: ReplicationSettings,
    small: Mapping[str, int],
) -> pd.DataFrame:
    """Return one pooled row per pair with the columns of every family.

    Parameters
    ----------
    parts : mapping
        Cohort -> its rows, all in the same order.
    found : Pooled
        Of these pairs, on the scales of ``SCALES``; ``se`` stays on that scale, the effect and its interval go back.
    effects : array, (T x F, K)
        NaN where a cohort has no effect.
    small : mapping
        Cohorts that are too small to be tested, and their patients.
    """
    first = next(iter(parts.values()))
    names, tests = _shared(parts, "effect_name", effects), _shared(parts, "test", effects)
    reasons = _reasons(parts, found, names, tests, settings=settings, small=small)
    bad = reasons != ""
    note = "; ".join(f"{name} does not enter ({n} patients)" for name, n in small.items())
    known = ~np.isnan(effects)
    n = np.column_stack([rows["n"].to_numpy() for rows in parts.values()])
    absent = [", ".join(c for c, seen in zip(parts, row, strict=True) if not seen) for row in known]
    said = ["; ".join(x for x in (f"no effect in {a}" if a else "", note) if x) for a in absent]
    numbers = {"effect": found.effect, "ci_low": found.low, "ci_high": found.high}
    columns = {name: _back(values, names) for name, values in numbers.items()}
    columns |= {"statistic": found.statistic, "p": found.p, "neg_log10_p": found.neg_log10_p}
    columns |= {"se": found.error, "df": found.df}
    columns = {name: np.where(bad, np.nan, values).astype(TYPES[name]) for name, values in columns.items()}
    text = {
        "stratum": np.full(len(first), POOLED, dtype=object),
        "test": np.full(len(first), FIXED if settings.pooling == "fixed" else RANDOM, dtype=object),
        "effect_name": names,
        "status": np.where(bad, "not testable", "ok").astype(object),
        "reason": np.where(bad, reasons, np.array(said, dtype=object)),
        "permutation": np.full(len(first), "", dtype=object),
    }
    whole = first.assign(
        **columns,
        **{name: pd.Categorical(values) for name, values in text.items()},
        n=np.where(known, n, 0).sum(axis=1).astype(np.int32),
        q=false_discovery(columns["p"], settings.fdr),
        p_maxt=np.nan,
        df_factor=np.float32(np.nan),
    )
    return whole[list(COLUMNS)]


def _shared(parts: Mapping[str, pd.DataFrame], column: str, effects: FloatArray) -> TextArray:
    """Return the word that all cohorts with an effect share; several joined by a bar where they differ."""
    words = np.column_stack([rows[column].astype(object).to_numpy() for rows in parts.values()])
    out = np.full(len(words), "", dtype=object)
    for k in range(words.shape[1]):
        seen = ~np.isnan(effects[:, k])
        new = seen & (out == "")
        other = seen & (out != "") & (out != words[:, k])
        out[other] = out[other] + " | " + words[other, k]
        out[new] = words[new, k]
    return out


def _reasons(
    parts: Mapping[str, pd.DataFrame],
    found: Pooled,
    names: TextArray,
    tests: TextArray,
    *,
    settings: ReplicationSettings,
    small: Mapping[str, int],
) -> TextArray:
    """Return why a pair is not pooled; nothing where it is."""
    differing = np.array([" | " in f"{name}{test}" for name, test in zip(names, tests, strict=True)])
    few = found.cohorts < settings.min_cohorts
    squares = np.column_stack(
        [
            rows["p"].notna().to_numpy() & ~rows["effect_name"].astype(str).isin(SCALES).to_numpy()
            for rows in parts.values()
        ]
    ).any(axis=1)
    out = np.full(len(names), "", dtype=object)
    unsettled = np.isnan(found.p)
    out[unsettled] = (
        "the effects have no pooled error: they are all equal, or the likelihood found no maximum"
    )
    wanted = f"fewer than {settings.min_cohorts} cohorts have an effect with an error"
    for i in np.flatnonzero(few).tolist():
        said = {str(r): None for rows in parts.values() if (r := rows["reason"].iat[i])}
        out[i] = ": ".join([wanted, *(["; ".join(said)] if said else [])])
    out[squares] = "the effect has no direction, so that it cannot be pooled"
    out[differing] = "the test differs between cohorts"
    return out


def _back(values: FloatArray, names: TextArray) -> FloatArray:
    """Return pooled effects on the scale in which cohorts state theirs."""
    out = np.full(values.shape, np.nan)
    for name, scale in SCALES.items():
        own = names == name
        out[own] = scale.back(values[own])
    return out


def pair_table(rows: pd.DataFrame, fixed: Pooled, random: Pooled, *, effects: FloatArray) -> pd.DataFrame:
    """Return one row per pair with both ways of pooling; effects and intervals are on the effect's own scale."""
    names = rows["effect_name"].astype(object).to_numpy()
    bad = rows["p"].isna().to_numpy()
    table = pd.DataFrame({c: rows[c].astype(str).to_numpy() for c in ("analysis", "feature", "target")})
    table["effect_name"] = names
    table["scale"] = [SCALES[name].name if name in SCALES else "" for name in names]
    table["cohorts"], table["n"] = fixed.cohorts, rows["n"].to_numpy()
    for label, found in (("random", random), ("fixed", fixed)):
        for column, values in (
            (label, found.effect),
            (f"{label}_low", found.low),
            (f"{label}_high", found.high),
        ):
            table[column] = np.where(bad, np.nan, _back(values, names))
        table[f"{label}_p"] = np.where(bad, np.nan, found.p)
    numbers = {
        "tau2": random.tau2,
        "heterogeneity": fixed.heterogeneity,
        "p_heterogeneity": fixed.p_heterogeneity,
        "i2": fixed.i2,
    }
    for column, values in numbers.items():
        table[column] = np.where(bad, np.nan, values)
    with np.errstate(invalid="ignore"):
        table["positive"] = (effects > 0).sum(axis=1).astype(np.int32)
        table["negative"] = (effects < 0).sum(axis=1).astype(np.int32)
    table["p_sign"] = np.where(bad, np.nan, sign_chance(table["positive"], table["negative"]))
    table["status"], table["reason"] = rows["status"].astype(str), rows["reason"].astype(str)
    return table[list(PAIR_COLUMNS)]
