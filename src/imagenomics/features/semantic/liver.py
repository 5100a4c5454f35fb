"""Traits of liver tumours on CT: those of the radiogenomic studies, and the major features of LI-RADS."""

from __future__ import annotations

from imagenomics.features.semantic.dictionary import Dictionary, Item, levels

NO_YES = (("0", "absent", "no"), ("1", "present", "yes"))


def _sign(code: str, label: str, region: str, *spellings: str) -> Item:
    return Item(
        code=code, label=label, kind="binary", levels=levels(*NO_YES), region=region, spellings=spellings
    )


def _choice(
    code: str, label: str, region: str, *answers: str | tuple[str, ...], ordinal: bool = False
) -> Item:
    kind = "ordinal" if ordinal else "binary" if len(answers) == 2 else "categorical"
    return Item.model_validate(
        {"code": code, "label": label, "kind": kind, "levels": levels(*answers), "region": region}
    )


ITEMS = (
    _sign("internal_arteries", "Internal arteries", "tumour", "Discrete arteries within the tumour"),
    _choice("hypodense_halo", "Hypodense halo", "tumour rim", "absent", ("part", "partial"), "complete", ordinal=True),
    _choice("tumour_liver_difference", "Tumour-liver difference", "tumour rim", "abrupt", "gradual"),
    _sign("capsule", "Enhancing capsule", "tumour rim", "Capsule"),
    _choice("margin", "Tumour margin", "tumour rim", "smooth", ("irregular", "non-smooth", "irregular")),
    _sign("arterial_hyperenhancement", "Non-rim arterial phase hyperenhancement", "tumour", "APHE"),
    _sign("rim_hyperenhancement", "Rim arterial phase hyperenhancement", "tumour rim", "Rim APHE"),
    _sign("washout", "Non-peripheral washout", "tumour", "Washout"),
    _sign("threshold_growth", "Threshold growth", "tumour"),
    _choice("necrosis", "Necrosis", "tumour", ("0", "none"), ("1", "<50%", "less than 50%"),
            ("2", ">=50%", "50% or more", "≥50%"), ordinal=True),
    _choice("attenuation_heterogeneity", "Heterogeneity in the portal venous phase", "tumour", "homogeneous",
            ("mild", "mildly heterogeneous"), ("marked", "markedly heterogeneous"), ordinal=True),
    _sign("fat", "Fat within the tumour", "tumour", "Intralesional fat"),
    _sign("haemorrhage", "Haemorrhage within the tumour", "tumour", "Hemorrhage"),
    _sign("satellites", "Satellite nodules", "liver"),
    _choice("number", "Number of tumours", "liver", ("1", "one", "single"), ("2", "two or three"), ("3", "more"),
            ordinal=True),
    _sign("vein_invasion", "Tumour in a vein", "vessels", "Macrovascular invasion", "Tumor in vein"),
    _sign("cirrhosis", "Morphology of cirrhosis", "liver"),
    Item(code="size_largest", label="Largest diameter", kind="continuous", unit="mm", low=0.0, high=400.0,
         region="tumour"),
)  # fmt: skip
DICTIONARY = Dictionary(
    name="liver-ct",
    title="Traits of liver tumours on contrast-enhanced CT",
    source="Traits of Segal and others 2007, Nature Biotechnology, Kuo and others 2007, Journal of Vascular and "
    "Interventional Radiology, and Banerjee and others 2015, Hepatology; major features of CT/MR LI-RADS 2018. "
    "Collected from memory of these papers; check the wording before a reading begins.",
    items=ITEMS,
)
