"""The learners over patients' arrays take the same kinds of input, and give named columns for each patient."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.prepare.bags import one_row_each, read_bags
from imagenomics.prepare.group_ica import GroupICA
from imagenomics.prepare.habitats import HabitatClusters
from imagenomics.prepare.nyul import NyulStandard
from imagenomics.prepare.profiles import NyulProfiles

RNG = np.random.default_rng(0)
LEARNERS = {
    "habitats": (HabitatClusters(2), [RNG.normal(size=(30 + i, 2)) for i in range(8)]),
    "functional": (GroupICA(2, n_starts=1), [RNG.laplace(size=(12 + i, 40)) for i in range(8)]),
    "structural": (GroupICA(2, kind="structural", n_starts=1), list(RNG.laplace(size=(8, 1, 40)))),
    "profiles": (NyulProfiles(names=("mean", "p90")), list(np.sort(RNG.normal(size=(8, 1, 13))))),
    "nyul": (NyulStandard([0, 1, 2]), list(np.sort(RNG.normal(size=(8, 1, 5))))),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_fit_and_transform_take_lists_mappings_series_and_frames(name):
    step, bags = LEARNERS[name]
    ids = [f"P{i}" for i in range(len(bags))]
    found = step.fit(bags).transform(bags)
    assert found.shape == (8, len(step.get_feature_names_out()))
    assert np.isfinite(found).all()
    packed = np.empty(8, dtype=object)
    packed[:] = bags
    series = pd.Series(bags, index=ids)
    for X in (tuple(bags), dict(zip(ids, bags, strict=True)), packed, series, series.to_frame("image")):
        assert np.array_equal(step.fit(X).transform(X), found)
    assert np.array_equal(step.transform(series.iloc[2:3]), found[2:3])


@pytest.mark.parametrize("name", LEARNERS)
def test_a_patient_without_anything_is_missing(name):
    step, bags = LEARNERS[name]
    out = step.fit([None, *bags]).transform([*bags[:2], None, np.empty((0, bags[0].shape[1]))])
    assert np.isfinite(out[:2]).all()
    assert np.isnan(out[2:]).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_other_columns_than_the_other_patients_are_refused(name):
    step, bags = LEARNERS[name]
    for X in ([*bags, bags[0][:, :-1]], [*bags, np.full(bags[0].shape, np.inf)]):
        with pytest.raises(InputError, match="IGX-PREP-027") as caught:
            step.fit(X)
        assert "patient 8" in str(caught.value)
    with pytest.raises(InputError, match="IGX-PREP-027"):
        step.fit(bags).transform([bags[0][:, :-1]])


def test_rows_with_gaps_do_not_count():
    bag = np.arange(6.0).reshape(3, 2)
    bag[1, 0] = np.nan
    assert read_bags(object(), [bag], reset=True)[0].tolist() == [[0, 1], [4, 5]]


def test_one_row_each():
    table = pd.DataFrame({"a": [1.0, 2.0]})
    assert one_row_each(table) is table
    assert np.array_equal(one_row_each([None, np.ones((1, 2))]), [[np.nan] * 2, [1, 1]], equal_nan=True)
    with pytest.raises(InputError, match="2 rows"):
        one_row_each([np.ones((2, 2))])
