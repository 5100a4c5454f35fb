import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import ledoit_wolf_shrinkage

from imagenomics.errors import InputError
from imagenomics.features.brain.cleaning import clean_series, framewise_displacement
from imagenomics.features.brain.connectivity import (
    connectivity_matrix,
    connectivity_rows,
    fisher_z,
    ledoit_wolf_share,
)
from imagenomics.features.brain.settings import CleaningSettings, ConnectivitySettings

RAW = CleaningSettings(low_hz=None, high_hz=None, trend=0, max_displacement_mm=None, min_df=1)
PEARSON = ConnectivitySettings()
PARTIAL = ConnectivitySettings(kind="partial")
SHRUNK = ConnectivitySettings(shrink="ledoit-wolf")


def series(n=80, p=6, seed=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=p) * 5


def test_pearson_agrees_with_numpy():
    x = series()
    assert connectivity_matrix(x, settings=PEARSON) == pytest.approx(np.corrcoef(x.T), abs=1e-13)


def test_partial_is_the_correlation_of_residuals():
    x = series()
    found = connectivity_matrix(x, settings=PARTIAL)
    for i, j in ((0, 1), (2, 5)):
        others = np.column_stack([np.ones(len(x)), np.delete(x, [i, j], axis=1)])
        a, b = (x[:, k] - others @ np.linalg.lstsq(others, x[:, k], rcond=None)[0] for k in (i, j))
        assert found[i, j] == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-11)
    assert np.array_equal(found, found.T)
    assert (np.diag(found) == 1).all()


def test_partial_removes_a_common_cause():
    rng = np.random.default_rng(1)
    common = rng.normal(size=4000)
    x = np.column_stack([common, common + rng.normal(size=4000), common + rng.normal(size=4000)])
    assert connectivity_matrix(x, settings=PEARSON)[1, 2] > 0.45
    assert abs(connectivity_matrix(x, settings=PARTIAL)[1, 2]) < 0.05


@pytest.mark.parametrize("n", [10, 40, 400])
def test_shrinkage_agrees_with_scikit_learn(n):
    x = series(n, 15, seed=n)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    share = ledoit_wolf_share(scaled)
    assert share == pytest.approx(ledoit_wolf_shrinkage(scaled, assume_centered=True), rel=1e-10)
    found = connectivity_matrix(x, settings=SHRUNK)
    off = ~np.eye(15, dtype=bool)
    assert found[off] == pytest.approx((1 - share) * np.corrcoef(x.T)[off], abs=1e-12)


def test_more_regions_than_frames_need_shrinkage():
    x = series(10, 15)
    with pytest.raises(InputError, match="IGX-FEAT-132"):
        connectivity_matrix(x, settings=PARTIAL)
    both = ConnectivitySettings(kind="partial", shrink="ledoit-wolf")
    assert np.isfinite(connectivity_matrix(x, settings=both)).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_units_of_the_signal_do_not_matter(seed, scale, shift):
    x = series(30, 4, seed)
    y = x.copy()
    y[:, 1] = y[:, 1] * scale + shift
    for how in (PEARSON, SHRUNK, PARTIAL):
        first, second = (connectivity_matrix(v, settings=how) for v in (x, y))
        assert second == pytest.approx(first, abs=1e-9)


def test_constant_series_cost_their_own_pairs_only():
    x = series()
    x[:, 2] = 7.3
    for how in (PEARSON, PARTIAL, SHRUNK):
        found = connectivity_matrix(x, settings=how)
        assert np.isnan(found[2]).all()
        rest = np.delete(np.delete(found, 2, 0), 2, 1)
        assert rest == pytest.approx(connectivity_matrix(np.delete(x, 2, 1), settings=how), abs=1e-12)
    rows = connectivity_rows(found, list("abcdef"), settings=SHRUNK).set_index("region")
    assert rows.at["a--c", "reason"] == "the series of a region is constant"
    assert rows.at["a--b", "status"] == "ok"
    assert rows["feature"].unique().tolist() == ["pearson_ledoit-wolf_z"]
    assert len(rows) == 15


def test_fisher_z():
    assert fisher_z(np.array([[1, 0.5], [0.5, 1]]))[0, 1] == pytest.approx(0.5 * np.log(3))
    x = series()
    x[:, 1] = 2 * x[:, 0]
    rows = connectivity_rows(connectivity_matrix(x, settings=PEARSON), list("abcdef"), settings=PEARSON)
    assert rows.set_index("region").at["a--b", "status"] == "failed"


def test_series_without_connectivity():
    for bad in (np.ones((2, 3)), np.ones(5), np.array([[1, np.nan]] * 5)):
        with pytest.raises(InputError, match="IGX-FEAT-131"):
            connectivity_matrix(bad, settings=PEARSON)
    with pytest.raises(InputError, match="IGX-FEAT-133"):
        connectivity_rows(np.eye(3), ["a", "b"], settings=PEARSON)


def test_pure_noise_is_not_connected():
    """Fisher z of independent series is N(0, 1 / (n - 3)): the error rate at 5% stays inside 99.9% bounds."""
    rng = np.random.default_rng(11)
    z = fisher_z(connectivity_matrix(rng.normal(size=(100, 60)), settings=PEARSON))[np.triu_indices(60, 1)]
    rate = (np.abs(z) * np.sqrt(97) > 1.959964).mean()
    assert abs(rate - 0.05) < 3.29 * np.sqrt(0.05 * 0.95 / z.size)


