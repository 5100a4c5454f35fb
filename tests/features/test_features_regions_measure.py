"""The measurements of both rooms together: settings, order of rows, bad input, and real tumours."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.regions.laterality import MidPlane
from imagenomics.features.regions.measure import Surroundings, measure_region
from imagenomics.features.regions.settings import REGION_FAMILIES, RegionSettings
from imagenomics.features.rows import COLUMNS
from imagenomics.features.spectra.measure import measure_spectra
from imagenomics.features.spectra.settings import SPECTRUM_FAMILIES, SpectraSettings

ALL_REGIONS = RegionSettings(families=REGION_FAMILIES)
ALL_SPECTRA = SpectraSettings(families=SPECTRUM_FAMILIES, window=24)


def scene(shape=(9, 50, 56)):
    rng = np.random.default_rng(0)
    mask = np.zeros(shape, bool)
    mask[2:7, 6:44, 8:46] = True
    about = Surroundings(
        allowed=np.ones(shape, bool),
        reference=np.pad(np.ones(tuple(n - 2 for n in shape), bool), 1),
        atlas=rng.integers(0, 3, shape),
        names={1: "one", 2: "two"},
        plane=MidPlane((0, 0, 28), (0, 0, 1)),
    )
    return rng.normal(100, 10, shape) + 40 * mask, mask, about


def test_every_family_gives_rows_of_one_shape():
    image, mask, about = scene()
    rows = measure_region(image, mask, spacing_mm=(3, 1, 1), settings=ALL_REGIONS, surroundings=about)
    more = measure_spectra(image, mask, spacing_mm=(3, 1, 1), settings=ALL_SPECTRA)
    for frame, families in ((rows, REGION_FAMILIES), (more, SPECTRUM_FAMILIES)):
        assert tuple(frame.columns) == COLUMNS
        assert frame["family"].drop_duplicates().tolist() == list(families)
        assert not frame.duplicated(["family", "feature"]).any()
        assert (frame["status"] == "ok").mean() > 0.9
        assert (frame["reason"].eq("") == frame["value"].notna()).all()
        assert frame["value"].dtype == np.float64
    assert not set(rows["feature"]) & set(more["feature"])


@pytest.mark.parametrize("families", [REGION_FAMILIES, SPECTRUM_FAMILIES])
def test_the_columns_do_not_depend_on_the_patient(families):
    """One voxel, one slice and a mask that fills the image give the same features, with reasons."""
    image, mask, about = scene()
    one, flat = np.zeros((2, *mask.shape), bool)
    one[4, 20, 20] = True
    flat[4, 10:20, 10:30] = True
    found = []
    for region in (mask, one, flat, np.ones_like(mask)):
        for known in (True, False):
            options = {"spacing_mm": (3, 1, 1), "spacing_known": known}
            if families is REGION_FAMILIES:
                rows = measure_region(image, region, settings=ALL_REGIONS, surroundings=about, **options)
            else:
                rows = measure_spectra(image, region, settings=ALL_SPECTRA, **options)
            assert (rows["reason"].eq("") == rows["value"].notna()).all()
            assert ("voxel-units" in set(rows["flags"])) == (not known)
            found.append(rows[["family", "feature"]].agg("/".join, axis=1).tolist())
    assert all(names == found[0] for names in found)


@pytest.mark.parametrize("measure", [measure_region, measure_spectra])
def test_bad_input_is_refused_with_its_code(measure):
    image, mask, _ = scene()
    options = {"spacing_mm": (3, 1, 1)}
    for bad_image, bad_mask, code in (
        (image, mask & False, "081"),
        (image, mask[0], "080"),
        (image[:4], mask, "082"),
        (np.where(mask, np.nan, image), mask, "083"),
    ):
        with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
            measure(bad_image, bad_mask, **options)
    for bad_image, bad_mask, code in ((image, mask.astype(int), "080"), (image.astype(complex), mask, "083")):
        with pytest.raises(ArgumentTypeError, match=f"IGX-FEAT-{code}"):
            measure(bad_image, bad_mask, **options)
    for spacing in ((1, 1), (0, 1, 1), (1, 1, np.nan)):
        with pytest.raises(InputError, match="IGX-FEAT-007"):
            measure(image, mask, spacing_mm=spacing)


def test_what_a_family_needs_is_asked_for():
    image, mask, _ = scene()
    for family in ("laterality", "depth"):
        with pytest.raises(InputError, match="IGX-FEAT-091"):
            measure_region(image, mask, spacing_mm=(1, 1, 1), settings=RegionSettings(families=(family,)))


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (RegionSettings, {"families": ["lesions", "lesions"]}),
        (RegionSettings, {"families": []}),
        (RegionSettings, {"ring_edges_mm": [0, 0]}),
        (RegionSettings, {"ring_edges_mm": [0, float("inf")]}),
        (SpectraSettings, {"band": [0.5, 0.2]}),
        (SpectraSettings, {"radii_mm": [-1]}),
        (SpectraSettings, {"boxes": [2, 2]}),
        (SpectraSettings, {"boxes": [0]}),
    ],
)
def test_bad_settings_are_refused(model, changes):
    with pytest.raises(ValidationError):
        model(**changes)


@pytest.mark.realdata
def test_real_gliomas_can_be_measured():
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    from imagenomics.images.read import read_mask, read_volume

    folder = Path(root) / "lgg-mri-genomics" / "roi_nifti"
    masks = sorted(folder.glob("*_mask.nii.gz"))[:3]
    assert masks
    for path in masks:
        flair = read_volume(path.with_name(path.name.replace("_mask", "_flair")))
        mask = read_mask(path).array.astype(bool)
        options = {"spacing_mm": flair.spacing_mm, "spacing_known": False}
        rows = measure_region(flair.array, mask, **options)
        assert (rows["status"] != "failed").all()
        found = rows.set_index("feature")["value"]
        assert 0.2 < found["bounding_ellipsoid_ratio"] < 1
        assert found["perpendicular"] <= found["longest"]
        more = measure_spectra(flair.array, mask, **options)
        assert (more["status"] != "failed").all()
