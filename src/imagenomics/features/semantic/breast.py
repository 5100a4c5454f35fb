"""Descriptors of masses and non-mass enhancement on breast MR, in the words of the BI-RADS lexicon of 2013."""

from __future__ import annotations

from typing import Any

from imagenomics.features.semantic.dictionary import Dictionary, Item, levels

MASS: dict[str, Any] = {"asked_if": "finding", "asked_levels": ("mass",)}
NON_MASS: dict[str, Any] = {"asked_if": "finding", "asked_levels": ("non-mass enhancement",)}


def _choice(
    code: str, label: str, *answers: str | tuple[str, ...], kind: str = "categorical", **more: Any
) -> Item:
    return Item.model_validate(
        {"code": code, "label": label, "kind": kind, "levels": levels(*answers), **more}
    )


ITEMS = (
    _choice("tissue_amount", "Amount of fibroglandular tissue", ("a", "almost entirely fat"),
            ("b", "scattered fibroglandular tissue", "scattered"), ("c", "heterogeneous fibroglandular tissue"),
            ("d", "extreme fibroglandular tissue", "extreme"), kind="ordinal", region="breast"),
    _choice("background_level", "Background parenchymal enhancement", "minimal", "mild", "moderate", "marked",
            kind="ordinal", region="breast", spellings=("BPE",)),
    _choice("background_symmetry", "Symmetry of background parenchymal enhancement", "symmetric",
            ("asymmetric", "asymmetric", "asymmetrical"), kind="binary", region="breast"),
    _choice("finding", "Type of finding", "focus", "mass",
            ("NME", "non-mass enhancement", "non mass enhancement", "nonmass enhancement"), region="lesion"),
    _choice("mass_shape", "Mass shape", "round", "oval", "irregular", region="mass", **MASS),
    _choice("mass_margin", "Mass margin", "circumscribed",
            ("irregular", "not circumscribed, irregular", "irregular margin"),
            ("spiculated", "not circumscribed, spiculated", "spiculated margin"), region="mass", **MASS),
    _choice("mass_enhancement", "Internal enhancement of the mass", "homogeneous", "heterogeneous",
            ("rim", "rim enhancement"), ("dark septations", "dark internal septations"), region="mass", **MASS),
    _choice("nme_distribution", "Distribution of non-mass enhancement", "focal", "linear", "segmental", "regional",
            ("multiple regions", "multiple regions", "multiple"), "diffuse", region="non-mass", **NON_MASS),
    _choice("nme_pattern", "Internal pattern of non-mass enhancement", "homogeneous", "heterogeneous", "clumped",
            ("clustered ring", "clustered ring", "clustered rings"), region="non-mass", **NON_MASS),
    _choice("kinetics_initial", "Initial phase of the kinetic curve", "slow", "medium", ("fast", "fast", "rapid"),
            kind="ordinal", region="lesion"),
    _choice("kinetics_delayed", "Delayed phase of the kinetic curve", "persistent", "plateau",
            ("washout", "washout", "wash-out"), kind="ordinal", region="lesion"),
    _choice("category", "Assessment category", *"123", ("4A", "4A"), ("4B", "4B"), ("4C", "4C"), "5",
            kind="ordinal", region="breast",
            apart=(levels(("0", "indeterminate"))[0], levels(("6", "not applicable"))[0])),
    Item(code="size_largest", label="Largest diameter", kind="continuous", unit="mm", low=0.0, high=300.0,
         region="lesion"),
)  # fmt: skip
DICTIONARY = Dictionary(
    name="bi-rads-mr",
    title="Masses and non-mass enhancement on breast MR",
    source="Descriptor words of the BI-RADS MR lexicon, 5th edition (American College of Radiology 2013).",
    items=ITEMS,
)
