"""Measures of a study: each kind gives the rows it announced, and problems stay with their region."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from imagenomics.errors import InputError
from imagenomics.features.extract import extract_region
from imagenomics.features.filters.apply import apply_filter
from imagenomics.features.filters.settings import LogFilter
from imagenomics.features.maps.measure import feature_map
from imagenomics.features.phenotypes.kinds import AnyMeasure
from imagenomics.features.phenotypes.measure import measure_phenotype, planned_rows
from imagenomics.features.rows import measured_rows
from imagenomics.features.settings import FeatureSettings

SPACING = (2.0, 1.0, 1.0)
KINDS = {
    "regions": {"kind": "regions", "families": ["lesions", "diameters", "ellipsoid", "sharpness", "rings"]},
    "compartments": {"kind": "compartments", "ratios": {"core_share": [["core"], ["core", "rim"]]}},
    "spectra": {"kind": "spectra"},
    "filters": {"kind": "filters", "filters": {"log2": {"kind": "log", "sigma_mm": 2}}},
    "uptake": {"kind": "uptake", "liver": "liver"},
    "map": {"kind": "map", "reference": "liver"},
    "shuffled": {"kind": "control", "control": "shuffled"},
    "feature-map": {
        "kind": "feature-map",
        "maps": ["stat_var", "cm_contrast", "ngt_contrast"],
        "radius_voxels": 1,
    },
    "moved": {"kind": "control", "control": "moved"},
}


def measure_of(kind: str):
    return TypeAdapter(AnyMeasure).validate_python(KINDS[kind])


@pytest.fixture(scope="module")
def scene():
    z, y, x = np.ogrid[:20, :40, :40]
    distance = np.sqrt((2.0 * (z - 10)) ** 2 + (y - 18) ** 2 + (x - 20) ** 2)
    image = 5.0 + np.random.default_rng(0).random(distance.shape) + 4.0 * (distance < 9)
    regions = {
        "core": distance < 6,
        "rim": (distance >= 6) & (distance < 9),
        "liver": np.broadcast_to((x < 6) & (y < 6) & (z < 6), distance.shape),
    }
    return image, regions


@pytest.mark.parametrize("kind", list(KINDS))
def test_rows_are_those_that_were_announced(kind, scene):
    image, regions = scene
    measure = measure_of(kind)
    rows, problems = measure_phenotype(image, regions, spacing_mm=SPACING, measure=measure)
    assert not problems
    around = {"liver"} if kind in ("uptake", "map") else set()
    planned = planned_rows(measure, [r for r in regions if r not in around], spacing_known=True)
    keys = ["region", "family", "feature", "unit"]
    assert rows[keys].to_numpy().tolist() == planned[keys].to_numpy().tolist()
    assert rows["value"].notna().mean() > 0.7


def test_a_filtered_feature_is_that_of_the_filtered_image(scene):
    image, regions = scene
    rows, _ = measure_phenotype(
        image, {"core": regions["core"]}, spacing_mm=SPACING, measure=measure_of("filters")
    )
    response = apply_filter(image, spacing_mm=SPACING, settings=LogFilter(sigma_mm=2))
    direct = extract_region(
        response, regions["core"], spacing_mm=SPACING, settings=FeatureSettings(families=("intensity",))
    )
    np.testing.assert_allclose(
        rows["value"].astype(float), direct["value"].astype(float), rtol=1e-9, atol=1e-12
    )
    assert list(rows["feature"]) == [f"log2_{name}" for name in direct["feature"]]
    assert (rows["ibsi"] == "").all()


def test_feature_maps_are_summarised_in_each_region(scene):
    image, regions = scene
    asked = {
        "kind": "feature-map",
        "maps": ["stat_var", "cm_corr"],
        "radius_mm": 2.5,
        "statistics": {"n_bins": 20},
    }
    measure = TypeAdapter(AnyMeasure).validate_python(asked | {"features": {"intensity_range": [5, 9.8]}})
    rows, _ = measure_phenotype(image, {"core": regions["core"]}, spacing_mm=SPACING, measure=measure)
    maps = feature_map(
        image,
        regions["core"],
        spacing_mm=SPACING,
        features=measure.maps,
        radius_mm=2.5,
        settings=measure.features,
    )
    values = rows.set_index("feature")["value"]
    counted = regions["core"] & (image <= 9.8)
    assert 0 < counted.sum() < regions["core"].sum()
    assert values["stat_var_n_voxels"] == counted.sum()
    assert values["stat_var_share_failed"] == 0
    assert values["stat_var_mean"] == pytest.approx(np.nanmean(maps["stat_var"]))
    assert values["cm_corr_3D_comb_p90"] == pytest.approx(np.nanpercentile(maps["cm_corr_3D_comb"], 90))
    assert set(rows["unit"]) == {"intensity2", "", "1"}


def test_doubts_of_a_region_are_doubts_of_its_maps(scene):
    image, regions = scene
    asked = {"kind": "feature-map", "maps": ["stat_mean", "cm_corr"], "radius_voxels": 1}
    measure = TypeAdapter(AnyMeasure).validate_python(asked)
    core = {"core": regions["core"]}
    rows, _ = measure_phenotype(image, core, spacing_mm=(3.0, 1.0, 1.0), measure=measure)
    flags = rows.set_index("feature")["flags"]
    assert flags["stat_mean_mean"] == ""
    assert flags["cm_corr_3D_comb_mean"] == "anisotropic"
    flat, _ = measure_phenotype(image.round(-1), core, spacing_mm=SPACING, measure=measure)
    assert "few-levels" in flat.set_index("feature")["flags"]["cm_corr_3D_comb_mean"]
    assert flat.set_index("feature")["status"]["cm_corr_3D_comb_n_voxels"] == "flagged"
    unknown, _ = measure_phenotype(image, core, spacing_mm=SPACING, spacing_known=False, measure=measure)
    assert (unknown["flags"].str.contains("voxel-units")).all()
    ball = TypeAdapter(AnyMeasure).validate_python({"kind": "feature-map", "radius_mm": 2})
    with pytest.raises(InputError, match="IGX-FEAT-181"):
        measure_phenotype(image, core, spacing_mm=SPACING, spacing_known=False, measure=ball)
    with pytest.raises(InputError, match="IGX-FEAT-181"):
        planned_rows(ball, ["core"], spacing_known=False)


def test_without_spacing_lengths_are_flagged(scene):
    image, regions = scene
    rows, _ = measure_phenotype(
        image, regions, spacing_mm=SPACING, spacing_known=False, measure=measure_of("regions")
    )
    flagged = rows.set_index(["region", "feature"])["flags"]
    assert (flagged[rows["unit"].str.contains("voxel").to_numpy()] == "voxel-units").all()


def test_one_region_that_cannot_be_measured_is_a_problem_and_no_more(scene):
    image, regions = scene
    empty = {**regions, "rim": np.zeros(image.shape, bool)}
    rows, problems = measure_phenotype(image, empty, spacing_mm=SPACING, measure=measure_of("spectra"))
    assert set(rows["region"]) == {"core", "liver"}
    assert [p["region"] for p in problems] == ["rim"]
    with pytest.raises(InputError):
        measure_phenotype(image, {"rim": empty["rim"]}, spacing_mm=SPACING, measure=measure_of("spectra"))


def test_a_region_that_is_not_there_is_named(scene):
    image, regions = scene
    with pytest.raises(InputError, match="IGX-FEAT-150"):
        measure_phenotype(image, {"core": regions["core"]}, spacing_mm=SPACING, measure=measure_of("uptake"))


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "regions", "families": ["laterality"]},
        {"kind": "regions", "families": ["depth"]},
        {"kind": "filters", "filters": {}},
        {"kind": "filters", "filters": {"a b": {"kind": "mean", "size": 3}}},
        {
            "kind": "filters",
            "filters": {"m": {"kind": "mean", "size": 3}},
            "features": {"families": ["shape"]},
        },
        {"kind": "shape"},
        {"kind": "feature-map"},
        {"kind": "feature-map", "radius_mm": 2, "radius_voxels": 1},
        {"kind": "feature-map", "radius_voxels": 1.5},
        {"kind": "feature-map", "radius_mm": -2},
        {"kind": "feature-map", "radius_mm": 2, "maps": ["cm_contrats"]},
        {"kind": "feature-map", "radius_mm": 2, "maps": []},
        {"kind": "feature-map", "radius_mm": 2, "features": {"spacing_mm": [1, 1, 1]}},
    ],
)
def test_measures_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError):
        TypeAdapter(AnyMeasure).validate_python(bad)


def test_measured_rows_say_why_there_is_no_value():
    rows = measured_rows("f", {"a": 1.5, "b": "too small", "c": float("nan")}, units={"a": "mm"}, flags="x")
    assert rows["status"].tolist() == ["flagged", "skipped", "failed"]
    assert rows["reason"].tolist() == ["", "too small", "its definition gives no number here"]
    assert rows["unit"].tolist() == ["mm", "", ""]
    pd.testing.assert_series_equal(rows["value"], pd.Series([1.5, np.nan, np.nan], name="value"))


def test_controls_keep_what_they_promise_and_are_flagged(scene):
    image, regions = scene
    whole = {"core": regions["core"]}
    settings = FeatureSettings(families=("intensity", "glcm"))
    own = extract_region(image, regions["core"], spacing_mm=SPACING, settings=settings).set_index("feature")
    measures = {c: {"kind": "control", "control": c, "features": settings} for c in ("shuffled", "moved")}
    rows = {}
    for name, given in measures.items():
        measure = TypeAdapter(AnyMeasure).validate_python(given)
        frame, _ = measure_phenotype(image, whole, spacing_mm=SPACING, measure=measure, patient="P1")
        again, _ = measure_phenotype(image, whole, spacing_mm=SPACING, measure=measure, patient="P1")
        other, _ = measure_phenotype(image, whole, spacing_mm=SPACING, measure=measure, patient="P2")
        pd.testing.assert_frame_equal(frame, again)
        assert not frame["value"].equals(other["value"])
        assert frame["flags"].str.startswith("negative-control").all()
        assert (frame["ibsi"] == "").all()
        rows[name] = frame.set_index("feature")
    intensity = own.index[own["family"] == "intensity"]
    np.testing.assert_allclose(
        rows["shuffled"].loc[intensity, "value"], own.loc[intensity, "value"], rtol=1e-12
    )
    assert rows["shuffled"].loc["cm_corr_3D_comb", "value"] != own.loc["cm_corr_3D_comb", "value"]
    assert rows["moved"].loc["stat_mean", "value"] < own.loc["stat_mean", "value"] - 2


def test_a_region_that_fits_nowhere_else_has_no_control(scene):
    image, regions = scene
    big = {"big": np.ones_like(regions["core"])}
    measure = measure_of("moved")
    with pytest.raises(InputError, match="IGX-FEAT-088"):
        measure_phenotype(image, big, spacing_mm=SPACING, measure=measure)
    with pytest.raises(ValidationError, match="'allowed' is for control = 'moved'"):
        TypeAdapter(AnyMeasure).validate_python(
            {"kind": "control", "control": "shuffled", "allowed": "liver"}
        )
