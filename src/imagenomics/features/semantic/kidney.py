"""Traits of kidney tumours on CT, as the radiogenomic studies of clear cell carcinoma read them."""

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
    _choice("side", "Side", "kidney", ("R", "right"), ("L", "left")),
    _choice("margin", "Tumour margin", "tumour rim", ("well", "well-defined", "well defined"),
            ("ill", "ill-defined", "ill defined", "poorly defined")),
    _choice("composition", "Composition", "tumour", "solid", ("mixed", "solid and cystic", "mixed solid and cystic"),
            ("cystic", "cystic", "multicystic")),
    _choice("necrosis", "Necrosis", "tumour", ("0", "none", "0%"), ("1", "1-33%"), ("2", "34-66%"),
            ("3", ">66%", "67-100%"), ordinal=True),
    _choice("growth_pattern", "Growth pattern", "tumour", ("exophytic", "exophytic", ">=50% exophytic"),
            ("<50% exophytic", "less than half exophytic"), ("endophytic", "endophytic", "entirely endophytic")),
    _choice("calcification", "Calcification", "tumour", ("0", "absent", "no"), ("1", "present", "yes")),
    _sign("nodular_enhancement", "Nodular tumour enhancement", "tumour"),
    _sign("intratumoral_vessels", "Gross intratumoural vascularity", "tumour", "Intratumoral vascularity"),
    _sign("vein_invasion", "Renal vein invasion", "vessels"),
    _sign("collecting_system", "Collecting system invasion", "kidney"),
    _sign("perinephric_invasion", "Perinephric fat invasion", "kidney"),
    _sign("collaterals", "Perinephric collateral vessels", "kidney"),
    _choice("enhancement", "Enhancement of solid parts relative to the cortex", "tumour", ("less", "less than cortex"),
            ("equal", "like cortex"), ("more", "more than cortex"), ordinal=True),
    Item(code="size_largest", label="Largest diameter", kind="continuous", unit="mm", low=0.0, high=300.0,
         region="tumour"),
)  # fmt: skip
DICTIONARY = Dictionary(
    name="kidney-ct",
    title="Traits of kidney tumours on contrast-enhanced CT",
    source="Traits of Karlo and others 2014, Radiology, and Shinagare and others 2015, Abdominal Imaging. Collected "
    "from memory of these papers; check the wording before a reading begins.",
    items=ITEMS,
)
