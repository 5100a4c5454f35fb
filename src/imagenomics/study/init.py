"""``init FOLDER``: a first study file with comments, from what lies in a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from imagenomics.cohort.suggest import best_suggestion
from imagenomics.errors import FileProblem, InputError
from imagenomics.study.scan import FoundSeries, FoundTable, Scan, scan_folder

CLINICAL = re.compile(r"^(age|sex|gender)([._ ]|$)", re.IGNORECASE)
SITE = re.compile(r"^(site|centre|center|institution|scanner)$", re.IGNORECASE)
LABEL = re.compile(
    r"status|mutation|subtype|codel|grade|methyl|cluster|\bidh|mgmt|egfr|kras|alk", re.IGNORECASE
)
TCGA = re.compile(r"tcga[-_][a-z0-9]{2}[-_][a-z0-9]{4}", re.IGNORECASE)
RARE = 0.5
MOST_LEVELS = 8


def sketch_study(folder: Path) -> str:
    """Return a commented study file for what lies in ``folder``; paths in it are relative to the folder.

    Raises
    ------
    FileProblem
        ``IGX-STUDY-006``: no such folder.
    InputError
        ``IGX-STUDY-007``: no picture and no table in it.
    """
    if not folder.is_dir():
        raise FileProblem(
            "IGX-STUDY-006", "no such folder", where=str(folder), remedy="give an existing folder"
        )
    scan = scan_folder(folder)
    if not scan.series and not scan.tables:
        raise InputError(
            "IGX-STUDY-007",
            "neither pictures nor tables were found",
            where=str(folder),
            expected=".nii, .nii.gz, .nrrd or .nhdr images, and .csv or .tsv tables",
        )
    labels = _labels(scan.patients)
    parts = [
        _head(folder),
        _patients(scan),
        _images(scan.series),
        _molecules(scan, labels),
        _analyses(scan, labels),
    ]
    return "\n".join(parts)


def _head(folder: Path) -> str:
    return "\n".join(
        [
            "# A first study file, made from what lies in the folder. Read every line: what is a guess says so.",
            "# `imagenomics check STUDY` then says what would happen; `imagenomics run STUDY` does it.",
            f"name = {_text(folder.resolve().name)}",
            "seed = 0",
            "",
        ]
    )


def _patients(scan: Scan) -> str:
    table = scan.patients
    if table is None:
        return "\n".join(
            [
                "# No table of patients was found whose ids stand in the file names: name yours here.",
                "[patients]",
                'table = "patients.csv"      # one row per patient',
                'id = "patient"              # the column with the id',
                "",
            ]
        )
    lines = ["[patients]", f"table = {_text(table.path)}", f"id = {_text(table.id)}"]
    if all(TCGA.match(i) for i in table.ids[:20]):
        lines += ['rule = "tcga-patient"', 'site = { from = "patient", rule = "tcga-site" }']
    else:
        sites = [c for c in table.frame.columns if SITE.match(str(c))]
        hint = f"site = {{ column = {_text(sites[0])} }}" if sites else '# site = { column = "..." }'
        lines += ['rule = "exact"', f"{hint}   # where scanned or treated; tests and nulls respect it"]
    clinical = [str(c) for c in table.frame.columns if CLINICAL.match(str(c))]
    lines += ["", "[patients.clinical]           # variables to adjust for, and the clinical baseline"]
    lines += [f"{_key(c)} = {_text(c)}" for c in _first_of_each(clinical)] or ['# age = "age"']
    return "\n".join([*lines, ""])


def _first_of_each(columns: Iterable[str]) -> list[str]:
    seen: dict[str, str] = {}
    for column in columns:
        seen.setdefault(re.split(r"[._ ]", column.lower())[0].replace("gender", "sex"), column)
    return list(seen.values())


def _images(series: tuple[FoundSeries, ...]) -> str:
    largest = max((s.patients for s in series), default=0)
    shown = [s for s in series if s.patients >= RARE * largest]
    masks = [s for s in shown if s.is_mask]
    pictures = [s for s in shown if not s.is_mask]
    if not pictures:
        return (
            '# No pictures were found.\n# [[images]]\n# name = "t1"\n# path = "images/{patient}_t1.nii.gz"\n'
        )
    blocks = []
    for one in pictures:
        lines = ["[[images]]", f"name = {_text(_image_name(one, pictures))}"]
        lines += [f"path = {_text(one.template)}      # {one.patients} patients"]
        if masks:
            lines.append(f"mask = {_text(_nearest_mask(one, masks).template)}")
        lines.append('modality = "MR"               # a guess: MR, CT, PET or other')
        blocks.append("\n".join([*lines, ""]))
    return "\n".join(blocks)


def _image_name(series: FoundSeries, others: list[FoundSeries]) -> str:
    tail = re.split(r"\.(nii|nrrd|nhdr)", series.template, flags=re.IGNORECASE)[0].rpartition("{patient}")[2]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", tail).strip("_-") or "image"
    name = name if name[0].isalpha() else f"image_{name}"
    return name if len(others) > 1 or name else "image"


def _nearest_mask(image: FoundSeries, masks: list[FoundSeries]) -> FoundSeries:
    def shared(mask: FoundSeries) -> int:
        pairs = zip(image.template, mask.template, strict=False)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), len(image.template))

    return max(masks, key=lambda m: (shared(m), m.patients))


def _labels(table: FoundTable | None) -> list[str]:
    """Return the columns of the patients table that look like molecular labels."""
    if table is None:
        return []
    found = []
    for column in table.frame.columns:
        cells = table.frame[column]
        levels = cells[cells != ""].nunique()
        if LABEL.search(str(column)) and 2 <= levels <= MOST_LEVELS and not CLINICAL.match(str(column)):
            found.append(str(column))
    return found


def _molecules(scan: Scan, labels: list[str]) -> str:
    patients = scan.patients.ids if scan.patients is not None else ()
    blocks = [_matrix_block(t, patients) for t in scan.tables if t is not scan.patients]
    if labels and scan.patients is not None:
        lines = [
            "[[molecules]]",
            'name = "labels"               # columns of the patients table that look like molecular labels: a guess',
            'kind = "labels"',
            f"path = {_text(scan.patients.path)}",
            f"columns = [{', '.join(_text(c) for c in labels)}]",
            "",
        ]
        blocks.append("\n".join(lines))
    kept = [b for b in blocks if b]
    return "\n".join(kept) if kept else "# No molecules were found.\n"


def _matrix_block(table: FoundTable, patients: tuple[str, ...]) -> str:
    kind = _matrix_kind(table.frame.drop(columns=table.id, errors="ignore"))
    if kind is None:
        return ""
    name = re.sub(r"[^A-Za-z0-9]+", "_", Path(table.path).name.split(".")[0]).strip("_")
    lines = [
        "[[molecules]]",
        f"name = {_text(name)}",
        f"kind = {_text(kind)}      # a guess from the cells",
        f"path = {_text(table.path)}",
        f"id = {_text(table.id)}",
        *_rule_line(table, patients),
        "",
    ]
    return "\n".join(lines)


def _rule_line(table: FoundTable, patients: tuple[str, ...]) -> list[str]:
    """Return the id rule that makes this table's ids those of the patients, where one is needed."""
    if not patients or set(table.ids) & set(patients):
        return []
    better = best_suggestion(table.ids, patients)
    if better is None:
        return ["# none of these ids is a patient's: declare a rule"]
    line = (
        better.candidate.remedy
        if better.candidate.remedy.startswith("rule = ")
        else f"# {better.candidate.remedy}"
    )
    return [f"{line}      # a guess: {better.matched} patients"]


