"""The settings of PyRadiomics, as its parameter files and its results hold them, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.errors import InputError, unknown_name
from imagenomics.features.settings import Family, FeatureSettings, preset

INTERPOLATION = {
    "sitkBSpline": "cubic-spline",
    "sitkLinear": "linear",
    "sitkNearestNeighbor": "nearest",
}
# Where these have another value than here, PyRadiomics does something that the features room does not do.
FIXED: Mapping[str, tuple[object, ...]] = {
    "distances": ([1],),
    "gldm_a": (0,),
    "symmetricalGLCM": (True,),
    "force2Ddimension": (0,),
    "resegmentShape": (False,),
    "removeOutliers": (None,),
    "maskedKernel": (True,),
    "weightingNorm": (None, "no_weighting"),
}
# These say how the image is read, normalised or cropped before its features are measured, or how results are written.
ELSEWHERE = frozenset(
    (
        "normalize",
        "normalizeScale",
        "additionalInfo",
        "label",
        "label_channel",
        "padDistance",
        "preCrop",
        "correctMask",
        "geometryTolerance",
        "minimumROIDimensions",
        "kernelRadius",
        "initValue",
        "voxelBatch",
        "enableCExtensions",
    )
)
READ = frozenset(
    (
        "binWidth",
        "binCount",
        "interpolator",
        "resampledPixelSpacing",
        "force2D",
        "voxelArrayShift",
        "resegmentRange",
        "resegmentMode",
        "minimumROISize",
    )
)


def settings_from_pyradiomics(
    parameters: Mapping[str, Any], *, families: tuple[Family, ...] | None = None, whole_numbers: bool = False
) -> FeatureSettings:
    """Turn the ``setting`` part of a PyRadiomics parameter file into feature settings.

    Parameters
    ----------
    parameters : mapping
        PyRadiomics' own names and values; what is not named has PyRadiomics' default.
    families : tuple of str, optional
        Families to measure; default: those of the preset ``pyradiomics``.
    whole_numbers : bool
        The images are stored as whole numbers and not normalised: PyRadiomics then cuts off the decimals of
        resampled intensities.

    Returns
    -------
    FeatureSettings
        ``normalize`` and other settings that do not concern features are left to the ``[[images]]`` block.

    Raises
    ------
    InputError
        ``IGX-FEAT-020``: a setting that PyRadiomics does not have; ``IGX-FEAT-021``: one with a value that changes
        features in a way that is not offered here.

    Source
    ------
    The documentation of PyRadiomics (van Griethuysen et al. 2017, Cancer Research), section on settings.
    """
    for name, value in parameters.items():
        _check(name, value)
    get = parameters.get
    changes: dict[str, Any] = {
        "discretisation": _bins(parameters),
        "energy_shift": get("voxelArrayShift") or 0.0,
    }
    changes["aggregations"] = [
        ("2_5D" if get("force2D") else "3D") + ("_comb" if get("weightingNorm") else "_avg")
    ]
    changes["interpolation"] = INTERPOLATION.get(str(get("interpolator")), "cubic-spline")
    spacing = get("resampledPixelSpacing")
    if spacing is not None and get("interpolator", "sitkBSpline") is not None:
        changes["spacing_mm"] = ["keep" if float(s) == 0 else float(s) for s in spacing[::-1]]
        changes["round_intensities"] = "truncate" if whole_numbers else False
    changes |= _thresholds(parameters)
    changes["min_voxels"] = get("minimumROISize") or 1
    if families is not None:
        changes["families"] = families
    return FeatureSettings.read(
        {**preset("pyradiomics").model_dump(), **changes}, where="PyRadiomics settings"
    )


def _check(name: str, value: object) -> None:
    if name not in ELSEWHERE | READ | set(FIXED):
        raise unknown_name("IGX-FEAT-020", "setting of PyRadiomics", name, ELSEWHERE | READ | set(FIXED))
    allowed: tuple[object, ...] = FIXED.get(name, (value,))
    if name == "interpolator":
        allowed = (*INTERPOLATION, None)
    elif name == "resegmentMode":
        allowed = ("absolute", "sigma")
    if value not in allowed:
        raise InputError(
            "IGX-FEAT-021",
            f"{name} = {value!r} of PyRadiomics is not offered",
            expected=" or ".join(repr(a) for a in allowed),
            remedy="measure with PyRadiomics itself and give the study its table ([[feature_tables]])",
        )


def _bins(parameters: Mapping[str, Any]) -> dict[str, object]:
    if parameters.get("binCount"):
        return {"method": "fixed-bin-number", "n_bins": parameters["binCount"]}
    return {"method": "pyradiomics-bin-width", "bin_width": parameters.get("binWidth", 25)}


def _thresholds(parameters: Mapping[str, Any]) -> dict[str, object]:
    bounds = parameters.get("resegmentRange")
    if not bounds:
        return {}
    if parameters.get("resegmentMode", "absolute") == "absolute":
        return {"intensity_range": (bounds[0], bounds[1] if len(bounds) > 1 else None)}
    if len(bounds) != 2 or bounds[0] != -bounds[1]:
        raise InputError(
            "IGX-FEAT-021",
            f"resegmentRange = {bounds!r} in standard deviations is not offered",
            expected="[-s, s]",
            remedy="choose a range that is as wide below the mean as above",
        )
    return {"outlier_sigma": bounds[1]}
