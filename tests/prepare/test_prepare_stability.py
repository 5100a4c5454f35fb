"""Stability: tables of repeated measurements, and the filter that learns from them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from imagenomics.errors import InputError
from imagenomics.prepare.repetitions import repeated_columns, repetition_losses, stability_table
from imagenomics.prepare.stability import StabilityFilter
from imagenomics.stats.agreement.icc import icc

NOISE = {"steady": 0.1, "shaky": 1.0, "hopeless": 10.0}


def _long(seed=0, patients=40, repetitions=("a", "b", "c")):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(patients):
        truth = rng.normal(size=len(NOISE))
        for r in repetitions:
            for (feature, noise), value in zip(NOISE.items(), truth, strict=True):
                rows.append((f"P{i:02d}", r, feature, value + noise * rng.normal()))
    return pd.DataFrame(rows, columns=["patient", "repetition", "feature", "value"])


def test_the_table_is_the_icc_of_each_feature():
    long = _long()
    table = stability_table(long).set_index("feature")
    assert list(table.index) == list(NOISE)
    for feature, row in table.iterrows():
        wide = long[long["feature"] == feature].pivot(index="patient", columns="repetition", values="value")
        alone = icc(wide.to_numpy(), form="ICC(1,1)")
        assert np.isclose(row["icc"], alone.estimate)
        assert np.isclose(row["ci_low"], alone.low)
        assert (row["n"], row["k"], row["form"]) == (40, 3, "ICC(1,1)")
    truth = {name: 1 / (1 + noise**2) for name, noise in NOISE.items()}
    assert all(table.at[f, "ci_low"] < truth[f] < table.at[f, "ci_high"] for f in NOISE)


def test_row_order_does_not_matter_and_gaps_are_told():
    long = _long(1)
    shuffled = stability_table(long.sample(frac=1, random_state=3), form="ICC(2,1)").set_index("feature")
    ordered = stability_table(long, form="ICC(2,1)").set_index("feature")
    assert np.allclose(shuffled.loc[list(NOISE), ["icc", "ci_low"]], ordered[["icc", "ci_low"]])
    gappy = long.drop(long[(long["patient"] == "P03") & (long["repetition"] == "b")].index)
    gappy = gappy.drop(gappy[(gappy["feature"] == "shaky") & (gappy["repetition"] == "c")].index)
    table = stability_table(gappy).set_index("feature")
    assert table["k"].to_dict() == {"steady": 3, "shaky": 2, "hopeless": 3}
    assert (table["n"] == 39).all()
    losses = repetition_losses(gappy)
    assert losses["patient"].tolist() == ["P03"]
    assert set(losses["detail"].iloc[0].split(", ")) == set(NOISE)
    assert len(repetition_losses(long)) == 0


def test_filter_from_a_given_table():
    table = stability_table(_long())
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(10, 4)), columns=[*NOISE, "age"])
    step = StabilityFilter(0.75, table=table).fit(X)
    assert list(step.get_feature_names_out()) == ["steady"]
    assert step.dropped_ == ["shaky", "hopeless"]
    assert step.unknown_ == ["age"]
    assert list(StabilityFilter(table=table, unknown="keep").fit(X).get_feature_names_out()) == [
        "steady",
        "age",
    ]
    assert list(StabilityFilter(0.3, table=table, bound="icc").fit(X).get_feature_names_out()) == [
        "steady",
        "shaky",
    ]


def test_filter_from_repeated_columns_of_the_training_patients():
    wide = repeated_columns(_long(2))
    assert list(wide.columns[:3]) == ["steady", "steady@b", "steady@c"]
    train, test = wide.iloc[:25], wide.iloc[25:].copy()
    step = StabilityFilter(0.75).fit(train)
    assert list(step.get_feature_names_out()) == ["steady"]
    expected = icc(train[["steady", "steady@b", "steady@c"]].to_numpy(), form="ICC(1,1)").low
    assert np.isclose(step.stability_.set_index("feature").at["steady", "ci_low"], expected)
    assert np.array_equal(step.transform(test)[:, 0], test["steady"])
    # New patients have no repetitions.
    assert np.isfinite(step.transform(test.assign(**{"steady@b": np.nan, "steady@c": np.nan}))).all()
    # Test patients who make a bad feature look steady change nothing, unless they are in the training part.
    for name in ("hopeless", "hopeless@b", "hopeless@c"):
        test[name] = np.arange(len(test)) * 1e4
    assert list(clone(step).fit(pd.concat([train, test])).get_feature_names_out()) == ["steady", "hopeless"]
    assert list(clone(step).fit(train).get_feature_names_out()) == ["steady"]


def test_what_is_refused():
    long = _long()
    X = pd.DataFrame(np.eye(4), columns=[*NOISE, "age"])
    for call, code in (
        (lambda: stability_table(long.drop(columns="repetition")), "IGX-PREP-022"),
        (lambda: stability_table(pd.concat([long, long.head(2)])), "IGX-PREP-023"),
        (lambda: stability_table(long[long["repetition"] == "a"]), "IGX-STAT-021"),
        (lambda: stability_table(long.assign(value="x")), "IGX-STAT-022"),
        (lambda: StabilityFilter(1.5).fit(X), "IGX-PREP-003"),
        (lambda: StabilityFilter(table=long).fit(X), "IGX-PREP-022"),
        (lambda: StabilityFilter(table=pd.concat([stability_table(long)] * 2)).fit(X), "IGX-PREP-023"),
        (lambda: StabilityFilter().fit(X), "IGX-PREP-024"),
        (lambda: StabilityFilter(unknown="perhaps").fit(X), "IGX-PREP-029"),
        (lambda: StabilityFilter(form="ICC").fit(X), "IGX-PREP-029"),
    ):
        with pytest.raises(InputError, match=code):
            call()


def test_pure_noise_is_not_stable():
    rng = np.random.default_rng(5)
    noise = pd.DataFrame(
        rng.normal(size=(30, 800)), columns=[f"f{j}{c}" for j in range(400) for c in ("", "@2")]
    )
    with pytest.raises(InputError, match="IGX-PREP-024"):
        StabilityFilter(0.75).fit(noise)


GIVEN = pd.DataFrame({"feature": ["x0", "x1", "x2"], "icc": [0.9, 0.95, 0.2], "ci_low": [0.8, 0.9, 0.1]})


@pytest.mark.parametrize("step", [StabilityFilter(unknown="keep"), StabilityFilter(table=GIVEN)])
def test_scikit_learn_contract(step):
    results = check_estimator(step, on_fail=None, on_skip=None)
    assert {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 35
