"""Law 5: a pair's result does not depend on which other pairs share the call, nor on the layout of its core."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imagenomics.associate
from imagenomics.associate import codes, factor_kernel, linear_exact, linear_kernel, logistic_kernel, pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

NUMBERS = ["effect", "ci_low", "ci_high", "statistic", "p", "se"]
N = 70


def table(seed: int, kinds: list[str], *, missing: float, offset: float = 0.0) -> PatientTable:
    random = np.random.default_rng(seed)
    columns = {}
    for k, kind in enumerate(kinds):
        x = random.standard_normal(N) * 3 + offset
        if kind == "binary":
            x = (random.random(N) < 0.4).astype(float)
        if kind == "categorical":
            x = random.integers(0, 3, N).astype(object)
        x[random.random(N) < missing] = None if kind == "categorical" else np.nan
        columns[f"{kind}{k}"] = x
    index = pd.Index([f"P{i:03d}" for i in range(N)], name="patient", dtype=object)
    return PatientTable(pd.DataFrame(columns, index=index), describe(list(columns), kind=kinds))


def run(features, targets, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=0, min_group=3, min_per_term=1, **options.pop("settings", {}))
    return pairs.test_pairs(features, targets, settings=settings, analysis="x", seed=1, **options)


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("how", ["auto", "linear", "adjusted"])
def test_the_company_of_a_pair_does_not_matter(missing, how):
    kinds = ["continuous", "binary", "categorical"] * 4 + ["continuous"] * 150
    features, targets = table(1, kinds, missing=missing), table(2, kinds[:70], missing=missing)
    options = (
        {"covariates": table(3, ["continuous", "categorical"], missing=0.03)} if how == "adjusted" else {}
    )
    settings = {"method": "linear"} if how == "linear" else {}
    whole = run(features, targets, settings=settings, **options).set_index(["target", "feature"])
    for f, t in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (130, 40), (161, 69)):
        names = features.values.columns[f], targets.values.columns[t]
        alone = run(
            features.select([names[0]]), targets.select([names[1]]), settings=settings, **options
        ).iloc[0]
        together = whole.loc[(names[1], names[0])]
        assert alone["n"] == together["n"]
        assert alone["status"] == together["status"]
        assert alone["df"] == together["df"] or np.isnan(alone["df"])
        for number in NUMBERS:
            np.testing.assert_allclose(alone[number], together[number], rtol=1e-12, atol=1e-15)


def test_a_lane_of_features_longer_than_the_core_takes_at_once():
    """Every feature of three lanes and a bit, every target of two blocks and a bit, against one pair at a time."""
    features = table(1, ["continuous"] * (2 * linear_kernel.LANE + 3), missing=0.1)
    targets = table(2, ["continuous"] * (2 * linear_kernel.BLOCK + 3), missing=0.1)
    covariates = table(3, ["continuous"], missing=0.0)
    whole = run(features, targets, covariates=covariates)
    some = run(features, targets.select(targets.values.columns[::-1][:9]), covariates=covariates)
    left = whole.set_index(whole["target"].astype(str) + whole["feature"].astype(str))
    right = some.set_index(some["target"].astype(str) + some["feature"].astype(str))
    np.testing.assert_allclose(left.loc[right.index, NUMBERS], right[NUMBERS], rtol=1e-11, atol=1e-15)


def test_large_numbers_lose_no_digits():
    small = table(1, ["continuous"] * 4, missing=0.1)
    large = PatientTable(small.values * 1e-3 + 1e6, small.columns)
    targets = table(2, ["continuous"] * 3, missing=0.1)
    settings = {"method": "linear", "transform": "none"}
    left, right = run(small, targets, settings=settings), run(large, targets, settings=settings)
    np.testing.assert_allclose(left["p"], right["p"], rtol=1e-6)


def test_swapping_the_sides_keeps_the_p_value():
    kinds = ["continuous", "binary", "categorical", "continuous"]
    features, targets = table(1, kinds, missing=0.1), table(2, kinds, missing=0.1)
    for settings in ({}, {"method": "linear"}):
        there = run(features, targets, settings=settings).set_index(["target", "feature"])
        back = run(targets, features, settings=settings).set_index(["feature", "target"])
        np.testing.assert_allclose(there["p"], back.loc[there.index, "p"], rtol=1e-11)
        assert list(there["n"]) == list(back.loc[there.index, "n"])


@pytest.mark.parametrize("kernel", [factor_kernel, linear_exact, logistic_kernel])
def test_compiled_cores_use_the_same_codes(kernel):
    names = [name for name in vars(codes) if name.isupper() and isinstance(getattr(codes, name), int)]
    shared = [name for name in names if hasattr(kernel, name)]
    assert len(shared) >= 3
    for name in shared:
        assert getattr(kernel, name) == getattr(codes, name)
    assert linear_kernel.DONE == codes.OK
    assert linear_kernel.EXACT not in {getattr(codes, name) for name in names}


def house_files(path, seen):
    """Add the files of the house that a file imports, and those that these import."""
    source = Path(imagenomics.__file__).parent
    for name in re.findall(
        r"^from imagenomics\.(\S+) import", path.read_text(encoding="utf-8"), re.MULTILINE
    ):
        other = source.joinpath(*name.split(".")).with_suffix(".py")
        if other not in seen:
            seen.add(other)
            house_files(other, seen)
    return sorted(seen)


def test_compiled_cores_notice_changes_of_what_they_import():
    """What is kept compiled is compiled anew where its own file changes: so a digest of the others stands in it."""
    folder = Path(imagenomics.associate.__file__).parent
    cores = [path for path in folder.glob("*.py") if "@njit(cache=True" in path.read_text(encoding="utf-8")]
    assert len(cores) >= 6
    for path in cores:
        others = house_files(path, set())
        if others:
            digest = hashlib.sha256(b"".join(other.read_bytes() for other in others)).hexdigest()[:12]
            assert f'COMPILED_IN = "{digest}"' in path.read_text(encoding="utf-8"), path.name
