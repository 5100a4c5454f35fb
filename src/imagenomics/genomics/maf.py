"""Opening MAF files: the columns that count, one genome build, known variant classes, each variant once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.errors import InputError, nearest, short_list, unknown_name
from imagenomics.genomics.settings_mutations import ClassRule, MafSettings
from imagenomics.tables.read import read_text_table

TRUNCATING = (
    "Nonsense_Mutation",
    "Frame_Shift_Del",
    "Frame_Shift_Ins",
    "Splice_Site",
    "Translation_Start_Site",
)
NON_SYNONYMOUS = (*TRUNCATING, "Missense_Mutation", "In_Frame_Del", "In_Frame_Ins", "Nonstop_Mutation")
STARTS_AND_STOPS = (
    "De_novo_Start_InFrame",
    "De_novo_Start_OutOfFrame",
    "Start_Codon_SNP",
    "Start_Codon_Ins",
    "Start_Codon_Del",
    "Stop_Codon_Ins",
    "Stop_Codon_Del",
)
SILENT = ("Silent", "Synonymous_Mutation")
NON_CODING = (
    *(
        "3'UTR",
        "5'UTR",
        "3'Flank",
        "5'Flank",
        "3_prime_UTR",
        "5_prime_UTR",
        "Intron",
        "IGR",
        "RNA",
        "lincRNA",
    ),
    *("Splice_Region", "Targeted_Region", "Unknown", "Fusion", "Regulatory", "Upstream", "Downstream"),
)
CLASS_RULES: Mapping[ClassRule, tuple[str, ...]] = {
    "non-synonymous": NON_SYNONYMOUS,
    "coding": (*NON_SYNONYMOUS, *STARTS_AND_STOPS, *SILENT),
    "truncating": TRUNCATING,
}
KNOWN = frozenset((*NON_SYNONYMOUS, *STARTS_AND_STOPS, *SILENT, *NON_CODING))
BUILDS: Mapping[str, str] = {
    **dict.fromkeys(("37", "hg19", "grch37", "grch37-lite", "b37", "hs37d5"), "GRCh37"),
    **dict.fromkeys(("38", "hg38", "grch38"), "GRCh38"),
}
CHANGE_NAMES = ("HGVSp_Short", "Protein_Change", "AAChange", "Amino_Acid_Change", "protein_change")
SAMPLE, GENE, CLASS, BUILD = "Tumor_Sample_Barcode", "Hugo_Symbol", "Variant_Classification", "NCBI_Build"
PLACE = (
    "Chromosome",
    "Start_Position",
    "End_Position",
    "Reference_Allele",
    "Tumor_Seq_Allele1",
    "Tumor_Seq_Allele2",
)


@dataclass(frozen=True)
class Maf:
    """Variants of a MAF file.

    Parameters
    ----------
    variants : DataFrame
        ``sample, gene, variant_class, change``: one row per variant, each once; ``change`` without 'p.', '' where
        the file has none.
    repeats : int
        Rows that say what an earlier row says.
    has_changes : bool
        Whether the file has a column of protein changes.
    where : str
        The file, for messages.
    """

    variants: pd.DataFrame
    repeats: int
    has_changes: bool
    where: str


def counted_classes(rule: ClassRule | tuple[str, ...]) -> tuple[str, ...]:
    """Return the variant classes that a rule means."""
    return CLASS_RULES[rule] if isinstance(rule, str) else rule


def read_maf(settings: MafSettings, *, path: Path) -> Maf:
    """Read the columns of a MAF file that are used.

    Raises
    ------
    FileProblem
        ``IGX-TAB-010`` absent, ``IGX-TAB-011`` unreadable.
    InputError
        ``IGX-GEN-022`` a column is missing; ``IGX-GEN-023`` an unknown variant class; ``IGX-GEN-024`` several
        genome builds, or another than declared.
    """
    sample = settings.id if isinstance(settings.id, str) else SAMPLE
    used = {sample, GENE, CLASS, BUILD, *PLACE, *(settings.change or "",), *CHANGE_NAMES}
    folded = {name.lower() for name in used}
    frame = read_text_table(
        path, separator=settings.separator, comment="#", columns=lambda name: name.strip().lower() in folded
    )
    names = {c.lower(): c for c in frame.columns}
    frame = frame.rename(columns={names[u.lower()]: u for u in used if u.lower() in names})
    for column in (sample, GENE, CLASS):
        if column not in frame.columns:
            raise unknown_name("IGX-GEN-022", "column", column, frame.columns, where=str(path))
    if not len(frame):
        raise InputError("IGX-COHORT-001", "the table has a header and no rows", where=str(path))
    _check_classes(frame[CLASS], settings, str(path))
    _check_build(frame, settings, str(path))
    change = _change_column(frame, settings, str(path))
    cells = frame[change].str.removeprefix("p.") if change else pd.Series("", index=frame.index)
    variants = pd.DataFrame(
        {"sample": frame[sample], "gene": frame[GENE], "variant_class": frame[CLASS], "change": cells}
    ).astype(object)
    places = [c for c in PLACE if c in frame.columns]
    keys = pd.concat([variants, frame[places]], axis=1) if len(places) >= 3 else None
    repeated = keys.duplicated() if keys is not None else pd.Series(False, index=frame.index)
    return Maf(variants[~repeated].reset_index(drop=True), int(repeated.sum()), change is not None, str(path))


def _change_column(frame: pd.DataFrame, settings: MafSettings, where: str) -> str | None:
    if settings.change is not None and settings.change not in frame.columns:
        raise unknown_name("IGX-GEN-022", "column", settings.change, frame.columns, where=where)
    found = settings.change or next((c for c in CHANGE_NAMES if c in frame.columns), None)
    if found is None and settings.hotspots:
        raise InputError(
            "IGX-GEN-022",
            "hotspots need the protein changes, and the file has no column of them",
            where=where,
            expected=f"one of: {', '.join(CHANGE_NAMES)}",
            remedy="declare change = '...', or no hotspots",
        )
    return found


def _check_classes(classes: pd.Series, settings: MafSettings, where: str) -> None:
    chosen: Collection[str] = counted_classes(settings.classes)
    allowed = KNOWN | set(chosen) | set(settings.other_classes)
    counts = classes.value_counts()
    odd = {str(word): int(n) for word, n in counts.items() if word not in allowed}
    if odd:
        shown = [
            f"'{w}' ({n})" + (f" near '{c}'" if (c := nearest(w, KNOWN)) else "") for w, n in odd.items()
        ]
        raise InputError(
            "IGX-GEN-023",
            f"{len(odd)} variant classes are not known: {short_list(shown, 6)}",
            where=f"{where}: {CLASS}",
            expected=f"classes such as {short_list(NON_SYNONYMOUS, 4)}",
            remedy="name those that count in `classes`, and the others in `other_classes`",
        )


def _check_build(frame: pd.DataFrame, settings: MafSettings, where: str) -> None:
    if BUILD not in frame.columns:
        return
    written = [str(w) for w in frame[BUILD].unique() if w]
    builds = {BUILDS.get(w.lower(), w) for w in written}
    if len(builds) > 1 or (settings.genome is not None and builds and builds != {settings.genome}):
        raise InputError(
            "IGX-GEN-024",
            f"the variants are placed on {short_list(sorted(builds))}",
            where=f"{where}: {BUILD}",
            expected=f"one build{f', {settings.genome}' if settings.genome else ''}",
            remedy="lift the file over, or keep the rows of one build; `genome` says which is meant",
        )
