"""Classes of adult diffuse gliomas: IDH by its hotspots, 1p/19q, and the markers of a glioblastoma."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, unknown_name
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_copies import GliomaClassSettings, Marker
from imagenomics.genomics.hotspots import at_hotspot

HOTSPOTS = ("IDH1:R132", "IDH2:R172")
CLASSES_2016 = ("IDHmut-codel", "IDHmut-non-codel", "IDHwt")
CLASSES_2021 = ("oligodendroglioma", "astrocytoma", "glioblastoma")
WORDS = {
    "gain7_loss10": "+7/-10",
    "tert": "TERT promoter",
    "egfr": "EGFR amplification",
    "grade4_histology": "grade 4",
}


def glioma_classes(settings: GliomaClassSettings, inputs: Inputs) -> list[Label]:
    """Return IDH status and molecular class of each patient.

    IDH is mutant with a change of IDH1 R132 or IDH2 R172, and wild type only where the genes were sequenced. By the
    2016 edition the classes are IDHmut-codel, IDHmut-non-codel and IDHwt. By the 2021 edition (adults, H3 wild type)
    they are oligodendroglioma, astrocytoma, and glioblastoma: IDH wild type with +7/-10, TERT promoter mutation, EGFR
    amplification or the histology of grade 4. IDH wild type without any of these is not called.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such block or column; ``IGX-GEN-035`` the block has no protein changes;
        ``IGX-GEN-036`` a marker's level.

    Source
    ------
    Louis and others 2016, Acta Neuropathologica 131:803; Louis and others 2021, Neuro-Oncology 23:1231.
    """
    idh = _idh(settings, inputs)
    codeleted = _flag(settings.codeletion, inputs)
    reasons = idh.reasons.where(idh.reasons == "", "IDH: " + idh.reasons.astype(str))
    mutant, wild = idh.values == 1, idh.values == 0
    reasons = give_reason(reasons, mutant & codeleted.isna(), "IDH mutant, 1p/19q not known")
    names = CLASSES_2016 if settings.edition == "2016" else CLASSES_2021
    values = pd.Series(None, index=inputs.patients, dtype=object)
    values = values.mask(mutant & (codeleted == 1), names[0]).mask(mutant & (codeleted == 0), names[1])
    used = [settings.mutations, settings.codeletion.column]
    if settings.edition == "2016":
        values = values.mask(wild, names[2])
        rule = "WHO 2016: IDH mutant with or without 1p/19q codeletion, IDH wild type"
    else:
        there, known, columns = _markers(settings, inputs)
        values = values.mask(wild & there, names[2])
        reasons = give_reason(
            reasons, wild & ~there & ~known, "IDH wild type, a marker of glioblastoma is not known"
        )
        reasons = give_reason(
            reasons, wild & ~there, "IDH wild type without the declared markers of glioblastoma"
        )
        words = [WORDS[name] for name in WORDS if getattr(settings, name) is not None]
        rule = (
            "WHO 2021, adults: IDH mutant with 1p/19q codeletion oligodendroglioma, without astrocytoma; IDH wild type "
            f"with {' or '.join(words)} glioblastoma"
        )
        used += columns
    values = values.where(reasons == "", None).where(values.notna(), None)
    classes = Label("class", values, reasons, rule, tuple(used), kind="categorical", levels=names)
    return [idh, classes]


def _idh(settings: GliomaClassSettings, inputs: Inputs) -> Label:
    table = inputs.block(settings.mutations)
    if table.sequenced is None:
        raise InputError(
            "IGX-GEN-035",
            f"the block '{settings.mutations}' does not say who was sequenced",
            where=inputs.where,
            expected="a block of kind 'mutation-matrix' or 'maf'",
            remedy="for IDH status from a table of labels, use that label itself",
        )
    hit = pd.concat([at_hotspot(table.changes, spot) for spot in HOTSPOTS])["patient"]
    mutant = inputs.patients.isin(hit)
    sequenced = {
        gene: table.sequenced.of(gene).reindex(inputs.patients, fill_value=False) for gene in ("IDH1", "IDH2")
    }
    enough = sequenced["IDH1"] & (sequenced["IDH2"] if settings.both_genes else True)
    values = pd.Series(np.where(mutant, 1.0, np.where(enough, 0.0, np.nan)), index=inputs.patients)
    reasons = give_reason(
        no_reasons(inputs.patients), values.isna() & ~sequenced["IDH1"], "IDH1 was not sequenced"
    )
    reasons = give_reason(reasons, values.isna(), "IDH1 is wild type, IDH2 was not sequenced")
    genes = "IDH1 and IDH2" if settings.both_genes else "IDH1"
    rule = f"mutant with a change of IDH1 R132 or IDH2 R172; wild type only where {genes} was sequenced"
    levels = ("wild type", "mutant")
    return Label("IDH", values, reasons, rule, (settings.mutations,), kind="binary", levels=levels)


def _flag(marker: Marker, inputs: Inputs) -> pd.Series:
    """Return 1 where the marker is there, 0 where not, NaN where not known."""
    column = inputs.column(marker.column)
    texts = column.texts()
    positive = marker.positive
    if positive is None and column.kind == "binary" and len(column.levels) == 2:
        positive = column.levels[1]
    if positive is None or positive not in column.levels:
        raise unknown_name(
            "IGX-GEN-036", f"level of {marker.column}", str(positive), column.levels, where=inputs.where
        )
    return texts.map(lambda text: np.nan if text is None else float(text == positive)).astype(float)


def _markers(settings: GliomaClassSettings, inputs: Inputs) -> tuple[pd.Series, pd.Series, list[str]]:
    """Return who has a marker of a glioblastoma, in whom all declared ones are known, and their columns."""
    declared = [getattr(settings, name) for name in WORDS]
    markers = [m for m in declared if isinstance(m, Marker)]
    flags = pd.DataFrame({m.column: _flag(m, inputs) for m in markers})
    return (flags == 1).any(axis=1), flags.notna().all(axis=1), [m.column for m in markers]
