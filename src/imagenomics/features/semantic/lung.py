"""CT traits of lung nodules: the reading template of the NSCLC Radiogenomics collection."""

from __future__ import annotations

from typing import Any

from imagenomics.features.semantic.dictionary import Dictionary, Item, levels

Answers = tuple[str | tuple[str, ...], ...]
SIGN: Answers = (("RID28473", "absent"), ("RID28472", "present"))
MARGIN: Answers = (
    ("RID5912", "smooth"), ("RID5801", "lobulated"), ("RID5809", "irregular"), ("RID34284", "spiculated"),
    ("RID34283", "poorly defined"),
)  # fmt: skip
OTHER_NODULES: Answers = (
    ("RID28473", "absent"), ("RID46016", "non-solid"), ("RID46011", "partially solid"), ("RID5741", "solid"),
)  # fmt: skip
PREDOMINANCE: Answers = (
    ("T28", "upper predominant"), ("T29", "middle predominant"), ("T30", "lower predominant"),
    ("T31", "diffuse, no predominance"), ("T32", "patchy, no predominance"),
)  # fmt: skip
EMPHYSEMA: Answers = (("RID28505", "centrilobular"), ("RID46024", "paraseptal"), ("RID46023", "panacinar"))
SIDES: Answers = (("RID5825", "right"), ("RID5824", "left"), ("RID5770", "both"))
NO_PREDOMINANCE = levels(("T33", "indeterminate", "unable to determin predominance or NA"))
IF_EMPHYSEMA: dict[str, Any] = {"asked_if": "emphysema", "asked_levels": ("present",), "region": "lung"}
IF_FIBROSIS: dict[str, Any] = {"asked_if": "fibrosis", "asked_levels": ("present",), "region": "lung"}


def _choice(code: str, label: str, answers: Answers, kind: str = "categorical", **more: Any) -> Item:
    return Item.model_validate(
        {"code": code, "label": label, "kind": kind, "levels": levels(*answers), **more}
    )


