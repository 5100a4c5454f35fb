"""AUCs compared, and what published AUCs, shares and ratios say."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from imagenomics.errors import InputError
from imagenomics.stats.auc_bootstrap import bootstrap_auc
from imagenomics.stats.auc_summary import area_test, compare_published_areas, hanley_mcneil
from imagenomics.stats.back_solve import tables_behind
from imagenomics.stats.delong import compare_areas, compare_independent_areas, delong, equal_areas
from imagenomics.stats.effects import delong_interval
from imagenomics.stats.ratio_summary import ratio_from_interval, ratio_from_p

RANDOM = np.random.default_rng(31)
Y = np.repeat([1, 0], [18, 30])
SCORES = np.round(RANDOM.normal(size=(3, 48)) + Y * np.array([[1.2], [0.8], [0.0]]), 1)


def _by_definition(scores, y):
    """DeLong's covariance from all pairs of a positive and a negative."""
    kernels = []
    for s in scores:
        p, n = s[y == 1], s[y == 0]
        kernels.append((p[:, None] > n) + 0.5 * (p[:, None] == n))
    return (
        np.array([k.mean() for k in kernels]),
        np.cov([k.mean(1) for k in kernels]) / (y == 1).sum()
        + np.cov([k.mean(0) for k in kernels]) / (y == 0).sum(),
    )


def test_delong_by_definition():
    area, covariance = _by_definition(SCORES, Y)
    found = delong(SCORES, Y)
    np.testing.assert_allclose(found.area, area, rtol=1e-12)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-10)
    assert found.area[0] == pytest.approx(delong_interval(SCORES[0], Y)[0])


def test_paired_comparison():
    area, c = _by_definition(SCORES[:2], Y)
    z = (area[0] - area[1]) / np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
    found = compare_areas(SCORES[0], SCORES[1], Y)
    assert (found.statistic, found.p) == pytest.approx((z, 2 * stats.norm.sf(abs(z))))
    assert found.low < found.effect < found.high
    assert compare_areas(SCORES[1], SCORES[0], Y).effect == -found.effect
    assert equal_areas(SCORES[:2], Y).statistic == pytest.approx(z * z)
    three = equal_areas(SCORES, Y)
    assert three.df == 2
    np.testing.assert_allclose(equal_areas(SCORES[[2, 0, 1]], Y), three, rtol=1e-9)


def test_scores_that_rank_alike():
    same = compare_areas(SCORES[0], np.exp(SCORES[0]), Y)
    assert (same.effect, same.p) == (0.0, 1.0)
    assert equal_areas([SCORES[0], 2 * SCORES[0]], Y).p == 1.0
    perfect = np.where(Y == 1, 5.0, 1.0)
    assert np.isnan(compare_areas(perfect, -perfect, Y).p)


def test_independent_groups():
    half = np.arange(48) % 2 == 0
    found = compare_independent_areas((SCORES[0][half], Y[half]), (SCORES[0][~half], Y[~half]))
    a, b = delong(SCORES[0][half], Y[half]), delong(SCORES[0][~half], Y[~half])
    z = (a.area - b.area) / np.sqrt(a.covariance + b.covariance)
    assert found.statistic == pytest.approx(z.item())


def test_paired_test_keeps_its_level():
    random = np.random.default_rng(8)
    y = np.repeat([1, 0], [30, 40])
    shared = random.normal(size=(600, 70)) + 0.8 * y
    p = [float(compare_areas(s + random.normal(size=70), s + random.normal(size=70), y).p) for s in shared]
    assert 0.025 <= np.mean(np.array(p) <= 0.05) <= 0.085


def test_bootstrap():
    found = bootstrap_auc(SCORES[0], Y, draws=400, seed=2)
    area, low, high = delong_interval(SCORES[0], Y)
    assert found[0] == pytest.approx(area)
    assert found[1:] == pytest.approx((low, high), abs=0.05)
    assert found == bootstrap_auc(SCORES[0], Y, draws=400, seed=2)
    gain = bootstrap_auc(SCORES[0], Y, second=SCORES[2], draws=400, seed=2)
    paired = compare_areas(SCORES[0], SCORES[2], Y)
    assert gain == pytest.approx((float(paired.effect), float(paired.low), float(paired.high)), abs=0.06)


def test_hanley_mcneil():
    # Hanley & McNeil 1982: an AUC of .893 of 51 abnormal and 58 normal images, standard error .032
    assert hanley_mcneil(0.893, 51, 58) == pytest.approx(0.032, abs=0.0006)
    assert hanley_mcneil([0.5, 0.8], [20, 20], 30).shape == (2,)
    assert np.isnan(hanley_mcneil(0.5, 0, 10))


def test_published_area():
    # Nicolasjilwan 2015: .679 +- .068, so z = 2.63 and p = .0085 if that is a standard error
    found = area_test(0.679, 0.068)
    assert (found.statistic, found.p) == pytest.approx((2.632, 0.0085), abs=5e-4)
    other = compare_published_areas((0.8, 0.05), (0.7, 0.06))
    assert other.statistic == pytest.approx(0.1 / np.hypot(0.05, 0.06))
    assert compare_published_areas((0.8, 0.05), (0.7, 0.06), correlation=0.6).p < other.p


