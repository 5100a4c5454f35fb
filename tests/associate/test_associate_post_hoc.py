"""Levels compared two at a time: against scipy, only after a test of the whole, and what cannot be compared."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.post_hoc import COLUMNS, METHODS, compare_levels
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.report.families import read_families
from imagenomics.report.folder import Results
from imagenomics.report.post_hoc import level_table
from imagenomics.report.wording import Wording
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.tables.patient_table import PatientTable, describe


def table(values: np.ndarray, kind: str, *, name: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def study(seed: int, *, shift: float = 0.0, n: int = 120):
    random = np.random.default_rng([87, seed])
    g = np.array(["a", "b", "c"], dtype=object)[random.integers(0, 3, (n, 2))]
    x = random.normal(size=(n, 2))
    x[:, 0] += shift * (g[:, 0] == "b")
    x[random.random(x.shape) < 0.05] = np.nan
    g[random.random(g.shape) < 0.05] = None
    sides = table(x, "continuous", name="x"), table(g, "categorical", name="g")
    rows = pairs.test_pairs(*sides, settings=AssociateSettings(permutations=0), analysis="levels", seed=1)
    return sides, rows


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_every_line_against_scipy(method, swapped):
    (features, targets), rows = study(1, shift=1.0)
    if swapped:
        features, targets = targets, features
        rows = rows.rename(columns={"feature": "target", "target": "feature"})
    found = compare_levels(features, targets, rows, method=method, q_at_most=None)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 4 * 3
    for (feature, target), lines in found.groupby(["feature", "target"]):
        x, g = (features.values[feature], targets.values[target])[:: -1 if swapped else 1]
        frame = pd.DataFrame({"x": x.astype(float), "g": g}).dropna()
        parts = {k: part["x"].to_numpy() for k, part in frame.groupby("g")}
        assert [(r.level_a, r.level_b) for r in lines.itertuples()] == [("a", "b"), ("a", "c"), ("b", "c")]
        for r in lines.itertuples():
            a, b = parts[r.level_a], parts[r.level_b]
            assert (r.n_a, r.n_b) == (a.size, b.size)
            if method in ("dunn", "mann-whitney"):
                assert r.effect == pytest.approx(stats.mannwhitneyu(a, b).statistic / (a.size * b.size))
            else:
                assert r.effect == pytest.approx(a.mean() - b.mean())
        if method in ("tukey", "games-howell"):
            known = stats.tukey_hsd(*parts.values(), equal_var=method == "tukey")
            np.testing.assert_allclose(lines["p_adjusted"], known.pvalue[[0, 0, 1], [1, 2, 2]], rtol=1e-6)
        elif method == "welch":
            known = [
                stats.ttest_ind(parts[a], parts[b], equal_var=False).pvalue for a, b in ("ab", "ac", "bc")
            ]
            np.testing.assert_allclose(lines["p"], known, rtol=1e-9)
        assert (lines["p_adjusted"] >= lines["p"] - 1e-12).all()


def test_only_pairs_that_go_together_and_the_shifted_level():
    (features, targets), rows = study(2, shift=1.5)
    found = compare_levels(features, targets, rows, method="dunn", q_at_most=0.05)
    assert set(zip(found["feature"], found["target"], strict=True)) == {("x0", "g0")}
    assert list(found["p_adjusted"] <= 0.05) == [True, False, True]
    nothing = compare_levels(features, targets, rows, method="dunn", q_at_most=1e-30)
    assert nothing.empty
    assert list(nothing.columns) == list(COLUMNS)


@pytest.mark.parametrize("method", ["dunn", "tukey"])
def test_noise_keeps_the_error_rate_of_a_pair(method):
    random = np.random.default_rng(88)
    n, families = 60, 300 if method == "dunn" else 60
    x = random.normal(size=(n, families))
    g = np.array(["a", "b", "c", "d"], dtype=object)[random.integers(0, 4, (n, 1))]
    features, targets = table(x, "continuous", name="x"), table(g, "categorical", name="g")
    rows = pd.DataFrame(
        {"analysis": "z", "feature": features.values.columns, "target": "g0", "p": 1.0, "q": 1.0}
    )
    found = compare_levels(features, targets, rows, method=method, q_at_most=None)
    hits = (found.groupby("feature")["p_adjusted"].min() <= 0.05).sum()
    assert hits <= stats.binom.ppf(0.9995, families, 0.05)


def test_other_kinds_and_bad_names():
    (features, _), _ = study(3)
    rows = pairs.test_pairs(
        features, features, settings=AssociateSettings(permutations=0), analysis="n", seed=1
    )
    assert compare_levels(features, features, rows, method="dunn", q_at_most=None).empty
    with pytest.raises(InputError, match="IGX-ASSOC-050"):
        compare_levels(features, features, rows, method="tuckey", q_at_most=None)
    with pytest.raises(InputError, match="post_hoc = 'dunn'"):
        AssociateBlock.read({"name": "a", "targets": "m", "adjust": ["age"], "post_hoc": "dunn"}, where="x")


def test_the_page_shows_the_surest_comparisons(tmp_path):
    (features, targets), rows = study(2, shift=1.5)
    found = compare_levels(features, targets, rows, method="tukey", q_at_most=0.05)
    results = Results(
        tmp_path, {"associations.parquet": rows.assign(stratum=""), "post_hoc.parquet": found}, {}
    )
    (family,) = read_families(results)
    html = str(level_table(results, family, Wording()))
    assert "Which levels differ" in html
    assert "a against b" in html
    assert "Tukey-Kramer" in html
    assert level_table(Results(tmp_path, {}, {}), family, Wording()) is None
