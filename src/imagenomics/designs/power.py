"""Whether a study of this size could have shown it: the same tests on many cohorts drawn without pictures.

A drawn cohort has the planted phenotypes with the error that their measurement had in the pictures, or that readers
make. Everything else, and every test, is that of the study.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.designs.columns import MOLECULES, columns_of
from imagenomics.designs.draw import Cohort, Population
from imagenomics.designs.folder import patients_table
from imagenomics.designs.models import Design, Finding
from imagenomics.designs.outcome import about_set, is_found, meant
from imagenomics.designs.pictures.kinds import READINGS
from imagenomics.designs.pictures.readings import agreed_readings
from imagenomics.designs.rules import TODAY
from imagenomics.designs.trial import SCALES, Measured, Trial
from imagenomics.runs.extract import Extracted
from imagenomics.runs.families.declared import declared_families
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs
from imagenomics.runs.folder import Issues, read_patient_table
from imagenomics.runs.link import Linked, join_sides
from imagenomics.runs.plan import Plan
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import SerialExecutor
from imagenomics.work.progress import Progress
from imagenomics.work.seeds import generator
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
FIRST = 1000  # number of the first drawn cohort: those with pictures have 0


class Share(NamedTuple):
    """In how many of the drawn cohorts something was found, of those in which it could be tested."""

    found: int
    of: int

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"found": self.found, "of": self.of}


Shares = dict[str, Share]


class Power(NamedTuple):
    """Shares by scale of the effect.

    Parameters
    ----------
    findings : list of (paper, today)
        Of each finding by the paper's rule and under today's rules; None where it is not drawn.
    analyses : mapping of str to (paper, today)
        Of each analysis: in how many cohorts without any effect it reports anything.
    """

    findings: list[tuple[Shares, Shares] | None]
    analyses: dict[str, tuple[Share, Share]]


def draw_power(design: Design, trial: Trial, follow: Mapping[str, Measured]) -> Power:
    """Draw cohorts of the design's size and count in how many each finding is found.

    Parameters
    ----------
    design : Design
    trial : Trial
        The cohort with pictures: its tables lend the drawn ones their columns.
    follow : mapping of str to Measured
        How each phenotype's measurement follows the truth.
    """
    described = read_patient_table(trial.run, "features").columns
    cohorts = Cohorts(design, join_sides(trial.plan, trial.data, issues=Issues()), described, follow)
    with one_thread():
        drawn = {scale: cohorts.tests(trial.plan, scale) for scale in SCALES}
    columns = columns_of(design)
    return Power(
        [_count(finding, drawn, design, columns) for finding in design.findings],
        {
            block.name: _reports(drawn["none"][block.name], drawn["none"][block.name + TODAY])
            for _, block in _without_pictures(trial.plan)
            if not block.name.endswith(TODAY)
        },
    )


def _without_pictures(plan: Plan) -> Iterator[tuple[FamilyKind, Any]]:
    """Return the families that tables alone can be tested for."""
    return ((kind, block) for kind, block in declared_families(plan) if not kind.reads(block))


@dataclass
class Drawn:
    """The rows of one analysis, and their p and q in each cohort; a cohort with other rows has none."""

    rows: pd.DataFrame
    p: list[FloatArray] = field(default_factory=list)
    q: list[FloatArray] = field(default_factory=list)

    def add(self, frame: pd.DataFrame) -> None:
        """Keep what a cohort says."""
        alike = len(frame) == len(self.rows)
        for kept, name in ((self.p, "p"), (self.q, "q")):
            values = frame[name].to_numpy(dtype=np.float64)
            kept.append(values if alike else np.full(len(self.rows), np.nan))


class Cohorts:
    """Cohorts without pictures, in the tables of a study.

    Parameters
    ----------
    design : Design
    linked : Linked
        The study's own tables; drawn values take the place of theirs.
    described : DataFrame
        Descriptions of the features.
    follow : mapping of str to Measured
    """

    def __init__(
        self, design: Design, linked: Linked, described: pd.DataFrame, follow: Mapping[str, Measured]
    ) -> None:
        self.design, self.linked, self.follow = design, linked, follow
        columns = columns_of(design)
        self.columns = {name: c for name, c in columns.items() if c in described.index}
        names = [self.columns[p.name] for p in design.phenotypes if p.name in self.columns]
        self.described = described.loc[names]

    def tests(self, plan: Plan, scale: str) -> dict[str, Drawn]:
        """Return what each family says of the cohorts."""
        population = Population(self.design, SCALES[scale])
        found: dict[str, Drawn] = {}
        for draw in range(FIRST, FIRST + self.design.draws):
            cohort = population.cohort(draw)
            inputs = Inputs(
                self._linked(cohort),
                Extracted(self._features(cohort, draw), 0.0, ""),
                self.design.seed,
                SerialExecutor(progress=Progress(shown=False)),
            )
            for kind, block in _without_pictures(plan):
                frame = kind.test(_without_draws(block), inputs, kind.where(block))[ASSOCIATIONS]
                found.setdefault(block.name, Drawn(frame)).add(frame)
        return found

    def _linked(self, cohort: Cohort) -> Linked:
        raw = patients_table(self.design, cohort)
        raw.index = pd.Index(self.linked.patients, name="patient")
        clinical = {
            name: _coded(raw[name], self.linked.clinical, name)
            for name in self.linked.clinical.columns.index
            if name in raw
        }
        return replace(
            self.linked,
            clinical=_filled(self.linked.clinical, clinical),
            molecules=_filled(self.linked.molecules, self._molecules(cohort, raw)),
            raw=raw.astype(str).reset_index().set_index("patient", drop=False),
        )

    def _molecules(self, cohort: Cohort, raw: pd.DataFrame) -> dict[str, np.ndarray]:
        table = self.linked.molecules
        values = {
            f"{MOLECULES}.{name}": _coded(raw[name], table, f"{MOLECULES}.{name}")
            for name in raw
            if f"{MOLECULES}.{name}" in table.columns.index
        }
        for panel, frame in cohort.panels.items():
            frame = frame.reindex(cohort.values.index)
            values |= {
                f"{panel}.{g}": frame[g].to_numpy() for g in frame if f"{panel}.{g}" in table.columns.index
            }
        return values

    def _features(self, cohort: Cohort, draw: int) -> PatientTable:
        index = pd.Index(self.linked.patients, name="patient")
        seen: dict[str, np.ndarray] = {}
        for picture in self.design.pictures:
            own = self.design.phenotypes_of(picture.name)
            random = generator(self.design.seed, "seen", self.design.paper, picture.name, draw)
            if picture.kind == READINGS:
                answers = agreed_readings(picture, own, cohort.hidden, random=random)
                seen |= {self.columns[p.name]: answers[p.name].to_numpy() for p in own}
                continue
            for p in (p for p in own if p.name in self.columns):
                how = self.follow[p.name]
                planted = cohort.values[p.name].to_numpy(dtype=np.float64)
                error = how.rest * random.standard_normal(len(planted))
                seen[self.columns[p.name]] = how.start + how.slope * planted + error
        return PatientTable(pd.DataFrame(seen, index=index)[list(self.described.index)], self.described)


def _filled(table: PatientTable, values: Mapping[str, np.ndarray]) -> PatientTable:
    """Return the table with these columns in place of its own; the others stay."""
    return PatientTable(table.values.assign(**values)[list(table.columns.index)], table.columns)


def _coded(written: pd.Series, table: PatientTable, column: str) -> np.ndarray:
    """Return cells as the column codes them: numbers as they are, levels by their place, classes by their names."""
    kind = table.columns.at[column, "kind"]
    if kind in ("binary", "ordinal") and table.levels(column):
        places = {level: float(k) for k, level in enumerate(table.levels(column))}
        return written.astype(str).map(places).to_numpy(dtype=np.float64)
    return written.to_numpy(dtype=object if kind == "categorical" else np.float64)


def _without_draws(block: Any) -> Any:
    """Return a block that permutes nothing: drawn cohorts ask for p and q."""
    return block.model_copy(update={"permutations": 0}) if hasattr(block, "permutations") else block


def _count(
    finding: Finding, drawn: Mapping[str, dict[str, Drawn]], design: Design, columns: Mapping[str, str]
) -> tuple[Shares, Shares] | None:
    """Return the shares of a finding by scale: by the paper's rule, and today; None where it is not drawn."""
    if finding.table != ASSOCIATIONS or finding.analysis not in drawn["none"]:
        return None

    def shares(analysis: str, by: str) -> Shares:
        rows = meant(finding, drawn["none"][analysis].rows, design=design, columns=columns)
        of_set = about_set(finding, design)
        return {
            scale: _share(is_found(v[rows], of_set=of_set) for v in getattr(families[analysis], by))
            for scale, families in drawn.items()
        }

    return shares(finding.analysis, finding.by), shares(finding.analysis + TODAY, "q")


def _reports(paper: Drawn, today: Drawn) -> tuple[Share, Share]:
    """Return in how many cohorts an analysis reports anything: uncorrected, and its twin after correction."""
    raw = _share(is_found(p, of_set=False) for p in paper.p)
    return raw, _share(is_found(q, of_set=False) for q in today.q)


def _share(seen: Iterable[bool | None]) -> Share:
    tested = [s for s in seen if s is not None]
    return Share(sum(tested), len(tested))
