"""Curves, areas, arrivals, gamma-variates and the search that fits them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.perfusion.curves import (
    area_between,
    check_curve,
    check_curves,
    chosen_voxels,
    find_arrival,
    interpolate,
    on_regular_times,
    running_area,
    usable_voxels,
)
from imagenomics.features.perfusion.gamma_variate import fit_gamma_variate, gamma_variate
from imagenomics.features.perfusion.least_squares import fit_curves

TIMES = np.arange(60) * 1.5
TRUE = np.array([[20.0, 7.0, 30.0, 2.5], [22.0, 9.0, 10.0, 3.5], [18.5, 5.0, 60.0, 4.0]])


@pytest.mark.parametrize(
    ("signal", "times", "code"),
    [
        (np.ones((4, 60)), TIMES[:-1], "IGX-FEAT-050"),
        (np.ones((60, 4)), TIMES, "IGX-FEAT-050"),
        (np.ones((4, 3)), np.arange(3.0), "IGX-FEAT-050"),
        (np.empty((0, 60)), TIMES, "IGX-FEAT-050"),
        (np.ones((4, 60)), TIMES[::-1], "IGX-FEAT-051"),
        (np.ones((4, 60)), np.zeros(60), "IGX-FEAT-051"),
        (np.ones((4, 60)), np.full(60, np.nan), "IGX-FEAT-051"),
        (np.full((4, 60), np.inf), TIMES, "IGX-FEAT-052"),
    ],
)
def test_curves_that_do_not_fit_are_refused(signal, times, code):
    with pytest.raises(InputError, match=code):
        check_curves(signal, times)


@pytest.mark.parametrize("curve", [np.zeros(60), -np.ones(60), np.ones(59), np.full(60, np.nan)])
def test_input_curves_without_area_are_refused(curve):
    with pytest.raises(InputError, match="IGX-FEAT-053"):
        check_curve(curve, TIMES, name="arterial curve")


@pytest.mark.parametrize("baseline", [0.0, -5.0])
def test_zero_baselines_and_negative_signals_are_refused_where_nothing_else_is_left(baseline):
    with pytest.raises(InputError, match="IGX-FEAT-054"):
        usable_voxels(np.ones((3, 5)), np.full(3, baseline))
    with pytest.raises(InputError, match="IGX-FEAT-054"):
        usable_voxels(-np.ones((3, 5)), np.ones(3))
    signal = np.array([[1.0, 2], [1, -1], [0, 1]])
    np.testing.assert_array_equal(usable_voxels(signal, np.ones(3)), [True, False, False])


def test_masks_of_tissue_are_checked():
    assert chosen_voxels(None, (2, 3)).sum() == 6
    with pytest.raises(InputError, match="IGX-FEAT-002"):
        chosen_voxels(np.ones(5, bool), (2, 3))
    with pytest.raises(InputError, match="IGX-FEAT-003"):
        chosen_voxels(np.zeros((2, 3), bool), (2, 3))
    with pytest.raises(ArgumentTypeError, match="IGX-FEAT-002"):
        chosen_voxels(np.ones((2, 3)), (2, 3))


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_the_arrival_is_found_within_two_volumes(noise):
    for k, curve in enumerate(gamma_variate(TRUE, TIMES)):
        noisy = curve + np.random.default_rng(k).normal(0, noise, len(TIMES))
        last = find_arrival(noisy, TIMES)
        assert abs(TIMES[last] - TRUE[k, 0]) <= 3.0


def test_unsteady_volumes_at_the_start_are_skipped():
    curve = gamma_variate(TRUE[:1], TIMES)[0]
    curve[:3] = [200, 100, 50]
    assert abs(TIMES[find_arrival(curve, TIMES, skip=3)] - 20) <= 3


def test_a_bolus_without_a_baseline_is_refused():
    with pytest.raises(InputError, match="IGX-FEAT-056"):
        find_arrival(np.exp(-TIMES), TIMES)


def test_areas_are_those_of_trapezia():
    times = np.array([0.0, 1, 3, 4, 8])
    curve = np.array([[0.0, 2, 2, 5, 1]])
    np.testing.assert_allclose(running_area(curve, times)[0], [0, 1, 5, 8.5, 20.5])
    assert area_between(curve, times, start=0, stop=8)[0] == pytest.approx(20.5)
    assert area_between(curve, times, start=0.5, stop=2)[0] == pytest.approx(0.75 + 2)


@settings(max_examples=30, deadline=None)
@given(at=st.lists(st.floats(-5, 12), min_size=1, max_size=5))
def test_interpolation_is_that_of_numpy(at):
    times = np.array([0.0, 1, 3, 4, 8])
    curve = np.array([0.0, 2, 2, 5, 1])
    np.testing.assert_allclose(
        interpolate(curve, times, np.array(at)), np.interp(at, times, curve), atol=1e-12
    )


def test_unequal_intervals_become_the_shortest():
    times = np.array([0.0, 1, 2, 4, 7])
    regular, interval = on_regular_times(3 * times[None] + 1, times)
    assert interval == 1
    np.testing.assert_allclose(regular[0], 3 * np.arange(8) + 1)


def test_gamma_variates_come_back():
    curves = gamma_variate(TRUE, TIMES)
    fit = fit_gamma_variate(curves, TIMES, arrival_s=19.0)
    np.testing.assert_allclose(np.stack([fit.arrival_s, fit.rise_s, fit.peak, fit.alpha], 1), TRUE, rtol=1e-5)
    fine = np.arange(0, 600, 0.01)
    dense = gamma_variate(TRUE, fine)
    np.testing.assert_allclose(fit.area, np.trapezoid(dense, fine, axis=1), rtol=1e-5)
    moment = np.trapezoid(dense * fine, fine, axis=1) / np.trapezoid(dense, fine, axis=1)
    np.testing.assert_allclose(fit.mean_time_s, moment, rtol=1e-4)
    np.testing.assert_allclose(fit.curves(TIMES), curves, atol=1e-4)


def test_recirculation_does_not_enter_the_first_pass():
    curves = gamma_variate(TRUE, TIMES)
    again = gamma_variate(TRUE + np.array([35.0, 5, 0, 0]), TIMES) * 0.2
    area = fit_gamma_variate(curves + again, TIMES, arrival_s=19.0).area
    np.testing.assert_allclose(area, fit_gamma_variate(curves, TIMES, arrival_s=19.0).area, rtol=0.06)


def test_a_curve_that_never_rises_has_no_gamma_variate():
    fit = fit_gamma_variate(np.stack([-np.ones(60), gamma_variate(TRUE, TIMES)[0]]), TIMES, arrival_s=19.0)
    assert np.isnan(fit.area[0])
    assert np.isfinite(fit.area[1])
    with pytest.raises(InputError, match="IGX-FEAT-056"):
        fit_gamma_variate(np.ones((1, 60)), TIMES, arrival_s=400.0)


def decay(parameters: np.ndarray) -> np.ndarray:
    return parameters[:, :1] * np.exp(-parameters[:, 1:] * TIMES / 20)


def test_the_search_ends_where_scipy_ends():
    rng = np.random.default_rng(1)
    true = rng.uniform(0.5, 3, (20, 2))
    noisy = decay(true) + rng.normal(0, 0.1, (20, len(TIMES)))
    found, error = fit_curves(decay, np.ones((20, 2)), noisy, lower=(0, 0), upper=(9, 9))
    for k in range(20):
        other, _ = curve_fit(lambda t, a, b: a * np.exp(-b * t / 20), TIMES, noisy[k], p0=(1, 1))
        np.testing.assert_allclose(found[k], other, rtol=1e-4)
        assert error[k] == pytest.approx(((decay(other[None])[0] - noisy[k]) ** 2).sum(), rel=1e-6)


def test_bounds_hold_and_the_rest_still_fits():
    curve = decay(np.array([[2.0, 1.0]]))
    found, _ = fit_curves(decay, np.array([[1.0, 1.0]]), curve, lower=(0, 0), upper=(1.5, 9))
    assert found[0, 0] == 1.5
    rates = np.linspace(0.3, 1.5, 5001)
    tried = decay(np.stack([np.full_like(rates, 1.5), rates], axis=1))
    assert found[0, 1] == pytest.approx(rates[((tried - curve) ** 2).sum(axis=1).argmin()], abs=3e-4)


def test_a_voxel_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(2)
    noisy = decay(rng.uniform(0.5, 3, (50, 2))) + rng.normal(0, 0.1, (50, len(TIMES)))
    together, _ = fit_curves(decay, np.ones((50, 2)), noisy, lower=(0, 0), upper=(9, 9))
    alone, _ = fit_curves(decay, np.ones((1, 2)), noisy[7:8], lower=(0, 0), upper=(9, 9))
    np.testing.assert_allclose(together[7], alone[0], rtol=1e-10)
