"""Reading the run folder: absent files are empty tables, damaged ones are named on the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from imagenomics.errors import FileProblem

TABLES: Mapping[str, tuple[str, ...]] = {
    "losses.csv": ("patient", "category", "reason"),
    "table1.csv": ("variable", "level", "group", "patients", "known", "n", "percent", "median", "q1", "q3"),
    "mappings.csv": ("column", "written", "mapped"),
    "conflicts.csv": ("patient", "column"),
    "derived.csv": ("column", "rule", "inputs", "called", "not_called", "why"),
    "columns_left_out.csv": ("source", "column", "reason"),
    "stability.csv": ("feature", "source", "family", "icc", "ci_low", "ci_high", "n", "k"),
    "agreement.parquet": (
        "analysis",
        "feature",
        "statistic",
        "readers",
        "first",
        "second",
        "n",
        "estimate",
        "ci_low",
        "ci_high",
        "agreed",
        "unit",
        "reason",
    ),
    "left_out.csv": ("analysis", "patient", "reason"),
    "failures.csv": ("patient", "stage", "error"),
    "warnings.csv": ("stage", "message"),
    "quality.csv": ("patient", "image", "n_flags", "flags", "reasons"),
    "quality_summary.csv": ("image", "measure", "n", "median"),
    "clinical.parquet": (),
    "clinical.columns.parquet": (),
    "features.parquet": (),
    "features.columns.parquet": (),
    "molecules.parquet": (),
    "molecules.columns.parquet": (),
    "associations.parquet": ("analysis", "feature", "target", "n", "effect", "p", "neg_log10_p", "q"),
    "sam.parquet": ("analysis", "feature", "target", "d", "expected", "s0", "pi0", "q_sam"),
    "sam_deltas.parquet": ("analysis", "feature", "delta", "called", "false_median", "fdr"),
    "nested_units.parquet": ("analysis", "feature", "target", "unit", "units", "patients", "icc", "scheme"),
    "unit_features.parquet": ("word", "patient", "unit"),
    "unit_molecules.parquet": ("word", "patient", "unit"),
    "survival_curves.parquet": ("analysis", "grouping", "group", "curve", "time", "estimate"),
    "survival_groups.parquet": ("analysis", "grouping", "group", "n", "events", "p", "status"),
    "survival_models.parquet": ("analysis", "comparison", "model", "df", "aic", "c_index", "lr_p", "q"),
    "survival_points.parquet": (),
    "survival_proportional.parquet": ("analysis", "model", "term", "change", "p", "q", "status"),
    "survival_scores.parquet": ("analysis", "score", "source", "c_index", "ratio", "p", "q", "status"),
    "survival_score_terms.parquet": ("analysis", "score", "term", "cut", "worse"),
    "replication.parquet": (
        "analysis",
        "feature",
        "target",
        "effect_name",
        "cohorts",
        "random_p",
        "i2",
        "p_sign",
    ),
    "strata.parquet": ("analysis", "feature", "target", "modifier", "stratum", "effect_name", "p", "q"),
    "roc_cutoffs.parquet": ("analysis", "feature", "target", "direction", "cutoff", "optimism"),
    "roc_curves.parquet": ("analysis", "feature", "target", "false_positive_rate", "sensitivity"),
    "effect_trees.parquet": (
        "analysis",
        "side",
        "node",
        "name",
        "leaf",
        "left",
        "right",
        "height",
        "effect_name",
    ),
    "clusters.parquet": ("analysis", "patient", "cluster", "leaf", "reason"),
    "cluster_trees.parquet": ("analysis", "side", "node", "name", "leaf", "left", "right", "height"),
    "cluster_choice.parquet": ("analysis", "k", "chosen", "gap", "se", "silhouette", "ambiguous", "p"),
    "cluster_groups.parquet": ("analysis", "cluster", "n", "jaccard", "recovered"),
    "cluster_profiles.parquet": ("analysis", "feature", "cluster", "mean_z", "leaf", "reason"),
    "cluster_values.parquet": ("analysis", "patient", "feature", "z"),
    "voxel_clusters.parquet": ("analysis", "target", "cluster", "voxels", "deviate", "p_peak", "p_cluster"),
    "voxel_maps.parquet": ("analysis", "target", "k", "j", "i", "share", "deviate", "p_fwe"),
    "variant_sets.parquet": ("analysis", "set", "variants", "used", "alleles", "carriers"),
    "post_hoc.parquet": ("analysis", "feature", "target", "level_a", "level_b", "effect", "p", "p_adjusted"),
    "enrichment.parquet": ("analysis", "feature", "set", "p", "q", "verdict"),
    "set_scores.parquet": (),
    "random_signatures.parquet": (
        "analysis",
        "feature",
        "target",
        "signature",
        "q",
        "p_random_sets",
        "verdict",
    ),
    "modules.parquet": ("analysis", "module", "gene", "rank"),
    "module_scores.parquet": (),
    "module_map.parquet": ("analysis", "feature", "target", "p", "q", "p_random_sets", "verdict"),
    "module_trees.parquet": ("analysis", "module", "node", "status"),
    "brain_map_genes.parquet": ("analysis", "gene", "n", "effect", "p", "q", "p_independent", "verdict"),
    "brain_map_sets.parquet": ("analysis", "set", "effect", "p", "q", "p_random_sets", "verdict"),
    "brain_map_parcels.parquet": ("analysis", "parcel", "used", "reason"),
    "predictions.parquet": ("patient", "analysis", "target", "model", "score", "label"),
    "performance.parquet": ("analysis", "target", "model", "role", "split", "metric", "estimate"),
    "curves.parquet": ("analysis", "target", "model", "curve", "x", "y"),
}
FAMILY_SECTIONS = (
    "associate",
    "differential",
    "survival",
    "replicate",
    "interaction",
    "roc",
    "paired",
    "heritability",
    "clusters",
    "variant_sets",
    "voxels",
)  # blocks that declare a family of tests; their rows are in associations.parquet
DOCUMENTS = ("flow.json", "verdicts.json", "record.json", "panels/index.json")
OPTIONAL_TEXT = ("stratum", "test", "effect_name", "unit", "target_kind", "status", "reason", "note")
OPTIONAL_NUMBERS = ("ci_low", "ci_high", "low", "high", "p_maxt", "n", "n_positive")


@dataclass(frozen=True)
class Problem:
    """A file of the run folder, or a part of it, that the page cannot show."""

    code: str
    file: str
    text: str


@dataclass(frozen=True)
class Results:
    """What a run folder holds, read once.

    Parameters
    ----------
    path : Path
        The run folder.
    tables : mapping
        File name -> frame, only those that are there and can be read.
    documents : mapping
        File name -> JSON object, only those that are there and can be read.
    cards : tuple of mapping
        Model cards of ``models/``, ordered by file name.
    problems : tuple of Problem
        Files that are there and cannot be read.
    """

    path: Path
    tables: Mapping[str, pd.DataFrame]
    documents: Mapping[str, Mapping[str, Any]]
    cards: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[Problem, ...] = ()

    def has(self, name: str) -> bool:
        """Tell whether the file is there and readable."""
        return name in self.tables or name in self.documents

    def table(self, name: str) -> pd.DataFrame:
        """Return the table, or an empty one with its columns."""
        found = self.tables.get(name)
        return pd.DataFrame(columns=list(TABLES[name])) if found is None else found

    def rows_of(self, name: str, analysis: str) -> pd.DataFrame:
        """Return the rows of one analysis in a table."""
        table = self.table(name)
        return table[table["analysis"].astype(str) == analysis]

    def document(self, name: str) -> Mapping[str, Any]:
        """Return the JSON object, or an empty one."""
        return self.documents.get(name, {})

    def entries(self, name: str, key: str) -> list[dict[str, Any]]:
        """Return the list of objects under ``key`` of a JSON file."""
        found = self.document(name).get(key)
        return [dict(e) for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []

    @property
    def study(self) -> Mapping[str, Any]:
        """Return the study as it was run: the plan in the record."""
        found = self.document("record.json").get("plan")
        return found if isinstance(found, Mapping) else {}

    def blocks(self, name: str) -> list[dict[str, Any]]:
        """Return the ``[[name]]`` blocks of the study."""
        found = self.study.get(name)
        return [dict(b) for b in found if isinstance(b, Mapping)] if isinstance(found, (list, tuple)) else []

    def declares(self, *names: str) -> bool:
        """Return whether the study has one of these blocks, or is not known."""
        return not self.study or any(self.blocks(name) for name in names)

    def family_blocks(self) -> list[dict[str, Any]]:
        """Return the blocks that declare a family of tests, in the order of the sections."""
        return [block for section in FAMILY_SECTIONS for block in self.blocks(section)]


def read_folder(folder: Path) -> Results:
    """Read everything that the page may show.

    Raises
    ------
    FileProblem
        ``IGX-REP-001``: the folder is absent or holds no file of a run.
    """
    problems: list[Problem] = []
    tables = {name: frame for name in TABLES if (frame := _table(folder, name, problems)) is not None}
    documents = {
        name: data for name in DOCUMENTS if (data := _document(folder / name, name, problems)) is not None
    }
    if not tables and not documents and not problems:
        raise FileProblem(
            "IGX-REP-001",
            "this is not a run folder" if folder.is_dir() else "the run folder does not exist",
            where=str(folder),
            expected="a folder with files of a run, such as flow.json and verdicts.json",
            remedy="give the folder that `imagenomics run` wrote (its --out)",
        )
    cards = [
        data
        for path in sorted((folder / "models").glob("*.json"))
        if (data := _document(path, f"models/{path.name}", problems)) is not None
    ]
    return Results(folder, tables, documents, tuple(cards), tuple(problems))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _table(folder: Path, name: str, problems: list[Problem]) -> pd.DataFrame | None:
    path = folder / name
    if not path.is_file():
        return None
    try:
        frame = _read_csv(path) if name.endswith(".csv") else pd.read_parquet(path)
    except (ValueError, OSError, EOFError) as error:
        text = f"cannot be read ({type(error).__name__}: {str(error)[:300]})"
        problems.append(Problem("IGX-REP-002", name, text))
        return None
    missing = [c for c in TABLES[name] if c not in frame.columns]
    if missing:
        problems.append(Problem("IGX-REP-003", name, f"has no column {', '.join(missing)}"))
        return None
    return (
        _complete(frame)
        if name in {"associations.parquet", "performance.parquet", "curves.parquet"}
        else frame
    )


def _read_csv(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return frame.drop(columns="schema_version", errors="ignore")


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its optional columns, empty where the run did not write them."""
    whole = frame.copy()
    for column in OPTIONAL_TEXT:
        whole[column] = (
            frame[column].astype(object).where(frame[column].notna(), "") if column in frame else ""
        )
    for column in OPTIONAL_NUMBERS:
        whole[column] = pd.to_numeric(frame[column], errors="coerce") if column in frame else float("nan")
    return whole


def _document(path: Path, name: str, problems: list[Problem]) -> Mapping[str, Any] | None:
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        problems.append(Problem("IGX-REP-002", name, f"cannot be read ({type(error).__name__}: {error})"))
        return None
    if not isinstance(data, dict):
        problems.append(Problem("IGX-REP-003", name, "is not a JSON object"))
        return None
    return data
