"""The regions of the Desikan-Killiany atlas under one name each, however a program spells them."""

from __future__ import annotations

import re

from imagenomics.errors import unknown_name

CORTEX = (
    "bankssts", "caudalanteriorcingulate", "caudalmiddlefrontal", "cuneus", "entorhinal", "frontalpole", "fusiform",
    "inferiorparietal", "inferiortemporal", "insula", "isthmuscingulate", "lateraloccipital", "lateralorbitofrontal",
    "lingual", "medialorbitofrontal", "middletemporal", "paracentral", "parahippocampal", "parsopercularis",
    "parsorbitalis", "parstriangularis", "pericalcarine", "postcentral", "posteriorcingulate", "precentral",
    "precuneus", "rostralanteriorcingulate", "rostralmiddlefrontal", "superiorfrontal", "superiorparietal",
    "superiortemporal", "supramarginal", "temporalpole", "transversetemporal",
)  # fmt: skip
SUBCORTEX = (
    "thalamus", "caudate", "putamen", "pallidum", "hippocampus", "amygdala", "accumbens", "lateralventricle",
)  # fmt: skip
MIDLINE = ("brainstem",)
# FreeSurfer writes Thalamus-Proper (later Thalamus) and Accumbens-area; ENIGMA writes Lthal, Laccumb, LLatVent.
SPELLINGS = {
    "thal": "thalamus",
    "thalamusproper": "thalamus",
    "caud": "caudate",
    "put": "putamen",
    "pal": "pallidum",
    "hippo": "hippocampus",
    "amyg": "amygdala",
    "accumb": "accumbens",
    "accumbensarea": "accumbens",
    "latvent": "lateralventricle",
}
SIDES = {"left": "left_", "right": "right_", "lh": "left_", "rh": "right_", "l": "left_", "r": "right_"}
_MEASURE = re.compile(
    r"_(thickness|thicknessstd|area|surfavg|thickavg|volume|meancurv|gauscurv)$", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[-_. *]")


def region_name(written: str, hemisphere: str = "") -> str:
    """Return the one name of a region, e.g. ``left_bankssts`` or ``brainstem``.

    Parameters
    ----------
    written : str
        ``L_bankssts``, ``lh_bankssts_thickness``, ``ctx-lh-bankssts``, ``Left-Thalamus-Proper``, ``Lthal``, ...
    hemisphere : str
        ``L``, ``R``, ``lh``, ``left``, ... where the name itself does not say it; '' and ``B``: it does, or none.

    Raises
    ------
    InputError
        ``IGX-FEAT-122``: no region of this atlas.

    Source
    ------
    Desikan et al. 2006, NeuroImage 31:968; Fischl et al. 2002, Neuron 33:341.
    """
    text = _MEASURE.sub("", written.strip())
    plain = _plain(text)
    if plain in MIDLINE:
        return plain
    side = SIDES.get(hemisphere.strip().lower(), "")
    if side and plain in (*CORTEX, *SUBCORTEX):
        return side + plain
    text = text.lower().removeprefix("ctx-").removeprefix("ctx_")
    for sign, start in SIDES.items():  # Lhippo begins with lh and with l: only one leaves a region
        rest = _plain(text.removeprefix(sign)) if text.startswith(sign) else ""
        if rest in (*CORTEX, *SUBCORTEX):
            return start + rest
    raise unknown_name("IGX-FEAT-122", "Desikan-Killiany region", written, region_names())


def region_names() -> tuple[str, ...]:
    """Return all names, left before right, cortex before the rest."""
    paired = (*CORTEX, *SUBCORTEX)
    return (*(f"left_{n}" for n in paired), *(f"right_{n}" for n in paired), *MIDLINE)


def _plain(text: str) -> str:
    joined = _SEPARATORS.sub("", text).lower()
    return SPELLINGS.get(joined, joined)
