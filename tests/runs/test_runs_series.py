"""Series in a study: digital objects with known parameters go in as 4-D files and come out as columns."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.features.perfusion.gamma_variate import gamma_variate
from imagenomics.features.perfusion.population import population_curve
from imagenomics.features.perfusion.spoiled_echo import spoiled_signal
from imagenomics.features.perfusion.tofts import PlasmaCurve, tofts_curves

SHAPE = (3, 20, 20)
LESION, WHITE, REST, ARTERY = 1, 2, 3, 4
DSC_TIMES = np.arange(80) * 1.5
CLOCK = np.arange(0, 120, 0.1)
AIF = gamma_variate(np.array([[20.0, 6.0, 120.0, 3.0]]), CLOCK)[0]
DCE_TIMES = np.arange(60) * 5.0
FINE = np.arange(0, 300, 0.5)
PLASMA = population_curve(FINE - 30.0)
IMAGE = """
[[images]]
name = "perf"
form = "series"
path = "{patient}.nii.gz"
mask = "{patient}_mask.nii.gz"
regions = { lesion = 1, white = 2, brain = [1, 2, 3], artery = 4 }
series = { SERIES }

[[phenotypes]]
name = "p"
image = "perf"
OTHERS
measure = { MEASURE }
"""


def blocks(series: str, measure: str, others: str = "") -> str:
    return IMAGE.replace("SERIES", series).replace("MEASURE", measure).replace("OTHERS", others)


def labels() -> np.ndarray:
    mask = np.full(SHAPE, REST)
    mask[:, :2] = ARTERY
    mask[:, 4:10, 4:10] = LESION
    mask[:, 12:18, 4:16] = WHITE
    return mask


def write(made, signal: np.ndarray, noise: float = 0.0, seed: int = 0) -> None:
    """Write the signal (z, y, x, t) of every patient, each with noise of its own."""
    for k, patient in enumerate(made.patients):
        random = np.random.default_rng(seed + k)
        noisy = signal + (random.normal(0, noise, signal.shape) if noise else 0.0)
        made.picture(f"{patient}.nii.gz", np.moveaxis(noisy, -1, 0).astype(np.float32))
        made.picture(f"{patient}_mask.nii.gz", labels())


def own(features: pd.DataFrame) -> pd.DataFrame:
    return features[[c for c in features if c.startswith("p.")]]


def not_missing(features: pd.DataFrame) -> bool:
    """Tell whether all is there but the shape of the distribution of a constant map."""
    kept = [c for c in features if not c.endswith(("skewness", "kurtosis"))]
    return bool(features[kept].notna().all(axis=None))


def tissue(cbv: float, mtt: float) -> np.ndarray:
    curve = np.convolve(AIF, np.exp(-CLOCK / mtt))[: len(CLOCK)] * 0.1 * cbv / mtt
    return np.interp(DSC_TIMES, CLOCK, curve)


@pytest.fixture(scope="module")
def dsc_signal() -> np.ndarray:
    """White matter with blood volume 3%, a leaking lesion with 6%, an artery."""
    mask = labels()
    white = tissue(1.0, 4.0)
    leaked = np.interp(DSC_TIMES, CLOCK, np.cumsum(np.interp(CLOCK, DSC_TIMES, 0.03 * white)) * 0.1)
    change = 0.03 * np.broadcast_to(white, (*SHAPE, 80)).copy()
    change[mask == LESION] = 0.06 * white - 0.01 * leaked
    change[mask == ARTERY] = np.interp(DSC_TIMES, CLOCK, AIF)
    return 800 * np.exp(-0.03 * change)


DSC = "kind = 'dsc', echo_time_ms = 30, tissue = 'brain', reference = 'white', artery = 'artery'"


@pytest.mark.parametrize(("noise", "tolerance"), [(0.0, 0.01), (8.0, 0.06)])
def test_dsc_gives_blood_volume_relative_to_white_matter(small, dsc_signal, noise, tolerance):
    made = small(2)
    write(made, dsc_signal, noise)
    text = blocks("tr_s = 1.5", DSC)
    planned = made.check(text)
    assert planned.problems == []
    assert planned.images[0]["volumes"] == 80
    assert planned.images[0]["features"] == 0
    found = own(made.features(text))
    assert planned.phenotypes[0]["features"] == found.shape[1]
    np.testing.assert_allclose(found["p.lesion.cbv_norm_mean"], 2.0, rtol=tolerance)
    assert (np.abs(found["p.lesion.cbv_uncorrected_norm_mean"] / 2 - 1) > 0.1).all()
    np.testing.assert_allclose(found["p.lesion.k2_mean"], 0.01, rtol=0.02 if noise == 0 else 0.15)
    np.testing.assert_allclose(found["p.lesion.cbf_norm_p50"], 2.0, rtol=0.02 if noise == 0 else 0.15)
    np.testing.assert_allclose(
        found["p.lesion.curve_peak_height"], found["p.lesion.peak_height_p50"], rtol=0.1
    )
    if noise == 0:
        assert not_missing(found)


def test_dsc_finds_an_artery_and_gives_only_what_is_asked(small, dsc_signal):
    made = small(2)
    write(made, dsc_signal)
    text = blocks(
        "tr_s = 1.5",
        "kind = 'dsc', echo_time_ms = 30, maps = ['cbf', 'psr'], reference = 'white', curves = false, "
        "statistics = { percentiles = [50] }",
    )
    found = made.features(text)
    names = {c.split(".")[2].split("_")[0] for c in found if c.startswith("p.")}
    assert names == {"cbf", "psr"}
    # The artery is a measured region here; its flow is the largest.
    assert (found["p.artery.cbf_norm_mean"] > found["p.lesion.cbf_norm_mean"]).all()
    columns = made.table("features.columns.parquet")
    assert set(columns.loc[columns["feature"] == "psr_mean", "unit"]) == {"%"}


def dce_signal(t10: float = 1.2) -> np.ndarray:
    true = np.array([[0.05, 0.2, 0.02], [0.25, 0.8, 0.05]])
    white, lesion = tofts_curves(true, DCE_TIMES, PlasmaCurve(FINE, PLASMA))
    mask = labels()
    curves = np.broadcast_to(white, (*SHAPE, 60)).copy()
    curves[mask == LESION] = lesion
    rate = np.full(SHAPE, 1 / t10)[..., None] + 4.5 * curves
    blood = 1 / 1.66 + 4.5 * (1 - 0.42) * np.interp(DCE_TIMES, FINE, PLASMA)
    rate[mask == ARTERY] = blood
    return 900 * spoiled_signal(rate, repetition_time_s=0.005, flip_angle_deg=15)


DCE = "kind = 'dce', repetition_time_ms = 5, flip_angle_deg = 15"


@pytest.mark.parametrize(("noise", "tolerance"), [(0.0, 0.03), (0.5, 0.06)])
@pytest.mark.parametrize("source", ["population", "artery"])
def test_dce_gives_exchange_rates(small, noise, tolerance, source):
    made = small(2)
    write(made, dce_signal(), noise)
    for patient in made.patients:
        made.picture(f"{patient}_t1.nii.gz", np.full(SHAPE, 1200.0))
    image = '[[images]]\nname = "t1map"\npath = "{patient}_t1.nii.gz"\n[features]\nfamilies = ["volume"]\n'
    measure = DCE + (
        ", t10_s = 1.2"
        if source == "population"
        else ", t10_unit = 'ms', artery = 'artery', blood_t10_s = 1.66"
    )
    others = "" if source == "population" else 'others = { t10 = "t1map" }'
    text = image + blocks("tr_s = 5", measure, others)
    planned = made.check(text)
    found = made.features(text)
    assert planned.phenotypes[0]["features"] == own(found).shape[1]
    for name in ("ktrans_p50", "curve_ktrans"):
        np.testing.assert_allclose(found[f"p.lesion.{name}"], 0.25, rtol=tolerance)
    np.testing.assert_allclose(found["p.lesion.ve_p50"], 0.25 / 0.8, rtol=tolerance)
    np.testing.assert_allclose(found["p.lesion.vp_p50"], 0.05, rtol=5 * tolerance)
    shares = [f"p.lesion.share_{k}" for k in ("persistent", "plateau", "washout")]
    np.testing.assert_allclose(found[shares].sum(axis=1), 1.0)


def test_ct_gives_flow_and_volume(small):
    made = small(2)
    hu = np.interp(DSC_TIMES, CLOCK, AIF) * 2
    factor = (1 - 0.45) / (1 - 0.25)
    curve = tissue(1.0, 4.0) * 2 / factor  # one ml of blood per ml of tissue
    mask = labels()
    signal = 35 + 0.02 * np.broadcast_to(curve, (*SHAPE, 80)).copy()
    signal[mask == LESION] = 35 + 0.05 * curve
    signal[mask == ARTERY] = 40 + hu
    write(made, signal)
    text = blocks("tr_s = 1.5", "kind = 'perfusion-ct', artery = 'artery', reference = 'white'")
    planned = made.check(text)
    found = made.features(text)
    assert planned.phenotypes[0]["features"] == own(found).shape[1]
    np.testing.assert_allclose(found["p.lesion.cbv_mean"], 5.0, rtol=0.02)
    np.testing.assert_allclose(found["p.lesion.curve_cbv"], 5.0, rtol=0.02)
    # Deconvolution with a cut underestimates flow; how much is in docs/reference/quantitative_recovery.md.
    np.testing.assert_allclose(found["p.lesion.cbf_mean"], 5.0 / 4 * 60, rtol=0.25)
    np.testing.assert_allclose(found["p.lesion.cbf_norm_mean"], 2.5, rtol=0.02)
    np.testing.assert_allclose(found["p.lesion.curve_peak"], (0.05 * curve).max(), rtol=1e-4)


B_VALUES = np.array([0, 0, *[1000] * 12, 500], float)


def gradients(made, patient: str, b_values=B_VALUES) -> np.ndarray:
    random = np.random.default_rng(3)
    vectors = random.normal(size=(len(B_VALUES), 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.savetxt(made.folder / f"{patient}.bval", b_values[None], fmt="%g")
    np.savetxt(made.folder / f"{patient}.bvec", vectors.T, fmt="%.10f")
    return vectors


@pytest.mark.parametrize("noise", [0.0, 5.0])
def test_diffusion_gives_adc_and_anisotropy(small, noise):
    made = small(2)
    vectors = gradients(made, "P01")
    gradients(made, "P02")
    eigen = np.array([1.7e-3, 0.3e-3, 0.3e-3])
    along = vectors**2 @ eigen
    signal = np.broadcast_to(1000 * np.exp(-B_VALUES * 0.8e-3), (*SHAPE, len(B_VALUES))).copy()
    signal[labels() == LESION] = 1000 * np.exp(-B_VALUES * along)
    write(made, signal, noise)
    beside = "b_values = 'beside', b_vectors = '{patient}.bvec'"
    found = made.features(blocks(beside, "kind = 'diffusion', model = 'tensor', maps = ['fa', 'md']"))
    md = eigen.mean()
    fa = np.sqrt(1.5 * ((eigen - md) ** 2).sum() / (eigen**2).sum())
    tolerance = 1e-3 if noise == 0 else 0.02
    np.testing.assert_allclose(found["p.lesion.fa_mean"], fa, rtol=tolerance)
    np.testing.assert_allclose(found["p.lesion.md_mean"], 1e3 * md, rtol=tolerance)
    assert (found["p.white.fa_mean"] < (1e-3 if noise == 0 else 0.1)).all()
    adc = made.features(blocks("b_values = '{patient}.bval'", "kind = 'diffusion', reference = 'white'"))
    np.testing.assert_allclose(adc["p.brain.adc_p50"], 0.8, rtol=tolerance)
    assert not_missing(own(adc))


def test_vessel_size_needs_both_echoes(small):
    made = small(2)
    change = np.broadcast_to(tissue(1.0, 4.0) * 0.05, (*SHAPE, 80))
    write(made, 800 * np.exp(-0.03 * change))
    for patient in made.patients:
        spin = 700 * np.exp(-0.08 * 0.25 * change)
        made.picture(f"{patient}_se.nii.gz", np.moveaxis(spin, -1, 0).astype(np.float32))
        made.picture(f"{patient}_adc.nii.gz", np.full(SHAPE, 800.0))
        made.picture(f"{patient}_cbv.nii.gz", np.full(SHAPE, 4.0))
    more = "".join(
        f'[[images]]\nname = "{n}"\npath = "{{patient}}_{n}.nii.gz"\n{extra}\n'
        for n, extra in (("se", 'form = "series"\nseries = { tr_s = 1.5 }'), ("adc", ""), ("cbv", ""))
    )
    measure = "kind = 'vessel-size', echo_time_ms = 30, spin_echo_time_ms = 80, blood_volume_unit = 'percent'"
    others = "others = { spin_echo = 'se', adc = 'adc', blood_volume = 'cbv' }"
    text = more + '[features]\nfamilies = ["volume"]\n' + blocks("tr_s = 1.5", measure, others)
    found = made.features(text)
    peak = change.max()
    q = 0.25 * peak / peak ** (2 / 3)
    vsi = 0.867 * np.sqrt(0.04 * 800e-6 * 1e6) * peak / (0.25 * peak) ** 1.5
    np.testing.assert_allclose(found["p.lesion.q_mean"], q, rtol=1e-3)
    np.testing.assert_allclose(found["p.lesion.vsi_mean"], vsi, rtol=1e-3)


def test_times_from_a_sidecar_and_one_patient_without_them(small, dsc_signal):
    made = small(4)
    write(made, dsc_signal)
    for patient in made.patients:
        content = {"VolumeTiming": DSC_TIMES.tolist()} if patient != "P02" else {"EchoTime": 0.03}
        (made.folder / f"{patient}.json").write_text(json.dumps(content))
    (made.folder / "P03.json").unlink()
    made.picture("P04.nii.gz", dsc_signal[..., 0])  # one volume where a series is declared
    text = blocks("sidecar = 'beside'", DSC)
    planned = made.check(text)
    assert {(p["patient"], p["code"]) for p in planned.problems} == {
        ("P02", "IGX-IMG-192"),
        ("P04", "IGX-IMG-190"),
    }
    found = made.features(text)
    assert found["p.lesion.cbv_mean"].notna().to_dict() == {"P01": True, "P02": False, "P04": False}
    failures = made.table("failures.csv")
    assert {("P02", "IGX-IMG-192"), ("P04", "IGX-IMG-190")} == set(
        zip(failures["patient"], failures["code"], strict=True)
    )
    losses = made.table("losses.csv")
    assert "sidecar file not found" in set(losses.loc[losses["patient"] == "P03", "reason"])
    panels = json.loads((made.folder / "run" / "panels" / "index.json").read_text())["panels"]
    assert [row["patient"] for row in panels] == ["P01"]


def test_b_values_that_do_not_fit_and_masks_elsewhere_cost_one_patient(small):
    made = small(3)
    signal = np.broadcast_to(1000 * np.exp(-B_VALUES * 0.8e-3), (*SHAPE, len(B_VALUES)))
    write(made, signal)
    for patient in made.patients:
        gradients(made, patient)
    np.savetxt(made.folder / "P02.bval", B_VALUES[None, :-1], fmt="%g")
    made.picture("P03_mask.nii.gz", labels(), shift=10.0)
    text = blocks("b_values = 'beside'", "kind = 'diffusion'")
    assert {(p["patient"], p["code"]) for p in made.check(text).problems} == {
        ("P02", "IGX-IMG-191"),
        ("P03", "IGX-IMG-020"),
    }
    found = made.features(text)
    assert found["p.lesion.adc_mean"].notna().tolist() == [True, False, False]
    assert set(made.table("failures.csv")["code"]) == {"IGX-IMG-191", "IGX-IMG-021"}


def test_a_region_that_one_patient_lacks_is_a_problem_of_that_region(small, dsc_signal):
    made = small(2)
    write(made, dsc_signal)
    made.picture("P02_mask.nii.gz", np.where(labels() == LESION, REST, labels()))
    found = made.features(blocks("tr_s = 1.5", DSC.replace(", reference = 'white'", "")))
    assert found["p.lesion.cbv_mean"].notna().tolist() == [True, False]
    assert found["p.white.cbv_mean"].notna().all()
    warned = made.table("warnings.csv")
    assert ("P02", "IGX-FEAT-003") in set(zip(warned["patient"], warned["code"], strict=True))


@pytest.mark.parametrize(
    ("series", "measure", "message"),
    [
        ("", DSC, "needs the times"),
        ("b_values = 'beside'", "kind = 'diffusion', model = 'tensor'", "needs the b_vectors"),
        ("b_vectors = 'beside'", "kind = 'diffusion'", "'b_vectors' need 'b_values'"),
        ("tr_s = 1.5, sidecar = 'beside'", DSC, "give one of tr_s and sidecar"),
        ("tr_s = 0", DSC, "positive number"),
        ("sidecar = '{subject}.json'", DSC, "only placeholder"),
        ("tr_s = 1.5", "kind = 'spectra'", "needs a volume and 'perf' is a series"),
        ("tr_s = 1.5", DSC + ", maps = ['cvb']", "map 'cvb'"),
        ("tr_s = 1.5", "kind = 'dsc', echo_time_ms = 30, aif = 'none', maps = ['cbf']", "map 'cbf'"),
        ("tr_s = 1.5", DCE, "IGX-FEAT-163"),
        ("tr_s = 1.5", DCE + ", t10_s = 1, artery = 'artery'", "belong together"),
        ("tr_s = 1.5", DCE + ", t10_s = 1, reference = 'white'", "'normalised'"),
        ("tr_s = 1.5", "kind = 'perfusion-ct'", "artery"),
    ],
)
def test_series_that_make_no_sense_are_refused_before_anything_is_read(small, series, measure, message):
    made = small(1)
    made.picture("P01.nii.gz", np.ones((2, *SHAPE), np.float32))
    made.picture("P01_mask.nii.gz", labels())
    with pytest.raises(Exception, match=message):
        made.check(blocks(series, measure))


def test_a_series_is_not_normalised_and_keys_belong_to_their_form(small):
    made = small(1)
    text = blocks("tr_s = 1.5", DSC)
    with pytest.raises(Exception, match="not normalised"):
        made.check(text.replace('form = "series"', 'form = "series"\nnormalise = "z-score"'))
    with pytest.raises(Exception, match='for form = "series" only'):
        made.check(text.replace('form = "series"', ""))


def test_a_folder_is_no_series(small):
    made = small(1)
    (made.folder / "P01.nii.gz").mkdir()
    made.picture("P01_mask.nii.gz", labels())
    planned = made.check(blocks("tr_s = 1.5", DSC))
    assert [p["code"] for p in planned.problems] == ["IGX-IMG-250"]
