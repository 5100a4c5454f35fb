"""Settings of derived labels: one model per kind, told apart by `kind`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from imagenomics.errors import unknown_name
from imagenomics.genomics.derive.settings_calls import (
    ApoeSettings,
    CutSettings,
    MgmtSettings,
    PuritySettings,
)
from imagenomics.genomics.derive.settings_copies import ArmEventSettings, GliomaClassSettings, Marker
from imagenomics.genomics.derive.settings_scores import TmbSettings
from imagenomics.genomics.derive.settings_sets import CentroidSettings, SignatureSettings
from imagenomics.genomics.derive.settings_units import UnitLabelSettings

__all__ = [
    "DERIVED_KINDS",
    "ApoeSettings",
    "ArmEventSettings",
    "CentroidSettings",
    "CutSettings",
    "DeriveSettings",
    "GliomaClassSettings",
    "Marker",
    "MgmtSettings",
    "PuritySettings",
    "SignatureSettings",
    "TmbSettings",
    "UnitLabelSettings",
    "read_derive",
]

AnyDerived = (
    TmbSettings
    | ArmEventSettings
    | GliomaClassSettings
    | MgmtSettings
    | CutSettings
    | PuritySettings
    | ApoeSettings
    | SignatureSettings
    | CentroidSettings
    | UnitLabelSettings
)
DeriveSettings = Annotated[AnyDerived, Field(discriminator="kind")]
DERIVED_KINDS: Mapping[str, type[AnyDerived]] = {
    "tmb": TmbSettings,
    "arm-events": ArmEventSettings,
    "glioma-class": GliomaClassSettings,
    "mgmt-stp27": MgmtSettings,
    "cut": CutSettings,
    "estimate-purity": PuritySettings,
    "apoe": ApoeSettings,
    "signature": SignatureSettings,
    "centroid": CentroidSettings,
    "units": UnitLabelSettings,
}


def read_derive(data: Mapping[str, Any], *, where: str) -> DeriveSettings:
    """Return the settings of one `[[derive]]` block.

    Raises
    ------
    InputError
        ``IGX-GEN-030`` unknown or missing kind; ``IGX-SET-001`` any other key or value.
    """
    kind = str(data.get("kind", ""))
    if kind not in DERIVED_KINDS:
        raise unknown_name("IGX-GEN-030", "kind", kind, DERIVED_KINDS, where=where)
    return DERIVED_KINDS[kind].read(data, where=where)
