"""Fractal dimensions and lacunarity, against sets and surfaces whose numbers are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.features.spectra.grey_dimension import (
    box_dimension,
    grey_dimension_features,
    hurst_exponent,
    minkowski_dimension,
)
from imagenomics.features.spectra.lacunarity import gliding_lacunarity, lacunarity_features
from imagenomics.features.spectra.lines import log_slope
from imagenomics.features.spectra.mask_dimension import box_counts, mask_dimension_features


def values(rows):
    return dict(zip(rows["feature"], rows["value"], strict=True))


def brownian(hurst, *, seed=0, dimensions=2, cut=64):
    """A piece of a fractional Brownian surface, by a spectrum that falls like a power of frequency."""
    n = 2 * cut
    rng = np.random.default_rng(seed)
    grids = np.meshgrid(*[np.fft.fftfreq(n)] * dimensions, indexing="ij", sparse=True)
    frequency = np.sqrt(sum(g**2 for g in grids))
    frequency[(0,) * dimensions] = np.inf
    noise = np.fft.fftn(rng.normal(size=(n,) * dimensions))
    surface = np.fft.ifftn(noise * frequency ** (-hurst - dimensions / 2)).real
    return surface[(slice(0, cut),) * dimensions]


def exact_brownian(hurst, *, seed=0, n=280):
    """A square of exact fractional Brownian surface: Stein 2002, Journal of Computational and Graphical Statistics.

    Squared increments at a distance r have the mean 2 r^(2H).
    """
    a = 2 * hurst
    reach = 1.0 if a <= 1.5 else 2.0
    beta = 0.0 if a <= 1.5 else a * (2 - a) / (3 * reach * (reach**2 - 1))
    c2 = (a - beta * (reach - 1) ** 2 * (reach + 2)) / 2
    c0 = beta * (reach - 1) ** 3 + 1 - c2
    steps = np.minimum(np.arange(2 * n), 2 * n - np.arange(2 * n)) * reach / n
    r = np.hypot(steps[:, None], steps[None, :])
    far = np.where(r <= reach, beta * (reach - r) ** 3 / np.maximum(r, 1e-12), 0.0)
    covariance = np.where(r <= 1, c0 - r**a + c2 * r**2, far)
    eigenvalues = np.fft.fft2(covariance).real
    assert eigenvalues.min() > -1e-6 * eigenvalues.max()
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=r.shape) + 1j * rng.normal(size=r.shape)
    field = np.fft.fft2(np.sqrt(np.maximum(eigenvalues, 0)) * noise).real / (2 * n)
    side = int(n / (reach * np.sqrt(2)))
    place = np.arange(side) * reach / n
    tilt = np.sqrt(2 * c2) * (place[:, None] * rng.normal() + place[None, :] * rng.normal())
    return field[:side, :side] + tilt


def dimension_of(places, sizes):
    return -log_slope(np.array(sizes, float), box_counts(places, sizes).astype(float))[0]


def test_box_counts_of_a_line_a_square_and_the_sierpinski_triangle():
    line = np.column_stack([np.arange(256.0), np.zeros(256)])
    assert dimension_of(line, [1.0, 2.0, 4.0, 8.0, 16.0]) == pytest.approx(1, abs=1e-9)
    square = np.argwhere(np.ones((64, 64))).astype(float)
    assert dimension_of(square, [1.0, 2.0, 4.0, 8.0]) == pytest.approx(2, abs=1e-9)
    y, x = np.mgrid[:256, :256]
    triangle = np.argwhere((y & x) == 0).astype(float)
    assert dimension_of(triangle, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]) == pytest.approx(np.log2(3), abs=1e-9)


def test_box_counts_of_the_sierpinski_carpet():
    carpet = np.ones((1, 1), bool)
    for _ in range(5):
        carpet = np.kron(carpet, np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], bool))
    found = dimension_of(np.argwhere(carpet).astype(float), [1.0, 3.0, 9.0, 27.0, 81.0])
    assert found == pytest.approx(np.log(8) / np.log(3), abs=1e-9)


def koch_island(levels=5, n=400):
    """All triangles from which a Koch snowflake is put together, painted on a grid."""
    corners = np.exp(-2j * np.pi * np.arange(3) / 3) * 1j
    y, x = np.mgrid[:n, :n] * (2.2 / (n - 1)) - 1.1
    grid, island = x + 1j * y, np.zeros((n, n), bool)
    edges = [(a, b) for a, b in zip(corners, np.roll(corners, -1), strict=True)]
    triangles = [corners]
    for _ in range(levels):
        finer = []
        for a, b in edges:
            third = (b - a) / 3
            tip = a + third + third * np.exp(1j * np.pi / 3)
            triangles.append(np.array([a + third, tip, a + 2 * third]))
            path = [a, a + third, tip, a + 2 * third, b]
            finer += itertools.pairwise(path)
        edges = finer
    for triangle in triangles:
        box = tuple(
            slice(max(int((low + 1.1) / 2.2 * (n - 1)), 0), int((high + 1.1) / 2.2 * (n - 1)) + 2)
            for low, high in (
                (triangle.imag.min(), triangle.imag.max()),
                (triangle.real.min(), triangle.real.max()),
            )
        )
        inside = np.ones(grid[box].shape, bool)
        turn = np.sign(((triangle[1] - triangle[0]).conjugate() * (triangle[2] - triangle[0])).imag)
        for a, b in zip(triangle, np.roll(triangle, -1), strict=True):
            inside &= ((b - a).conjugate() * (grid[box] - a)).imag * turn >= -1e-9
        island[box] |= inside
    return island


def test_the_outline_of_a_koch_island_is_rugged_and_that_of_a_disc_is_not():
    island = koch_island()
    rough = values(mask_dimension_features(island[None], spacing_mm=(1, 1, 1)))
    y, x = np.mgrid[:400, :400] - 199.5
    smooth = values(mask_dimension_features((np.hypot(y, x) < 180)[None], spacing_mm=(1, 1, 1)))
    assert rough["outline_dimension"] == pytest.approx(np.log(4) / np.log(3), abs=0.06)
    assert smooth["outline_dimension"] == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0)])
def test_the_surface_of_a_ball_is_smooth_and_a_sponge_is_not(spacing):
    grids = np.meshgrid(*[np.arange(-35, 35.5, s) for s in spacing], indexing="ij")
    ball = np.sqrt(sum(g**2 for g in grids)) < 33
    smooth = values(mask_dimension_features(ball, spacing_mm=spacing))
    assert smooth["surface_dimension"] == pytest.approx(2, abs=0.1)
    sponge = ball & (np.random.default_rng(0).random(ball.shape) < 0.5)
    assert values(mask_dimension_features(sponge, spacing_mm=spacing))["surface_dimension"] > 2.5


def test_dimensions_of_masks_that_are_too_small_say_so():
    rows = mask_dimension_features(np.ones((1, 1, 1), bool), spacing_mm=(1, 1, 1), spacing_known=False)
    assert set(rows["status"]) == {"skipped"}
    plane = np.ones((1, 40, 40), bool)
    rows = mask_dimension_features(plane, spacing_mm=(1, 1, 1)).set_index("feature")
    assert rows.loc["surface_dimension", "reason"] == "the region lies in one slice"
    assert rows.loc["outline_dimension", "status"] == "ok"
    ball = np.pad(np.ones((20, 20, 20), bool), 2)
    flags = mask_dimension_features(ball, spacing_mm=(1, 1, 1), spacing_known=False).set_index("feature")[
        "flags"
    ]
    assert flags["outline_dimension"] == ""
    assert flags["surface_dimension"] == "voxel-units"


def test_mask_dimensions_do_not_change_when_turned_or_moved():
    rng = np.random.default_rng(4)
    mask = np.pad(rng.random((20, 20, 20)) < 0.7, 4)
    mask[12] = np.pad(np.ones((20, 20), bool), 4)
    one = mask_dimension_features(mask, spacing_mm=(1, 1, 1))["value"]
    moved = mask_dimension_features(np.pad(mask, ((1, 0), (2, 3), (5, 0))), spacing_mm=(1, 1, 1))["value"]
    np.testing.assert_allclose(moved, one)
    turned = mask_dimension_features(np.rot90(mask, axes=(1, 2)), spacing_mm=(1, 1, 1))["value"]
    np.testing.assert_allclose(turned, one, atol=0.05)  # shifts run along one diagonal only


@pytest.mark.parametrize("hurst", [0.2, 0.5, 0.8])
def test_dimensions_of_brownian_surfaces(hurst):
    increments, minkowski, boxes = [], [], []
    for seed in range(3):
        surface = exact_brownian(hurst, seed=seed)
        mask = np.ones((1, *surface.shape), bool)
        found = hurst_exponent(surface[None], mask, spacing_mm=(1.0, 1.0, 1.0), axes=(1, 2))
        increments.append(3 - found)
        minkowski.append(minkowski_dimension(surface))
        side = len(surface) // 2
        pixels = surface[: 2 * side, : 2 * side].reshape(side, 2, side, 2).mean(axis=(1, 3))
        boxes.append(box_dimension(pixels))
    assert np.mean(increments) == pytest.approx(3 - hurst, abs=0.06)
    assert np.mean(boxes) == pytest.approx(3 - hurst, abs=0.13)
    # The extremes of a few rough pixels fall short of those between them.
    assert np.mean(minkowski) == pytest.approx(3 - hurst, abs=0.25)


def test_rougher_surfaces_have_larger_dimensions():
    found = np.array(
        [[minkowski_dimension(brownian(h)), box_dimension(brownian(h))] for h in (0.1, 0.3, 0.5, 0.7, 0.9)]
    )
    assert (np.diff(found, axis=0) < 0).all()


def test_a_brownian_volume_with_thick_slices():
    volume = brownian(0.5, dimensions=3, cut=32)[::2]
    mask = np.ones(volume.shape, bool)
    rows = values(grey_dimension_features(volume, mask, spacing_mm=(2, 1, 1)))
    assert rows["increment_dimension_3d"] == pytest.approx(3.5, abs=0.15)
    assert rows["increment_dimension_2d"] == pytest.approx(2.5, abs=0.15)


def test_a_slope_has_the_dimension_of_a_plane():
    ramp = np.add.outer(np.arange(64.0), np.arange(64.0))
    assert minkowski_dimension(ramp) == pytest.approx(2, abs=1e-9)
    mask = np.ones((1, 64, 64), bool)
    assert hurst_exponent(ramp[None], mask, spacing_mm=(1.0, 1.0, 1.0), axes=(1, 2)) == pytest.approx(1)
    assert box_dimension(ramp) == pytest.approx(2, abs=1e-9)


def test_grey_dimensions_do_not_change_with_contrast_turns_or_place():
    image = np.zeros((1, 60, 70))
    mask = np.zeros(image.shape, bool)
    image[0, 3:43, 5:45] = brownian(0.4, cut=40)
    mask[0, 3:43, 5:45] = True
    one = values(grey_dimension_features(image, mask, spacing_mm=(1, 1, 1)))
    scaled = values(grey_dimension_features(image * 7 + 40, mask, spacing_mm=(1, 1, 1)))
    moved = values(
        grey_dimension_features(
            np.roll(image, (9, 11), (1, 2)), np.roll(mask, (9, 11), (1, 2)), spacing_mm=(1, 1, 1)
        )
    )
    turned = values(
        grey_dimension_features(
            np.rot90(image, axes=(1, 2)), np.rot90(mask, axes=(1, 2)), spacing_mm=(1, 1, 1)
        )
    )
    for other in (scaled, moved):
        assert other == pytest.approx(one, nan_ok=True, rel=1e-9)
    assert turned == pytest.approx(one, nan_ok=True, rel=1e-9)


def test_constant_small_and_single_slice_regions():
    flat = grey_dimension_features(np.ones((1, 40, 40)), np.ones((1, 40, 40), bool), spacing_mm=(1, 1, 1))
    assert flat["status"].tolist() == ["failed", "failed", "failed", "skipped"]
    tiny = grey_dimension_features(np.ones((1, 1, 1)), np.ones((1, 1, 1), bool), spacing_mm=(1, 1, 1))
    assert set(tiny["status"]) == {"skipped"}
    volume = brownian(0.5, dimensions=3, cut=24)
    rows = grey_dimension_features(
        volume, np.ones(volume.shape, bool), spacing_mm=(1, 1, 1), spacing_known=False
    )
    assert rows["flags"].tolist() == ["", "", "", "voxel-units"]


def test_lacunarity_of_checkerboards_and_noise():
    board = np.indices((64, 64)).sum(axis=0) % 2 * 1.0
    assert gliding_lacunarity(board, 2) == pytest.approx(1)
    assert gliding_lacunarity(board, 1) == pytest.approx(2)
    p = 0.3
    noise = (np.random.default_rng(0).random((400, 400)) < p) * 1.0
    for box in (1, 2, 4, 8):
        assert gliding_lacunarity(noise, box) == pytest.approx(1 + (1 - p) / (p * box**2), rel=0.02)
    assert np.isnan(gliding_lacunarity(np.zeros((8, 8)), 2))


def test_lacunarity_is_that_of_a_slow_search():
    mass = np.random.default_rng(2).random((9, 9))
    held = np.array([[mass[y : y + 3, x : x + 3].sum() for x in range(7)] for y in range(7)])
    assert gliding_lacunarity(mass, 3) == pytest.approx((held**2).mean() / held.mean() ** 2)


def test_lacunarity_rows_in_the_square_of_a_region():
    image = np.zeros((2, 40, 40))
    image[1, 4:36, 4:36] = np.kron(np.indices((4, 4)).sum(axis=0) % 2, np.ones((8, 8))) * 5 + 3
    mask = np.zeros(image.shape, bool)
    mask[1, 4:36, 4:36] = True
    found = lacunarity_features(image, mask, boxes=(1, 2, 32))
    assert values(found)["lacunarity_binary_1"] == pytest.approx(2)
    assert values(found)["lacunarity_grey_1"] == pytest.approx(2)
    assert "32 pixels" in found.set_index("feature").loc["lacunarity_grey_32", "reason"]
    flat = lacunarity_features(np.ones(image.shape), mask)
    assert set(flat["status"]) == {"failed"}
    for boxes in ((2, 2), (0,), (1.5,)):
        with pytest.raises(InputError, match="IGX-FEAT-090"):
            lacunarity_features(image, mask, boxes=boxes)
