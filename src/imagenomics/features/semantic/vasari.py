"""VASARI: 30 features of gliomas on MR, as defined for the REMBRANDT and TCGA readings."""

from __future__ import annotations

from imagenomics.cohort.settings import Kind
from imagenomics.features.semantic.dictionary import Dictionary, Item, Level, levels, numbered

NOT_APPLICABLE = levels(("1", "not applicable", "n/a"))
SHARES = levels(
    ("2", "none (0%)", "none", "0%"),
    ("3", "<5%", "less than 5%", "< 5%", "<=5%", "≤5%"),
    ("4", "6-33%", "6–33%"),
    ("5", "34-67%", "34–67%"),
    ("6", "68-95%", "68–95%"),
    ("7", ">95%", "greater than 95%", "> 95%"),
    ("8", "all (100%)", "all", "100%"),
)
UNSURE = (*NOT_APPLICABLE, *levels(("9", "indeterminate")))
NO_YES = levels(("2", "no"), ("3", "yes"))
ABSENT_PRESENT = levels(("1", "absent", "no"), ("2", "present", "yes"))


def _share(number: int, code: str, label: str, region: str, *names: str) -> Item:
    return _item(number, code, label, "ordinal", SHARES, region, names, UNSURE)


def _sign(number: int, code: str, label: str, region: str, *names: str) -> Item:
    return _item(number, code, label, "binary", ABSENT_PRESENT, region, names)


def _crossing(number: int, code: str, label: str, region: str, *names: str) -> Item:
    return _item(number, code, label, "binary", NO_YES, region, names, NOT_APPLICABLE)


def _item(
    number: int,
    code: str,
    label: str,
    kind: Kind,
    scale: tuple[Level, ...],
    region: str,
    names: tuple[str, ...] = (),
    apart: tuple[Level, ...] = (),
) -> Item:
    spellings = (f"F{number}", f"F{number} {label}", f"f{number}_{code}", *names)
    spellings += tuple(f"F{number} {name}" for name in names)
    return Item(
        code=f"f{number:02d}_{code}",
        label=label,
        kind=kind,
        levels=scale,
        apart=apart,
        spellings=spellings,
        region=region,
    )


def _size(number: int, code: str, label: str) -> Item:
    return Item(
        code=f"f{number:02d}_{code}",
        label=label,
        kind="continuous",
        spellings=(f"F{number}", f"F{number} {label}"),
        region="tumour",
        unit="cm",
        low=0.0,
        high=30.0,
    )


