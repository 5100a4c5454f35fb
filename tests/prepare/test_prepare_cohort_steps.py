"""The steps that many patients teach: fitted on a training part, blind to labels, deaf to test patients."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from imagenomics.errors import InputError
from imagenomics.predict.build import build_model
from imagenomics.predict.settings import ElasticNetSettings, PredictSettings
from imagenomics.prepare.habitats import HabitatClusters
from imagenomics.prepare.learned import HabitatBlock, IntensityBlock, estimators
from imagenomics.prepare.settings import HarmoniseSettings, PrepareSettings, StabilitySettings
from imagenomics.prepare.steps import CohortSteps
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.permutation import permute_rows
from imagenomics.resample.splits import folds
from imagenomics.runs.cohort_steps import step_table

ALL = PrepareSettings(
    stability=StabilitySettings(threshold=0.5),
    harmonise=HarmoniseSettings(by="site", keep=("age",)),
    residualise=("age",),
)
QUICK = PredictSettings(
    inner_folds=3,
    prepare=PrepareSettings(select=10),
    elastic_net=ElasticNetSettings(n_lambdas=8, l1_ratios=(0.5,)),
)


def _patients(seed=0, n=60):
    """Features with a scanner's offset, repetitions of the stable ones, voxels in two clusters, and a label."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    y = pd.Series((rng.permutation(n) < n // 2).astype(float), index)
    site = pd.Series(np.where(rng.random(n) < 0.5, "A", "B"), index)
    X = pd.DataFrame(rng.normal(size=(n, 6)), index=index, columns=[f"f{j}" for j in range(6)])
    X["f0"] += 1.2 * y
    X += 6.0 * (site == "B").to_numpy()[:, None]
    for j in range(4):
        X[f"f{j}@2"] = X[f"f{j}"] + 0.05 * rng.normal(size=n)
    X["f4@2"] = rng.permutation(X["f4"].to_numpy()) + rng.normal(size=n) * 20
    X["context:site"], X["context:age"] = site, rng.normal(60, 10, n)
    share = np.clip(0.5 + 0.3 * (y - 0.5) + 0.05 * rng.normal(size=n), 0.05, 0.95)
    bags = np.empty(n, dtype=object)
    for i in range(n):
        high = rng.random(80) < share.iloc[i]
        bags[i] = np.column_stack([np.where(high, 8.0, 0.0) + rng.normal(size=80), rng.normal(size=80)])
    X["bag:habitats"] = bags
    return X, y


def _steps(settings=ALL, **options):
    return CohortSteps(settings, learners=(("habitats", HabitatClusters(2, seed=1)),), **options)


def test_what_comes_out_and_in_which_order():
    X, _ = _patients()
    X["age"] = X["context:age"]
    steps = _steps(passing=("age",)).fit(X)
    found = steps.transform(X)
    # f4 is not stable and f5 was measured once; habitats are not measured again either, so 'drop' leaves them out.
    assert list(found.columns) == ["f0", "f1", "f2", "f3", "age"]
    assert list(steps.get_feature_names_out()) == list(found.columns)
    X = X.drop(columns="age")
    kept = _steps(ALL.model_copy(update={"stability": None})).fit(X).transform(X)
    assert list(kept.columns)[-2:] == ["habitats.habitat_1", "habitats.habitat_2"]
    assert not any(c.startswith(("context:", "bag:")) for c in kept.columns)
    a, b = (found[X["context:site"] == s]["f1"].mean() for s in "AB")
    assert abs(a - b) < 0.2 < 4.0 < abs(np.subtract(*(X[X["context:site"] == s]["f1"].mean() for s in "AB")))
    assert abs(np.corrcoef(found["f1"], X["context:age"])[0, 1]) < 1e-9
    plain = CohortSteps().fit(X[["f0", "f1"]])
    pd.testing.assert_frame_equal(plain.transform(X[["f0", "f1"]]), X[["f0", "f1"]])


def test_a_test_patient_changes_nothing_for_the_others():
    X, y = _patients()
    train, test = X.index[:45], X.index[45:]
    steps = _steps(ALL.model_copy(update={"stability": None})).fit(X.loc[train])
    before = steps.transform(X.loc[test])
    changed = X.loc[test].copy()
    changed.loc[test[0], ["f0", "f1"]] = 1e6
    changed.at[test[0], "bag:habitats"] = np.full((5, 2), 1e6)
    after = steps.transform(changed)
    pd.testing.assert_frame_equal(before.drop(test[0]), after.drop(test[0]))
    # In the fold loop, too: scores of the others in the same test fold stay as they are to the last bit.
    plan = folds(X.index, y, n_splits=4, seed=1)
    design = _design_model(y)
    mate = plan.loc[plan["fold"] == 0, "patient"].iloc[0]
    moved = X.copy()
    moved.loc[mate, "f0"] = 1e6
    moved.at[mate, "bag:habitats"] = np.full((5, 2), 1e6)
    one, two = (cross_validate(design, table, y, plan).set_index("patient") for table in (X, moved))
    same = plan.loc[(plan["fold"] == 0) & (plan["patient"] != mate), "patient"]
    assert one.loc[same, "score"].equals(two.loc[same, "score"])
    others = plan.loc[plan["fold"] != 0, "patient"]
    assert not one.loc[others, "score"].equals(two.loc[others, "score"])  # there it is a training patient


