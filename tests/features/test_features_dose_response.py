"""Slope over dose: planted slopes, noise, outliers, other people's regressions, and regions that have none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats
from scipy.ndimage import gaussian_filter
from statsmodels.api import RLM, add_constant
from statsmodels.robust.norms import HuberT

from imagenomics.errors import InputError
from imagenomics.features.dose_response import DoseResponseSettings, dose_response, huber_line, theil_sen
from imagenomics.features.phenotypes.dose import DoseResponseMeasure
from imagenomics.features.phenotypes.measure import measure_picture, planned_rows
from imagenomics.images.volume import Volume

PLAIN = DoseResponseSettings()
SLOPES = ("slope_per_gy", "slope_huber_per_gy", "slope_bins_per_gy")


def ramp(n=4000, seed=0):
    return np.random.default_rng(seed).uniform(0, 60, n)


@pytest.mark.parametrize("slope", [-3.0, 0.4, 10.0])
def test_a_planted_slope_comes_back(slope):
    dose = ramp()
    change = 5.0 + slope * dose + np.random.default_rng(1).normal(0, 20, dose.size)
    found = dose_response(dose, change, settings=PLAIN)
    for name in SLOPES:
        assert found[name] == pytest.approx(slope, abs=0.12)
    assert found["intercept"] == pytest.approx(5.0, abs=3)
    assert found["r2_bins"] > found["r2"]
    assert (found["n_bins"], found["n_voxels"]) == (12, 4000)


def test_without_noise_it_is_exact():
    dose = ramp()
    found = dose_response(dose, 2.5 * dose - 7.0, settings=PLAIN)
    np.testing.assert_allclose([found["slope_per_gy"], found["slope_huber_per_gy"]], 2.5, rtol=1e-12)
    np.testing.assert_allclose([found["intercept"], found["intercept_huber"]], -7.0, rtol=1e-10)
    np.testing.assert_allclose([found["r2"], found["r2_bins"]], 1.0, rtol=1e-10)


def test_smooth_noise_has_slopes_around_zero():
    rng = np.random.default_rng(8)
    found = []
    for _ in range(40):
        dose = 30.0 + 10.0 * gaussian_filter(rng.normal(size=(20, 20, 20)), 3.0, mode="wrap") * 40
        change = gaussian_filter(rng.normal(size=(20, 20, 20)), 1.5, mode="wrap") * 100
        dose = np.clip(dose, 0, None)
        one = dose_response(dose.ravel(), change.ravel(), settings=PLAIN)
        found.append([one[name] for name in SLOPES])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(40)
    assert (np.abs(mean) < 3.3 * error).all()  # 99.9%
    # Why there is no p value: a regression over voxels would call nearly every one of these patients a responder.
    plain = stats.linregress(dose.ravel(), change.ravel())
    assert np.std(found, axis=0)[0] > 2 * plain.stderr


def test_the_lines_are_those_of_others():
    rng = np.random.default_rng(2)
    dose = rng.uniform(0, 60, 500)
    change = 4.0 * dose + rng.standard_t(2, 500) * 15
    found = dose_response(dose, change, settings=PLAIN)
    plain = stats.linregress(dose, change)
    np.testing.assert_allclose(
        [found["slope_per_gy"], found["intercept"]], [plain.slope, plain.intercept], rtol=1e-10
    )
    assert found["r2"] == pytest.approx(plain.rvalue**2)
    robust = RLM(change, add_constant(dose), M=HuberT()).fit(maxiter=500, tol=1e-12, update_scale=True)
    np.testing.assert_allclose(
        [huber_line(dose, change).intercept, huber_line(dose, change).slope], robust.params, rtol=1e-7
    )
    peer = stats.theilslopes(change[:60], dose[:60], method="separate")
    own = theil_sen(dose[:60], change[:60])
    np.testing.assert_allclose([own.slope, own.intercept], [peer.slope, peer.intercept], rtol=1e-10)


def test_an_atelectasis_moves_least_squares_and_not_the_robust_lines():
    dose = ramp(seed=4)
    change = 2.0 * dose + np.random.default_rng(5).normal(0, 10, dose.size)
    change[(dose > 50) & (np.arange(dose.size) % 4 == 0)] += 800.0  # collapsed lung in the high dose
    found = dose_response(dose, change, settings=PLAIN)
    assert found["slope_per_gy"] > 3.0
    assert found["slope_bins_per_gy"] == pytest.approx(2.0, abs=0.25)
    assert abs(found["slope_huber_per_gy"] - 2.0) < 0.5 * abs(found["slope_per_gy"] - 2.0)


@examples(max_examples=25, deadline=None)
@given(st.floats(-20, 20), st.floats(-500, 500), st.integers(0, 5))
def test_adding_a_line_adds_its_slope(slope, level, seed):
    dose, noise = ramp(600, seed), np.random.default_rng(seed + 50).normal(0, 30, 600)
    before, after = (dose_response(dose, c, settings=PLAIN) for c in (noise, noise + level + slope * dose))
    for name in ("slope_per_gy", "slope_huber_per_gy"):
        assert after[name] - before[name] == pytest.approx(slope, abs=1e-6)


def test_dose_in_other_units_is_the_same():
    dose = ramp()
    change = dose + np.random.default_rng(3).normal(0, 5, dose.size)
    rows = [_measured(d, change, gy_per_unit=k) for d, k in ((dose, 1.0), (dose * 100, 0.01))]
    np.testing.assert_allclose(rows[0]["value"].astype(float), rows[1]["value"].astype(float), rtol=1e-9)


def _measured(dose, change, regions=None, **settings):
    shape = (10, 20, 20)
    dose, change = dose.reshape(shape), change.reshape(shape)
    before = np.random.default_rng(9).normal(-800, 50, shape)
    regions = regions or {"lung": np.ones(shape, bool)}
    measure = DoseResponseMeasure(**settings)
    others = {"before": Volume(before), "dose": Volume(dose)}
    rows, _ = measure_picture(Volume(before + change), regions, measure=measure, others=others)
    planned = planned_rows(
        measure,
        [r for r in regions if r != settings.get("without")],
        spacing_known=True,
        others=("before", "dose"),
    )
    assert rows[["feature", "unit", "flags", "region"]].equals(
        planned[["feature", "unit", "flags", "region"]]
    )
    return rows.set_index("feature")


def test_the_tumour_is_left_out_and_units_are_told():
    dose = ramp()
    change = 3.0 * dose
    shape = (10, 20, 20)
    lung, tumour = np.ones(shape, bool), np.zeros(shape, bool)
    tumour[:3] = True
    change = np.where(tumour.ravel(), -500.0, change)
    with_it = _measured(dose, change)
    without = _measured(dose, change, {"lung": lung, "tumour": tumour}, without="tumour")
    assert without.loc["slope_per_gy", "value"] == pytest.approx(3.0)
    assert with_it.loc["slope_per_gy", "value"] != pytest.approx(3.0, abs=0.2)
    assert without.loc["n_voxels", "value"] == 7 * 400
    assert without.loc["slope_per_gy", "unit"] == "HU/Gy"
    assert set(without["region"]) == {"lung"}
    assert set(without.index[without["flags"] == "diagnostic"]) == {
        "dose_mean_gy", "dose_p5_gy", "dose_p95_gy", "n_voxels", "n_bins",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dose", "settings", "code"),
    [
        (np.full(4000, 30.0), {}, "IGX-FEAT-191"),
        (np.random.default_rng(0).uniform(29, 31, 4000), {}, "IGX-FEAT-191"),
        (ramp() / 100, {}, "IGX-FEAT-191"),
        (np.where(np.arange(4000) < 50, 40.0, np.nan), {}, "IGX-FEAT-190"),
        (np.full(4000, np.nan), {}, "IGX-FEAT-190"),
        (ramp(), {"from_gy": 59.9}, "IGX-FEAT-190"),
        (ramp() - 20.0, {}, "IGX-FEAT-192"),
    ],
)
def test_doses_without_a_slope_are_refused(dose, settings, code):
    with pytest.raises(InputError, match=code):
        _measured(dose, np.zeros(4000), **settings)


def test_two_doses_alone_have_no_slope_of_bins():
    dose = np.repeat([5.0, 40.0], 2000)
    found = dose_response(dose, dose, settings=PLAIN)
    assert found["slope_per_gy"] == pytest.approx(1.0)
    assert "needs 3" in found["slope_bins_per_gy"]


def test_nothing_changed_is_a_slope_of_zero():
    found = dose_response(ramp(), np.zeros(4000), settings=PLAIN)
    assert [found[name] for name in SLOPES] == [0.0, 0.0, 0.0]
    assert np.isnan(found["r2"])


@pytest.mark.parametrize("settings", [{"bin_gy": 0}, {"to_gy": 3.0}, {"gy_per_unit": -1}, {"min_voxels": 1}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValidationError):
        DoseResponseMeasure(**settings)
