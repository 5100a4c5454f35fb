"""Family-wise p values: against a slow permutation of the tables themselves, and the promises around them."""

import pickle

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate import pairs
from imagenomics.associate.permute import BLOCK, adjusted_p, permute_rows
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.strata import read_strata
from imagenomics.errors import InternalError
from imagenomics.tables.patient_table import PatientTable, describe, join
from imagenomics.work.executor import Outcome
from imagenomics.work.failures import failure_of
from imagenomics.work.progress import Progress
from imagenomics.work.seeds import generator

DRAWS = 30
SEED = 7


def ids(n: int) -> pd.Index:
    return pd.Index([f"P{i:03d}" for i in range(n)], name="patient", dtype=object)


def table(seed: int, kinds: list[str], *, n: int = 40, missing: float = 0.0) -> PatientTable:
    random = np.random.default_rng(seed)
    columns = {}
    for k, kind in enumerate(kinds):
        draw = {
            "continuous": lambda: random.standard_normal(n),
            "ordinal": lambda: random.integers(0, 4, n).astype(float),
            "binary": lambda: random.permutation(np.arange(n) < 15).astype(float),
            "categorical": lambda: random.choice(["a", "b", "c"], n).astype(object),
        }[kind]()
        draw[random.random(n) < missing] = None if kind == "categorical" else np.nan
        columns[f"{kind}{k}"] = draw
    values = pd.DataFrame(columns, index=ids(n))
    return PatientTable(values, describe(list(columns), kind=kinds))


def run(features, targets, *, permutations=DRAWS, method="auto", **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=permutations, method=method, min_group=3)
    return pairs.test_pairs(features, targets, settings=settings, analysis="family", seed=SEED, **options)


def permuted(features: PatientTable, draw: int, strata: np.ndarray) -> PatientTable:
    """Return the features with whole rows in the order of one draw."""
    order = permute_rows(strata, generator(SEED, "maxt", "family", draw))
    values = features.values.iloc[order].set_axis(features.values.index)
    return PatientTable(values, features.columns)


KINDS = ["continuous", "ordinal", "binary", "categorical", "continuous"]


@pytest.mark.parametrize("missing", [0.0, 0.08])
@pytest.mark.parametrize("method", ["auto", "linear"])
@pytest.mark.parametrize("stratified", [False, True])
def test_like_permuting_the_tables_themselves(missing, method, stratified):
    features, targets = table(1, KINDS, missing=missing), table(2, KINDS, missing=missing)
    strata = pd.Series(np.repeat(["x", "y"], 20), index=ids(40), name="site") if stratified else None
    groups = np.repeat([0, 1], 20) if stratified else np.zeros(40, dtype=int)
    found = run(features, targets, method=method, strata=strata)
    smallest = []
    for draw in range(DRAWS):
        again = run(permuted(features, draw, groups), targets, method=method, permutations=0)
        smallest.append(again["p"].min())
    wanted = [(1 + sum(s <= p * (1 + 1e-9) for s in smallest)) / (DRAWS + 1) for p in found["p"].dropna()]
    np.testing.assert_allclose(found["p_maxt"].dropna(), wanted, rtol=1e-12)
    assert len(found["p_maxt"].dropna()) >= 20
    assert set(found["permutation"]) <= {"minP", ""}
    assert set(found["stratum"]) == {"site" if stratified else ""}


@pytest.mark.parametrize("missing", [0.0, 0.08])
def test_freedman_lane_permutes_residuals(missing):
    """The slow way: residuals of the features on the covariates are permuted and tested as features."""
    features = table(1, ["continuous"] * 4, missing=missing)
    targets = table(2, ["continuous", "binary", "categorical"], missing=missing)
    covariates = table(3, ["continuous", "categorical"])
    found = run(features, targets, covariates=covariates)
    codes = (covariates.values["categorical1"].to_numpy()[:, None] == np.array(["b", "c"])).astype(float)
    Z = np.column_stack([np.ones(40), covariates.values["continuous0"], codes])
    from imagenomics.associate.scores import normal_scores

    scores = normal_scores(features.values.to_numpy())
    centred = np.where(np.isnan(scores), 0.0, scores - np.nanmean(scores, axis=0))
    residuals = np.where(np.isnan(scores), np.nan, centred - Z @ np.linalg.lstsq(Z, centred, rcond=None)[0])
    values = pd.DataFrame(residuals, index=ids(40), columns=features.values.columns)
    left = PatientTable(values, features.columns)
    plain = AssociateSettings(permutations=0, min_group=3, transform="none")
    t = normal_scores(targets.values[["continuous0"]].to_numpy())
    scored = PatientTable(targets.values.assign(continuous0=t[:, 0]), targets.columns)
    smallest = []
    for draw in range(DRAWS):
        again = pairs.test_pairs(
            permuted(left, draw, np.zeros(40, dtype=int)),
            scored,
            covariates=covariates,
            settings=plain,
            analysis="x",
            seed=1,
        )
        smallest.append(again["p"].min())
    wanted = [(1 + sum(s <= p * (1 + 1e-9) for s in smallest)) / (DRAWS + 1) for p in found["p"]]
    np.testing.assert_allclose(found["p_maxt"], wanted, rtol=1e-12)


