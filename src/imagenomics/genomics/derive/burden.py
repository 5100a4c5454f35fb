"""Tumour mutational burden."""

from __future__ import annotations

from imagenomics.errors import InputError
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_scores import TmbSettings
from imagenomics.genomics.maf import counted_classes


def mutational_burden(settings: TmbSettings, inputs: Inputs) -> list[Label]:
    """Return how many variants each patient has per megabase.

    A patient who was sequenced and has no variant of the counted classes has a burden of 0; one who was not sequenced
    has none.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such block; ``IGX-GEN-033`` the block does not hold single variants.
    """
    table = inputs.block(settings.mutations)
    if table.sequenced is None or (table.variants.empty and len(table.table)):
        raise InputError(
            "IGX-GEN-033",
            f"the block '{settings.mutations}' does not hold single variants",
            where=inputs.where,
            expected="a block of kind 'maf': a matrix says which genes are mutated, not how many variants there are",
            remedy="read the MAF file of the cohort",
        )
    classes = counted_classes(settings.classes)
    counted = table.variants[table.variants["variant_class"].isin(classes)]
    values = (counted["patient"].value_counts() / settings.megabases).reindex(inputs.patients)
    sequenced = inputs.patients.isin(table.sequenced.cells.index)
    reasons = give_reason(no_reasons(inputs.patients), ~sequenced, f"not sequenced in '{settings.mutations}'")
    values = values.fillna(0.0).where(reasons == "")
    named = settings.classes if isinstance(settings.classes, str) else ", ".join(settings.classes)
    rule = f"variants of the classes {named}, divided by {settings.megabases:g} megabases"
    return [Label("per_megabase", values, reasons, rule, (settings.mutations,), unit="1/Mb")]
