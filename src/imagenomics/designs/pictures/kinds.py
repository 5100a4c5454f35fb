"""The kinds of pictures that a design may name."""

from __future__ import annotations

from collections.abc import Mapping

from imagenomics.designs.pictures.compartments import COMPARTMENTS
from imagenomics.designs.pictures.dce import DCE
from imagenomics.designs.pictures.diffusion import DIFFUSION
from imagenomics.designs.pictures.dsc import DSC
from imagenomics.designs.pictures.kind import PictureKind
from imagenomics.designs.pictures.lesion import LESION
from imagenomics.designs.pictures.place import PLACE
from imagenomics.designs.pictures.uptake import UPTAKE
from imagenomics.designs.pictures.vessels import VESSELS

KINDS: Mapping[str, PictureKind] = {
    "lesion": LESION,
    "compartments": COMPARTMENTS,
    "dsc": DSC,
    "dce": DCE,
    "diffusion": DIFFUSION,
    "uptake": UPTAKE,
    "vessels": VESSELS,
    "place": PLACE,
}
READINGS, GIVEN = "readings", "given"  # not drawn: read by people, or measured by another program
