"""Settings refuse what contradicts itself; presets and columns say what will be measured."""

from __future__ import annotations

import pytest

from imagenomics.errors import InputError
from imagenomics.features.columns import feature_columns
from imagenomics.features.cost import estimate_cost
from imagenomics.features.settings import IBSI_FAMILIES, PRESETS, FeatureSettings, preset


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"families": ["glmc"]}, "families"),
        ({"families": []}, "families"),
        ({"families": ["glcm", "glcm"]}, "twice"),
        ({"aggregations": ["4D"]}, "aggregations"),
        ({"discretisation": {"method": "fixed-bin-size"}}, "bin_width"),
        ({"discretisation": {"bin_width": 5}}, "bin_width"),
        ({"discretisation": {"method": "fixed-bin-size", "bin_width": 25}}, "lowest"),
        ({"discretisation": {"method": "pyradiomics-bin-width"}}, "bin_width"),
        ({"ivh": {"method": "pyradiomics-bin-width", "bin_width": 5}}, "no intensity-volume histogram"),
        ({"families": ["pyradiomics-glcm"], "aggregations": ["3D_avg", "3D_comb"]}, "one value"),
        ({"families": ["pyradiomics-shape"], "aggregations": ["2D_avg"]}, "must be one of"),
        ({"spacing_mm": [1, 0, 1]}, "positive"),
        ({"intensity_range": [5, 5]}, "low below high"),
        ({"bins": 32}, "unknown key"),
    ],
)
def test_contradictions_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        FeatureSettings.read(data, where="[features]")


def test_a_study_file_can_say_everything_without_null():
    read = FeatureSettings.read(
        {
            "spacing_mm": ["keep", 2, 2],
            "intensity_range": [-500, float("inf")],
            "discretisation": {"method": "fixed-bin-size", "bin_width": 25},
        },
        where="[features]",
    )
    assert read.intensity_range == (-500, None)
    assert read.lowest_of(read.discretisation) == -500


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'ibsi-digital'") as refused:
        preset("ibsi-digitl")
    assert refused.value.code == "IGX-FEAT-001"


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_survive_being_written_down(name):
    chosen = preset(name)
    assert FeatureSettings.model_validate_json(chosen.model_dump_json()) == chosen


def test_auto_is_what_the_spacing_allows():
    default = FeatureSettings()
    assert default.resolved(spacing_known=True) == ("3D_comb",)
    assert default.resolved(spacing_known=False) == ("2D_comb",)


def test_default_columns():
    columns = feature_columns(FeatureSettings())
    assert columns["feature"].is_unique
    assert len(columns) == 159
    assert (columns["flags"] == "").all()
    assert (columns["ibsi"] == columns["feature"]).all()
    assert columns["feature"].iloc[0] == "morph_vol_approx"
    assert not columns["feature"].str.contains("ombb|mvee|moran|geary").any()


def test_all_columns_of_the_digital_phantom():
    columns = feature_columns(preset("ibsi-digital"))
    assert len(columns) == 487
    assert columns["feature"].is_unique
    assert list(dict.fromkeys(columns["family"])) == list(IBSI_FAMILIES)


def test_columns_of_pyradiomics_say_so_and_have_no_tag():
    columns = feature_columns(preset("pyradiomics"))
    assert len(columns) == 107
    assert columns["feature"].is_unique
    assert columns["family"].str.startswith("pyradiomics-").all()
    assert columns["feature"].str.startswith("original_").all()
    assert (columns["ibsi"] == "").all()
    unknown = feature_columns(preset("pyradiomics"), spacing_known=False).set_index("feature")
    free = unknown.index[unknown["flags"] == ""]
    assert set(unknown.loc[free, "family"]) == {"pyradiomics-firstorder"}
    assert "original_firstorder_TotalEnergy" not in free
    assert unknown.loc["original_firstorder_TotalEnergy", "unit"] == "intensity2 voxels"


def test_bins_of_pyradiomics_lose_the_ibsi_tag():
    bins = {"method": "pyradiomics-bin-width", "bin_width": 25}
    columns = feature_columns(FeatureSettings.model_validate({"discretisation": bins})).set_index("feature")
    assert columns.loc[["cm_contrast_3D_comb", "ih_mean"], "ibsi"].tolist() == ["", ""]
    assert columns.loc["stat_mean", "ibsi"] == "stat_mean"


@pytest.mark.parametrize("letter", "abcde")
def test_the_presets_of_the_ct_phantom_report_each_step(letter):
    columns = feature_columns(preset(f"ibsi-{letter}"))
    steps = columns[columns["family"] == "diagnostics"]
    assert len(steps) == 60
    assert (steps["flags"] == "diagnostic").all()
    assert (steps["ibsi"] == steps["feature"]).all()


def test_without_spacing_only_what_stays_in_a_slice_is_unflagged():
    columns = feature_columns(preset("ibsi-digital"), spacing_known=False).set_index("feature")
    free = columns.index[columns["flags"] == ""]
    texture = columns.index[columns["family"].str.startswith(("gl", "ng"))]
    assert all(("_2D" in f) == (f in free) for f in texture)
    assert columns.loc["morph_vol_approx", ["flags", "unit"]].tolist() == ["voxel-units", "voxels"]
    assert columns.loc["loc_peak_glob", "flags"] == "voxel-units"
    assert columns.loc["stat_mean", ["flags", "ibsi"]].tolist() == ["", "stat_mean"]
    assert (columns.loc[columns["flags"] != "", "ibsi"] == "").all()


def test_bins_that_start_elsewhere_lose_the_tag():
    moved = {
        "intensity_range": (-500, 400),
        "discretisation": {"method": "fixed-bin-size", "bin_width": 25, "lowest": -600},
    }
    columns = feature_columns(FeatureSettings.model_validate(moved)).set_index("feature")["ibsi"]
    assert columns["cm_contrast_3D_comb"] == columns["ih_mean"] == ""
    assert columns["stat_mean"] == "stat_mean"
    assert columns["morph_volume"] == "morph_volume"


def test_costs_grow_with_voxels_and_with_what_is_asked():
    small, large = estimate_cost(10_000, FeatureSettings()), estimate_cost(500_000, FeatureSettings())
    everything = estimate_cost(500_000, preset("ibsi-digital"))
    assert small[0] < large[0] < everything[0]
    assert small[1] < large[1] < everything[1]
    assert 0.05 < large[0] < 2
    assert estimate_cost(500_000, FeatureSettings(families=("volume",)))[0] < 0.05