class Backwards:
    """Does items in the opposite order, each as another process would: all arguments pickled."""

    workers = 2
    progress = Progress(shown=False)

    def map(self, function, items, *, label, shared=None):
        results = {}
        for name in reversed(list(items)):
            call, item, arguments = pickle.loads(pickle.dumps((function, items[name], dict(shared or {}))))
            results[name] = call(item, **arguments)
        return Outcome({name: results[name] for name in items}, [])


class Broken(Backwards):
    def map(self, function, items, *, label, shared=None):
        return Outcome({}, [failure_of(name, MemoryError()) for name in items])


@pytest.mark.parametrize("adjusted", [False, True])
def test_equal_for_any_executor(adjusted):
    features, targets = table(1, KINDS, missing=0.05), table(2, KINDS, missing=0.05)
    options = {"covariates": table(3, ["continuous"])} if adjusted else {}
    draws = 2 * BLOCK + 7
    here = run(features, targets, permutations=draws, **options)
    there = run(features, targets, permutations=draws, executor=Backwards(), **options)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert here["p_maxt"].notna().sum() > 15


def test_a_block_that_fails_is_not_passed_over():
    with pytest.raises(InternalError, match="IGX-ASSOC-009"):
        run(table(1, KINDS), table(2, KINDS), executor=Broken())


def test_more_draws_keep_the_first_ones():
    features, targets = table(1, ["continuous"] * 3), table(2, ["binary"] * 2)
    few, many = (run(features, targets, permutations=b)["p_maxt"].to_numpy() for b in (20, 200))
    counts = np.round(few * 21) - 1, np.round(many * 201) - 1
    assert (counts[0] <= counts[1]).all()
    assert (counts[1] <= counts[0] + 180).all()


def test_which_scheme():
    same = run(table(1, ["continuous"] * 3), table(2, ["binary"] * 2))
    assert set(same["permutation"]) == {"maxT"}
    assert set(
        run(table(1, ["continuous"] * 3), table(2, ["continuous"] * 2), method="linear")["permutation"]
    ) == {"maxT"}
    assert set(run(table(1, ["continuous"] * 3), table(2, ["binary", "continuous"]))["permutation"]) == {
        "minP"
    }
    assert set(run(table(1, ["binary"] * 3), table(2, ["binary"] * 2))["permutation"]) == {"minP"}
    unequal = run(table(1, ["continuous"] * 3, missing=0.1), table(2, ["binary"] * 2))
    assert set(unequal["permutation"]) == {"minP"}


def test_larger_statistic_never_has_larger_p_under_maxt():
    found = run(table(1, ["continuous"] * 6), table(2, ["continuous"] * 3), method="linear", permutations=200)
    order = np.argsort(-found["statistic"].abs().to_numpy())
    assert (np.diff(found["p_maxt"].to_numpy()[order]) >= 0).all()
    assert (found["p_maxt"] >= found["p"] - 3 * np.sqrt(0.25 / 200)).all()


def test_multinomial_pairs_flip_signs_of_scores_beside_others():
    random = np.random.default_rng(7)
    features = table(1, ["binary", "continuous"])
    ids = features.values.index
    level = [
        pd.DataFrame({name: random.choice(["a", "b"], len(ids))}, index=ids) for name in ("one", "other")
    ]
    one, other = (
        PatientTable(frame.astype(object), describe(frame.columns, kind="categorical")) for frame in level
    )
    found = pairs.test_pairs(
        join([features, one]),
        other,
        covariates=table(3, ["continuous"]),
        settings=AssociateSettings(permutations=20, min_group=3, min_per_term=1),
        analysis="x",
        seed=1,
    )
    multinomial = found["test"].astype(str).str.startswith("multinomial")
    assert multinomial.sum() == 1
    assert found["p_maxt"].notna().all()
    assert found.loc[multinomial, "reason"].astype(str).str.contains("signs").all()
    assert set(found["permutation"].astype(str)) == {"minP"}


def test_strata():
    strata = np.array([0, 0, 1, 1, 1, 2, 0, 1])
    for draw in range(20):
        order = permute_rows(strata, np.random.default_rng(draw))
        np.testing.assert_array_equal(np.sort(order), np.arange(8))
        np.testing.assert_array_equal(strata[order], strata)
    named = pd.Series(["b", None, "a", "b"], index=["p1", "p2", "p3", "p9"])
    found = read_strata(named, pd.Index(["p0", "p1", "p2", "p3"]))
    assert found[1] == 1
    assert found[3] == 0
    assert len(set(found)) == 4  # patients without a stratum stay where they are


def test_strata_of_single_patients_leave_nothing_to_permute():
    features, targets = table(1, ["continuous"]), table(2, ["binary"])
    alone = pd.Series([f"s{i}" for i in range(40)], index=ids(40), name="site")
    found = run(features, targets, strata=alone)
    assert found["p_maxt"].isna().all()
    assert found["p"].notna().all()


def test_ties_count():
    smallest = np.log([0.01, 0.02, 0.02, 0.5])
    p = adjusted_p(np.log([0.02 * (1 - 1e-11), 0.02 * (1 - 1e-6), 1e-300, 0.6]), smallest)
    np.testing.assert_allclose(p, [4 / 5, 2 / 5, 1 / 5, 1.0])
