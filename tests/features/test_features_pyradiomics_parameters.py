"""Settings of PyRadiomics in our words, and its baselines read back."""

from __future__ import annotations

import pandas as pd
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.features.pyradiomics.parameters import settings_from_pyradiomics
from imagenomics.features.pyradiomics.reference import (
    baseline_parameters,
    compare_with_baseline,
    read_baseline,
)
from imagenomics.features.settings import preset


def test_no_parameters_are_the_preset():
    assert settings_from_pyradiomics({}) == preset("pyradiomics")


def test_parameters_become_settings():
    found = settings_from_pyradiomics(
        {
            "binCount": 64,
            "force2D": True,
            "weightingNorm": "no_weighting",
            "interpolator": "sitkLinear",
            "resampledPixelSpacing": [1, 2, 0],
            "resegmentRange": [-3, 3],
            "resegmentMode": "sigma",
            "voxelArrayShift": 300,
            "minimumROISize": 10,
            "normalize": True,
        },
        families=("pyradiomics-glcm",),
        whole_numbers=True,
    )
    assert found.families == ("pyradiomics-glcm",)
    assert (found.discretisation.method, found.discretisation.n_bins) == ("fixed-bin-number", 64)
    assert found.aggregations == ("2_5D_comb",)
    assert (found.interpolation, found.spacing_mm) == ("linear", ("keep", 2.0, 1.0))
    assert (found.outlier_sigma, found.intensity_range) == (3.0, None)
    assert (found.energy_shift, found.min_voxels, found.round_intensities) == (300.0, 10, "truncate")


def test_a_range_without_an_upper_end():
    assert settings_from_pyradiomics({"resegmentRange": [0]}).intensity_range == (0.0, None)


def test_no_interpolator_means_no_resampling():
    assert (
        settings_from_pyradiomics({"resampledPixelSpacing": [2, 2, 2], "interpolator": None}).spacing_mm
        is None
    )


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"binwidth": 5}, "IGX-FEAT-020", "did you mean 'binWidth'"),
        ({"distances": [1, 2]}, "IGX-FEAT-021", "distances"),
        ({"gldm_a": 1}, "IGX-FEAT-021", "gldm_a"),
        ({"weightingNorm": "euclidean"}, "IGX-FEAT-021", "no_weighting"),
        ({"interpolator": "sitkGaussian"}, "IGX-FEAT-021", "sitkBSpline"),
        ({"resegmentRange": [0, 5], "resegmentMode": "relative"}, "IGX-FEAT-021", "sigma"),
        ({"resegmentRange": [-2, 3], "resegmentMode": "sigma"}, "IGX-FEAT-021", "standard deviations"),
        ({"binWidth": -1}, "IGX-SET-001", "greater than 0"),
    ],
)
def test_what_is_not_offered_is_refused(parameters, code, message):
    with pytest.raises(InputError, match=message) as refused:
        settings_from_pyradiomics(parameters)
    assert refused.value.code == code


BASELINE = """featureName,a,b
diagnostics_Configuration_Settings,"{'binWidth': 25, 'resegmentRange': None}",{}
original_x_Entropy,-3.2e-16,1.0
original_x_Contrast,100,2.0
original_x_Other,5,2.0
original_x_More,5,2.0
"""


def test_each_value_of_a_baseline_gets_a_status(tmp_path):
    path = tmp_path / "baseline_x.csv"
    path.write_text(BASELINE, encoding="utf-8")
    baseline = read_baseline(path)
    assert baseline_parameters(baseline, "a") == {"binWidth": 25, "resegmentRange": None}
    features = pd.DataFrame(
        {
            "feature": ["original_x_Entropy", "original_x_Contrast", "original_x_Other"],
            "value": [0.0, 100.01, float("nan")],
        }
    )
    rows = compare_with_baseline(features, baseline, case="a").set_index("feature")
    assert rows["status"].tolist() == ["matched", "near", "mismatched", "absent"]
    assert rows.loc["original_x_Contrast", "difference"] == pytest.approx(1e-4)


def test_another_table_or_case_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FileProblem) as refused:
        read_baseline(path)
    assert refused.value.code == "IGX-FEAT-022"
    path.write_text(BASELINE, encoding="utf-8")
    with pytest.raises(InputError, match="unknown case 'c'") as unknown:
        baseline_parameters(read_baseline(path), "c")
    assert unknown.value.code == "IGX-FEAT-023"
