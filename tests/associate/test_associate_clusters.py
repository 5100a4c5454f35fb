"""Clusters of patients against scipy, R's cluster package, and groups that were planted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score

from imagenomics.associate.clusters.consensus import best_jaccard, resample_clusters
from imagenomics.associate.clusters.exact import EXACT, with_exact_tests
from imagenomics.associate.clusters.find import Found, NotFound, find_clusters
from imagenomics.associate.clusters.frames import TABLES, cluster_frames
from imagenomics.associate.clusters.gap import first_within_one_error, gap_statistic, log_spread
from imagenomics.associate.clusters.rows import ONE, compared, significance_row
from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.significance import cluster_index, principal_axes, rotate
from imagenomics.associate.clusters.trees import cut_tree, distances, grow_tree, place_patients, within_spread
from imagenomics.associate.clusters.values import CONSTANT, NO_SPREAD, scale_features
from imagenomics.associate.pairs import test_pairs as pairs_of
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import SerialExecutor

# R 4.2.2, cluster 2.1.4: x <- scale(iris[, 1:4]) * sqrt(150/149) (denominator n); clusGap(x, hclust + cutree,
# K.max = 8, B = 1000, d.power = 2, spaceH0 = "scaledPCA"), seed 1; mean of silhouette(cutree(hclust(dist(x))),
# dist(x))[, 3]. R's W is half of that of the paper (which is the sum of squares within), so that gaps are the same.
R = {
    "ward": {
        "logW": [5.703782475, 4.739356451, 4.309968282, 4.06764346, 3.860799973, 3.761236078, 3.651556387],
        "E": [6.070539518, 5.605811208, 5.251229124, 4.937789076, 4.745914222, 4.59180042, 4.460194192],
        "sd": [0.05056792, 0.0685882932, 0.06292372291, 0.06605953, 0.05688552121, 0.05166059729, 0.04867251],
        "silhouette": [0.577034601948, 0.446689041029, 0.400636315986, 0.330587262952],
        "k": 3,
    },
    "average": {
        "logW": [5.703782475, 4.711158177, 4.596024835, 4.558612257, 4.195976728, 4.085214959, 3.777080827],
        "E": [6.072485771, 5.614818924, 5.267774822, 4.94735207, 4.760259129, 4.606769994, 4.478041782],
        "sd": [
            0.048302846,
            0.08035210511,
            0.07928169789,
            0.075203292,
            0.06751167344,
            0.06315227777,
            0.0592667,
        ],
        "silhouette": [0.581750049198, 0.480266932973, 0.406746462352, 0.374601253854],
        "k": 2,
    },
    "complete": {
        "logW": [5.703782475, 4.998435780, 4.343044185, 4.139306665, 3.981461502, 3.910725868, 3.826168984],
        "E": [6.071072843, 5.609948485, 5.284389805, 4.963633803, 4.778242890, 4.625211001, 4.496240948],
        "sd": [
            0.04922542,
            0.06636519741,
            0.07423576993,
            0.076927335,
            0.06600751333,
            0.06305573316,
            0.06015398495,
        ],
        "silhouette": [0.44081207106, 0.449618483599, 0.410607058152, 0.352062985703],
        "k": 3,
    },
}


def table(values, kinds="continuous"):
    ids = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient")
    names = [f"f{j}" for j in range(np.shape(values)[1])]
    return PatientTable(pd.DataFrame(values, index=ids, columns=names), describe(names, kind=kinds))


def planted(random, sizes=(40, 30, 30), p=20, apart=1.5):
    truth = np.repeat(np.arange(len(sizes)), sizes)
    centres = apart * random.standard_normal((len(sizes), p))
    return centres[truth] + random.standard_normal((truth.size, p)), truth


def few(**fields):
    return ClusterSettings(**{"references": 20, "resamples": 30, "null_draws": 99, "max_k": 6, **fields})


def iris():
    return scale_features(table(load_iris().data), settings=few()).z


@pytest.mark.parametrize("linkage", list(R))
def test_spread_gap_and_silhouettes_are_those_of_r(linkage):
    z, r = iris(), R[linkage]
    chosen = few(linkage=linkage, references=100, choose="silhouette")
    np.testing.assert_allclose(log_spread(z, 7, chosen) - np.log(2), r["logW"], rtol=1e-9)
    gap = gap_statistic(z, most=7, settings=chosen, seed=3, analysis="iris", executor=SerialExecutor())
    error = np.array(r["sd"]) * np.sqrt(1 / 100 + 1 / 1000)
    assert np.abs((gap.expected - np.log(2) - r["E"]) / error).max() < 4
    np.testing.assert_allclose(gap.error, r["sd"], rtol=0.35)
    assert first_within_one_error(np.array(r["E"]) - r["logW"], np.array(r["sd"])) == r["k"]
    found = find_clusters(
        table(load_iris().data), settings=few(linkage=linkage, choose="silhouette"), analysis="i", seed=1
    )
    np.testing.assert_allclose(found.silhouettes[1:5].mean(axis=1), r["silhouette"], rtol=1e-9)


@pytest.mark.parametrize("linkage", ["ward", "average", "complete"])
@pytest.mark.parametrize("distance", ["euclidean", "correlation", "spearman-correlation"])
def test_trees_and_cuts_are_those_of_scipy(linkage, distance):
    random = np.random.default_rng(4)
    z = random.standard_normal((40, 12))
    rows = pd.DataFrame(z).rank(axis=1).to_numpy() if distance.startswith("spearman") else z
    if distance == "euclidean":
        apart = pdist(rows)
    else:
        apart = pdist(rows, "correlation")
        apart = np.sqrt(2 * apart) if linkage == "ward" else apart
    points = place_patients(z, distance)
    np.testing.assert_allclose(distances(points, distance, linkage), apart, rtol=1e-9)
    expected = hierarchy.linkage(apart, linkage)
    tree = grow_tree(points, distance, linkage, ordered=True)
    np.testing.assert_allclose(tree.heights, expected[:, 2], rtol=1e-9)
    labels = cut_tree(tree, 10)
    for k in range(1, 11):
        wanted = hierarchy.cut_tree(expected, k)[:, 0]
        assert adjusted_rand_score(labels[k - 1], wanted) == 1.0
        in_order = labels[k - 1][tree.order]
        assert (np.diff(in_order) >= 0).all()
        assert in_order.max() == k - 1


@settings(max_examples=30, deadline=None)
@given(strategies.integers(0, 10**6), strategies.integers(2, 6))
def test_the_spread_within_is_that_of_all_pairs(seed, k):
    random = np.random.default_rng(seed)
    points = random.standard_normal((15, 3))
    labels = cut_tree(grow_tree(points, "euclidean", "complete"), k)
    pairs = [
        sum(pdist(points[own == c], "sqeuclidean").sum() / (own == c).sum() for c in np.unique(own))
        for own in labels
    ]
    np.testing.assert_allclose(within_spread(points, labels), pairs, rtol=1e-9)
    assert (np.diff(within_spread(points, labels)) <= 1e-9).all()


@pytest.mark.parametrize("choose", ["gap", "consensus", "silhouette"])
@pytest.mark.parametrize("linkage", ["ward", "average", "complete"])
def test_planted_clusters_are_found(choose, linkage):
    values, truth = planted(np.random.default_rng(8))
    found = find_clusters(table(values), settings=few(choose=choose, linkage=linkage), analysis="a", seed=1)
    assert found.k == 3
    assert adjusted_rand_score(found.clusters, truth) >= 0.95
    assert found.significance.p_any == pytest.approx(0.01)
    assert found.resampled.jaccard[2, :3].min() > 0.9


def test_one_cloud_is_one_cluster_and_says_so():
    values = np.random.default_rng(2).standard_normal((80, 6))
    found = find_clusters(table(values), settings=few(), analysis="a", seed=1)
    assert found.k == 1
    assert found.significance.p_any > 0.05
    assert compared(found, min_group=10).reason == ONE
    row = significance_row(found, analysis="a").iloc[0]
    assert (row["feature"], row["status"]) == ("2 clusters", "ok")
    assert row["p"] == found.significance.p_any


def test_the_order_of_rows_changes_nothing():
    values, _ = planted(np.random.default_rng(5), sizes=(20, 20), p=5)
    whole = table(values)
    turned = PatientTable(whole.values.iloc[::-1], whole.columns)
    one, two = (find_clusters(t, settings=few(), analysis="a", seed=1) for t in (whole, turned))
    for name, frame in cluster_frames(one, analysis="a").items():
        pd.testing.assert_frame_equal(frame, cluster_frames(two, analysis="a")[name])


def test_consensus_and_jaccard_count_what_they_say():
    points = np.repeat([[0.0, 0.0], [9.0, 9.0]], 10, axis=0) + 0.1 * np.random.default_rng(1).standard_normal(
        (20, 2)
    )
    labels = cut_tree(grow_tree(points, "euclidean", "average"), 3)
    found = resample_clusters(points, labels, settings=few(), seed=1, analysis="a", executor=SerialExecutor())
    same = labels[1][:, None] == labels[1]
    np.testing.assert_array_equal(found.consensus[1][same], 1.0)
    np.testing.assert_array_equal(found.consensus[1][~same], 0.0)
    assert found.ambiguous[1] == 0.0
    pairs = np.triu_indices(20, 1)
    assert found.area[1] == pytest.approx(1 - same[pairs].mean())
    np.testing.assert_array_equal(found.jaccard[1, :2], 1.0)
    assert np.isnan(found.jaccard[1, 2])
    np.testing.assert_allclose(
        best_jaccard(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1]), 3), [2 / 3, 2 / 3, np.nan]
    )


@pytest.mark.parametrize("shape", [(30, 6), (12, 20)])
def test_rotations_keep_mean_and_covariance(shape):
    random = np.random.default_rng(3)
    z = random.standard_normal(shape) @ random.standard_normal((shape[1], shape[1]))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    cloud = rotate(principal_axes(z), len(z), random)
    np.testing.assert_allclose(cloud.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(cloud.T @ cloud, z.T @ z, atol=1e-9)
    assert np.abs(cloud - z).max() > 0.5
    assert cluster_index(z, 3, few())[0] == 1.0


def test_who_and_what_is_left_out_is_said():
    values = np.random.default_rng(1).standard_normal((40, 6))
    values[:, 1] = 2.0
    values[:10, 2] = np.nan
    values[13, 0] = np.nan
    values[7] = np.nan
    values[:30, 5] = 1.0
    kinds = ["continuous"] * 4 + ["categorical", "continuous"]
    names = table(values, kinds)
    mixed = names.values.astype(object).assign(f4="x")
    read = PatientTable(mixed, names.columns)
    scaled = scale_features(read, settings=few())
    assert scaled.names == ("f0", "f3", "f5")
    assert scaled.features_out["f1"] == CONSTANT
    assert "lack it" in scaled.features_out["f2"]
    assert scaled.features_out["f4"] == "its levels have no order"
    assert set(scaled.patients_out) == {"P007", "P013"}
    np.testing.assert_allclose(scaled.z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.z.std(axis=0), 1)
    filled = scale_features(read, settings=few(missing="median", max_missing=0.3))
    assert set(filled.patients_out) == {"P007"}
    robust = scale_features(read, settings=few(scale="robust"))
    assert robust.features_out["f5"] == NO_SPREAD
    np.testing.assert_allclose(np.median(robust.z, axis=0), 0, atol=1e-12)
    frames = cluster_frames(find_clusters(read, settings=few(), analysis="a", seed=1), analysis="a")
    out = frames["clusters"].set_index("patient")
    assert (out.loc["P007", "cluster"], out.loc["P007", "leaf"]) == (0, -1)
    assert len(out) == 40
    profile = frames["cluster_profiles"].set_index("feature")
    assert profile.loc["f1", "reason"] == CONSTANT


def test_too_few_patients_or_features_are_a_reason_and_no_error():
    short = find_clusters(table(np.eye(5)), settings=few(), analysis="a", seed=1)
    thin = find_clusters(
        table(np.random.default_rng(0).random((30, 1))), settings=few(), analysis="a", seed=1
    )
    for found, words in ((short, "fewer than 20 patients"), (thin, "fewer than two features")):
        assert isinstance(found, NotFound)
        assert words in found.reason
        frames = cluster_frames(found, analysis="a")
        assert {name: tuple(frame.columns) for name, frame in frames.items()} == TABLES
        assert frames["clusters"]["reason"].str.contains(words).all()


def test_columns_of_clusters_leave_small_ones_out():
    values, _ = planted(np.random.default_rng(8), sizes=(40, 30, 4))
    found = find_clusters(table(values), settings=few(choose="given", k=3), analysis="a", seed=1)
    assert isinstance(found, Found)
    two = compared(found, min_group=10)
    assert len(two.codes) == 70
    assert two.table.columns["kind"].tolist() == ["binary"]
    assert two.table.values.iloc[:, 0].sum() in (30, 40)
    three = compared(found, min_group=4)
    assert three.name == "clusters 1, 2 and 3"
    assert three.table.columns["kind"].tolist() == ["categorical"]
    assert "fewer than two clusters" in compared(found, min_group=35).reason


def test_sparse_tables_are_tested_exactly():
    # R 4.2.2: fisher.test(matrix(c(8, 2, 1, 2, 9, 3, 4, 3, 10), 3))$p.value
    counts = np.array([[8, 2, 4], [2, 9, 3], [1, 3, 10]])
    cluster = np.repeat([0, 1, 2], counts.sum(axis=1))
    level = np.concatenate([np.repeat([0, 1, 2], row) for row in counts])
    ids = pd.Index([f"P{i:02d}" for i in range(cluster.size)], name="patient")
    sides = [
        PatientTable(
            pd.DataFrame({name: pd.Series(codes, index=ids).map(lambda c: f"level {c}").astype(object)}),
            describe([name], kind="categorical", levels="level 0|level 1|level 2"),
        )
        for name, codes in (("clusters", cluster), ("grade", level))
    ]
    rows = pairs_of(*sides, settings=AssociateSettings(permutations=0), analysis="a", seed=1)
    assert rows["status"].tolist() == ["not testable"]
    row = with_exact_tests(rows, *sides, seed=1).iloc[0]
    assert row["test"] == EXACT
    assert row["p"] == pytest.approx(0.00178091283214, rel=1e-6)
    assert 0.4 < row["effect"] < 0.7


@pytest.mark.parametrize(
    "wrong", [{"choose": "given"}, {"k": 3}, {"choose": "given", "k": 9, "max_k": 8}, {"k": 1}]
)
def test_settings_that_contradict_are_refused(wrong):
    with pytest.raises(InputError, match="IGX-SET-001"):
        ClusterSettings.read(wrong, where="test")