def test_confounds_are_gone():
    rng = np.random.default_rng(2)
    confounds = rng.normal(size=(100, 3)) * [1, 1e6, 1e-6]
    x = rng.normal(size=(100, 5)) + confounds / [1, 1e6, 1e-6] @ rng.normal(size=(3, 5)) * 10 + 100
    clean = clean_series(x, tr_s=2, settings=RAW, confounds=confounds)
    design = np.column_stack([np.ones(100), confounds / [1, 1e6, 1e-6]])
    assert clean.values == pytest.approx(x - design @ np.linalg.lstsq(design, x, rcond=None)[0], abs=1e-10)
    assert clean.counts["df"] == 96
    twice = clean_series(x, tr_s=2, settings=RAW, confounds=np.hstack([confounds, confounds[:, :1] * 3]))
    assert twice.counts["df"] == 96
    assert twice.values == pytest.approx(clean.values, abs=1e-10)


def test_the_band_passes_what_lies_in_it():
    n, tr = 300, 2.0
    time = np.arange(n) + 0.5
    # A cosine of order k has the frequency k / (2 n tr): here 0.0017, 0.05 and 0.167 Hz.
    x = np.cos(np.pi * np.array([2, 60, 200]) * time[:, None] / n)
    clean = clean_series(x, tr_s=tr, settings=CleaningSettings(trend=0, max_displacement_mm=None))
    assert np.abs(clean.values[:, [0, 2]]).max() == 0
    assert clean.values[:, 1] == pytest.approx(x[:, 1], abs=1e-12)
    assert clean.counts["df"] == 120 - 12 + 1  # cosines 12 ... 120 lie in 0.01 ... 0.1 Hz


def test_trends_are_gone_of_the_frames_that_are_used():
    time = np.linspace(0, 1, 60)
    x = np.column_stack([3 + 2 * time, 1 - time + 4 * time**2])
    x[:5] += 100
    how = CleaningSettings(low_hz=None, high_hz=None, trend=2, skip_frames=5, max_displacement_mm=None)
    clean = clean_series(x, tr_s=1, settings=how)
    assert np.abs(clean.values).max() == 0
    assert clean.values.shape == (55, 2)


def test_scrubbed_frames_do_not_touch_the_result():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(120, 4))
    moved = np.full(120, 0.1)
    moved[[30, 90]] = 2.0
    how = CleaningSettings(low_hz=None, high_hz=None)
    clean = clean_series(x, tr_s=2, settings=how, displacement=moved)
    wild = x.copy()
    wild[~clean.kept] = 1e6
    assert np.array_equal(clean_series(wild, tr_s=2, settings=how, displacement=moved).values, clean.values)
    assert np.flatnonzero(~clean.kept).tolist() == [29, 30, 31, 32, 89, 90, 91, 92]
    assert clean.counts["frames_scrubbed"] == 8
    assert clean.counts["df"] == 112 - 2
    rows = clean.rows().set_index("feature")["value"]
    assert rows["frames_kept"] == 112
    assert rows["mean_displacement"] == pytest.approx(moved[1:].mean())


def test_framewise_displacement_by_hand():
    motion = np.zeros((3, 6))
    motion[1] = [1, 0, 0, 0.01, 0, 0]
    motion[2] = [1, -2, 0, 0.01, 0, 0.02]
    assert framewise_displacement(motion) == pytest.approx([0, 1.5, 3.0])
    assert framewise_displacement(motion, radius_mm=80) == pytest.approx([0, 1.8, 3.6])
    with pytest.raises(InputError, match="IGX-FEAT-128"):
        framewise_displacement(motion[:, :5])


def test_too_little_is_left():
    x = series(60)
    with pytest.raises(InputError, match=r"IGX-FEAT-130.*\n?"):
        clean_series(
            x, tr_s=2, settings=CleaningSettings(max_displacement_mm=0.5), displacement=np.full(60, 0.9)
        )
    with pytest.raises(InputError, match="IGX-FEAT-130"):
        clean_series(x, tr_s=2, settings=CleaningSettings(skip_frames=60))


def test_what_does_not_fit_is_refused():
    x = series(60)
    how = CleaningSettings()
    holes = x.copy()
    holes[0, 1] = np.nan
    for bad in (
        {"series": holes},
        {"series": x[0]},
        {"series": x[:0]},
        {"confounds": np.ones((59, 1))},
        {"confounds": holes},
        {"displacement": np.zeros(59)},
        {"displacement": np.array([0.0, np.nan, *np.zeros(58)])},
    ):
        arguments = {"series": x, **bad}
        with pytest.raises(InputError, match="IGX-FEAT-128"):
            clean_series(arguments.pop("series"), tr_s=1, settings=how, **arguments)
    for tr in (6.0, 0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="IGX-FEAT-129"):
            clean_series(x, tr_s=tr, settings=how)
    first = np.zeros(60)
    first[0] = np.nan
    assert clean_series(x, tr_s=0.1, settings=RAW, displacement=first).counts["frames_kept"] == 60


def test_a_band_upside_down_is_refused():
    with pytest.raises(InputError, match="low_hz"):
        CleaningSettings.read({"low_hz": 0.2, "high_hz": 0.1}, where="x")
