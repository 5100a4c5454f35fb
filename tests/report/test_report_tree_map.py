"""Maps between two trees: their picture, their dendrograms, and what is too large to be drawn cell by cell."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imagenomics.associate.clusters.frames import tree_frame
from imagenomics.associate.clusters.trees import grow_tree
from imagenomics.report.cluster_bands import cluster_band
from imagenomics.report.dendrogram import read_dendrogram
from imagenomics.report.raster import ENDS, MISSING, png_of
from imagenomics.report.tree_map import MOST_NAMED, Band, band_key, coarse, tree_map


def tree_of(points):
    names = [f"n{i}" for i in range(len(points))]
    return tree_frame(grow_tree(points, "euclidean", "average"), names, side="features")


def pixels(values, reach=2.0):
    kind, data = png_of(np.asarray(values, dtype=float), reach=reach).split(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


def test_cells_have_the_colour_of_their_value():
    drawn = pixels([[-2.0, 0.0, 2.0], [-9.0, np.nan, 9.0]])
    assert drawn.shape == (2, 3, 3)
    np.testing.assert_array_equal(drawn[0], ENDS)
    np.testing.assert_array_equal(drawn[1], [ENDS[0], MISSING, ENDS[2]])
    assert pixels([[1.0]], reach=0.0).shape == (1, 1, 3)


def test_forks_stand_over_their_leaves():
    points = np.array([[0.0], [1.0], [5.0], [5.5]])
    tree = read_dendrogram(tree_of(points))
    assert sorted(tree.names) == ["n0", "n1", "n2", "n3"]
    assert tree.forks[-1, 4] == 1.0
    assert tree.forks[-1, [0, 2]].tolist() == [1.0, 3.0]
    low = tree.forks[0]
    assert low[1] == low[3] == 0.0
    assert abs(low[2] - low[0]) == 1.0
    rows = tree_of(points)
    assert read_dendrogram(rows.iloc[:0]) is None
    assert read_dendrogram(rows.iloc[1:]) is None
    pd.testing.assert_frame_equal(rows, tree_of(points))


def test_many_cells_become_means_of_neighbours():
    values = np.tile(np.arange(1200.0)[:, None], (1, 3))
    values[0] = np.nan
    small = coarse(values)
    assert small.shape == (600, 3)
    assert small[0, 0] == 1.0
    assert small[1, 0] == 2.5
    assert coarse(values[:10]).shape == (10, 3)


@pytest.mark.parametrize(("rows", "columns"), [(4, 6), (MOST_NAMED + 1, 80)])
def test_a_map_names_what_can_be_read(rows, columns):
    random = np.random.default_rng(1)
    values = random.standard_normal((rows, columns))
    trees = read_dendrogram(tree_of(values)), read_dendrogram(tree_of(values.T))
    clusters = cluster_band([1] * (columns // 2) + [2] * (columns - columns // 2))
    odd = Band("<b>odd</b>", ["on", "", *["off"] * (columns - 2)], {"on": "yes", "off": "no", "f0": "never"})
    page = tree_map(
        values,
        trees,
        names=([f"row {i}" for i in range(rows)], [f"column {i}" for i in range(columns)]),
        reach=3.0,
        above=[clusters],
        below=[odd],
        words=("A map", "of numbers"),
    )
    assert page.count('class="dendrogram"') == 2
    assert page.count("<title>A map</title><desc>of numbers</desc>") == 1
    assert ("row 0" in page) == (rows <= MOST_NAMED)
    assert ("column 0" in page) == (columns < 20)
    assert "<b>odd" not in page
    key = band_key([clusters, odd])
    assert "cluster 2" in key
    assert "never" not in key