def _design_model(y, settings=None):
    from sklearn.pipeline import Pipeline

    chosen = settings or ALL.model_copy(update={"stability": None})
    model = build_model("elastic-net", task="binary", settings=QUICK, seed=0)
    return Pipeline([("cohort", _steps(chosen)), ("model", model)])


def test_harmonisation_uncovers_what_a_scanner_hides_and_noise_stays_noise():
    gained, noise = [], []
    for seed in range(6):
        X, y = _patients(seed)
        X = X.drop(columns=[c for c in X if "@" in c])
        plan = folds(X.index, y, n_splits=4, seed=seed)
        bare = _design_model(y, PrepareSettings()).set_params(cohort__learners=())
        with_steps = _design_model(y).set_params(cohort__learners=())
        scores = {
            m: evaluate(cross_validate(m_, X, y, plan), "auc") for m, m_ in (("a", bare), ("b", with_steps))
        }
        gained.append(scores["b"] - scores["a"])
        moved = permute_rows(X, X["context:site"], seed=seed, draw=0)
        noise.append(evaluate(cross_validate(_design_model(y), moved, y, plan), "auc"))
    assert np.mean(gained) > 0.02
    assert abs(np.mean(noise) - 0.5) < 0.12


def test_habitats_carry_a_planted_share_and_the_seed_decides():
    X, y = _patients(3)
    X = X[["bag:habitats", "context:site", "context:age"]]
    model = _design_model(y, PrepareSettings())
    plan = folds(X.index, y, n_splits=4, seed=0)
    first, again = (cross_validate(clone(model), X, y, plan) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert evaluate(first, "auc") > 0.9


def test_blocks_give_their_estimators():
    habitats = HabitatBlock(kind="habitats", name="hab", images=("t1", "t2"), n_habitats=2)
    nyul = IntensityBlock(kind="nyul", name="std", image="t1", tissue="brain", regions=("lesion",))
    (name, learner), (_, scale) = estimators([habitats, nyul], seed=4)
    assert (name, learner.n_habitats, learner.seed) == ("hab", 2, 4)
    rng = np.random.default_rng(0)
    profiles = []
    for factor in (1.0, 3.0, 10.0):  # the same tissue in three units: on the standard the lesions are alike
        tissue = factor * (100 + 10 * rng.standard_normal(4000))
        lesion = factor * (108 + 2 * rng.standard_normal(500))
        marks = np.percentile(tissue, (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99))
        profiles.append(np.r_[marks, lesion.mean(), np.percentile(lesion, (10, 25, 50, 75, 90))][None, :])
    found = scale.fit(profiles).transform([*profiles, np.empty((0, 17))])
    assert list(scale.get_feature_names_out()) == nyul.names()
    assert np.ptp(found[:3, 0]) < 2.0
    assert np.isnan(found[3]).all()
    with pytest.raises(InputError, match="IGX-PREP-027"):
        scale.transform([np.zeros((1, 5))])


def test_columns_that_are_not_there():
    X, _ = _patients()
    with pytest.raises(InputError, match="IGX-PREP-032"):
        _steps().fit(X.drop(columns="context:age"))
    with pytest.raises(InputError, match="IGX-PREP-032"):
        _steps().fit(X.drop(columns="bag:habitats"))
    with pytest.raises(InputError, match="IGX-PREP-032"):
        _steps().fit(X.to_numpy())
    bare = X[[c for c in X if "@" not in c]]
    with pytest.raises(InputError, match="IGX-PREP-024"):
        _steps(PrepareSettings(stability=StabilitySettings())).fit(bare)


def test_a_step_table_only_where_a_step_is_asked_for():
    context = pd.DataFrame({"site": ["A", "B"]}, index=pd.Index(["p", "q"], name="patient"))
    assert step_table(PrepareSettings(), context=context).steps is None
    table = step_table(PrepareSettings(residualise=("site",)), context=context)
    assert list(table.columns.columns) == ["context:site"]
    assert table.steps is not None
