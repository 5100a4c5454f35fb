"""PyRadiomics' definitions against numpy, scipy and slow formulas written from its documentation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from imagenomics.features.bins import Discretisation
from imagenomics.features.discretise import grey_levels
from imagenomics.features.extract import extract_region
from imagenomics.features.settings import FeatureSettings, preset

STEPS = [s for s in itertools.product((-1, 0, 1), repeat=3) if s > (0, 0, 0)]
UNIT = (1.0, 1.0, 1.0)


def measured(image, mask, family, *, spacing_mm=UNIT, **changes):
    chosen = {**preset("pyradiomics").model_dump(), "families": (f"pyradiomics-{family}",), **changes}
    found = extract_region(
        image, mask, spacing_mm=spacing_mm, settings=FeatureSettings.model_validate(chosen)
    ).set_index("feature")
    found.index = [name.rsplit("_", 1)[1] for name in found.index]
    return found


def noisy(seed: int = 0, shape=(6, 7, 8)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.round(rng.gamma(2.0, 40.0, size=shape)), rng.random(shape) < 0.7


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=60),
    width=st.sampled_from([0.1, 0.3, 5.0, 25.0, 5000.0]),
)
def test_bins_are_those_of_numpy_between_multiples_of_the_width(values, width):
    values = np.array([*values, *(width * np.arange(-3, 4))])  # values on the edges too
    levels, n_levels = grey_levels(values, Discretisation(method="pyradiomics-bin-width", bin_width=width))
    edges = np.arange(values.min() - values.min() % width, values.max() + 2 * width, width)
    np.testing.assert_array_equal(levels, np.digitize(values, edges))
    assert n_levels == levels.max()


def test_first_order_is_that_of_scipy():
    image, mask = noisy()
    values = image[mask]
    found = measured(image, mask, "firstorder", spacing_mm=(2.0, 1.0, 0.5), energy_shift=100)["value"]
    p = np.bincount(np.digitize(values, np.arange(0, values.max() + 50, 25))) / len(values)
    want = {
        "Kurtosis": stats.kurtosis(values, fisher=False),
        "Skewness": stats.skew(values),
        "Variance": values.var(),
        "90Percentile": np.percentile(values, 90),
        "InterquartileRange": stats.iqr(values),
        "Energy": ((values + 100) ** 2).sum(),
        "RootMeanSquared": np.sqrt(((values + 100) ** 2).mean()),
        "Entropy": stats.entropy(p, base=2),
        "Uniformity": (p**2).sum(),
    }
    assert found[list(want)].to_dict() == pytest.approx(want, rel=1e-12)
    assert found["TotalEnergy"] == pytest.approx(found["Energy"] * 1.0)
    middle = values[(values >= np.percentile(values, 10)) & (values <= np.percentile(values, 90))]
    assert found["RobustMeanAbsoluteDeviation"] == pytest.approx(np.abs(middle - middle.mean()).mean())


def slow_glcm(levels: np.ndarray, step: tuple[int, ...]) -> np.ndarray:
    n = levels.max()
    counts = np.zeros((n, n))
    for place in np.argwhere(levels > 0):
        other = place + step
        if (other >= 0).all() and (other < levels.shape).all() and levels[tuple(other)] > 0:
            counts[levels[tuple(place)] - 1, levels[tuple(other)] - 1] += 1
    counts += counts.T
    return counts / counts.sum()


def slow_features(p: np.ndarray) -> dict[str, float]:
    i, j = np.indices(p.shape) + 1
    px = p.sum(axis=1)
    mean = (i * p).sum()
    hxy = stats.entropy(p.ravel(), base=2)
    hx = stats.entropy(px, base=2)
    kept = px > 0
    q = p[kept][:, kept] / px[kept, None] @ (p[kept][:, kept] / px[None, kept]).T
    return {
        "Contrast": ((i - j) ** 2 * p).sum(),
        "ClusterShade": ((i + j - 2 * mean) ** 3 * p).sum(),
        "SumSquares": ((i - mean) ** 2 * p).sum(),
        "Idmn": (p / (1 + (i - j) ** 2 / len(p) ** 2)).sum(),
        "Imc1": (hxy - 2 * hx) / hx,
        "MCC": np.sqrt(np.sort(np.linalg.eigvals(q).real)[-2]),
    }


@pytest.mark.parametrize(("how", "steps"), [("3D_avg", STEPS), ("2_5D_avg", [s for s in STEPS if s[0] == 0])])
def test_glcm_features_are_means_over_directions(how, steps):
    image, mask = noisy(1)
    found = measured(image, mask, "glcm", aggregations=(how,))["value"]
    levels = np.where(mask, (image // 25 - image[mask].min() // 25 + 1), 0).astype(int)
    each = [slow_features(slow_glcm(levels, step)) for step in steps]
    want = {name: np.mean([one[name] for one in each]) for name in each[0]}
    assert found[list(want)].to_dict() == pytest.approx(want, rel=1e-10)


def test_joined_matrices_are_those_of_ibsi():
    image, mask = noisy(2)
    both = {
        "families": ("glcm", "glrlm", "pyradiomics-glcm", "pyradiomics-glrlm"),
        "aggregations": ("3D_comb",),
    }
    chosen = FeatureSettings.model_validate({**preset("pyradiomics").model_dump(), **both})
    found = extract_region(image, mask, spacing_mm=UNIT, settings=chosen).set_index("feature")["value"]
    assert found["original_glcm_Contrast"] == found["cm_contrast_3D_comb"]
    assert found["original_glrlm_RunPercentage"] == found["rlm_r_perc_3D_comb"]


def test_one_level_gets_the_numbers_of_pyradiomics_and_a_flag():
    image = np.full((4, 5, 6), 7.0)
    mask = np.ones(image.shape, bool)
    glcm, ngtdm = measured(image, mask, "glcm"), measured(image, mask, "ngtdm")
    first = measured(image, mask, "firstorder")
    assert glcm.loc[["Correlation", "MCC", "Imc1", "Imc2", "JointEnergy"], "value"].tolist() == [
        1,
        1,
        0,
        0,
        1,
    ]
    assert ngtdm["value"].to_dict() == {
        "Busyness": 0,
        "Coarseness": 1e6,
        "Complexity": 0,
        "Contrast": 0,
        "Strength": 0,
    }
    assert first.loc[["Skewness", "Kurtosis", "Entropy", "Uniformity"], "value"].tolist() == [0, 0, 0, 1]
    assert (glcm["flags"] == "few-levels").all()
    assert first.index[first["flags"] == "few-levels"].tolist() == ["Entropy", "Uniformity"]


def test_long_voxels_are_flagged_by_what_is_counted():
    image, mask = noisy(3)
    thick = {"spacing_mm": (6.0, 1.0, 1.0)}
    assert set(measured(image, mask, "glcm", **thick)["flags"]) == {"anisotropic"}
    assert set(measured(image, mask, "glcm", aggregations=("2_5D_avg",), **thick)["flags"]) == {""}


def test_run_lengths_leave_out_directions_that_no_line_follows():
    image, mask = noisy(4, (1, 9, 9))
    flat = measured(image, mask, "glrlm", aggregations=("2_5D_avg",))["value"]
    np.testing.assert_allclose(measured(image, mask, "glrlm")["value"], flat, rtol=1e-12)
    # Two voxels of one line that do not touch keep their direction.
    apart = np.zeros((3, 3, 3), bool)
    apart[0, 0, 0] = apart[2, 2, 2] = apart[0, 0, 2] = True
    assert measured(np.ones((3, 3, 3)), apart, "glrlm")["value"]["RunPercentage"] == 1.0


def test_few_neighbours_give_numbers_or_reasons():
    lonely = np.zeros((5, 5, 5), bool)
    lonely[::2, ::2, ::2] = True
    image = np.random.default_rng(0).normal(size=lonely.shape) * 100
    for family in ("glcm", "glrlm", "glszm", "gldm", "ngtdm", "firstorder", "shape"):
        found = measured(image, lonely, family)
        assert (np.isfinite(found["value"]) == (found["reason"] == "")).all()
    assert (measured(image, lonely, "glcm")["status"] == "failed").all()


def test_the_same_values_alone_and_together():
    image, mask = noisy(5)
    together = extract_region(image, mask, spacing_mm=UNIT, settings=preset("pyradiomics"))
    for family, rows in together.groupby("family"):
        alone = measured(image, mask, str(family).removeprefix("pyradiomics-"))
        assert alone["value"].tolist() == rows["value"].tolist()


def test_too_many_levels_skip_its_textures_too():
    image, mask = noisy(6)
    found = measured(image * 1000, mask, "gldm")
    assert (found["status"] == "skipped").all()
    assert found["reason"].str.contains("max_levels = 1024").all()
