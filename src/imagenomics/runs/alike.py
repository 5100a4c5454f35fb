"""Whether two blocks of a study measure the same things in the same way, so that their values can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imagenomics.errors import nearest
from imagenomics.settings import Settings

if TYPE_CHECKING:
    from imagenomics.runs.plan import Plan

# What changes the scale of an image's values. Where files lie, how labels are numbered and how a geometry is repaired
# may differ between two examinations of one patient.
OF_IMAGES = {"normalise", "prepare", "form"}
OF_DICOM = {"suv", "threshold"}
OF_TABLES = {"kind", "dictionary", "numbers", "measures"}
PLACES = ("to",)  # keys within them that name files


def misfit(plan: Plan, first: str, second: str) -> str:
    """Say why the values of two measured or given blocks of a study cannot be compared; '' where they can."""
    images = {b.name: image_values(b, plan.features_of(b)) for b in plan.images}
    phenotypes = {b.name: phenotype_values(b.measure, plan.image_of(b)) for b in plan.phenotypes}
    kinds = (images, phenotypes, {b.name: table_values(b) for b in plan.feature_tables})
    known = {name: values for kind in kinds for name, values in kind.items()}
    for name in (first, second):
        if name not in known:
            close = nearest(name, list(known))
            hint = f"did you mean '{close}'?" if close else f"there are {', '.join(known)}"
            return f"no [[images]], [[phenotypes]] or [[feature_tables]] block is called '{name}'; {hint}"
    if not any(first in kind and second in kind for kind in kinds):
        return (
            f"'{first}' and '{second}' are blocks of different kinds, so their values mean different things"
        )
    found = differences(known[first], known[second])
    return f"'{first}' and '{second}' are not measured alike: {'; '.join(found)}" if found else ""


def retest_problem(plan: Plan, name: str, of: str) -> str:
    """Say why an image cannot be the second examination of another one; '' where it can."""
    images = {block.name: block for block in plan.images}
    if of not in images:
        close = nearest(of, list(images))
        return f"repeats_of names no [[images]] block '{of}'" + (
            f"; did you mean '{close}'?" if close else ""
        )
    if of == name or images[of].repeats_of is not None:
        return f"repeats_of = '{of}' is no first examination"
    if images[of].repeats is not None:
        return f"'{of}' has perturbed copies already ('repeats'): copies and examinations are not mixed"
    if set(images[name].regions) != set(images[of].regions) or images[name].has_mask != images[of].has_mask:
        return f"'{name}' and '{of}' do not have the same regions"
    return misfit(plan, of, name)


def image_values(image: Settings, features: Settings | None) -> dict[str, Any]:
    """Return what the values of an ``[[images]]`` block depend on, by the names of the settings."""
    found = image.model_dump(mode="json", include=OF_IMAGES)
    dicom = getattr(image, "dicom", None)
    found["dicom"] = dicom.model_dump(mode="json", include=OF_DICOM) if dicom is not None else {}
    found["spacing"] = "unknown" if getattr(image, "spacing", "") == "unknown" else "known"
    return _flat({**found, "features": {} if features is None else features.model_dump(mode="json")})


def phenotype_values(measure: Settings, image: Settings) -> dict[str, Any]:
    """Return what the values of a ``[[phenotypes]]`` block depend on."""
    return image_values(image, None) | _flat({"measure": measure.model_dump(mode="json")})


def table_values(block: Settings) -> dict[str, Any]:
    """Return what the values of a ``[[feature_tables]]`` block depend on, as far as the study knows."""
    return _flat(block.model_dump(mode="json", include=OF_TABLES))


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the settings in which two blocks differ, with both values."""
    keys = dict.fromkeys((*first, *second))
    return [
        f"{key} is {_shown(first.get(key))} and {_shown(second.get(key))}"
        for key in keys
        if first.get(key) != second.get(key)
    ]


def _flat(tree: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = _without_places(value)
    return found


def _without_places(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_places(v) for k, v in value.items() if k not in PLACES}
    return [_without_places(v) for v in value] if isinstance(value, list) else value


def _shown(value: Any) -> str:
    return "not set" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
