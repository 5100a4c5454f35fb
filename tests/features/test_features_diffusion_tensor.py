"""The diffusion tensor against DIPY, and against tensors that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imagenomics.errors import InputError
from imagenomics.features.diffusion.settings import TensorSettings
from imagenomics.features.diffusion.tensor import tensor_maps, tensor_measures

# Made with DIPY 1.12.1 (numpy 2.4.6), TensorModel with fit_method "WLS" and "OLS", from the noisy signals below.
SIGNALS = np.array(
    [
        [
            995.9,
            993.98,
            232.77,
            348.67,
            253.28,
            387.59,
            753.54,
            572.31,
            549.13,
            660.94,
            782.08,
            192.54,
            679.82,
            614.32,
        ],
        [
            994.7,
            987.35,
            427.31,
            443.19,
            404.01,
            435.29,
            452.64,
            455.7,
            411.71,
            440.99,
            476.92,
            430.49,
            433.46,
            431.03,
        ],
        [
            979.24,
            1003.95,
            318.17,
            403.88,
            441.77,
            349.2,
            392.13,
            326.0,
            325.18,
            341.44,
            586.63,
            302.8,
            340.04,
            653.29,
        ],
        [
            999.0,
            987.78,
            788.35,
            893.84,
            765.12,
            794.07,
            619.11,
            647.62,
            607.62,
            697.08,
            666.46,
            776.36,
            638.42,
            697.22,
        ],
    ]
)
DIRECTIONS = np.array(
    [
        [0, 0, 0],
        [0, 0, 0],
        [-0.587613, -0.792417, -0.163666],
        [0.693964, 0.486062, 0.531186],
        [-0.608612, -0.564139, 0.557977],
        [0.361867, 0.815404, 0.451851],
        [-0.582174, 0.730436, 0.357124],
        [0.253464, -0.967339, 0.00328],
        [-0.160991, 0.977492, 0.136347],
        [0.86802, -0.424213, 0.258039],
        [0.322586, -0.55894, -0.763887],
        [0.881708, 0.450119, -0.141363],
        [0.482364, -0.826035, 0.291532],
        [-0.516206, 0.161047, 0.841187],
    ]
)
B = np.array([0.0] * 2 + [1000.0] * 12)
DIPY = {  # fa, md, ad, rd
    1: np.array(
        [
            [0.8202889204, 0.7239752235, 1.6468017858, 0.2625619423],
            [0.0875269315, 0.8252590073, 0.9068358318, 0.7844705951],
            [0.5917966691, 0.8204775121, 1.1836911694, 0.6388706835],
            [0.6239897422, 0.2938292645, 0.5146343086, 0.1834267425],
        ]
    ),
    0: np.array(
        [
            [0.8381361154, 0.7186355124, 1.670488596, 0.2427089706],
            [0.0872740633, 0.8255610232, 0.9070544795, 0.7848142951],
            [0.601049465, 0.8189814533, 1.1890787653, 0.6339327973],
            [0.5993881697, 0.2966888027, 0.5078985705, 0.1910839187],
        ]
    ),
}
NAMES = ("fa", "md", "ad", "rd")


def signal_of(eigenvalues: np.ndarray, turn: np.ndarray, b_values=B, vectors=DIRECTIONS) -> np.ndarray:
    along = ((vectors @ turn) ** 2 * eigenvalues).sum(axis=1)
    return 800 * np.exp(-b_values * along * 1e-3)


@pytest.mark.parametrize("reweightings", [0, 1])
def test_measures_are_those_of_dipy(reweightings):
    maps = tensor_maps(SIGNALS, B, DIRECTIONS, settings=TensorSettings(reweightings=reweightings))
    found = np.stack([maps[name] for name in NAMES], axis=1)
    np.testing.assert_allclose(found, DIPY[reweightings], rtol=2e-5)  # directions are printed with six digits


def test_measures_are_those_of_an_installed_dipy():
    gradients = pytest.importorskip("dipy.core.gradients")
    dti = pytest.importorskip("dipy.reconst.dti")
    length = np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
    vectors = DIRECTIONS / np.where(length > 0, length, 1)
    fit = dti.TensorModel(gradients.gradient_table(B, bvecs=vectors), fit_method="WLS").fit(SIGNALS)
    maps = tensor_maps(SIGNALS, B, vectors)
    np.testing.assert_allclose(maps["fa"], fit.fa, rtol=1e-9)
    np.testing.assert_allclose(maps["md"], fit.md * 1e3, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), values=st.lists(st.floats(0.1, 3), min_size=3, max_size=3))
def test_tensors_come_back_however_the_head_is_turned(seed, values):
    eigenvalues = np.sort(values)[::-1]
    turn = Rotation.random(random_state=seed).as_matrix()
    maps = tensor_maps(signal_of(eigenvalues, turn)[None], B, DIRECTIONS)
    expected = tensor_measures(eigenvalues[None] * 1e-3)
    for name in NAMES:
        np.testing.assert_allclose(maps[name], expected[name], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(maps["s0"], 800, rtol=1e-6)


@pytest.mark.parametrize(
    ("eigenvalues", "fa"),
    [((1, 1, 1), 0), ((1, 0, 0), 1), ((2, 1, 1), np.sqrt(1 / 6)), ((1, 1, 0), np.sqrt(0.5))],
)
def test_fractional_anisotropy_of_simple_tensors(eigenvalues, fa):
    assert tensor_measures(np.array([eigenvalues], float))["fa"][0] == pytest.approx(fa, abs=1e-12)


def test_the_shape_of_the_image_is_kept_and_holes_stay_holes():
    block = np.tile(SIGNALS.reshape(2, 2, 14), (3, 1, 1, 1))
    block[0, 0, 0, 5] = 0
    maps = tensor_maps(block, B, DIRECTIONS)
    assert maps["fa"].shape == (3, 2, 2)
    assert np.isnan(maps["fa"]).sum() == 1
    np.testing.assert_allclose(maps["fa"][1].ravel(), DIPY[1][:, 0], rtol=2e-5)


def test_negative_eigenvalues_and_the_noise_floor_are_doubts():
    turn = np.eye(3)
    below = signal_of(np.array([1.0, 0.5, -0.2]), turn)[None]
    maps = tensor_maps(below, B, DIRECTIONS, settings=TensorSettings(noise_sigma=1.0))
    assert maps.doubts["negative-eigenvalue"][0]
    assert maps["rd"][0] == pytest.approx(0.25, rel=1e-3)
    assert not maps.doubts["noise-floor"][0]
    dark = tensor_maps(below, B, DIRECTIONS, settings=TensorSettings(noise_sigma=500.0))
    assert dark.doubts["noise-floor"][0]


def test_large_b_values_are_left_out():
    b_values = np.concatenate([B, np.full(12, 3000.0)])
    vectors = np.concatenate([DIRECTIONS, DIRECTIONS[2:]])
    signal = np.concatenate([SIGNALS, np.full((4, 12), 100.0)], axis=1)
    maps = tensor_maps(signal, b_values, vectors)
    np.testing.assert_allclose(maps["fa"], DIPY[1][:, 0], rtol=2e-5)


@pytest.mark.parametrize(
    "vectors",
    [
        DIRECTIONS[:13],
        np.zeros_like(DIRECTIONS),
        DIRECTIONS * 2,
        np.where(DIRECTIONS == 0, 0, 1) / np.sqrt(3),  # all the same
        np.nan * DIRECTIONS,
    ],
)
def test_directions_that_give_no_tensor_are_refused(vectors):
    with pytest.raises(InputError, match="IGX-FEAT-064"):
        tensor_maps(SIGNALS, B, vectors)


def test_too_few_volumes_and_equal_b_values_are_refused():
    with pytest.raises(InputError, match="IGX-FEAT-064"):
        tensor_maps(SIGNALS[:, :6], B[:6], DIRECTIONS[:6])
    with pytest.raises(InputError, match="IGX-FEAT-062"):
        tensor_maps(SIGNALS[:, 2:], B[2:], DIRECTIONS[2:])