def _matrix_kind(frame: pd.DataFrame) -> str | None:
    cells = frame.iloc[:50].astype(str).to_numpy().ravel()
    if cells.size == 0:
        return None
    share = {word: float((cells == word).mean()) for word in ("WT", "0", "-1", "1")}
    if share["WT"] > 0.3:
        return "mutation-matrix"
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce")
    if numbers.notna().mean() > 0.8 and frame.shape[1] >= 20:
        few = set(numbers.dropna().unique()) <= {-2.0, -1.0, 0.0, 1.0, 2.0}
        return "copy-number" if few else "expression"
    return None


def _analyses(scan: Scan, labels: list[str]) -> str:
    if not labels and all(not _matrix_block(t, ()) for t in scan.tables if t is not scan.patients):
        return "# With molecules declared, add [[associate]] and [[train]] blocks: see the study file reference.\n"
    lines = [
        "[[associate]]                 # one declared family of tests, with its own false discovery rate",
        'name = "all-pairs"',
        'features = "all"',
        'targets = "all"',
        '# adjust = ["age", "sex", "site"]',
        "",
    ]
    if labels and scan.patients is not None:
        cells = scan.patients.frame[labels[0]]
        levels = sorted(set(cells[cells != ""]))
        lines += [
            "[[train]]                     # one declared prediction; declare all you will look at",
            f"name = {_text(re.sub(r'[^A-Za-z0-9]+', '-', labels[0]).strip('-').lower())}",
            f"target = {_text('labels.' + labels[0])}",
            f"positive = {_text(levels[0])}      # of {', '.join(levels)}",
            "",
        ]
    else:
        lines += ["# [[train]]", '# name = "idh"', '# target = "labels.IDH"', '# positive = "mutant"', ""]
    return "\n".join(lines)


def _text(value: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    short = re.split(r"[._ ]", name.lower())[0]
    return short if re.fullmatch(r"[a-z]+", short) else _text(name)
