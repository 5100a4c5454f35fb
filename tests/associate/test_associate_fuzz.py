"""Whatever the tables hold: a row for every pair, probabilities between 0 and 1, reasons where there is no test."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import KINDS, PatientTable, describe

SHAPES = (
    "noise",
    "ties",
    "constant",
    "missing",
    "one value",
    "half missing",
    "huge",
    "tiny",
    "infinite",
    "flat",
)


def column(random: np.random.Generator, kind: str, shape: str, n: int) -> np.ndarray:
    x = random.standard_normal(n)
    if shape in {"ties", "half missing"}:
        x = np.round(x)
    if shape == "constant":
        x = np.full(n, 1.0)
    if shape == "huge":
        x = x * 1e150
    if shape == "tiny":
        x = x * 1e-150
    if shape == "flat":
        x = 1.0 + 1e-15 * np.round(x)
    if kind in {"binary", "categorical"}:
        x = (x > 0).astype(float)
    if kind == "ordinal":
        x = np.clip(np.round(x), -1, 1) + 1
    if shape == "infinite" and kind == "continuous" and n:
        x[0] = np.inf
    gone = {
        "missing": np.ones(n, bool),
        "one value": np.arange(n) > 0,
        "half missing": random.random(n) < 0.5,
    }
    if kind == "categorical":
        x = np.where(x > 0, "yes", "no").astype(object)
        x[gone.get(shape, np.zeros(n, bool))] = None
    else:
        x[gone.get(shape, np.zeros(n, bool))] = np.nan
    return x


@st.composite
def tables(draw, name: str, n: int, at_least: int = 1, kinds=KINDS, shapes=SHAPES):
    chosen = draw(
        st.lists(st.tuples(st.sampled_from(kinds), st.sampled_from(shapes)), min_size=at_least, max_size=5)
    )
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    columns = {f"{name}{k}": column(random, kind, shape, n) for k, (kind, shape) in enumerate(chosen)}
    index = pd.Index([f"P{i:03d}" for i in range(n)], name="patient", dtype=object)
    return PatientTable(
        pd.DataFrame(columns, index=index), describe(list(columns), kind=[k for k, _ in chosen])
    )


@st.composite
def calls(draw):
    n = draw(st.sampled_from([0, 1, 2, 5, 12, 25, 40]))
    features, targets = draw(tables("f", n)), draw(tables("t", n))
    solid = ("noise", "ties", "constant", "huge")
    covariates = draw(st.none() | tables("c", n, shapes=solid)) if n else None
    strata = None
    if draw(st.booleans()) and n:
        names = np.random.default_rng(draw(st.integers(0, 99))).choice(["a", "b", "c"], n)
        strata = pd.Series(names, index=features.values.index, name="site")
    chosen = AssociateSettings(
        method=draw(st.sampled_from(["auto", "linear"])),
        transform=draw(st.sampled_from(["normal-scores", "none"])),
        min_group=draw(st.sampled_from([1, 3])),
        min_patients=draw(st.sampled_from([4, 10])),
        min_per_term=1,
        permutations=draw(st.sampled_from([0, 5])),
    )
    return features, targets, covariates, strata, chosen


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(calls())
def test_any_table_gives_a_sound_answer(call):
    features, targets, covariates, strata, chosen = call
    found = pairs.test_pairs(
        features, targets, covariates=covariates, strata=strata, settings=chosen, analysis="fuzz", seed=3
    )
    assert len(found) == features.values.shape[1] * targets.values.shape[1]
    tested = found["status"] == "ok"
    assert (found["status"][~tested] == "not testable").all()
    assert (found.loc[~tested, "reason"] != "").all()
    assert found.loc[~tested, ["p", "q", "effect", "statistic"]].isna().all(axis=None)
    ok = found[tested]
    assert ok["p"].between(0, 1).all()
    assert (ok["q"] >= ok["p"] * (1 - 1e-12)).all()
    assert ok["q"].between(0, 1).all()
    assert (ok["neg_log10_p"] >= 0).all()
    assert ok["effect"].notna().all()
    assert ok["statistic"].notna().all()
    assert (ok["n"] >= chosen.min_patients).all()
    known = ok["ci_low"].notna()
    slack = 1e-9 * ok["effect"].abs().replace(np.inf, 0.0)
    assert (ok["ci_low"] <= ok["effect"] + slack)[known].all()
    assert (ok["ci_high"] >= ok["effect"] - slack)[known].all()
    drawn = found["p_maxt"].dropna()
    assert drawn.between(1 / 6, 1).all()
    if covariates is None:
        for _, row in found.iterrows():
            both = features.values[row["feature"]].notna() & targets.values[row["target"]].notna()
            assert row["n"] == both.sum()