LOBES: Answers = (
    ("RID1303", "upper lobe of right lung"), ("RID1310", "middle lobe of right lung"),
    ("RID1315", "lower lobe of right lung"), ("RID1327", "upper lobe of left lung"), ("RID1333", "lingula"),
    ("RID1338", "lower lobe of left lung"),
)  # fmt: skip
NODULE = (
    _choice("location", "Anatomic Location", LOBES, region="nodule"),
    _choice("axial_location", "Axial Location", (("RID5827", "central"), ("RID5828", "peripheral")), "binary",
            region="nodule"),
    _choice("attenuation", "Nodule Attenuation",
            (("RID45726", "ground glass"),
             ("RID46011+LT2", "part solid, solid part up to 5 mm", "partially solid+Solid lessOrEqual 5mm"),
             ("RID46011+LT3", "part solid, solid part over 5 mm", "partially solid+Solid greaterThan 5mm"),
             ("RID5741", "solid")), "ordinal", region="nodule"),
    _choice("internal", "Nodule Internal Features",
            (("RID46015", "air bronchogram", "internal air bronchogram sign"), ("RID38794", "reticulation"),
             ("RID46014", "cavity", "cavitated"), ("RID5171", "necrosis"), ("LT4", "cysts", "nodule cysts")),
            many=True, region="nodule"),
    _choice("margin", "Nodule Margins-Primary Pattern", MARGIN, region="nodule"),
    _choice("margin_second", "Nodule Margins-Secondary Pattern", MARGIN, region="nodule"),
    _choice("shape", "Nodule Shape",
            (("RID5799", "round"), ("RID5800", "oval"), ("RID34291", "polygonal"), ("RID5757", "complex")),
            region="nodule"),
    # The template uses the code of 'peripheral' here, too: codes mean something only within their item.
    _choice("calcification", "Nodule Calcification", (("RID28454", "none"), ("RID5828", "peripheral")), "binary",
            region="nodule"),
    _choice("associated", "Nodule Associated Findings",
            (("RID46018", "attachment to pleura"), ("RID46052", "attachment to vessel"),
             ("RID46019", "attachment to bronchus"), ("RID46035", "entering airway"),
             ("RID46034", "pleural retraction"), ("RID46036", "vascular convergence"),
             ("RID46021", "septal thickening"),
             ("RID46020+RID5914", "thickened bronchovascular bundle", "bronchovascular bundle+thickened")),
            many=True, region="nodule"),
    _choice("periphery", "Nodule Periphery",
            (("RID13173", "normal"), ("RID4799", "emphysema"),
             ("RID3820+RID5701", "diffuse fibrosis", "fibrosis+diffuse"),
             ("RID3829+RID5702", "focal scar", "scar+focal")), region="nodule"),
)  # fmt: skip
LUNG = (
    _choice("satellites_lobe", "Satellite Nodules in Primary Lesion Lobe (greater than 4mm noncalcified)",
            OTHER_NODULES, region="lobe"),
    _choice("nodules_same_lung", "Nodules in Non-Lesion Lobe Same Lung (greater than 4mm noncalcified)",
            OTHER_NODULES, region="lung"),
    _choice("nodules_other_lung", "Nodules in Contralateral Lung (gretater than 4mm noncalcified)", OTHER_NODULES,
            spellings=("Nodules in Contralateral Lung (greater than 4mm noncalcified)",), region="lung"),
    _choice("centrilobular_nodules", "Centrilobular Nodules - Diffuse (RB type nodules)", SIGN, "binary",
            region="lung"),
    _choice("emphysema", "Emphysema", SIGN, "binary", region="lung"),
    _choice("emphysema_severity", "Overall Emmphysema Severity",
            (("T36", "low (1-25%)", "low severity (1-25%)"), ("T37", "moderate (26-50%)", "moderate severity (26-50%)"),
             ("T38", "moderately high (51-75%)", "moderately high severity (51-75%)"),
             ("T39", "high (>75%)", "high severity (greaterThan 75%)")), "ordinal",
            spellings=("Overall Emphysema Severity",), **IF_EMPHYSEMA),
    _choice("emphysema_pattern", "Primary Emphysema Pattern", EMPHYSEMA, **IF_EMPHYSEMA),
    _choice("emphysema_distribution", "Primary Distribution", PREDOMINANCE, apart=NO_PREDOMINANCE, **IF_EMPHYSEMA),
    _choice("emphysema_side", "Primary Emphysema Laterality", SIDES, **IF_EMPHYSEMA),
    _choice("emphysema_pattern_second", "Secondary Emmphysema Pattern", EMPHYSEMA,
            apart=levels(("RID46056", "not applicable")), spellings=("Secondary Emphysema Pattern",), **IF_EMPHYSEMA),
    _choice("emphysema_distribution_second", "Secondary Emhysema Distribution", PREDOMINANCE, apart=NO_PREDOMINANCE,
            spellings=("Secondary Emphysema Distribution",), **IF_EMPHYSEMA),
    _choice("emphysema_side_second", "Secondary Emphysema Laterality", SIDES, **IF_EMPHYSEMA),
    _choice("parenchyma", "Lung Parencyma Features",
            (("RID46026", "airway abnormality"), ("RID46027", "bronchial wall thickening"),
             ("RID46028", "airway ectasia"), ("RID28496", "bronchiectasis"), ("RID46030", "mosaic oligemia"),
             ("RID35654", "tree-in-bud sign"), ("RID46037", "bronchiolar prominence")),
            many=True, spellings=("Lung Parenchyma Features",), region="lung"),
    _choice("fibrosis", "Fibrosis", SIGN, "binary", region="lung"),
    _choice("fibrosis_distribution", "Anatomic Fibrosis Distribution", PREDOMINANCE, apart=NO_PREDOMINANCE,
            **IF_FIBROSIS),
    _choice("fibrosis_axial", "Axial Fibrosis Distribution",
            (("RID46032", "subpleural"), ("T46", "subpleural and bronchovascular", "subpleural & bronchovascular")),
            **IF_FIBROSIS),
    _choice("fibrosis_type", "Fibrosis Type",
            (("T42", "smoking-related fibrosis"), ("RID5333", "usual interstitial pneumonia"),
             ("RID5341", "nonspecific interstitial pneumonia"), ("T44", "other fibrosis")),
            apart=levels(("RID39110", "indeterminate")), **IF_FIBROSIS),
)  # fmt: skip
DICTIONARY = Dictionary(
    name="lung-ct",
    title="CT traits of lung nodules",
    source="AIM template of the NSCLC Radiogenomics collection (Bakr and others 2018, Scientific Data), as far as "
    "its 190 public readings use it.",
    items=(*NODULE, *LUNG),
    # The observation is 'lung mass' in every reading; the length is that of a drawn line, 0 in most of them.
    ignored=("Lung Nodule", "LineLength"),
)
