"""TCGA barcodes: what the parts mean, and reading one with the full pattern instead of cutting it off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SAMPLE_TYPES: Mapping[str, str] = {
    "01": "primary solid tumour",
    "02": "recurrent solid tumour",
    "03": "primary blood cancer, peripheral blood",
    "04": "recurrent blood cancer, bone marrow",
    "05": "additional new primary",
    "06": "metastasis",
    "07": "additional metastasis",
    "08": "human tumour original cells",
    "09": "primary blood cancer, bone marrow",
    "10": "normal blood",
    "11": "normal solid tissue",
    "12": "normal buccal cells",
    "13": "EBV-immortalised normal",
    "14": "normal bone marrow",
    "15": "sample type 15",
    "16": "sample type 16",
    "20": "control analyte",
    "40": "recurrent blood cancer, peripheral blood",
    "50": "cell line",
    "60": "primary xenograft",
    "61": "cell-line xenograft",
    "99": "sample type 99",
}
NOT_TUMOUR = frozenset({"10", "11", "12", "13", "14", "20"})

# A slide's file name carries a UUID and an ending after the barcode.
_FILE_TAIL = re.compile(
    r"(\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?(\.(svs|tiff?|ndpi))?$", re.IGNORECASE
)
_BARCODE = re.compile(
    r"TCGA-(?P<site>[A-Z0-9]{2})-(?P<participant>[A-Z0-9]{4})"
    r"(?:-(?P<unit>(?P<type>[0-9]{2})[A-Z]?"
    r"(?:-[0-9]{2}[A-Z]?(?:-(?:[A-Z0-9]{4}-[0-9]{2}|(?:DX|TS|BS|MS)[A-Z0-9]{1,2}))?)?))?"
)


@dataclass(frozen=True)
class Barcode:
    """The parts of a TCGA barcode; ``unit`` is all that follows the participant, e.g. ``01A-11D-A152-08``."""

    patient: str
    site: str
    sample_type: str = ""
    unit: str = ""

    @property
    def vial(self) -> str:
        """Return the vial letter, or '' where the barcode ends before it."""
        return self.unit[2:3] if self.unit[2:3] != "-" else ""


def read_barcode(raw: str) -> Barcode | str:
    """Return the barcode in ``raw``, or the reason why it is none.

    Parameters
    ----------
    raw : str
        ``project-site-participant``, alone or followed by sample, portion, aliquot or slide. Case and the
        separators ``-``, ``_`` and ``.`` (R writes it) are all taken as ``-``.
    """
    text = _FILE_TAIL.sub("", raw.strip(), count=1)
    text = text.replace("_", "-").replace(".", "-").upper()
    found = _BARCODE.fullmatch(text)
    if found is None:
        if _BARCODE.match(text):
            return (
                "starts like a TCGA barcode, but what follows the participant is no sample, aliquot or slide"
            )
        return "not a TCGA barcode (project-site-participant, such as TCGA-CS-4941)"
    kind = found["type"] or ""
    if kind and kind not in SAMPLE_TYPES:
        return f"sample type {kind} is not a TCGA sample type"
    patient = f"TCGA-{found['site']}-{found['participant']}"
    return Barcode(patient=patient, site=found["site"], sample_type=kind, unit=found["unit"] or "")
