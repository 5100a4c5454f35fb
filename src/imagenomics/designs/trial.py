"""One design, run on three simulated cohorts: with the published effect, with half of it, and with none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imagenomics.designs.columns import columns_of
from imagenomics.designs.draw import Cohort, Population
from imagenomics.designs.folder import write_cohort
from imagenomics.designs.models import Design, Phenotype
from imagenomics.designs.rules import under_todays_rules
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.plan import Plan
from imagenomics.work.progress import Progress

SCALES: Mapping[str, float] = {"published": 1.0, "half": 0.5, "none": 0.0}
TITLES = {
    "published": "the published effect is planted",
    "half": "half of the published effect is planted",
    "none": "no effect is planted",
}


class Trial(NamedTuple):
    """One cohort and its run: the plan, the drawn truth, and where both lie."""

    plan: Plan
    cohort: Cohort
    data: Path
    run: Path


class Measured(NamedTuple):
    """How a measured phenotype follows the planted one: ``measured = start + slope * planted``, and what is left over.

    ``correlation`` is that of all three cohorts; ``n`` their patients.
    """

    start: float
    slope: float
    rest: float
    correlation: float
    n: int


def run_trial(design: Design, scale: str, folder: Path, *, page: bool = True) -> Trial:
    """Draw a cohort, write it, and run the paper's analysis and its twin under today's rules.

    Parameters
    ----------
    design : Design
    scale : str
        One of ``SCALES``.
    folder : Path
        Receives ``<scale>/cohort`` and ``<scale>/run``.
    page : bool
        Write the page of the run, too.
    """
    place = folder / scale
    cohort = Population(design, SCALES[scale]).cohort()
    doubled = design.model_copy(update={"study": under_todays_rules(design.study)})
    title = f"{design.paper}: a simulated cohort in which {TITLES[scale]}"
    written = write_cohort(doubled, cohort, place / "cohort", title=title)
    plan = Plan.read(written.tree, where=f"design of {design.paper}")
    options = JobOptions(place / "run", progress=Progress(shown=False))
    run_plan(plan, written.folder, options, last="report" if page else "nulls")
    return Trial(plan, cohort, written.folder, place / "run")


def tables_of(run: Path) -> dict[str, Any]:
    """Return the tables of a run folder in which findings are looked for."""
    tables: dict[str, Any] = {}
    for name in ("associations", "enrichment", "module_map"):
        file = run / f"{name}.parquet"
        tables[name] = pd.read_parquet(file) if file.is_file() else pd.DataFrame()
    verdicts = run / "verdicts.json"
    rows = json.loads(verdicts.read_text()) if verdicts.is_file() else []
    tables["verdicts"] = pd.DataFrame(rows.get("verdicts", []) if isinstance(rows, dict) else rows)
    return tables


def measured(design: Design, trials: Mapping[str, Trial]) -> dict[str, Measured]:
    """Say of every phenotype how well its measurement follows what was planted, in all cohorts together."""
    columns = columns_of(design)
    features = {name: pd.read_parquet(trial.run / "features.parquet") for name, trial in trials.items()}
    found = {}
    for phenotype in design.phenotypes:
        column = columns[phenotype.name]
        pairs = [
            (_planted(phenotype, trials[name].cohort, frame.index), _numbers(frame[column], phenotype))
            for name, frame in features.items()
            if column in frame
        ]
        planted = np.concatenate([p for p, _ in pairs]) if pairs else np.empty(0)
        seen = np.concatenate([s for _, s in pairs]) if pairs else np.empty(0)
        found[phenotype.name] = _follow(planted, seen)
    return found


def _planted(phenotype: Phenotype, cohort: Cohort, index: pd.Index) -> np.ndarray:
    return cohort.values[phenotype.name].reindex(index).to_numpy(dtype=np.float64)


def _numbers(column: pd.Series, phenotype: Phenotype) -> np.ndarray:
    if phenotype.levels and not pd.api.types.is_numeric_dtype(column):
        places = {level: float(k) for k, level in enumerate(phenotype.levels)}
        return column.map(places).to_numpy(dtype=np.float64)
    return column.to_numpy(dtype=np.float64)


def _follow(planted: np.ndarray, seen: np.ndarray) -> Measured:
    both = np.isfinite(planted) & np.isfinite(seen)
    n = int(both.sum())
    if n < 3 or np.ptp(planted[both]) == 0 or np.ptp(seen[both]) == 0:
        return Measured(0.0, 1.0, 0.0, float("nan"), n)
    slope, start = np.polyfit(planted[both], seen[both], 1)
    rest = seen[both] - start - slope * planted[both]
    r = float(np.corrcoef(planted[both], seen[both])[0, 1])
    return Measured(float(start), float(slope), float(rest.std(ddof=2)), r, n)
