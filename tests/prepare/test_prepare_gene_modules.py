"""Modules as fold transformers: what the training part taught is applied, and the test part teaches nothing."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage

from imagenomics.errors import InputError
from imagenomics.prepare.gene_modules import (
    ModuleEigengenes,
    check_gene_count,
    cut_branches,
    topological_overlap,
)
from imagenomics.prepare.metagenes import Metagenes


def expression(seed=1, n=60):
    random = np.random.default_rng(seed)
    factors = np.repeat(random.standard_normal((n, 2)), 25, axis=1)
    return np.hstack([factors + 0.5 * random.standard_normal((n, 50)), random.standard_normal((n, 20))])


def test_the_eigengene_is_the_first_principal_component():
    X = expression()
    model = ModuleEigengenes().fit(X)
    assert model.n_modules_ == 2
    for m in (1, 2):
        own = X[:, model.labels_ == m]
        standard = (own - own.mean(axis=0)) / own.std(axis=0, ddof=1)
        u, _, _ = np.linalg.svd(standard)
        scores = model.transform(X)[:, m - 1]
        assert abs(np.corrcoef(scores, u[:, 0])[0, 1]) == pytest.approx(1, abs=1e-9)
        assert scores.std(ddof=1) == pytest.approx(1, rel=1e-9)
        assert np.corrcoef(scores, standard.mean(axis=1))[0, 1] > 0.9
        kme = [np.corrcoef(scores, gene)[0, 1] for gene in own.T]
        np.testing.assert_allclose(model.membership_[model.labels_ == m], kme, atol=1e-9)


def test_topological_overlap_is_the_published_formula():
    A = np.random.default_rng(2).random((6, 6))
    A = (A + A.T) / 2
    np.fill_diagonal(A, 1)
    found = 1 - topological_overlap(A)
    for i in range(6):
        for j in range(6):
            if i != j:
                shared = sum(A[i, u] * A[u, j] for u in range(6) if u not in (i, j))
                k = [sum(A[g, u] for u in range(6) if u != g) for g in (i, j)]
                assert found[i, j] == pytest.approx((shared + A[i, j]) / (min(k) + 1 - A[i, j]))


def test_branches_are_clusters_of_the_tree():
    random = np.random.default_rng(3)
    points = np.vstack(
        [random.normal(c, 0.3, (12, 2)) for c in (0, 5, 10)] + [random.uniform(-9, 19, (4, 2))]
    )
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    labels = cut_branches(distance / distance.max(), min_module=8)
    assert len(linkage(points)) == 39
    for k in range(3):
        assert len(set(labels[12 * k : 12 * k + 12].tolist())) == 1
        assert labels[12 * k] > 0


@pytest.mark.parametrize("model", [ModuleEigengenes(), Metagenes(3)], ids=["modules", "metagenes"])
def test_a_patient_is_scored_alone_by_what_was_learned(model):
    X = expression()
    X[2, 5] = np.nan
    X[:, 69] = 1.0
    fitted = model.fit(X)
    first = fitted.transform(X)
    assert np.isfinite(first).all()
    assert np.array_equal(first[7:9], fitted.transform(X[7:9]))
    strange = X.copy()
    strange[30:] *= 100  # other patients
    assert np.array_equal(first[:30], fitted.transform(strange)[:30])
    assert len(fitted.get_feature_names_out()) == first.shape[1]


def test_metagenes_are_non_negative_parts():
    random = np.random.default_rng(5)
    amounts, loadings = random.gamma(1, 1, (50, 3)), random.gamma(0.3, 1, (3, 40))
    X = amounts @ loadings
    model = Metagenes(3, seed=1).fit(X)
    found = model.transform(X)
    assert (model.loadings_ >= 0).all()
    assert (found >= 0).all()
    part = model.positive(X)
    left = ((part - found @ model.loadings_) ** 2).sum() / ((part - part.mean(axis=0)) ** 2).sum()
    assert left < 0.05
    assert np.array_equal(model.loadings_, Metagenes(3, seed=1).fit(X).loadings_)


def test_parameters_are_checked():
    X = expression()
    for model in (
        ModuleEigengenes(power=0),
        ModuleEigengenes(min_module=1),
        ModuleEigengenes(merge=0),
        Metagenes(0),
    ):
        with pytest.raises(InputError, match="IGX-PREP-003"):
            model.fit(X)
    with pytest.raises(InputError, match="IGX-SETS-020"):
        check_gene_count(6001)
