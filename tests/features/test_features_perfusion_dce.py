"""DCE-MRI: signal, concentration, exchange, curve shapes, each against curves whose parameters are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit

from imagenomics.errors import InputError
from imagenomics.features.perfusion.brix import brix_curves, fit_brix
from imagenomics.features.perfusion.dce import dce_maps
from imagenomics.features.perfusion.kinetics import curve_shape, initial_areas
from imagenomics.features.perfusion.population import population_curve
from imagenomics.features.perfusion.settings import DceSettings, KineticSettings
from imagenomics.features.perfusion.spoiled_echo import (
    concentration,
    spoiled_signal,
    variable_flip_angle_t1,
)
from imagenomics.features.perfusion.tofts import PlasmaCurve, fit_patlak, fit_tofts, tofts_curves

TIMES = np.arange(60) * 5.0
SEQUENCE = {"repetition_time_ms": 5.0, "flip_angle_deg": 15.0}
TRUE = np.array([[0.05, 0.2, 0.02], [0.25, 0.8, 0.05], [0.4, 0.9, 0.08]])  # ktrans, kep, vp
FINE = np.arange(0, 300, 1.0)
PLASMA = PlasmaCurve(FINE, population_curve(FINE - 30.0))


def signal_of(curves: np.ndarray, t10: float = 1.2) -> np.ndarray:
    return 900 * spoiled_signal(1 / t10 + 4.5 * curves, repetition_time_s=0.005, flip_angle_deg=15)


def test_the_convolution_solves_the_equation_of_exchange():
    found = tofts_curves(TRUE, TIMES, PLASMA)
    for k, (ktrans, kep, vp) in enumerate(TRUE):
        solved = solve_ivp(
            lambda t, c, a=ktrans, b=kep: a / 60 * np.interp(t, FINE, PLASMA.values) - b / 60 * c,
            (0, TIMES[-1]),
            [0.0],
            t_eval=TIMES,
            max_step=0.5,
            rtol=1e-8,
            atol=1e-10,
        ).y[0]
        np.testing.assert_allclose(found[k], solved + vp * np.interp(TIMES, FINE, PLASMA.values), atol=2e-6)


def test_slow_washout_needs_no_division():
    rates = np.array([0.0, 1e-7, 1e-6, 1e-3])
    kept = PLASMA.washed_out(rates, TIMES)
    np.testing.assert_allclose(kept[0], PLASMA.area_at(TIMES), rtol=1e-12)
    np.testing.assert_allclose(kept[1], kept[0], rtol=1e-4)
    assert (np.diff(kept[:, -1]) < 0).all()


@pytest.mark.parametrize("times", [TIMES, np.unique(np.concatenate([np.arange(0, 100, 2.0), TIMES]))])
@pytest.mark.parametrize("extended", [True, False])
def test_tofts_parameters_come_back(times, extended):
    true = TRUE if extended else TRUE[:, :2]
    curves = tofts_curves(true, times, PLASMA)
    found = fit_tofts(curves, times, PLASMA, extended=extended)
    np.testing.assert_allclose(found["ktrans"], true[:, 0], rtol=1e-4)
    np.testing.assert_allclose(found["ve"], true[:, 0] / true[:, 1], rtol=1e-4)
    if extended:
        np.testing.assert_allclose(found["vp"], true[:, 2], rtol=1e-3)


def test_under_noise_the_fit_is_that_of_scipy():
    rng = np.random.default_rng(1)
    curves = tofts_curves(TRUE, TIMES, PLASMA) + rng.normal(0, 0.01, (3, 60))
    found = fit_tofts(curves, TIMES, PLASMA, extended=True)
    for k in range(3):
        other, _ = curve_fit(
            lambda t, a, b, c: tofts_curves(np.array([[a, b, c]]), t, PLASMA)[0], TIMES, curves[k], p0=TRUE[k]
        )
        np.testing.assert_allclose([found["ktrans"][k], found["kep"][k], found["vp"][k]], other, rtol=1e-3)
        assert found["ktrans"][k] == pytest.approx(TRUE[k, 0], rel=0.1)


def test_linear_fits_are_near_and_patlak_is_exact():
    curves = tofts_curves(TRUE, TIMES, PLASMA)
    linear = fit_tofts(curves, TIMES, PLASMA, extended=True, nonlinear=False)
    np.testing.assert_allclose(linear["ktrans"], TRUE[:, 0], rtol=0.12)
    trapped = np.array([[0.05], [0.1]]) / 60 * PLASMA.area_at(TIMES) + 0.04 * PLASMA.at(TIMES)
    found = fit_patlak(trapped, TIMES, PLASMA)
    np.testing.assert_allclose(found["ktrans"], [0.05, 0.1])
    np.testing.assert_allclose(found["vp"], 0.04)


def test_nothing_comes_back_where_kep_is_zero():
    found = fit_tofts(np.zeros((1, 60)), TIMES, PLASMA, extended=False, nonlinear=False)
    assert found["ktrans"][0] == 0
    assert np.isnan(found["ve"][0])


def test_published_values_of_the_population_curves():
    # Parker: the first pass peaks near 6 mM in blood ten seconds after arrival; the tail falls by 1/e in 6 min.
    seconds = np.arange(0, 600, 0.1)
    blood = population_curve(seconds, hematocrit=0.0)
    assert blood.max() == pytest.approx(6.0, abs=0.2)
    assert seconds[blood.argmax()] == pytest.approx(10.2, abs=0.5)
    assert blood[6000 - 1] == pytest.approx(1.050 * np.exp(-0.1685 * 10), rel=1e-3)
    assert population_curve(np.zeros(1), name="weinmann")[0] == pytest.approx(0.1 * (3.99 + 4.78))
    assert population_curve(np.array([60.0]), name="fritz-hansen")[0] == pytest.approx(
        0.1 * (24 * np.exp(-3.0) + 6.2 * np.exp(-0.016))
    )
    assert (population_curve(np.array([-1.0, -60.0])) == 0).all()
    np.testing.assert_allclose(population_curve(seconds, dose_mmol_kg=0.2), 2 * population_curve(seconds))
    with pytest.raises(InputError, match=r"IGX-FEAT-060.*\n.*\n.*parker"):
        population_curve(seconds, name="parkr")


@settings(max_examples=40, deadline=None)
@given(mm=st.floats(0, 8), t10=st.floats(0.3, 3.0), angle=st.floats(5, 60))
def test_concentration_turns_the_signal_round(mm, t10, angle):
    curves = np.array([[0.0, mm]])
    signal = 500 * spoiled_signal(1 / t10 + 4.5 * curves, repetition_time_s=0.004, flip_angle_deg=angle)
    found = concentration(
        signal, signal[:, 0], t10_s=t10, repetition_time_s=0.004, flip_angle_deg=angle, relaxivity=4.5
    )
    np.testing.assert_allclose(found, curves, atol=1e-7)


def test_impossible_signals_have_no_concentration():
    found = concentration(
        np.array([[100.0, 5000.0], [0.0, 1.0]]),
        np.array([100.0, 0.0]),
        t10_s=np.array([1.0, 1.0]),
        repetition_time_s=0.005,
        flip_angle_deg=15,
        relaxivity=4.5,
    )
    assert found[0, 0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found[0, 1])
    assert np.isnan(found[1]).all()


def test_t1_from_flip_angles():
    t1 = np.array([0.5, 1.2, 2.4])
    b1 = np.array([0.9, 1.0, 1.1])
    angles = np.array([2.0, 8.0, 15.0])
    signal = np.stack(
        [spoiled_signal(1 / t1, repetition_time_s=0.005, flip_angle_deg=a * b1) for a in angles], axis=1
    )
    maps = variable_flip_angle_t1(700 * signal, angles, repetition_time_ms=5, b1=b1)
    np.testing.assert_allclose(maps["t1"], t1, rtol=1e-9)
    np.testing.assert_allclose(maps["m0"], 700, rtol=1e-9)
    noisy = 700 * signal + np.random.default_rng(3).normal(0, 0.1, (400, 3, 3)).transpose(0, 2, 1)
    spread = variable_flip_angle_t1(noisy, angles, repetition_time_ms=5, b1=np.tile(b1, (400, 1)))["t1"]
    np.testing.assert_allclose(np.median(spread, axis=0), t1, rtol=0.02)
    assert np.isnan(variable_flip_angle_t1(-signal, angles, repetition_time_ms=5)["t1"]).all()


@pytest.mark.parametrize("angles", [(5.0, 5.0, 5.0), (5.0, 10.0), (0.0, 5.0, 10.0), (5.0, 10.0, np.nan)])
def test_bad_flip_angles_are_refused(angles):
    with pytest.raises(InputError, match="IGX-FEAT-061"):
        variable_flip_angle_t1(np.ones((4, 3)), angles, repetition_time_ms=5)


@pytest.mark.parametrize("infusion_s", [0.0, 60.0])
def test_brix_solves_its_two_compartments(infusion_s):
    amplitude, kep, kel = 0.8, 1.5, 0.1
    clock = np.arange(0, 400, 0.1)
    steps = clock / 60
    impulse = amplitude * kep * (np.exp(-kel * steps) - np.exp(-kep * steps)) / (kep - kel)
    expected = impulse
    if infusion_s:
        box = (clock < infusion_s) / infusion_s
        expected = np.convolve(impulse, box)[: len(clock)] * 0.1
    found = brix_curves(np.array([[amplitude, kep, kel]]), clock, infusion_s=infusion_s)[0]
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_brix_parameters_come_back():
    true = np.array([[0.5, 1.0, 0.05], [1.5, 3.0, 0.1], [0.8, 0.6, 0.02]])
    found = fit_brix(brix_curves(true, TIMES), TIMES)
    np.testing.assert_allclose(np.stack(list(found.values()), axis=1), true, rtol=1e-6)
    equal = brix_curves(np.array([[1.0, 0.5, 0.5]]), TIMES)  # no division by zero
    np.testing.assert_allclose(equal, brix_curves(np.array([[1.0, 0.5, 0.4999]]), TIMES), atol=1e-4)


def test_initial_areas_and_series_that_end_early():
    found = initial_areas(np.full((2, 10), 3.0), np.arange(10) * 10.0, arrival_s=15.0)
    np.testing.assert_allclose(found["iauc60"], 180)
    assert np.isnan(found["iauc90"]).all()


def test_shapes_of_curves():
    times = np.arange(10) * 30.0
    curves = np.array(
        [
            [0, 0.5, 0.7, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0],  # persistent
            [0, 0.8, 1.0, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1],  # plateau
            [0, 1.5, 1.2, 1.0, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4],  # washout
            [0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],  # hardly enhances
        ]
    )
    found = curve_shape(curves, times, arrival_s=0.0, settings=KineticSettings())
    np.testing.assert_array_equal(found["curve_class"], [1, 2, 3, np.nan])
    assert found["peak_enhancement"][2] == pytest.approx(150)
    assert found["ttp"][2] == 30
    assert found["wash_in"][2] == pytest.approx(5.0)
    assert found["wash_out"][2] == pytest.approx(100 * (1.5 - 0.4) / 240)
    assert np.isnan(found["wash_out"][0])
    short = curve_shape(curves[:, :4], times[:4], arrival_s=0.0, settings=KineticSettings())
    assert np.isnan(short["curve_class"]).all()


@pytest.mark.parametrize("model", ["extended-tofts", "tofts", "patlak", "brix", "none"])
def test_maps_of_every_model(model):
    true = TRUE if model != "tofts" else TRUE[:, :2]
    signal = signal_of(tofts_curves(true, TIMES, PLASMA))[None]
    chosen = DceSettings(**SEQUENCE, model=model, baseline_frames=6, arrival_s=30.0)
    maps = dce_maps(signal, TIMES, settings=chosen, t10_s=1.2)
    assert maps["iauc60"].shape == (1, 3)
    assert set(maps.units) == set(maps)
    if "tofts" in model:
        np.testing.assert_allclose(maps["ktrans"][0], TRUE[:, 0], rtol=0.01)
        np.testing.assert_allclose(maps["ve"][0], TRUE[:, 0] / TRUE[:, 1], rtol=0.01)


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_the_arrival_is_found_where_tissue_enhances_to_the_end(noise):
    slow = tofts_curves(np.array([[0.02, 0.01, 0.005]] * 200), TIMES, PLASMA)
    signal = signal_of(slow)
    signal = signal + noise * 900 * np.random.default_rng(2).normal(0, 1, signal.shape)
    found = dce_maps(signal, TIMES, settings=DceSettings(**SEQUENCE, model="none"), t10_s=1.2)
    assert found.history[0] in ("baseline: volumes 1 to 6", "baseline: volumes 1 to 7")


@pytest.mark.parametrize("start", [30.0, 33.1])
def test_the_population_curve_starts_where_the_mean_says(start):
    fine = np.arange(0, 300, 0.5)
    plasma = PlasmaCurve(fine, population_curve(fine - start))
    true = np.repeat(TRUE, 30, axis=0)
    signal = signal_of(tofts_curves(true, TIMES, plasma))
    signal = signal + np.random.default_rng(7).normal(0, 0.3, signal.shape)
    maps = dce_maps(signal, TIMES, settings=DceSettings(**SEQUENCE), t10_s=1.2)
    for k in range(3):
        rows = slice(30 * k, 30 * k + 30)
        assert np.median(maps["ktrans"][rows]) == pytest.approx(TRUE[k, 0], rel=0.05)
        assert np.median(maps["vp"][rows]) == pytest.approx(TRUE[k, 2], rel=0.1)


def test_an_arrival_outside_the_series_is_refused():
    signal = signal_of(tofts_curves(TRUE, TIMES, PLASMA))
    for arrival_s in (-5.0, 400.0):
        chosen = DceSettings(**SEQUENCE, model="none", baseline_frames=6, arrival_s=arrival_s)
        with pytest.raises(InputError, match="IGX-FEAT-056"):
            dce_maps(signal, TIMES, settings=chosen, t10_s=1.2)


def test_a_measured_plasma_curve_and_a_map_of_t1():
    t10 = np.array([0.8, 1.2, 1.6])
    plasma = PLASMA.at(TIMES)
    curves = tofts_curves(TRUE, TIMES, PlasmaCurve(TIMES, plasma))
    signal = np.concatenate([signal_of(c[None], t) for c, t in zip(curves, t10, strict=True)])
    chosen = DceSettings(**SEQUENCE, baseline_frames=6)
    maps = dce_maps(signal, TIMES, settings=chosen, t10_s=t10, plasma=plasma)
    np.testing.assert_allclose(maps["ktrans"], TRUE[:, 0], rtol=1e-3)


def test_unusable_voxels_and_bad_input():
    signal = signal_of(tofts_curves(TRUE, TIMES, PLASMA))
    holed = np.concatenate([signal, np.zeros((1, 60)), -signal[:1]])
    chosen = DceSettings(**SEQUENCE, model="none", baseline_frames=6)
    maps = dce_maps(holed, TIMES, settings=chosen, t10_s=1.2)
    np.testing.assert_array_equal(np.isnan(maps["ttp"]), [False] * 3 + [True] * 2)
    for bad, times, code in (
        (-signal, TIMES, "054"),
        (signal, TIMES[:-1], "050"),
        (signal, -TIMES, "051"),
        (signal * np.nan, TIMES, "052"),
    ):
        with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
            dce_maps(bad, times, settings=chosen, t10_s=1.2)
    with pytest.raises(InputError, match="IGX-FEAT-053"):
        dce_maps(
            signal,
            TIMES,
            settings=DceSettings(**SEQUENCE, baseline_frames=6),
            t10_s=1.2,
            plasma=np.zeros(60),
        )
