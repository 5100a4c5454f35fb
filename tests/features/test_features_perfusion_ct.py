"""CT perfusion in the units of the clinic."""

from __future__ import annotations

import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.features.perfusion.ct import ct_perfusion_maps
from imagenomics.features.perfusion.gamma_variate import gamma_variate
from imagenomics.features.perfusion.settings import CtPerfusionSettings

CLOCK = np.arange(0, 60, 0.02)
ARTERY = gamma_variate(np.array([[8.0, 6.0, 300.0, 3.0]]), CLOCK)[0]
BLOOD = 100 * 0.55 / 0.75  # plasma of large over small vessels, in %
SETTINGS = CtPerfusionSettings(baseline_frames=8)


def tissue(cbf: float, cbv: float) -> np.ndarray:
    mtt = 60 * cbv / cbf
    curve = np.convolve(ARTERY, np.exp(-CLOCK / mtt))[: len(CLOCK)] * 0.02
    return curve * cbv / BLOOD / mtt


@pytest.mark.parametrize(
    "times", [np.arange(60) * 1.0, np.concatenate([np.arange(0, 40, 1.0), np.arange(40, 60, 2.0)])]
)
def test_flow_volume_and_transit_time(times):
    place = np.rint(times / 0.02).astype(int)
    curves = np.stack([tissue(60, 4.0), tissue(25, 2.5), tissue(15, 4.0)])[:, place]
    maps = ct_perfusion_maps(35 + curves, times, settings=SETTINGS, artery=40 + ARTERY[place])
    # Of slow tissue a little blood is still under way when the series ends.
    np.testing.assert_allclose(maps["cbv"][:2], [4.0, 2.5], rtol=0.01)
    np.testing.assert_allclose(maps["cbf"], [60, 25, 15], rtol=0.35)
    assert (np.diff(maps["cbf"]) < 0).all()
    np.testing.assert_allclose(maps["mtt"], 60 * maps["cbv"] / maps["cbf"], rtol=1e-9)
    assert maps.units["cbf"] == "ml/100 ml/min"


def test_an_artery_that_is_too_narrow_is_scaled_to_the_vein():
    times = np.arange(60) * 1.0
    place = np.rint(times / 0.02).astype(int)
    signal = 35 + tissue(60, 4.0)[None, place]
    full, half = ARTERY[place], 0.5 * ARTERY[place]
    vein = gamma_variate(np.array([[14.0, 6.0, 300.0, 3.0]]), times)[0]
    right = ct_perfusion_maps(signal, times, settings=SETTINGS, artery=40 + full)
    wrong = ct_perfusion_maps(signal, times, settings=SETTINGS, artery=40 + half)
    mended = ct_perfusion_maps(signal, times, settings=SETTINGS, artery=40 + half, vein=42 + vein)
    assert wrong["cbv"][0] == pytest.approx(2 * right["cbv"][0])
    assert mended["cbv"][0] == pytest.approx(right["cbv"][0], rel=0.01)


def test_permeability_by_patlak():
    times = np.arange(120) * 1.5
    fine = np.arange(0, 180, 0.02)
    artery = gamma_variate(np.array([[8.0, 6.0, 300.0, 3.0]]), fine)[0] + 60 * (fine > 20)
    area = np.concatenate([[0.0], np.cumsum(0.01 * (artery[1:] + artery[:-1]))])
    ps, volume = np.array([2.0, 10.0]), np.array([3.0, 5.0])
    curves = (ps / 100 / 60 / 0.55)[:, None] * area + (volume / BLOOD)[:, None] * artery
    place = np.rint(times / 0.02).astype(int)
    chosen = CtPerfusionSettings(baseline_frames=5)
    maps = ct_perfusion_maps(30 + curves[:, place], times, settings=chosen, artery=40 + artery[place])
    np.testing.assert_allclose(maps["ps"], ps, rtol=0.02)
    np.testing.assert_allclose(maps["patlak_volume"], volume, rtol=0.03)
    short = ct_perfusion_maps(
        30 + curves[:, place][:, :25], times[:25], settings=chosen, artery=40 + artery[place][:25]
    )
    assert np.isnan(short["ps"]).all()


def test_the_baseline_is_found_in_the_artery():
    times = np.arange(60) * 1.0
    place = np.rint(times / 0.02).astype(int)
    signal = 35 + tissue(60, 4.0)[None, place]
    found = ct_perfusion_maps(signal, times, settings=CtPerfusionSettings(), artery=40 + ARTERY[place])
    known = ct_perfusion_maps(signal, times, settings=SETTINGS, artery=40 + ARTERY[place])
    assert found["cbv"][0] == pytest.approx(known["cbv"][0], rel=0.01)


@pytest.mark.parametrize(
    ("signal", "times", "artery", "code"),
    [
        (np.ones((2, 60)), np.arange(59.0), np.arange(60.0), "050"),
        (np.ones((2, 60)), np.zeros(60), np.arange(60.0), "051"),
        (np.full((2, 60), np.nan), np.arange(60.0), np.arange(60.0), "052"),
        (np.ones((2, 60)), np.arange(60.0), np.ones(60), "053"),
        (np.ones((2, 60)), np.arange(60.0), np.arange(59.0), "053"),
    ],
)
def test_bad_input_is_refused(signal, times, artery, code):
    with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
        ct_perfusion_maps(signal, times, settings=SETTINGS, artery=artery)
