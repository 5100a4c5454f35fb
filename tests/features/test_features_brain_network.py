import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.features.brain.graph import make_graph, shortest_lengths
from imagenomics.features.brain.network import (
    assortativity,
    clustering,
    global_efficiency,
    local_efficiency,
    modularity,
    network_rows,
    path_length,
)
from imagenomics.features.brain.settings import GraphSettings

EDGES = [
    (0, 1, 0.9), (0, 2, 0.5), (0, 3, 0.2), (1, 2, 0.7), (1, 4, 0.3), (2, 3, 0.6),
    (3, 4, 0.8), (3, 5, 0.1), (4, 5, 0.4), (5, 6, 1.3), (6, 7, 0.35), (5, 7, 0.45),
]  # fmt: skip
# networkx 3.6.1 on the graph of EDGES; lengths 1 / weight (Dijkstra).
CLUSTERING = [
    0.27484512197749306, 0.17446390040906068, 0.27484512197749306, 0.09089320186032386,
    0.08140518215221536, 0.11626631757842222, 0.4533823590138873, 0.4533823590138873,
]  # fmt: skip
LOCAL = [
    0.541025641025641, 0.16666666666666666, 0.4212121212121212, 0.15,
    0.03333333333333333, 0.19166666666666668, 0.44999999999999996, 1.3,
]  # fmt: skip
PLAIN = GraphSettings()


def graph(edges, n):
    matrix = np.zeros((n, n))
    for a, b, w in edges:
        matrix[a, b] = matrix[b, a] = w
    return matrix


W = graph(EDGES, 8)


def test_measures_agree_with_networkx():
    binary = make_graph(W, settings=GraphSettings(binary=True))
    assert clustering(W) == pytest.approx(CLUSTERING, rel=1e-12)
    assert local_efficiency(W) == pytest.approx(LOCAL, rel=1e-12)
    assert global_efficiency(W) == pytest.approx(0.355129629943005, rel=1e-12)
    assert path_length(W) == pytest.approx(4.251853305424736, rel=1e-12)
    assert global_efficiency(binary) == pytest.approx(0.6785714285714288, rel=1e-12)
    assert local_efficiency(binary).mean() == pytest.approx(0.625, rel=1e-12)
    assert assortativity(W, (W > 0).sum(axis=1)) == pytest.approx(-0.05882352941176508, rel=1e-12)
    assert assortativity(W, W.sum(axis=1)) == pytest.approx(-0.40838323353293415, rel=1e-12)
    assert modularity(W, list("aaabbccc")) == pytest.approx(0.41081267217630857, rel=1e-12)


def test_a_path_of_three_nodes_by_hand():
    path = graph([(0, 1, 1), (1, 2, 0.5)], 3)
    assert shortest_lengths(path).tolist() == [[0, 1, 3], [1, 0, 2], [3, 2, 0]]
    assert path_length(path) == 2.0
    assert global_efficiency(path) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert clustering(path).tolist() == [0, 0, 0]
    assert local_efficiency(path).tolist() == [0, 0, 0]


def test_the_complete_graph_by_hand():
    full = np.ones((5, 5)) - np.eye(5)
    rows = network_rows(full, list("abcde"), partition=[1] * 5).set_index(["region", "feature"])
    brain = rows.loc["brain"]
    assert (
        brain.loc[["density", "mean_clustering", "global_efficiency", "path_length"], "value"].tolist()
        == [1] * 4
    )
    assert brain.at["modularity", "value"] == pytest.approx(0, abs=1e-15)
    assert "same value" in brain.at["assortativity_degree", "reason"]
    assert rows.at[("c", "strength"), "value"] == 4


def test_a_graph_in_pieces_has_no_path_length_and_says_so():
    pieces = graph([(0, 1, 1), (2, 3, 1)], 4)
    rows = network_rows(pieces, list("abcd"), partition=[0, 0, 1, 1]).set_index(["region", "feature"])
    assert rows.at[("brain", "path_length"), "status"] == "skipped"
    assert "4 of 6 pairs" in rows.at[("brain", "path_length"), "reason"]
    assert rows.at[("brain", "global_efficiency"), "value"] == pytest.approx(2 / 6)
    assert rows.at[("brain", "modularity"), "value"] == 0.5


def test_a_graph_without_links():
    rows = network_rows(np.zeros((3, 3)), list("abc"), partition=[0, 1, 1]).set_index(["region", "feature"])
    assert rows.at[("brain", "modularity"), "reason"] == "the graph has no link"
    assert rows.at[("a", "clustering"), "value"] == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_nodes_and_scale_of_weights(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 12))
    upper = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.6), 1)
    w = make_graph(upper + upper.T, settings=PLAIN)
    order = rng.permutation(n)
    moved = w[np.ix_(order, order)]
    assert clustering(moved) == pytest.approx(clustering(w)[order], abs=1e-12)
    assert local_efficiency(moved) == pytest.approx(local_efficiency(w)[order], abs=1e-12)
    assert clustering(3 * w) == pytest.approx(clustering(w), abs=1e-12)
    assert global_efficiency(3 * w) == pytest.approx(3 * global_efficiency(w), abs=1e-12)
    modules = rng.integers(0, 3, n)
    if w.any():
        assert modularity(moved, modules[order]) == pytest.approx(modularity(w, modules), abs=1e-12)
        assert modularity(w, [0] * n) == pytest.approx(0, abs=1e-12)
    lengths = shortest_lengths(w)
    assert (lengths <= lengths[:, [0]] + lengths[[0]] + 1e-12).all()


def test_density_keeps_the_strongest_links():
    kept = make_graph(W, settings=GraphSettings(density=5 / 28))
    assert sorted(kept[np.triu_indices(8, 1)][kept[np.triu_indices(8, 1)] > 0]) == [0.6, 0.7, 0.8, 0.9, 1.3]
    assert np.array_equal(kept, kept.T)
    assert np.array_equal(make_graph(W, settings=GraphSettings(density=1)), W)


def test_negative_links_need_a_declaration():
    matrix = graph([(0, 1, -0.5), (1, 2, 0.25)], 3)
    with pytest.raises(InputError, match="IGX-FEAT-135"):
        make_graph(matrix, settings=PLAIN)
    assert make_graph(matrix, settings=GraphSettings(negative="drop"))[0, 1] == 0
    assert make_graph(matrix, settings=GraphSettings(negative="absolute"))[0, 1] == 0.5


@pytest.mark.parametrize(
    "matrix", [np.ones((2, 3)), np.ones((1, 1)), np.triu(np.ones((3, 3))), np.full((3, 3), np.nan)]
)
def test_matrices_that_are_no_graph(matrix):
    with pytest.raises(InputError, match="IGX-FEAT-134"):
        make_graph(matrix, settings=PLAIN)


def test_names_and_modules_must_fit():
    with pytest.raises(InputError, match="IGX-FEAT-136"):
        network_rows(W, list("abcdefgh"), partition=[1, 2])
    with pytest.raises(InputError, match="IGX-FEAT-133"):
        network_rows(W, list("abcdefga"))


def test_the_diagonal_of_a_correlation_matrix_is_no_link():
    matrix = W / 2 + np.eye(8)
    assert np.array_equal(make_graph(matrix, settings=PLAIN), W / 2)
