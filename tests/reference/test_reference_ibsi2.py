"""IBSI-2: every printed feature value of the filtered CT, and the response maps where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from imagenomics.features.filters.apply import apply_filter
from imagenomics.features.filters.ibsi2 import MAPS, TESTS, measure_response, prepare_ct
from imagenomics.features.filters.ibsi2_reference import (
    MAP_TOLERANCE,
    compare_test,
    map_difference,
    read_consensus,
)
from imagenomics.features.filters.settings import NonseparableWavelet

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def ibsi() -> Path:
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    folder = Path(root) / "ibsi"
    if not (folder / "ibsi2_reference").is_dir():
        pytest.skip(f"no folder {folder / 'ibsi2_reference'}")
    return folder


def array(path: Path) -> tuple[np.ndarray, tuple[float, ...]]:
    image = SimpleITK.ReadImage(str(path))
    return SimpleITK.GetArrayFromImage(image).astype(np.float64), image.GetSpacing()[::-1]


@pytest.fixture(scope="module")
def scenes(ibsi):
    folder = ibsi / "ibsi_1_ct_radiomics_phantom" / "nifti"
    image, spacing = array(folder / "image" / "phantom.nii.gz")
    mask = array(folder / "mask" / "mask.nii.gz")[0] > 0
    return {k: prepare_ct(image, mask, spacing_mm=spacing, test=f"1.{k}") for k in "AB"}


@pytest.fixture(scope="module")
def consensus(ibsi):
    return read_consensus(ibsi / "ibsi2_reference" / "reference_feature_values" / "reference_values.csv")


def test_every_printed_test_has_settings(consensus):
    assert set(consensus["test"]) == set(TESTS)
    assert len(consensus) == 324


@pytest.mark.parametrize("test", TESTS)
def test_features_of_the_filtered_ct(scenes, consensus, test):
    image, mask, spacing = scenes[test[-1]]
    rows = compare_test(
        measure_response(image, mask, spacing_mm=spacing, settings=TESTS[test]), consensus, test=test
    )
    expected = {"matched": 17, "unreferenced": 1} if test == "8.B" else {"matched": 18}
    assert rows["status"].value_counts().to_dict() == expected, rows.to_string()


@pytest.mark.parametrize("name", MAPS)
def test_response_maps(ibsi, name):
    folder = ibsi / "ibsi2_reference" / "reference_response_maps"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: see theibsi/ibsi_2_reference_data")
    phantom, settings = MAPS[name]
    image, spacing = array(
        ibsi / "ibsi_2_digital_phantom" / "nifti" / phantom / "image" / f"{phantom}.nii.gz"
    )
    response = apply_filter(image, spacing_mm=spacing, settings=settings)
    assert map_difference(response, array(folder / f"{name}-ValidCRM.nii")[0]) <= MAP_TOLERANCE


def test_default_bands_are_near_the_reference_but_not_in_every_value(scenes, consensus):
    """The reference filters the whole image as if periodic; the default filters the region with its margin."""
    counts = {}
    for test in ("8.A", "8.B", "9.A", "9.B"):
        image, mask, spacing = scenes[test[-1]]
        settings = NonseparableWavelet(level=int(test[0]) - 7, in_plane=test.endswith("A"))
        values = measure_response(image, mask, spacing_mm=spacing, settings=settings)
        counts[test] = int((compare_test(values, consensus, test=test)["status"] == "matched").sum())
    assert counts == {"8.A": 16, "8.B": 16, "9.A": 18, "9.B": 17}
