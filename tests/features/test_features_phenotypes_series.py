"""Measures of series from Python: rows as announced for every model, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter

from imagenomics.errors import InputError
from imagenomics.features.perfusion.gamma_variate import gamma_variate
from imagenomics.features.perfusion.population import population_curve
from imagenomics.features.perfusion.spoiled_echo import spoiled_signal
from imagenomics.features.phenotypes.kinds import KINDS, AnyMeasure, Measure
from imagenomics.features.phenotypes.measure import measure_picture, planned_rows
from imagenomics.images.grid import Grid
from imagenomics.images.series4d import Series4D
from imagenomics.images.volume import Volume

SHAPE = (2, 8, 8)
GRID = Grid(SHAPE, (3.0, 2.0, 2.0))
TIMES = np.arange(60) * 2.0
BOLUS = gamma_variate(np.array([[20.0, 6.0, 60.0, 3.0]]), TIMES)[0]
B_VALUES = np.array([0.0, *[1000.0] * 8])
VECTORS = np.random.default_rng(2).normal(size=(9, 3))
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
SCALE = 1 + 0.2 * np.random.default_rng(1).random(SHAPE)[..., None]


def series(values: np.ndarray, **axis) -> Series4D:
    return Series4D(np.ascontiguousarray(np.moveaxis(values, -1, 0)), GRID, **axis)


def falling(echo_s: float, size: float = 0.05) -> Series4D:
    return series(800 * np.exp(-echo_s * size * SCALE * BOLUS), times_s=TIMES)


def rising() -> Series4D:
    contrast = 0.2 * SCALE * population_curve(TIMES - 20.0)
    signal = 900 * spoiled_signal(1 / 1.2 + 4.5 * contrast, repetition_time_s=0.005, flip_angle_deg=15)
    return series(signal, times_s=TIMES)


def iodine() -> Series4D:
    return series(40 + 3 * SCALE * BOLUS, times_s=TIMES)


def diffusing() -> Series4D:
    return series(
        500 * np.exp(-B_VALUES * 0.8e-3 * SCALE * (1 + 0.3 * VECTORS[:, 0] ** 2)),
        b_values=B_VALUES,
        b_vectors=VECTORS,
    )


@pytest.fixture
def regions():
    found = {name: np.zeros(SHAPE, bool) for name in ("lesion", "white", "artery")}
    found["lesion"][:, :4, :4] = True
    found["white"][:, 4:, :] = True
    found["artery"][:, :4, 6:] = True
    return found


DSC = {"kind": "dsc", "echo_time_ms": 30, "baseline_frames": 9}
DCE = {"kind": "dce", "repetition_time_ms": 5, "flip_angle_deg": 15, "baseline_frames": 10, "t10_s": 1.2}
CASES = [
    (falling(0.03), DSC | {"leakage": False, "aif": "none"}),
    (falling(0.03), DSC | {"aif": "none", "reference": "white", "maps": ["psr", "cbv"]}),
    (falling(0.03), DSC | {"artery": "artery", "integral": "gamma-variate", "curves": False}),
    *[(rising(), DCE | {"model": m}) for m in ("extended-tofts", "tofts", "patlak", "brix", "none")],
    (rising(), DCE | {"reference": "white", "normalised": ["peak_enhancement"], "curves": False}),
    (iodine(), {"kind": "perfusion-ct", "artery": "artery"}),
    (iodine(), {"kind": "perfusion-ct", "artery": "artery", "reference": "white", "maps": ["cbf"]}),
    (diffusing(), {"kind": "diffusion"}),
    (diffusing(), {"kind": "diffusion", "model": "tensor", "reference": "white"}),
]


def read(given: dict) -> Measure:
    return TypeAdapter(AnyMeasure).validate_python(given)


@pytest.mark.parametrize(("picture", "given"), CASES)
def test_rows_are_those_that_were_announced(picture, given, regions):
    measure = read(given)
    rows, problems = measure_picture(picture, regions, measure=measure)
    assert problems == []
    around = [given[key] for key in ("reference", "artery") if key in given]
    planned = planned_rows(measure, [r for r in regions if r not in around], spacing_known=True)
    keys = ["region", "family", "feature", "unit"]
    assert rows[keys].to_numpy().tolist() == planned[keys].to_numpy().tolist()
    assert rows["value"].notna().mean() > 0.8


def test_vessels_with_and_without_calibre(regions):
    measure = read({"kind": "vessel-size", "echo_time_ms": 30, "spin_echo_time_ms": 80, "baseline_frames": 9})
    spin = falling(0.08, 0.02)
    flat = Volume(np.full(SHAPE, 800.0), spacing_mm=GRID.spacing_mm)
    for others in ({"spin_echo": spin}, {"spin_echo": spin, "adc": flat, "blood_volume": flat}):
        rows, _ = measure_picture(falling(0.03), regions, measure=measure, others=others)
        planned = planned_rows(measure, list(regions), spacing_known=True, others=list(others))
        assert rows["feature"].tolist() == planned["feature"].tolist()
    with pytest.raises(InputError, match="IGX-FEAT-165"):
        planned_rows(measure, list(regions), spacing_known=True, others=["spin_echo", "adc"])
    short = series(np.ones((*SHAPE, 40)), times_s=TIMES[:40])
    with pytest.raises(InputError, match="IGX-FEAT-164"):
        measure_picture(falling(0.03), regions, measure=measure, others={"spin_echo": short})
    with pytest.raises(InputError, match="IGX-FEAT-161"):
        measure_picture(falling(0.03), regions, measure=measure)
    with pytest.raises(InputError, match="IGX-FEAT-160"):
        measure_picture(falling(0.03), regions, measure=measure, others={"spin_echo": flat})


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (DSC, "times"),
        ({"kind": "diffusion"}, "b-values"),
        ({"kind": "diffusion", "model": "tensor"}, "b-values"),
    ],
)
def test_a_series_without_its_axis_is_refused(given, what, regions):
    with pytest.raises(InputError, match=f"IGX-FEAT-162.*{what}"):
        measure_picture(series(np.ones((*SHAPE, 20))), regions, measure=read(given))


def test_directions_are_needed_for_a_tensor_only(regions):
    plain = series(np.exp(-B_VALUES * 1e-3) * SCALE, b_values=B_VALUES)
    with pytest.raises(InputError, match=r"IGX-FEAT-162.*directions"):
        measure_picture(plain, regions, measure=read({"kind": "diffusion", "model": "tensor"}))


def test_volumes_and_series_are_not_mixed_up(regions):
    volume = Volume(np.ones(SHAPE), spacing_mm=GRID.spacing_mm)
    with pytest.raises(InputError, match="IGX-FEAT-160"):
        measure_picture(volume, regions, measure=read(DSC))
    with pytest.raises(InputError, match="IGX-FEAT-160"):
        measure_picture(falling(0.03), regions, measure=read({"kind": "map"}))


def test_every_kind_is_in_the_registry_and_in_the_union():
    union = set(Measure.__args__)
    assert union == set(KINDS)
    names = [kind.settings.model_fields["kind"].default for kind in KINDS.values()]
    assert len(set(names)) == len(names)
    for kind in KINDS.values():
        for key in (*kind.around, *kind.files):
            assert key in kind.settings.model_fields
