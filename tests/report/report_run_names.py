"""Names and shape of the synthetic run folder."""

from dataclasses import dataclass

SCRIPT = "<script>alert(1)</script>"
IMAGE_TAG = '"><img src=x onerror=alert(2)>'
CLOSING = "</script><!-- \u2028 \u202egnp.exe"
LONG = "a_very_long_name_" * 12
HOSTILE = (
    SCRIPT,
    IMAGE_TAG,
    CLOSING,
    LONG,
    "=cmd|' /C calc'!A0",
    "<b>bold</b>",
    "%{x} <a href='javascript:1'>x</a>",
)
IMAGES = ("t1post", "flair")
FAMILIES = {
    "morphology": "morph",
    "intensity statistics": "stat",
    "GLCM": "cm",
    "GLRLM": "rlm",
    "NGTDM": "ngt",
}
GENES = ("IDH1", "TP53", "ATRX", "CIC", "FUBP1", "EGFR", "PTEN", "NF1", "PIK3CA", "NOTCH1", "TERT", "CDKN2A")
SITES = ("CS", "DU", "FG", "HT", "EZ")


@dataclass(frozen=True)
class FolderShape:
    patients: int = 120
    features: int = 300
    targets: int = 45
    hostile: bool = True
    panels: bool = True
    train: bool = True
    seed: int = 1
