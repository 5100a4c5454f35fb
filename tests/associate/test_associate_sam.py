"""SAM: against a naive SAM written from the paper, its constant, noise, planted genes, bad input."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats

from imagenomics.associate.differential.expression import test_expression as run_expression
from imagenomics.associate.differential.fudge import fudge_factor
from imagenomics.associate.differential.sam_family import test_sam as run_sam
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.permute import permute_rows
from imagenomics.errors import InputError
from imagenomics.stats.multiplicity import false_discovery
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import SerialExecutor
from imagenomics.work.seeds import generator


def table(values, name, **fields) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, **fields))


def run(phenotypes, genes, *, seed=1, permutations=100, **options):
    keys = ("covariates", "strata", "executor")
    inputs = {k: options.pop(k) for k in keys if k in options}
    settings = DifferentialSettings(method="sam", permutations=permutations, **options)
    return run_sam(phenotypes, genes, settings=settings, analysis="d", seed=seed, **inputs)


def two_classes(genes, group):
    """The paper's r and s: difference of means, and its standard error from the pooled variance."""
    a, b = genes[group == 1], genes[group == 0]
    factor = (1 / len(a) + 1 / len(b)) / (len(a) + len(b) - 2)
    squares = ((a - a.mean(0)) ** 2).sum(0) + ((b - b.mean(0)) ** 2).sum(0)
    return a.mean(0) - b.mean(0), np.sqrt(factor * squares)


def quantitative(genes, x):
    """Slope of each gene along a number, and its standard error."""
    c, y = x - x.mean(), genes - genes.mean(0)
    slope = c @ y / (c @ c)
    rest = ((y - np.outer(c, slope)) ** 2).sum(0)
    return slope, np.sqrt(rest / (len(x) - 2) / (c @ c))


@pytest.mark.parametrize("kind", ["binary", "continuous"])
def test_a_naive_sam_gives_the_same(kind):
    random = np.random.default_rng(1)
    genes = random.standard_normal((30, 80)) * random.uniform(0.5, 2, 80)
    x = (np.arange(30) < 14).astype(float) if kind == "binary" else random.standard_normal(30)
    genes[:, :6] += 1.2 * x[:, None]
    found = run(table(x[:, None], "f", kind=kind), table(genes, "g"), transform="none")
    statistic = two_classes if kind == "binary" else quantitative
    own = x if kind == "binary" else x / x.std(ddof=1)
    r, s = statistic(genes, own)
    s0 = np.percentile(s, 5)
    d = r / (s + s0)
    orders = [permute_rows(np.zeros(30, dtype=int), generator(1, "maxt", "d", b)) for b in range(100)]
    drawn = []
    for order in orders:
        r_, s_ = statistic(genes, own[order])
        drawn.append(r_ / (s_ + s0))
    drawn = np.array(drawn)
    if kind == "continuous":
        peer = stats.linregress(own, genes[:, 0])
        assert (r[0], s[0]) == (pytest.approx(peer.slope), pytest.approx(peer.stderr))
    rows = found.associations
    np.testing.assert_allclose(rows["effect"], r, rtol=1e-9)
    np.testing.assert_allclose(rows["se"], s, rtol=1e-9)
    np.testing.assert_allclose(rows["statistic"], d, rtol=1e-9)
    p = [(1 + (np.abs(drawn) >= abs(v) * (1 - 1e-9)).sum()) / (1 + drawn.size) for v in d]
    np.testing.assert_allclose(rows["p"], p, rtol=1e-12)
    top = np.abs(drawn).max(axis=1)
    np.testing.assert_allclose(rows["p_maxt"], [(1 + (top >= abs(v)).sum()) / 101 for v in d])
    expected = np.sort(drawn, axis=1).mean(axis=0)
    np.testing.assert_allclose(np.sort(found.genes["expected"]), expected, rtol=1e-9)
    line = found.deltas.iloc[20]
    away = np.sort(d) - expected
    up = next(
        (v for v, e, a in zip(np.sort(d), expected, away, strict=True) if e > 0 and a > line.delta), np.inf
    )
    down = [v for v, e, a in zip(np.sort(d), expected, away, strict=True) if e < 0 and a < -line.delta]
    down = down[-1] if down else -np.inf
    low, high = np.quantile(drawn, [0.25, 0.75])
    pi0 = min(1, ((d > low) & (d < high)).mean() / 0.5)
    wrong = ((drawn >= up) | (drawn <= down)).sum(axis=1)
    called = ((d >= up) | (d <= down)).sum()
    assert (line.cut_low, line.cut_high) == pytest.approx((down, up))
    assert (line.called, line.false_median) == (called, pytest.approx(pi0 * np.median(wrong)))
    assert line.fdr == pytest.approx(min(1, pi0 * np.median(wrong) / called))


def test_q_is_the_mean_number_of_false_genes_over_those_called():
    random = np.random.default_rng(3)
    genes, x = random.standard_normal((40, 60)), random.standard_normal((40, 1))
    genes[:, :4] += 0.9 * x
    rows = run(table(x, "f"), table(genes, "g")).associations
    order = np.argsort(rows["p"].to_numpy())
    ratio = rows["p"].to_numpy()[order] * 60 / np.arange(1, 61)
    best = np.minimum.accumulate(ratio[::-1])[::-1]
    np.testing.assert_allclose(rows["q"].to_numpy()[order], np.minimum(best, 1))
    np.testing.assert_allclose(rows["q"], false_discovery(rows["p"].to_numpy(), "bh"))