LOCATIONS = numbered(["frontal", "temporal", "insular", "parietal", "occipital", "brainstem", "cerebellum"])
ITEMS = (
    _item(1, "location", "Tumor Location", "categorical", LOCATIONS, "tumour", ("Tumour Location",)),
    _item(
        2, "side", "Side of Tumor Epicenter", "categorical",
        levels(("1", "right", "R"), ("2", "center or bilateral", "center", "bilateral", "C/B"), ("3", "left", "L")),
        "tumour", ("Side of Tumour Epicenter",),
    ),
    _item(
        3, "eloquent_brain", "Eloquent Brain", "categorical",
        levels(
            ("1", "none", "no eloquent brain"), ("2", "speech motor"), ("3", "speech receptive"), ("4", "motor"),
            ("5", "vision"),
        ),
        "tumour", ("Eloquent Brain Involvement",),
    ),
    _item(
        4, "enhancement_quality", "Enhancement Quality", "ordinal",
        levels(
            ("1", "none", "no enhancement"), ("2", "mild or minimal", "mild", "minimal", "mild/minimal"),
            ("3", "marked or avid", "marked", "avid", "marked/avid", "mark/avid"),
        ),
        "enhancing tumour",
    ),
    _share(5, "proportion_enhancing", "Proportion Enhancing", "enhancing tumour"),
    _share(6, "proportion_ncet", "Proportion nCET", "non-enhancing tumour"),
    _share(7, "proportion_necrosis", "Proportion Necrosis", "necrosis"),
    _item(8, "cysts", "Cyst(s)", "binary", NO_YES, "tumour", ("Cysts",), NOT_APPLICABLE),
    _item(
        9, "multifocal", "Multifocal or Multicentric", "categorical",
        levels(
            ("1", "focal", "solitary", "unifocal"), ("2", "multifocal"), ("3", "multicentric"), ("4", "gliomatosis"),
        ),
        "tumour",
    ),
    _item(
        10, "t1_flair_ratio", "T1/FLAIR Ratio", "ordinal",
        levels(
            ("1", "expansive", "T1~FLAIR"), ("2", "mixed", "T1<FLAIR"), ("3", "infiltrative", "T1<<FLAIR"),
        ),
        "tumour",
    ),
    _item(
        11, "margin_thickness", "Thickness of enhancing margin", "ordinal",
        levels(
            ("2", "none"), ("3", "thin", "<3mm", "< 3 mm"), ("4", "thick", ">3mm", "> 3 mm", "thick/nodular"),
            ("5", "solid"),
        ),
        "enhancing tumour", ("Thickness of the Enhancing Margin",), NOT_APPLICABLE,
    ),
    _item(
        12, "enhancing_margin", "Definition of the enhancing margin", "binary",
        levels(("2", "well-defined", "well defined"), ("3", "poorly-defined", "poorly defined")),
        "enhancing tumour", (), NOT_APPLICABLE,
    ),
    _item(
        13, "nonenhancing_margin", "Definition of the non-enhancing tumor margin", "binary",
        levels(("2", "smooth"), ("3", "irregular")),
        "non-enhancing tumour",
        ("Definition of the non-enhancing tumour margin", "Definition of the Non-Enhancing Margin"), NOT_APPLICABLE,
    ),
    _share(14, "proportion_edema", "Proportion of Edema", "oedema", "Proportion of Oedema"),
    _crossing(15, "edema_crosses_midline", "Edema Crosses Midline", "oedema", "Oedema Crosses Midline"),
    _item(16, "hemorrhage", "Hemorrhage", "binary", NO_YES, "tumour", ("Haemorrhage",), NOT_APPLICABLE),
    _item(
        17, "diffusion", "Diffusion", "categorical",
        levels(("2", "facilitated"), ("3", "restricted"), ("4", "mixed", "neither")),
        "tumour", ("Diffusion Characteristics",), levels(("1", "not visible", "no ADC images", "no image")),
    ),
    _sign(18, "pial_invasion", "Pial Invasion", "pia"),
    _sign(19, "ependymal_invasion", "Ependymal Invasion", "ependyma", "Ependymal (ventricular) Invasion"),
    _sign(20, "cortical_involvement", "Cortical involvement", "cortex"),
    _sign(21, "deep_wm_invasion", "Deep WM Invasion", "deep white matter", "Deep White Matter Invasion"),
    _crossing(22, "ncet_crosses_midline", "nCET Crosses Midline", "non-enhancing tumour", "nCET Tumor Crosses Midline"),
    _crossing(
        23, "cet_crosses_midline", "CET Crosses Midline", "enhancing tumour", "Enhancing Tumor Crosses Midline"
    ),
    _sign(24, "satellites", "Satellites", "tumour", "Multiple satellites present"),
    _sign(25, "calvarial_remodeling", "Calvarial Remodeling", "skull", "Calvarial Remodelling"),
    _share(26, "resection_enhancing", "Extent of Resection of Enhancing Tumor", "enhancing tumour"),
    _share(27, "resection_ncet", "Extent of Resection of nCET", "non-enhancing tumour"),
    _share(28, "resection_edema", "Extent of Resection of Vasogenic Edema", "oedema"),
    _size(29, "size_x", "Lesion Size X"),
    _size(30, "size_y", "Lesion Size Y"),
)  # fmt: skip
DICTIONARY = Dictionary(
    name="vasari",
    title="VASARI features of gliomas on MR",
    source="VASARI MR feature guide of the Cancer Imaging Archive; Gutman and others 2013, Radiology. The numbers "
    "of the answers were compared with public readings where some could be found; readings differ in them, so "
    "that numbers count only where that is declared.",
    items=ITEMS,
)
