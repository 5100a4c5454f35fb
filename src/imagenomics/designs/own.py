"""The analysis of a paper on one's own cohort: its blocks on the columns of another study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imagenomics.designs.columns import with_columns
from imagenomics.designs.models import Design
from imagenomics.designs.outcome import look
from imagenomics.designs.rules import TODAY, under_todays_rules
from imagenomics.designs.trial import tables_of
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.runs.check import check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.plan import ANALYSES, Plan
from imagenomics.study.load import STUDY_FILE
from imagenomics.tables.read_toml import read_toml


def read_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Return ``NAME=COLUMN`` pairs as a mapping; ``IGX-DES-006`` for one that is none, or a name twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, column = (part.strip() for part in pair.partition("="))
        if not sign or not name or not column or name in found:
            raise InputError(
                "IGX-DES-006",
                f"'{pair}' names a variable twice" if name in found else f"'{pair}' is not NAME=COLUMN",
                where="--map",
                expected="a variable of the design and a column of the study, such as --map rcbv=dsc.lesion.cbv_mean",
            )
        found[name] = column
    return found


def needed_names(design: Design) -> tuple[str, ...]:
    """Return the names that the analyses of a design use and that a cohort of one's own must say the columns of."""
    used = set(_strings(design.study))
    times = [f"{s.name}_{part}" for s in design.survival for part in ("time", "event")]
    files = [f"{m.name}.gmt" for m in design.molecules if m.sets]
    times += ["family", "zygosity"] if design.patients.twins else []
    files += [block["image"] for block in design.study.get("voxels", ())]
    known = [v.name for v in design.variables()] + times + files
    return tuple(dict.fromkeys(name for name in known if name in used))


def own_plan(design: Design, study: Path, mapping: Mapping[str, str]) -> Plan:
    """Return a study with the analyses of a design, under the paper's rules and today's, in place of its own.

    Parameters
    ----------
    design : Design
    study : Path
        A study file; its pictures, molecules and patients are taken, its analyses are not.
    mapping : mapping of str to str
        Variable of the design (:func:`needed_names`) to column of the study.

    Raises
    ------
    InputError
        ``IGX-DES-006``: a name that the design does not use; ``IGX-DES-007``: names without a column; those of study
        files.
    """
    needed = needed_names(design)
    for name in mapping:
        if name not in needed:
            raise unknown_name(
                "IGX-DES-006", "variable", name, needed, where=f"design of {design.paper}, --map"
            )
    lacking = [name for name in needed if name not in mapping]
    if lacking:
        raise InputError(
            "IGX-DES-007",
            f"the design needs {len(lacking)} more columns: {short_list(lacking, 12)}",
            where=f"design of {design.paper}, --map",
            expected="; ".join(f"{name}: {_meaning(design, name)}" for name in lacking),
            remedy="add --map NAME=COLUMN for each; `imagenomics check STUDY` names the columns of a study",
        )
    tree = {k: v for k, v in read_toml(study, STUDY_FILE).items() if k not in ANALYSES}
    blocks = with_columns(under_todays_rules(design.study), mapping)
    return Plan.read({**tree, **blocks}, where=f"{study} with the analyses of {design.paper}")


def run_own(
    design: Design,
    study: Path,
    mapping: Mapping[str, str],
    *,
    out: Path,
    data: Path | None = None,
    workers: int = 1,
) -> dict[str, Any]:
    """Run the analyses of a design on one's own cohort; nothing is written where a name does not fit.

    Returns
    -------
    dict
        ``paper, question, differs, page, findings``: each finding with ``printed``, and its row by the paper's rule
        (``paper``) and under today's rules (``today``).
    """
    plan = own_plan(design, study, mapping)
    root = (data or study.resolve().parent).resolve()
    check_study(plan, root)
    summary = run_plan(plan, root, JobOptions(out, workers))
    tables = tables_of(out)
    rows = []
    for finding in design.findings:
        row: dict[str, Any] = finding.model_dump()
        for name, suffix, by in (("paper", "", finding.by), ("today", TODAY, "q")):
            analysis = finding.analysis + (suffix if finding.table != "verdicts" else "")
            seen = look(finding, tables, design=design, columns=mapping, analysis=analysis, by=by)
            row[name] = seen.document()
        rows.append(row)
    return {
        "paper": design.paper,
        "question": design.question,
        "differs": design.differs,
        "page": str(summary.page),
        "findings": rows,
    }


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)


def _meaning(design: Design, name: str) -> str:
    for molecule in design.molecules:
        if name == molecule.name:
            return f"{molecule.assay} ({molecule.kind})"
    for phenotype in design.phenotypes:
        if name == phenotype.name:
            return phenotype.label or f"{phenotype.quantity} of picture '{phenotype.picture}'"
    return "a file of gene sets" if name.endswith(".gmt") else "a column of the patients table"