def test_the_constant_makes_spread_even_over_the_errors():
    random = np.random.default_rng(7)
    s = np.exp(random.normal(0, 1, 4000))
    even = fudge_factor(s * random.standard_normal(4000), s)
    assert even == (s.min(), 0.0)  # d is as spread everywhere already
    uneven = fudge_factor((s + 1.0) * random.standard_normal(4000), s)
    assert uneven.value == pytest.approx(1.0, rel=0.5)
    values = np.percentile(s, np.arange(0, 101, 5))
    assert uneven.value in values
    few = fudge_factor(s[:100], s[:100])
    assert few == (pytest.approx(np.percentile(s[:100], 5)), 5.0)


# R 4.2.2, samr 3.0: est.s0(r / s, s)$s0.hat.
@pytest.mark.parametrize(
    ("added", "known"), [(0.0, (0.166587881456981, 0.0)), (0.5, (0.545896854538812, 10.0))]
)
def test_the_constant_is_that_of_samr(added, known):
    random = np.random.default_rng(31)
    s = np.exp(random.normal(0, 0.5, 600))
    found = fudge_factor((s + added) * random.standard_normal(600), s)
    assert found == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("kind", ["continuous", "binary"])
def test_noise_keeps_its_rate(kind):
    random = np.random.default_rng([5, len(kind)])
    count = tests = 0
    for seed in range(6):
        x = random.standard_normal((30, 1))
        if kind == "binary":
            x = (x > np.median(x)).astype(float)
        sd = np.sqrt(8 / random.chisquare(8, 150))
        rows = run(
            table(x, "f", kind=kind),
            table(sd * random.standard_normal((30, 150)), "g"),
            covariates=table(random.standard_normal((30, 1)), "c"),
            permutations=50,
            seed=seed,
        ).associations
        count, tests = count + int((rows["p"] <= 0.05).sum()), tests + len(rows)
    low, high = stats.binom.ppf([0.0005, 0.9995], tests, 0.05)
    assert low <= count <= high


def test_planted_genes_are_found_and_others_are_not():
    random = np.random.default_rng(11)
    x, genes = random.standard_normal((60, 2)), random.standard_normal((60, 200))
    genes[:, :5] += 0.8 * x[:, :1]
    found = run(table(x, "f"), table(genes, "g", unit="log2 CPM"))
    rows = found.associations
    first = rows[rows["feature"] == "f0"].reset_index()
    assert set(first["target"][first["q"] <= 0.05]) >= {f"g{k}" for k in range(5)}
    assert (first["q"] <= 0.05).sum() <= 7
    assert not (rows["q"][rows["feature"] == "f1"] <= 0.05).any()
    assert set(rows["effect_name"]) == {"log2 fold change per SD"}
    assert (first["p_maxt"][:5] <= 0.05).all()
    own = found.genes[found.genes["feature"] == "f0"]
    assert (own["q_sam"].to_numpy()[:5] <= 0.05).all()


def test_missing_values_small_groups_and_order_of_work():
    random = np.random.default_rng(2)
    genes = random.standard_normal((40, 30))
    genes[random.random(genes.shape) < 0.05] = np.nan
    genes[:, 0] = 1.0
    x = random.standard_normal((40, 2))
    x[:3, 0] = np.nan
    small = np.column_stack([x, np.arange(40) < 4])
    kinds = pd.Series(["continuous", "continuous", "binary"], index=["f0", "f1", "f2"])
    phenotypes = table(small, "f")
    phenotypes = PatientTable(phenotypes.values, phenotypes.columns.assign(kind=kinds))
    rows = run(phenotypes, table(genes, "g"), permutations=50, executor=SerialExecutor()).associations
    assert rows.loc[rows["target"] == "g0", "p"].isna().all()
    assert rows.loc[rows["feature"] == "f2", "p"].isna().all()
    assert rows.loc[(rows["feature"] != "f2") & (rows["target"] != "g0"), "p"].between(0, 1).all()
    pd.testing.assert_frame_equal(
        rows,
        run_expression(
            phenotypes,
            table(genes, "g"),
            settings=DifferentialSettings(method="sam", permutations=50),
            analysis="d",
            seed=1,
        ),
    )


def test_bad_input_is_refused():
    random = np.random.default_rng(2)
    x, genes = table(random.standard_normal((40, 1)), "f"), random.standard_normal((40, 5))
    alone = pd.Series(np.arange(40).astype(str), index=x.values.index)
    with pytest.raises(InputError, match="IGX-DIFF-010"):
        run(x, table(genes, "g"), strata=alone)
    with pytest.raises(InputError, match="IGX-DIFF-001"):
        run(x, table(np.abs(genes).round(), "g", unit="counts"))
    with pytest.raises(ValidationError, match="permutations = 50 or more"):
        DifferentialSettings(method="sam", permutations=10)
    with pytest.raises(ValidationError, match="trend"):
        DifferentialSettings(method="sam", trend=True)
