"""DSC-MRI on a digital brain: known volumes, leakage, flow, recovery."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import circulant

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import ParameterMaps, region_rows
from imagenomics.features.perfusion.arterial import find_arterial_curve
from imagenomics.features.perfusion.deconvolution import deconvolve, delay_of_peak, oscillation_index
from imagenomics.features.perfusion.dsc import dsc_maps, flow, relaxation_change
from imagenomics.features.perfusion.gamma_variate import gamma_variate
from imagenomics.features.perfusion.leakage import correct_leakage
from imagenomics.features.perfusion.reference_region import mirrored_region, normalise_map, relative_maps
from imagenomics.features.perfusion.settings import DeconvolutionSettings, DscSettings
from imagenomics.features.perfusion.vessel_size import vessel_size
from imagenomics.images.grid import Grid

TIMES = np.arange(80) * 1.5
CLOCK = np.arange(0, 120, 0.1)
AIF = gamma_variate(np.array([[20.0, 6.0, 120.0, 3.0]]), CLOCK)[0]
TE = 0.03
PLAIN = DscSettings(echo_time_ms=30, aif="none")


def tissue(cbv: float, mtt: float, delay: float = 0.0) -> np.ndarray:
    residue = np.exp(-CLOCK / mtt)
    curve = np.convolve(AIF, residue)[: len(CLOCK)] * 0.1 * cbv / mtt
    return np.interp(TIMES - delay, CLOCK, curve)


@pytest.fixture(scope="module")
def brain():
    """A signal (40, 50, t): artery in row 0, a leaking lesion in rows 30 and up, white matter between."""
    cbv = np.full((40, 50), 0.03)
    cbv[30:] = np.linspace(0.04, 0.12, 500).reshape(10, 50)
    k2 = np.zeros((40, 50))
    k2[30:] = np.tile(np.linspace(0.002, 0.02, 50), (10, 1))
    white = tissue(1.0, 4.0)
    leaked = np.cumsum(np.interp(CLOCK, TIMES, 0.03 * white)) * 0.1
    change = cbv[..., None] * white - k2[..., None] * np.interp(TIMES, CLOCK, leaked)
    change[0] = np.interp(TIMES, CLOCK, AIF)
    return 800 * np.exp(-TE * change), cbv, k2


def test_the_change_of_relaxation_is_exact():
    change = np.array([[0.0, 5.0, 20.0], [0.0, 1.0, 2.0]])
    signal = 500 * np.exp(-TE * change)
    np.testing.assert_allclose(relaxation_change(signal, signal[:, 0], echo_time_s=TE), change, atol=1e-12)


def test_leakage_is_corrected(brain):
    signal, cbv, k2 = brain
    inside = np.ones(signal.shape[:2], bool)
    inside[0] = False
    maps = dsc_maps(signal, TIMES, settings=PLAIN, tissue=inside)
    relative = maps["cbv"][30:] / maps["cbv"][1:30].mean()
    np.testing.assert_allclose(relative, cbv[30:] / 0.03, rtol=0.01)
    np.testing.assert_allclose(maps["k2"][30:], k2[30:], rtol=0.02)
    np.testing.assert_allclose(maps["k1"][30:], cbv[30:] / 0.03, rtol=0.01)
    uncorrected = maps["cbv_uncorrected"][30:] / maps["cbv_uncorrected"][1:30].mean()
    assert np.abs(uncorrected / (cbv[30:] / 0.03) - 1).max() > 0.3


def test_leakage_is_corrected_under_noise(brain):
    signal, cbv, _ = brain
    noisy = signal + np.random.default_rng(5).normal(0, 8, signal.shape)
    inside = np.ones(signal.shape[:2], bool)
    inside[0] = False
    maps = dsc_maps(noisy, TIMES, settings=PLAIN, tissue=inside)
    error = maps["cbv"][30:] / maps["cbv"][1:30].mean() / (cbv[30:] / 0.03) - 1
    assert abs(np.median(error)) < 0.02
    assert np.percentile(np.abs(error), 95) < 0.15


def test_the_sum_of_reference_and_its_area_is_taken_apart():
    reference = tissue(0.03, 4.0)
    area = np.concatenate([[0.0], np.cumsum(0.75 * (reference[1:] + reference[:-1]))])
    found = correct_leakage(np.stack([2 * reference - 0.01 * area]), TIMES, reference=reference)
    np.testing.assert_allclose(found.corrected[0], 2 * reference, atol=1e-10)
    assert (found.k1[0], found.k2[0]) == pytest.approx((2.0, 0.01))


def test_volumes_before_the_steady_state_change_nothing(brain):
    signal, *_ = brain
    inside = np.ones(signal.shape[:2], bool)
    inside[0] = False
    unsteady = np.concatenate([signal[..., :1] * np.array([1.5, 1.3, 1.1]), signal], axis=-1)
    times = np.arange(83) * 1.5
    skipped = PLAIN.model_copy(update={"skip_frames": 3})
    once = dsc_maps(signal, TIMES, settings=PLAIN, tissue=inside)
    again = dsc_maps(unsteady, times, settings=skipped, tissue=inside)
    for name in once:
        np.testing.assert_allclose(again[name], once[name], rtol=1e-9, atol=1e-9)
    artery = np.interp(TIMES, CLOCK, AIF)
    given = dsc_maps(
        unsteady, times, settings=skipped, tissue=inside, aif=np.concatenate([[9.0, 6, 3], artery])
    )
    known = dsc_maps(signal, TIMES, settings=PLAIN, tissue=inside, aif=artery)
    np.testing.assert_allclose(given["cbf"], known["cbf"], rtol=1e-9)


def test_gamma_variate_volumes_have_the_ratios_of_blood():
    shape = gamma_variate(np.array([[25.0, 8.0, 1.0, 3.0]]), TIMES)[0]
    signal = 700 * np.exp(-TE * np.array([[5.0], [10.0], [20.0]]) * shape)
    chosen = DscSettings(echo_time_ms=30, aif="none", leakage=False, integral="gamma-variate")
    cbv = dsc_maps(signal, TIMES, settings=chosen)["cbv"]
    np.testing.assert_allclose(cbv / cbv[0], [1, 2, 4], rtol=1e-3)


def test_recovery_and_peaks_are_those_of_the_signal():
    fall = np.zeros(80)
    fall[20:30] = [100, 200, 300, 400, 300, 200, 150, 120, 100, 100]
    fall[30:] = 100
    signal = (1000 - fall)[None].repeat(3, axis=0)
    chosen = DscSettings(echo_time_ms=30, aif="none", leakage=False, baseline_frames=20)
    maps = dsc_maps(signal, TIMES, settings=chosen)
    assert maps["psr"] == pytest.approx([75.0] * 3)
    assert maps["signal_drop"] == pytest.approx([40.0] * 3)
    assert maps["peak_height"] == pytest.approx([-np.log(0.6) / TE] * 3)
    assert maps["ttp"] == pytest.approx([TIMES[23] - TIMES[19]] * 3)


def test_a_series_that_ends_early_has_no_recovery():
    signal = 1000 * np.exp(-TE * tissue(0.05, 4.0))[None, :40]
    maps = dsc_maps(signal, TIMES[:40], settings=PLAIN.model_copy(update={"leakage": False}))
    assert np.isnan(maps["psr"]).all()
    assert np.isfinite(maps["cbv"]).all()


def test_an_artery_is_found_in_the_brain(brain):
    signal, *_ = brain
    change = -np.log(signal / 800) / TE
    found = find_arterial_curve(change.reshape(-1, 80), TIMES, n_voxels=20)
    assert (found.voxels < 50).all()
    np.testing.assert_allclose(found.curve, np.interp(TIMES, CLOCK, AIF), rtol=1e-6, atol=1e-6)


def test_flow_with_an_automatic_artery(brain):
    signal, *_ = brain
    maps = dsc_maps(signal, TIMES, settings=DscSettings(echo_time_ms=30))
    assert maps.history[1].startswith("arterial curve: mean of")
    white = slice(1, 30)
    assert np.median(maps["mtt"][white]) == pytest.approx(4.0, rel=0.35)
    np.testing.assert_allclose(maps["cbf"][white] / maps["cbf"][5, 5], 1, rtol=1e-6)


def test_too_few_voxels_hold_no_artery():
    with pytest.raises(InputError, match="IGX-FEAT-057"):
        find_arterial_curve(np.full((30, 80), np.nan), TIMES)
    with pytest.raises(InputError, match="IGX-FEAT-057"):
        find_arterial_curve(-np.ones((30, 80)), TIMES)


def test_circulant_deconvolution_is_that_of_the_matrix():
    artery = np.interp(TIMES, CLOCK, AIF)
    curves = np.stack([tissue(0.04, 5.0), tissue(0.02, 8.0)])
    found = deconvolve(
        curves, artery, interval_s=1.5, settings=DeconvolutionSettings(method="csvd", cut=0.15)
    )
    matrix = circulant(np.concatenate([artery, np.zeros(80)])) * 1.5
    left, size, right = np.linalg.svd(matrix)
    inverse = np.where(size > 0.15 * size[0], 1 / size, 0)
    padded = np.concatenate([curves, np.zeros((2, 80))], axis=1)
    np.testing.assert_allclose(found, ((padded @ left) * inverse) @ right, atol=1e-12)


@pytest.mark.parametrize("method", ["osvd", "csvd"])
def test_without_a_cut_the_residue_comes_back(method):
    rng = np.random.default_rng(6)
    artery = np.zeros(40)
    artery[3:6] = [5.0, 9.0, 2.0]  # no zero in its spectrum
    residue = np.zeros(80)
    residue[:30] = 0.02 * np.exp(-np.arange(30) / 4)
    curve = np.fft.irfft(np.fft.rfft(residue) * np.fft.rfft(artery, 80) * 1.0, 80)
    chosen = DeconvolutionSettings(method=method, cut=0.0, oscillation=100.0)
    spectrum = np.abs(np.fft.rfft(artery, 80))
    assert spectrum.min() > 0.01
    found = deconvolve(curve[None, :40] + 0 * rng.random(40), artery, interval_s=1.0, settings=chosen)
    np.testing.assert_allclose(found[0].max(), 0.02, rtol=1e-2)


@pytest.mark.parametrize("mtt", [4.0, 8.0, 12.0])
def test_flow_is_smoothed_but_ordered(mtt):
    artery = np.interp(TIMES, CLOCK, AIF)
    found = {
        m: float(flow(tissue(0.04, mtt)[None], artery, TIMES, DeconvolutionSettings(method=m))["cbf"][0])
        for m in ("tsvd", "csvd", "osvd")
    }
    assert found["osvd"] > found["csvd"]
    assert 0.65 < found["osvd"] / (0.04 / mtt) < 1.02


def test_circulant_flow_does_not_depend_on_the_delay():
    artery = np.interp(TIMES, CLOCK, AIF)
    curves = np.stack([tissue(0.04, 6.0, d) for d in (-3.0, 0.0, 3.0, 6.0)])
    circular = flow(curves, artery, TIMES, DeconvolutionSettings(method="csvd"))
    np.testing.assert_allclose(circular["cbf"], circular["cbf"][1], rtol=0.02)
    np.testing.assert_allclose(np.diff(circular["tmax"]), 3.0, atol=1.6)
    causal = flow(curves, artery, TIMES, DeconvolutionSettings(method="tsvd"))
    assert np.ptp(causal["cbf"]) > 0.1 * causal["cbf"].mean()


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.1, 10))
def test_flow_is_proportional_and_transit_time_is_not(factor):
    artery = np.interp(TIMES, CLOCK, AIF)
    curves = np.stack([tissue(0.04, 6.0), tissue(0.04, 6.0) * factor])
    found = flow(curves, artery, TIMES, DeconvolutionSettings())
    assert found["cbf"][1] == pytest.approx(factor * found["cbf"][0], rel=1e-9)
    assert found["mtt"][1] == pytest.approx(found["mtt"][0], rel=1e-9)


def test_oscillation_and_delay_of_residues():
    smooth, rough = np.linspace(1, 0, 10), np.array([1.0, -1] * 5)
    index = oscillation_index(np.stack([smooth, rough, -np.ones(10)]))
    assert index[0] == pytest.approx(0, abs=1e-12)
    assert index[1] == pytest.approx(8 * 4 / 10)
    assert np.isinf(index[2])
    residue = np.zeros((2, 10))
    residue[0, 2] = residue[1, 9] = 1
    np.testing.assert_array_equal(delay_of_peak(residue, interval_s=2.0, circulant=True), [4, -2])


def test_unusable_voxels_have_no_value_and_all_of_them_no_map(brain):
    signal = brain[0].copy()
    signal[1, 1] = 0
    signal[2, 2, 40] = -5
    signal[3, 3, :10] = 0
    inside = np.ones(signal.shape[:2], bool)
    inside[0] = False
    maps = dsc_maps(signal, TIMES, settings=PLAIN, tissue=inside)
    assert np.isnan(maps["cbv"]).sum() == 3
    rows = region_rows(maps, inside).set_index("feature")
    assert rows.loc["cbv_share_failed", "value"] == pytest.approx(3 / inside.sum())
    for bad in (np.zeros((4, 80)), -np.ones((4, 80))):
        with pytest.raises(InputError, match="IGX-FEAT-054"):
            dsc_maps(bad, TIMES, settings=PLAIN.model_copy(update={"baseline_frames": 10}))


def test_bad_input_is_refused(brain):
    signal = brain[0][:5]
    for times, code in ((TIMES[1:], "050"), (TIMES[::-1], "051")):
        with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
            dsc_maps(signal, times, settings=PLAIN)
    with pytest.raises(InputError, match="IGX-FEAT-053"):
        dsc_maps(signal, TIMES, settings=PLAIN, aif=np.zeros(80))
    with pytest.raises(InputError, match="IGX-FEAT-056"):
        dsc_maps(signal, TIMES, settings=DscSettings(echo_time_ms=30, baseline_frames=79))
    rising = 800 * np.exp(TE * np.stack([tissue(0.03, 4.0)] * 3))
    with pytest.raises(InputError, match="IGX-FEAT-059"):
        dsc_maps(rising, TIMES, settings=DscSettings(echo_time_ms=30, aif="none", baseline_frames=12))
    with pytest.raises(InputError, match="IGX-SET-001"):
        DscSettings.read({"echo_time_ms": 30, "recovery_s": (60, 50)}, where="test")


def test_vessel_size_follows_its_equation():
    shape = gamma_variate(np.array([[20.0, 6.0, 1.0, 3.0]]), TIMES)[0]
    shape = shape / shape.max()
    radius = np.array([8.0, 20.0, 60.0])
    star = np.array([10.0, 12.0, 9.0])
    spin = (0.867 * np.sqrt(0.05 * 900) * star / radius) ** (2 / 3)
    maps = vessel_size(
        star[:, None] * shape, spin[:, None] * shape, TIMES, adc_mm2_s=0.9e-3, blood_volume=0.05
    )
    np.testing.assert_allclose(maps["vsi"], radius)
    np.testing.assert_allclose(maps["q"], spin / star ** (2 / 3))
    silent = vessel_size(-np.ones((1, 80)), np.ones((1, 80)), TIMES)
    assert np.isnan(silent["q"]).all()
    assert "vsi" not in silent.values


def test_maps_become_relative_to_a_region():
    values = np.array([[2.0, 2.0, 6.0], [2.0, 2.0, np.nan]])
    white = np.array([[True, True, False], [True, True, False]])
    np.testing.assert_array_equal(normalise_map(values, white)[0], [1, 1, 3])
    maps = ParameterMaps("dsc", {"cbv": values, "ttp": values}, {"cbv": "relative", "ttp": "s"})
    relative = relative_maps(maps, white, names=("cbv",))
    assert (relative["cbv"][0, 2], relative["ttp"][0, 2]) == (3, 6)
    assert relative.units == {"cbv": "1", "ttp": "s"}
    with pytest.raises(InputError, match="IGX-FEAT-055"):
        normalise_map(-values, white)


@pytest.mark.parametrize("direction", [(1.0, 0, 0, 0, 1, 0, 0, 0, 1), (0.0, -1, 0, 1, 0, 0, 0, 0, 1)])
def test_the_other_side_is_the_mirror_image(direction):
    region = np.zeros((3, 10, 10), bool)
    region[1, 2:4, 3] = True
    grid = Grid(region.shape, (1.0, 1.0, 1.0), direction=direction)
    mirrored = mirrored_region(region, grid)
    here, there = grid.to_mm(np.argwhere(region)), grid.to_mm(np.argwhere(mirrored))
    middle = grid.corners_mm().mean(axis=0)[0]
    np.testing.assert_allclose(np.sort(there[:, 0]), np.sort(2 * middle - here[:, 0]))
    np.testing.assert_allclose(np.sort(there[:, 1]), np.sort(here[:, 1]))
    np.testing.assert_array_equal(mirrored_region(region, grid, midline_x_mm=float(middle)), mirrored)


def test_the_midline_is_that_of_the_brain_and_the_lesion_is_left_out():
    region = np.zeros((1, 1, 12), bool)
    region[0, 0, 4] = True
    brain = np.zeros_like(region)
    brain[0, 0, 2:11] = True
    grid = Grid(region.shape, (1.0, 1.0, 1.0))
    assert np.flatnonzero(mirrored_region(region, grid, within=brain)).tolist() == [8]
    middle = np.zeros_like(region)
    middle[0, 0, 6] = True
    with pytest.raises(InputError, match="IGX-FEAT-058"):
        mirrored_region(middle, grid, within=brain)
