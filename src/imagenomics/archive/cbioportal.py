"""A thin client of cBioPortal: clinical data, who was sequenced, and mutations of one public study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.archive.web import Web, ask_json
from imagenomics.errors import FileProblem, InputError

SERVER = "https://www.cbioportal.org/api"
PAGE = 10_000
MAF_COLUMNS = (
    "Hugo_Symbol",
    "NCBI_Build",
    "Chromosome",
    "Start_Position",
    "End_Position",
    "Variant_Classification",
    "Variant_Type",
    "Reference_Allele",
    "Tumor_Seq_Allele2",
    "Tumor_Sample_Barcode",
    "HGVSp_Short",
)


def study_facts(study: str, *, server: str = SERVER, web: Web | None = None) -> dict[str, str]:
    """Return name, date of import, reference genome and citation of a study.

    Raises
    ------
    InputError
        ``IGX-ARCH-020``: the study is not public; ``IGX-ARCH-012``: there is none of this name.
    """
    answer = _dict(ask_json(f"{server}/studies/{study}", web=web), server)
    if answer.get("publicStudy") is not True:
        raise InputError(
            "IGX-ARCH-020",
            f"the study '{study}' is not public",
            where=server,
            remedy="nothing was fetched; imagenomics asks for open data only",
        )
    names = {"name": "name", "import_date": "importDate", "genome": "referenceGenome", "citation": "citation"}
    return {name: str(answer.get(key) or "unknown") for name, key in names.items()}


def clinical(study: str, *, server: str = SERVER, web: Web | None = None) -> pd.DataFrame:
    """Return the clinical table: one row for each patient, one column for each attribute, all as text."""
    query = {"clinicalDataType": "PATIENT", "projection": "SUMMARY"}
    rows = _pages(f"{server}/studies/{study}/clinical-data", query, None, server, web)
    table: dict[str, dict[str, str]] = {}
    for row in rows:
        patient, name = _text(row, "patientId", server), _text(row, "clinicalAttributeId", server)
        table.setdefault(patient, {})[name] = str(row.get("value", ""))
    frame = pd.DataFrame.from_dict(table, orient="index", dtype=object).sort_index()
    frame = frame.reindex(sorted(frame.columns), axis=1)
    frame.index.name = "patient"
    return frame


def sequenced_samples(study: str, *, server: str = SERVER, web: Web | None = None) -> list[str]:
    """Return the samples in which mutations were looked for."""
    answer = ask_json(f"{server}/sample-lists/{study}_sequenced/sample-ids", web=web)
    if not isinstance(answer, list) or not all(isinstance(sample, str) for sample in answer):
        raise _other_layout(server, "the list of samples is no list of texts")
    return sorted(set(answer))


def mutations(
    study: str, samples: Sequence[str], *, server: str = SERVER, web: Web | None = None
) -> pd.DataFrame:
    """Return the mutations of some samples with the columns of a MAF file.

    Raises
    ------
    InputError
        ``IGX-ARCH-022``: the study has no mutations.
    """
    profiles = ask_json(f"{server}/studies/{study}/molecular-profiles", web=web)
    kinds = [p for p in _list(profiles, server) if p.get("molecularAlterationType") == "MUTATION_EXTENDED"]
    if not kinds:
        raise InputError(
            "IGX-ARCH-022",
            f"the study '{study}' holds no mutations",
            where=server,
            remedy="choose another source",
        )
    url = f"{server}/molecular-profiles/{_text(kinds[0], 'molecularProfileId', server)}/mutations/fetch"
    rows = _pages(url, {"projection": "DETAILED"}, {"sampleIds": list(samples)}, server, web)
    made = [_maf_row(row, server) for row in rows]
    frame = pd.DataFrame(made, columns=list(MAF_COLUMNS), dtype=object)
    return frame.sort_values(["Tumor_Sample_Barcode", "Hugo_Symbol", "Start_Position"], ignore_index=True)


def _maf_row(row: dict[str, Any], server: str) -> tuple[str, ...]:
    gene = row.get("gene")
    symbol = gene.get("hugoGeneSymbol") if isinstance(gene, dict) else None
    if not symbol:
        raise _other_layout(server, "a mutation without the symbol of its gene")
    change = str(row.get("proteinChange") or "")
    keys = (
        *("ncbiBuild", "chr", "startPosition", "endPosition"),
        *("mutationType", "variantType", "referenceAllele", "variantAllele"),
    )
    build, *rest = (str(row.get(key) if row.get(key) is not None else "") for key in keys)
    shown = f"p.{change}" if change and not change.startswith("p.") else change
    return (str(symbol), build, *rest, _text(row, "sampleId", server), shown)


def _pages(url: str, query: dict[str, Any], body: Any, server: str, web: Web | None) -> list[dict[str, Any]]:
    """Ask page after page until one is not full; a page that comes twice is an endless server."""
    found: list[dict[str, Any]] = []
    number, last = 0, None
    while True:
        answer = ask_json(url, query={**query, "pageSize": PAGE, "pageNumber": number}, body=body, web=web)
        rows = _list(answer, server)
        if rows and rows == last:
            raise _other_layout(server, "the same page came twice")
        found += rows
        if len(rows) < PAGE:
            return found
        number, last = number + 1, rows


def _list(answer: Any, server: str) -> list[dict[str, Any]]:
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise _other_layout(server, "a list of rows was expected")
    return answer


def _dict(answer: Any, server: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise _other_layout(server, "one object was expected")
    return answer


def _text(row: dict[str, Any], key: str, server: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise _other_layout(server, f"'{key}' is missing")
    return value


def _other_layout(server: str, what: str) -> FileProblem:
    return FileProblem(
        "IGX-ARCH-021",
        f"the answer is not laid out as documented ({what})",
        where=server,
        remedy="the interface may have changed; please report it",
    )
