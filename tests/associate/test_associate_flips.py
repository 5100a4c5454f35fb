"""Flipped scores: sums over patients written out, with hat matrices of statsmodels' fits."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.associate.choose import choose_engine
from imagenomics.associate.design import make_design
from imagenomics.associate.likelihood.ordinal import ProportionalOdds, level_scores
from imagenomics.associate.pairs import test_pairs as each_pair
from imagenomics.associate.score_flips import NOTE, flipped, flipped_factor, signs_of
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.sides import Side
from imagenomics.tables.patient_table import PatientTable, describe

N = 90
INDEX = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)


def side(values, kind):
    names = [f"c{k}" for k in range(values.shape[1])]
    kinds = np.array([kind] * values.shape[1], dtype=object)
    return Side(names, kinds, values, np.ones(values.shape[1], dtype=bool))


def table(values, kind, prefix):
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=INDEX, columns=names), describe(names, kind=kind))


def written_out(y, x, Z, g, family):
    """De Santis et al.: S = X'W^½(I-H) G V^-½(y - mu), and its variance X'W^½(I-H) G (I-H) G (I-H)W^½X."""
    keep = ~np.isnan(y) & ~np.isnan(x)
    y, x, Z, G = y[keep], x[keep], Z[keep], np.diag(g[keep])
    fit = sm.GLM(y, Z, family=family).fit(tol=1e-14, maxiter=200)
    variance = family.variance(fit.mu)
    slope = 1.0 / family.link.deriv(fit.mu)
    root = np.sqrt(slope**2 / variance)  # W^½
    H = root[:, None] * Z @ np.linalg.inv(Z.T @ (root[:, None] ** 2 * Z)) @ Z.T * root
    left = np.eye(len(y)) - H
    a = left @ (root * x)
    return a @ G @ ((y - fit.mu) / np.sqrt(variance)) / np.sqrt(a @ G @ left @ G @ a)


def orders(draws):
    random = np.random.default_rng(8)
    return np.stack([random.permutation(N) for _ in range(draws)]).astype(np.int64)


@pytest.mark.parametrize("kind", ["logistic", "poisson", "negative-binomial"])
def test_draws_of_generalised_linear_models_are_sums_written_out(kind):
    random = np.random.default_rng(1)
    Z = np.column_stack([np.ones(N), random.standard_normal(N)])
    X = (random.standard_normal((N, 3)) + 0.5 * Z[:, 1:] > 0).astype(float)
    latent = 0.8 * Z[:, [1]] + random.standard_normal((N, 2))
    counts = random.poisson(np.exp(1.0 + latent)).astype(float)
    Y = (latent > 0).astype(float) if kind == "logistic" else counts
    X[:6, 1] = np.nan
    settings = AssociateSettings(
        permutations=9, min_group=3, counts="numbers" if kind == "logistic" else kind, transform="none"
    )
    design = make_design(side(Z[:, 1:], "continuous"), N)
    response = side(Y, "binary" if kind == "logistic" else "count")
    sides = (response, side(X, "binary")) if kind == "logistic" else (side(X, "binary"), response)
    engine = choose_engine(*sides, design=design, settings=settings)
    block = engine.observe()
    assert (block.code == 0).all()
    drawn = orders(4)
    found = engine.smallest_log_p(drawn)

    def z(r, p, g):
        family = sm.families.Binomial()
        if kind == "poisson":
            family = sm.families.Poisson()
        if kind == "negative-binomial":
            keep = ~np.isnan(X[:, p])
            alpha = (
                sm.NegativeBinomial(Y[keep, r], Z[keep])
                .fit(disp=0, method="bfgs", maxiter=900, gtol=1e-7)
                .params[-1]
            )
            family = sm.families.NegativeBinomial(alpha=alpha)
        return written_out(Y[:, r], X[:, p], Z, g, family)

    close = 1e-4 if kind == "negative-binomial" else 1e-7
    for b, g in enumerate(signs_of(drawn)):
        largest = max(abs(z(r, p, g)) for r in range(2) for p in range(3))
        assert found[b] == pytest.approx(np.log(2 * stats.norm.sf(largest)), rel=close)
    stepwise = [engine.log_p(order).min() for order in drawn]
    assert stepwise == pytest.approx(found, rel=1e-12)
    compared = block.neg_log10_drawn if kind == "logistic" else block.neg_log10_drawn.T
    for r in range(2):
        for p in range(3):
            expected = -np.log10(2 * stats.norm.sf(abs(z(r, p, np.ones(N)))))
            assert compared[p, r] == pytest.approx(expected, rel=close)


def test_draws_of_proportional_odds_are_sums_written_out():
    random = np.random.default_rng(2)
    Z = random.standard_normal((N, 2))
    x = random.standard_normal(N)
    y = np.digitize(Z[:, 0] + random.logistic(size=N), [-1.0, 0.5, 1.5]).astype(float)
    model = ProportionalOdds()
    fit = model.fit(y, Z, None)
    said, chances = level_scores(
        np.column_stack([Z, x]), type(fit)(0.0, np.append(fit.beta, 0.0), None, fit.own)
    )
    g = random.choice([-1.0, 1.0], N)
    own = said[y.astype(int), np.arange(N)]
    expected = np.einsum("kni,kn,knj->nij", said, chances, said)
    last = said.shape[2] - 1
    rest = np.arange(last)
    inverse = np.linalg.inv(expected.sum(axis=0)[np.ix_(rest, rest)])
    weights = expected.sum(axis=0)[last, rest] @ inverse
    effective = own[:, last] - own[:, rest] @ weights
    away = sum(g[i] * (expected[i, last, rest] - weights @ expected[i][np.ix_(rest, rest)]) for i in range(N))
    whole = expected.sum(axis=0)[last, last] - weights @ expected.sum(axis=0)[rest, last]
    sums, spread = flipped(model.scores(y, Z, fit), x[:, None], g[None, :])
    assert sums[0, 0] == pytest.approx(g @ effective, rel=1e-8)
    assert spread[0, 0] == pytest.approx(np.sqrt(whole - away @ inverse @ away), rel=1e-8)


def test_one_column_as_a_factor_is_the_square_of_its_statistic():
    random = np.random.default_rng(3)
    Z, x = random.standard_normal((N, 1)), random.standard_normal((N, 1))
    y = (random.random(N) < 0.4).astype(float)
    model = ProportionalOdds()
    scores = model.scores(y, Z, model.fit(y, Z, None))
    signs = random.choice([-1.0, 1.0], (5, N))
    sums, spread = flipped(scores, x, signs)
    assert flipped_factor(scores, x, signs) == pytest.approx((sums / spread)[:, 0] ** 2, rel=1e-4)


def test_signs_are_fair_and_the_same_for_the_same_order():
    drawn = orders(400)
    signs = signs_of(drawn)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert (signs == signs_of(drawn)).all()
    assert abs(signs.mean()) < 0.03
    assert abs(np.corrcoef(signs.T)[np.triu_indices(N, 1)]).mean() < 0.06


def run(features, targets, age, **options):
    return each_pair(
        features,
        targets,
        covariates=table(age, "continuous", "c"),
        settings=AssociateSettings(**{"permutations": 199, "min_group": 5, **options}),
        analysis="flips",
        seed=2,
    )


def test_the_whole_family_has_a_family_wise_p():
    random = np.random.default_rng(4)
    age = random.standard_normal((N, 1))
    binary = (random.random((N, 2)) < 0.4).astype(float)
    features = PatientTable(
        pd.concat(
            [
                table(random.standard_normal((N, 2)), "continuous", "f").values,
                table(binary, "binary", "b").values,
            ],
            axis=1,
        ),
        describe(["f0", "f1", "b0", "b1"], kind=["continuous", "continuous", "binary", "binary"]),
    )
    mutated = np.where(random.random((N, 1)) < 0.85, binary[:, :1], 1 - binary[:, :1])
    level = random.choice(["x", "y", "z"], N).astype(object)
    targets = PatientTable(
        pd.DataFrame({"mutated": mutated[:, 0], "level": level}, index=INDEX),
        describe(["mutated", "level"], kind=["binary", "categorical"]),
    )
    rows = run(features, targets, age)
    assert rows["p_maxt"].notna().all()
    assert set(rows["permutation"]) == {"minP"}
    logistic = rows["test"].astype(str).str.startswith("logistic")
    assert rows.loc[logistic, "reason"].astype(str).str.contains(NOTE).all()
    assert not rows.loc[~logistic, "reason"].astype(str).str.contains(NOTE).any()
    best = rows.loc[rows["p_maxt"].idxmin()]
    assert (best["feature"], best["target"], best["p_maxt"]) == ("b0", "mutated", 1 / 200)


@pytest.mark.parametrize("kind", ["binary", "counts", "ordinal"])
def test_one_pair_has_about_the_p_of_its_model(kind):
    random = np.random.default_rng(5)
    age, x = random.standard_normal((2, N, 1))
    latent = 0.45 * x + 0.5 * age + random.logistic(size=(N, 1))
    options = {}
    if kind == "binary":
        y, x = (latent > 0).astype(float), (x > 0).astype(float)
    elif kind == "ordinal":
        y, options = np.digitize(latent, [-1, 0, 2]).astype(float), {"ordinal": "proportional-odds"}
    else:
        y, options = random.poisson(np.exp(0.5 + 0.4 * latent)).astype(float), {"counts": "negative-binomial"}
    declared = {"binary": "binary", "counts": "continuous", "ordinal": "ordinal"}[kind]
    feature = "binary" if kind == "binary" else "continuous"
    rows = run(table(x, feature, "f"), table(y, declared, "t"), age, permutations=999, **options)
    assert rows["permutation"].item() == "maxT"
    assert rows["p_maxt"].item() == pytest.approx(rows["p"].item(), abs=0.06)


def test_one_side_is_drawn_to_one_side():
    random = np.random.default_rng(6)
    age = random.standard_normal((N, 1))
    x = (random.random((N, 1)) < 0.5).astype(float)
    y = np.where(random.random((N, 1)) < 0.85, x, 1 - x)
    for wanted, small in {"greater": True, "less": False}.items():
        rows = run(table(y, "binary", "f"), table(x, "binary", "t"), age, side=wanted)
        assert (rows["p_maxt"].item() < 0.05) == small


@pytest.mark.parametrize("max_t", ["single-step", "step-down"])
def test_step_down_takes_flips_along(max_t):
    random = np.random.default_rng(9)
    age = random.standard_normal((N, 1))
    x = (random.random((N, 3)) < 0.5).astype(float)
    y = np.where(random.random((N, 3)) < 0.85, x, 1 - x)
    rows = run(table(y, "binary", "f"), table(x, "binary", "t"), age, max_t=max_t)
    assert rows["p_maxt"].notna().all()
    assert (
        rows.loc[rows["feature"].astype(str).str[1].eq(rows["target"].astype(str).str[1]), "p_maxt"] < 0.02
    ).all()


def multinomial_written_out(y, x, Z, g):
    """Score test of the levels of ``x`` in a multinomial model of ``y``, patient by patient, signs ``g``."""
    codes = np.unique(y, return_inverse=True)[1]
    fit = sm.MNLogit(codes, Z).fit(disp=0, method="newton", maxiter=200, tol=1e-13)
    chance = fit.predict()[:, 1:]
    residual = (codes[:, None] == np.arange(1, codes.max() + 1)) - chance
    D = (x[:, None] == np.unique(x)[1:]).astype(float)
    W = [np.diag(p) - np.outer(p, p) for p in chance]
    J, C, A = (
        sum(np.kron(w, np.outer(a, b)) for w, a, b in zip(W, first, second, strict=True))
        for first, second in ((Z, Z), (D, Z), (D, D))
    )
    P = C @ np.linalg.inv(J)
    score, shared = 0.0, 0.0
    for r, w, d, z, sign in zip(residual, W, D, Z, g, strict=True):
        score = score + sign * (np.kron(r, d) - P @ np.kron(r, z))
        shared = shared + sign * (np.kron(w, np.outer(d, z)) - P @ np.kron(w, np.outer(z, z)))
    variance = A - P @ C.T - shared @ np.linalg.inv(J) @ shared.T
    return stats.chi2.logsf(score @ np.linalg.solve(variance, score), len(score))


def test_draws_of_multinomial_models_are_sums_written_out():
    random = np.random.default_rng(5)
    Z = np.column_stack([np.ones(N), random.standard_normal(N)])
    y = np.argmax(random.gumbel(size=(N, 3)) + 0.8 * Z[:, [1]] * [0, 1, -1], axis=1).astype(float)
    x = random.integers(0, 3, N).astype(float)
    x[:5] = np.nan
    engine = choose_engine(
        side(y[:, None], "categorical"),
        side(x[:, None], "categorical"),
        design=make_design(side(Z[:, 1:], "continuous"), N),
        settings=AssociateSettings(permutations=9, min_group=3, min_per_term=1),
    )
    block = engine.observe()
    known = ~np.isnan(x)
    parts = y[known], x[known], Z[known]
    wanted = multinomial_written_out(*parts, np.ones(known.sum()))
    assert -np.log(10) * block.neg_log10_drawn[0, 0] == pytest.approx(wanted, rel=1e-5)
    drawn = orders(4)
    signs = signs_of(drawn)
    for order, own in zip(drawn, signs, strict=True):
        found = multinomial_written_out(*parts, own[known])
        assert engine.log_p(order)[0, 0] == pytest.approx(found, rel=1e-4)
    assert engine.smallest_log_p(drawn) == pytest.approx([engine.log_p(o)[0, 0] for o in drawn])


def test_a_planted_effect_on_levels_is_found_by_the_family():
    random = np.random.default_rng(6)
    Z = random.standard_normal((N, 1))
    target = random.integers(0, 3, N)
    noise = random.integers(0, 3, (N, 4)).astype(float)
    level = np.argmax(random.gumbel(size=(N, 3)) + 3.0 * (np.arange(3) == target[:, None]), axis=1)
    features = np.column_stack([level, noise]).astype(int).astype(str).astype(object)
    rows = each_pair(
        table(features, "categorical", "f"),
        table(target[:, None].astype(str).astype(object), "categorical", "t"),
        covariates=table(Z, "continuous", "c"),
        settings=AssociateSettings(permutations=199, min_per_term=2, max_t="step-down"),
        analysis="levels",
        seed=1,
    )
    assert (rows["test"] == "multinomial logistic regression (LR)").all()
    assert rows["p_maxt"].iloc[0] == pytest.approx(1 / 200)
    assert (rows["p_maxt"].iloc[1:] > 0.05).all()
    assert rows["reason"].str.contains(NOTE).all()
