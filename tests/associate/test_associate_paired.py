"""Two measurements of the same patients: against scipy and statsmodels, on noise, on a shift, in a study."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.paired import PairedSettings, find_pairs, test_paired
from imagenomics.errors import InputError
from imagenomics.runs.family_block import PairedBlock
from imagenomics.tables.patient_table import PatientTable, describe


def table(first: np.ndarray, second: np.ndarray, kind: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(first))], name="patient", dtype=object)
    names = [f"{part}.f{k}" for part in ("pre", "post") for k in range(first.shape[1])]
    return PatientTable(
        pd.DataFrame(np.hstack([first, second]), index=index, columns=names), describe(names, kind=kind)
    )


def run(given: PatientTable, **options) -> pd.DataFrame:
    pairs = find_pairs(given, "pre", "post")
    return test_paired(given, pairs, settings=PairedSettings(**options), analysis="z", second="post")


def measured(seed: int, n: int, p: int, *, shift: float = 0.0, missing: float = 0.1):
    random = np.random.default_rng([89, seed])
    person = random.normal(size=(n, p))
    first, second = (person + 0.5 * random.normal(size=(n, p)) for _ in range(2))
    second[:, 0] += shift
    second[random.random((n, p)) < missing] = np.nan
    return first, second


@pytest.mark.parametrize("n", [40, 120])
@pytest.mark.parametrize("test", ["signed-rank", "t"])
def test_numeric_rows_against_scipy(test, n):
    first, second = measured(1, n, 4, shift=0.3)
    found = run(table(first, second, "continuous"), test=test)
    assert list(found.columns) == list(COLUMNS)
    for k, row in found.iterrows():
        both = ~np.isnan(second[:, k])
        a, b = second[both, k], first[both, k]
        if test == "t":
            known = stats.ttest_rel(a, b)
            limits = known.confidence_interval()
            wanted = [(a - b).mean(), limits.low, limits.high, known.statistic]
            np.testing.assert_allclose(
                [row["effect"], row["ci_low"], row["ci_high"], row["statistic"]], wanted
            )
        else:
            known = stats.wilcoxon(a, b, method="exact" if both.sum() <= 50 else "approx", correction=True)
            assert row["ci_low"] < row["effect"] < row["ci_high"]
        assert row["p"] == pytest.approx(known.pvalue, rel=1e-9)
        assert (row["n"], row["status"], row["feature"], row["target"]) == (
            both.sum(),
            "ok",
            f"pre.f{k}",
            "post",
        )


def test_binary_rows_against_statsmodels():
    random = np.random.default_rng(90)
    first, second = ((random.random((90, 3)) < share).astype(float) for share in (0.3, 0.5))
    found = run(table(first, second, "binary"))
    for k, row in found.iterrows():
        cells = pd.crosstab(second[:, k], first[:, k]).to_numpy()
        assert row["p"] == pytest.approx(mcnemar(cells, exact=True).pvalue, rel=1e-9)
        assert row["effect"] == pytest.approx(cells[1, 0] / cells[0, 1])
        assert row["test"] == "McNemar exact"


@pytest.mark.parametrize("test", ["signed-rank", "t"])
def test_noise_says_no_and_a_shift_is_found(test):
    p = run(table(*measured(2, 45, 400), "continuous"), test=test)["p"]
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05) / p.size
    assert low <= (p <= 0.05).mean() <= high
    hit = run(table(*measured(3, 60, 20, shift=0.8), "continuous"), test=test)
    assert hit["q"].iloc[0] < 1e-3
    assert hit["effect"].iloc[0] == pytest.approx(0.8, abs=0.3)
    assert (hit["q"].iloc[1:] > 0.05).all()


def test_noise_of_binary_readings_says_no():
    random = np.random.default_rng(91)
    first, second = ((random.random((60, 500)) < 0.4).astype(float) for _ in range(2))
    p = run(table(first, second, "binary"))["p"]
    assert (p <= 0.05).mean() <= stats.binom.ppf(0.9995, p.size, 0.05) / p.size


def test_what_cannot_be_tested_says_why():
    first, second = measured(4, 30, 3, missing=0)
    second[:, 0] = first[:, 0]
    second[12:, 1] = np.nan
    found = run(table(first, second, "continuous"))
    assert list(found["status"]) == ["not testable", "not testable", "ok"]
    assert "differ in fewer than 10" in found["reason"].iloc[0]
    assert "fewer than 20 patients" in found["reason"].iloc[1]
    levels = np.array(["a", "b"], dtype=object)[np.random.default_rng(1).integers(0, 2, (30, 1))]
    assert "without an order" in run(table(levels, levels, "categorical"))["reason"].iloc[0]
    with pytest.raises(InputError, match="IGX-ASSOC-051"):
        find_pairs(table(first, second, "continuous"), "before", "post")


@pytest.mark.parametrize(
    "bad", [{"second": "pre"}, {"adjust": ["age"]}, {"test": "sign"}, {"within": "site"}]
)
def test_settings_that_do_not_fit_are_refused(bad):
    with pytest.raises(InputError):
        PairedBlock.read({"name": "a", "first": "pre", "second": "post", **bad}, where="x")
