"""Agreement beside numbers printed by others, and beside SimpleITK, statsmodels and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater
from statsmodels.stats.tests.test_inter_rater import anxiety, diagnoses

from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.associate.agreement.table import measure_agreement
from imagenomics.stats.agreement.bland_altman import limits_of_agreement
from imagenomics.stats.agreement.icc import FORMS, icc, mean_squares
from imagenomics.stats.agreement.kappa import cohen_kappa, count_ratings, fleiss_kappa
from imagenomics.stats.agreement.krippendorff import krippendorff_alpha
from imagenomics.stats.agreement.overlap import dice, jaccard, surface_distances
from imagenomics.tables.patient_table import describe
from imagenomics.tables.unit_table import UnitTable

# Shrout & Fleiss 1979, table 2: six targets, four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
# Their table 4 (two digits), and the limits that McGraw & Wong's formulas give (R package psych, ICC).
PRINTED = {
    "ICC(1,1)": (0.17, -0.133, 0.72),
    "ICC(2,1)": (0.29, 0.019, 0.76),
    "ICC(3,1)": (0.71, 0.342, 0.95),
    "ICC(1,k)": (0.44, -0.884, 0.91),
    "ICC(2,k)": (0.62, 0.071, 0.93),
    "ICC(3,k)": (0.91, 0.676, 0.99),
}
# Bland & Altman 1986: peak expiratory flow (l/min) by two meters, first readings.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
_ = np.nan
# Krippendorff 2011, part E: four observers, twelve units.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
).T
# Three coders, fifteen units, as used in encyclopaedias and software manuals.
CODERS = np.array(
    [
        [_, _, _, _, _, 3, 4, 1, 2, 1, 1, 3, 3, _, 3],
        [1, _, 2, 1, 3, 3, 4, 3, _, _, _, _, _, _, _],
        [_, _, 2, 1, 3, 4, 4, _, 2, 1, 1, 3, 3, _, 4],
    ]
).T
# Fleiss' kappa, worked example of ten subjects and fourteen raters.
FOURTEEN = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


@pytest.mark.parametrize("form", FORMS)
def test_icc_of_shrout_and_fleiss(form):
    found, printed = icc(JUDGES, form=form), PRINTED[form]
    assert round(float(found.estimate), 2) == printed[0]
    assert abs(found.low - printed[1]) < 0.0006
    assert abs(found.high - printed[2]) < 0.006


def test_mean_squares_of_shrout_and_fleiss():
    ms = mean_squares(JUDGES)
    assert np.allclose([ms.between, ms.within, ms.judges, ms.error], [11.24, 6.26, 32.49, 1.02], atol=0.005)
    assert np.isclose(icc(JUDGES, form="ICC(3,1)").f, 11.03, atol=0.005)
    assert np.isclose(icc(JUDGES, form="ICC(1,1)").p, 0.16477, atol=1e-5)


def test_limits_of_bland_and_altman():
    found = limits_of_agreement(WRIGHT, MINI)
    assert round(float(found.bias.estimate), 1) == -2.1
    assert round(float(found.sd), 1) == 38.8
    assert np.allclose([found.bias.low, found.bias.high], [-22.0, 17.8], atol=0.06)
    # The paper takes 2 for 1.96: -79.7 and 75.5.
    two = limits_of_agreement(WRIGHT, MINI, coverage=0.9544997361)
    assert np.allclose([two.lower.estimate, two.upper.estimate], [-79.7, 75.5], atol=0.1)


@pytest.mark.parametrize(
    ("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_krippendorff(level, value):
    found = krippendorff_alpha(OBSERVERS, level=level, draws=200)
    assert round(float(found.estimate), 3) == value
    assert found.low < value < found.high
    assert found.n == 11


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.691), ("ordinal", 0.807), ("interval", 0.811)])
def test_alpha_of_three_coders(level, value):
    assert round(float(krippendorff_alpha(CODERS, level=level, draws=0).estimate), 3) == value


def test_alpha_of_two_observers_and_two_values():
    first, second = (
        [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
        [1, 1, 1, 0, 0, 1, 0, 0, 0, 0],
    )  # Krippendorff 2011, part A
    found = krippendorff_alpha(np.column_stack([first, second]), level="nominal", draws=0)
    assert round(float(found.estimate), 3) == 0.095


def test_fleiss_kappa_of_the_worked_example():
    found = fleiss_kappa(FOURTEEN)
    assert round(float(found.estimate), 3) == 0.210
    assert np.isclose(found.estimate, inter_rater.fleiss_kappa(np.array(FOURTEEN)), atol=1e-14)


def test_fleiss_kappa_is_that_of_statsmodels():
    ratings = np.random.default_rng(1).integers(0, 4, size=(60, 5))
    ratings[:, 1] = ratings[:, 0]
    table, _names = inter_rater.aggregate_raters(ratings)
    assert np.array_equal(count_ratings(ratings), table)
    assert np.isclose(fleiss_kappa(table).estimate, inter_rater.fleiss_kappa(table), atol=1e-14)


@pytest.mark.parametrize(
    ("weights", "sm", "sk"),
    [("none", None, None), ("linear", "linear", "linear"), ("quadratic", "quadratic", "quadratic")],
)
def test_cohen_kappa_is_that_of_statsmodels_and_scikit_learn(weights, sm, sk):
    rng = np.random.default_rng(5)
    a = rng.integers(0, 5, 80)
    b = np.clip(a + rng.integers(-1, 2, 80), 0, 4)
    table = np.zeros((5, 5))
    np.add.at(table, (a, b), 1)
    found = cohen_kappa(a, b, weights=weights)
    other = inter_rater.cohens_kappa(table, wt=sm)
    assert np.isclose(found.estimate, cohen_kappa_score(a, b, weights=sk), atol=1e-13)
    assert np.allclose(
        [found.estimate, found.low, found.high], [other.kappa, other.kappa_low, other.kappa_upp], atol=1e-9
    )


def _outlines(seed, shape=(14, 30, 26)):
    rng = np.random.default_rng(seed)
    z, y, x = np.indices(shape)
    centre = rng.uniform(0.4, 0.6, (2, 3)) * shape
    return [
        ((z - c[0]) / 4) ** 2 + ((y - c[1]) / 8) ** 2 + ((x - c[2]) / 7) ** 2 + 0.15 * rng.normal(size=shape)
        < 1
        for c in centre
    ]


def _itk_surface(mask, spacing):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing[::-1])
    return sitk.LabelContour(image, fullyConnected=False)


def _itk_distances(of, to):
    field = sitk.SignedMaurerDistanceMap(to, squaredDistance=False, useImageSpacing=True)
    return np.abs(sitk.GetArrayFromImage(field))[sitk.GetArrayFromImage(of) == 1]


@pytest.mark.parametrize("seed", range(4))
def test_outlines_are_compared_as_simpleitk_does(seed):
    spacing = (3.0, 0.7, 1.1)
    a, b = _outlines(seed)
    one, two = _itk_surface(a, spacing), _itk_surface(b, spacing)
    there, back = _itk_distances(one, two), _itk_distances(two, one)
    found = surface_distances(a, b, spacing_mm=spacing)
    assert np.allclose(found.first_mm, there, atol=2e-5)  # its map holds single precision
    assert np.allclose(found.second_mm, back, atol=2e-5)
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(one, two)
    assert np.isclose(found.hausdorff_mm(), hausdorff.GetHausdorffDistance(), atol=2e-5)
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*(sitk.GetImageFromArray(m.astype(np.uint8)) for m in (a, b)))
    assert np.isclose(dice(a, b), overlap.GetDiceCoefficient(1))
    assert np.isclose(jaccard(a, b), overlap.GetJaccardCoefficient(1))


def _block(values, *, kind, **settings):
    """Return what an [[agreement]] block says of one column: ratings (patients, readers)."""
    wide = pd.DataFrame(np.asarray(values, dtype=float))
    wide.index = pd.Index([f"P{i:02d}" for i in range(len(wide))], name="patient")
    wide.columns = pd.Index([f"r{j:02d}" for j in range(wide.shape[1])], name="unit")
    table = UnitTable(wide.stack().to_frame("x"), describe(["x"], kind=kind), "reader")
    chosen = AgreementSettings(**{"min_patients": 3, "draws": 0, **settings})
    found = measure_agreement(table, settings=chosen, analysis="a")
    return found.set_index(["statistic", "first", "second"])


def test_a_block_gives_the_correlations_of_shrout_and_fleiss():
    found = _block(JUDGES, kind="continuous", icc=FORMS)
    for form, (estimate, low, high) in PRINTED.items():
        row = found.loc[(form, "", "")]
        assert [round(row["estimate"], 2), round(row["ci_high"], 2)] == [estimate, high]
        assert row["ci_low"] == pytest.approx(low, abs=0.001)


@pytest.mark.parametrize(
    ("kind", "alpha", "level", "printed"),
    [
        ("binary", "none", "nominal", 0.743),
        ("ordinal", "none", "ordinal", 0.815),
        ("continuous", "interval", "interval", 0.849),
        ("continuous", "ratio", "ratio", 0.797),
    ],
)
def test_a_block_gives_the_alphas_of_krippendorff(kind, alpha, level, printed):
    row = _block(OBSERVERS, kind=kind, alpha=alpha).loc[(f"Krippendorff's alpha, {level}", "", "")]
    assert round(row["estimate"], 3) == printed
    assert (row["readers"], row["n"], row["n_any"]) == (4, 11, 12)


def test_a_block_gives_the_kappas_of_r():
    # R package irr: kappam.fleiss(diagnoses), kappa2(anxiety[, 2:3], "unweighted" | "equal" | "squared"), with the
    # data and results as statsmodels' tests print them.
    fleiss = _block(diagnoses, kind="binary", pairs=False)
    assert fleiss.loc[("Fleiss' kappa", "", ""), "estimate"] == pytest.approx(0.4302445, abs=1e-7)
    printed = {"none": -0.006289308, "linear": 0.1459075, "quadratic": 0.2520325}
    for weights, value in printed.items():
        # irr counts distances between the levels that were used; nobody gave the 4 that the values skip.
        used = np.unique(anxiety[:, 1:], return_inverse=True)[1].reshape(-1, 2)
        found = _block(used, kind="ordinal", weights=weights).xs("r00", level="first")
        assert found["estimate"].iloc[0] == pytest.approx(value, abs=1e-7)