def test_tables_of_a_published_pair():
    # Banerjee 2015: sensitivity .76, specificity .94, accuracy .89 of 157; several numbers of diseased fit
    limits = {"sensitivity": (0.755, 0.765), "specificity": (0.935, 0.945), "accuracy": (0.885, 0.895)}
    found = tables_behind(157, **limits)
    assert (31, 10, 7, 109) in found
    assert sorted({t.tp + t.fn for t in found}) == [41, 42, 45, 46, 49, 50, 51]
    assert [t for t in found if t.tp + t.fn == 41] == tables_behind(157, positives=41, **limits)


@given(st.tuples(*[st.integers(0, 15)] * 4), st.integers(1, 2))
@settings(max_examples=40)
def test_the_true_table_is_among_those_found(cells, digits):
    tp, fn, fp, tn = cells
    if tp + fn == 0 or fp + tn == 0:
        return
    half = 0.5 * 10.0**-digits
    sensitivity, specificity = round(tp / (tp + fn), digits), round(tn / (fp + tn), digits)
    found = tables_behind(
        sum(cells),
        sensitivity=(sensitivity - half, sensitivity + half),
        specificity=(specificity - half, specificity + half),
    )
    assert cells in found
    assert all(abs(t.tp / (t.tp + t.fn) - sensitivity) <= half + 1e-8 for t in found)


def test_tables_by_brute_force():
    limits = {"sensitivity": (0.795, 0.805), "specificity": (0.65, 0.75), "positive_value": (0.6, 0.7)}
    every = [
        (tp, m - tp, fp, 22 - m - fp)
        for m in range(1, 22)
        for tp, fp in itertools.product(range(m + 1), range(22 - m + 1))
        if 0.795 <= tp / m <= 0.805
        and 0.65 <= 1 - fp / (22 - m) <= 0.75
        and tp + fp
        and 0.6 <= tp / (tp + fp) <= 0.7
    ]
    assert sorted(tables_behind(22, **limits)) == sorted(every)
    assert tables_behind(10, sensitivity=(0.765, 0.775), specificity=(0.0, 1.0)) == []


def test_ratios():
    # the meeting report of Tykocinski 2012: odds ratio 2.49 (1.12 to 5.56), p .026
    found = ratio_from_interval(2.49, 1.12, 5.56)
    assert found.test.p == pytest.approx(0.0256, abs=2e-4)
    assert found.lean == pytest.approx(1.0, abs=0.02)
    # Altman & Bland 2011, BMJ 343:d2304: ratio .81 (.70 to .94) gives z = -2.8 and p = .005
    found = ratio_from_interval(0.81, 0.70, 0.94)
    assert found.test.p == pytest.approx(0.005, abs=5e-4)
    error, (low, _) = ratio_from_p(0.81, float(found.test.p))
    assert error == pytest.approx(float(found.error), rel=1e-9)
    assert low == pytest.approx(0.81 * 0.70 / np.sqrt(0.70 * 0.94), rel=1e-9)
    assert np.isnan(ratio_from_p(1.0, 0.5)[0])


@given(st.floats(0.05, 20), st.floats(0.05, 1.5))
def test_ratio_and_its_inverse(ratio, error):
    step = np.exp(1.959963984540054 * error)
    one, other = (ratio_from_interval(r, r / step, r * step) for r in (ratio, 1 / ratio))
    assert one.test.p == pytest.approx(float(other.test.p), rel=1e-6)
    assert one.error == pytest.approx(error, rel=1e-9)
    assert one.lean == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: delong(SCORES[0], Y[:-1]), "IGX-STAT-001"),
        (lambda: delong(SCORES[0], Y + 1), "IGX-STAT-002"),
        (lambda: delong([1.0, 2.0, 3.0], [1, 0, 0]), "IGX-STAT-044"),
        (lambda: bootstrap_auc(SCORES[0], Y, draws=3), "IGX-STAT-048"),
        (lambda: bootstrap_auc(SCORES[0], Y[:-1]), "IGX-STAT-001"),
        (lambda: hanley_mcneil(1.2, 3, 4), "IGX-STAT-047"),
        (lambda: hanley_mcneil(0.8, 3.5, 4), "IGX-STAT-040"),
        (lambda: area_test(0.7, 0.0), "IGX-STAT-046"),
        (lambda: compare_published_areas((0.8, 0.1), (0.7, 0.1), correlation=2), "IGX-STAT-041"),
        (lambda: tables_behind(-5), "IGX-STAT-040"),
        (lambda: tables_behind(20, positives=30), "IGX-STAT-040"),
        (lambda: tables_behind(20, sensitivity=(0.9, 0.8)), "IGX-STAT-047"),
        (lambda: ratio_from_interval(2.0, 2.5, 3.0), "IGX-STAT-046"),
        (lambda: ratio_from_interval(2.0, -1.0, 3.0), "IGX-STAT-046"),
        (lambda: ratio_from_p(2.0, 1.5), "IGX-STAT-042"),
        (lambda: ratio_from_p(0.0, 0.5), "IGX-STAT-046"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(InputError, match=code):
        call()
