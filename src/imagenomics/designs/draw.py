"""Drawing a cohort: hidden normal variables with the planted effects, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.designs.columns import set_genes
from imagenomics.designs.models import GENES, Covariate, Design, Effect, Molecule, Phenotype, Survival
from imagenomics.designs.sizes import correlation, shift_of_groups
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
POPULATION = 4000  # virtual patients from whom thresholds and follow-up are taken
RARE = (0.005, 0.03)  # frequencies of rare alleles
LEAST_REST = 0.1  # share of a variable's variance that no planted effect explains, at least


@dataclass(frozen=True)
class Cohort:
    """The true state of every patient.

    Parameters
    ----------
    values : DataFrame, (n, variables)
        By patient: binary molecules 0/1, classes as names, numbers and quantities in their units, readings as
        positions of levels.
    hidden : DataFrame, (n, variables)
        The standard normal variables behind numbers, quantities, readings and sets of genes.
    panels : dict of str to DataFrame
        Expression by patient and gene.
    times : dict of str to DataFrame
        ``time, event`` by patient.
    """

    values: pd.DataFrame
    hidden: pd.DataFrame
    panels: dict[str, pd.DataFrame]
    times: dict[str, pd.DataFrame]


class Population:
    """The patients of a design: one cohort after the other can be drawn from them.

    Parameters
    ----------
    design : Design
    scale : float
        How much of every planted effect there is: 1, all of it; 0, none.
    """

    def __init__(self, design: Design, scale: float) -> None:
        self.design, self.scale = design, scale
        everyone = _Drawing(design, scale, POPULATION, generator(design.seed, "population", design.paper))
        self._hidden = everyone.hidden_variables()
        self._hazards = {s.name: everyone.hazard(s, self._hidden) for s in design.survival}

    def cohort(self, draw: int = 0) -> Cohort:
        """Draw a cohort of the design's size; those of one number differ only in their effects."""
        design = self.design
        random = generator(design.seed, "design", design.paper, draw)
        drawing = _Drawing(design, self.scale, design.patients.n, random)
        hidden = drawing.hidden_variables()
        values = {name: column for name, column in hidden.items() if name in _known_as_they_are(design)}
        drawn: tuple[Molecule | Covariate | Phenotype, ...]
        drawn = (*design.molecules, *design.covariates, *design.phenotypes)
        for variable in drawn:
            if variable.name in hidden:
                everyone = self._hidden[variable.name]
                values[variable.name] = _in_units(variable, hidden[variable.name], everyone)
        panels = {m.name: drawing.panel(m, hidden) for m in design.molecules if m.kind == "panel"}
        times = {s.name: drawing.times(s, hidden, self._hazards[s.name]) for s in design.survival}
        for molecule in (m for m in design.molecules if m.measured):
            there = drawing.measured(molecule, values.get(molecule.name))
            if molecule.kind == "panel":
                panels[molecule.name] = panels[molecule.name][there]
            else:
                values[molecule.name] = pd.Series(values[molecule.name]).where(there).to_numpy()
        width = len(str(design.patients.n))
        names = [f"P{i + 1:0{width}d}" for i in range(design.patients.n)]
        index = pd.Index(names, name="patient", dtype=object)
        return Cohort(
            pd.DataFrame(values, index=index),
            pd.DataFrame({k: v for k, v in hidden.items() if v.dtype != object}, index=index),
            {name: frame.set_axis(index[frame.index]) for name, frame in panels.items()},
            {name: frame.set_axis(index) for name, frame in times.items()},
        )


def _known_as_they_are(design: Design) -> set[str]:
    """Return the variables that have no hidden normal behind them."""
    classes = {m.name for m in design.molecules if m.kind in ("binary", "classes")}
    return classes | {c.name for c in design.covariates if c.kind != "number"}


def _in_units(
    variable: Molecule | Covariate | Phenotype, hidden: np.ndarray, everyone: np.ndarray
) -> np.ndarray:
    """Return a hidden variable as the quantity it stands for, or as the position of a level."""
    if hidden.dtype == object or getattr(variable, "kind", "") in ("binary", "classes"):
        return hidden
    if isinstance(variable, Phenotype) and variable.levels:
        borders = np.quantile(everyone, np.cumsum(variable.shares)[:-1])
        return np.searchsorted(borders, hidden).astype(np.float64)
    value = variable.mean + variable.sd * hidden
    return np.exp(value) if getattr(variable, "scale", "linear") == "log" else value


class _Drawing:
    """One draw of so many patients."""

    def __init__(self, design: Design, scale: float, n: int, random: np.random.Generator) -> None:
        self.design, self.scale, self.n, self.random = design, scale, n, random
        self._alleles: dict[str, FloatArray] = {}  # of each set of variants

    def hidden_variables(self) -> dict[str, np.ndarray]:
        """Return what every variable is made of, in the order in which one may drive the next."""
        found: dict[str, np.ndarray] = {}
        for name, variable in _nodes(self.design):
            if isinstance(variable, Molecule) and variable.kind == "binary":
                found[name] = self._binary(variable)
            elif isinstance(variable, Molecule) and variable.kind == "classes":
                found[name] = self._classes(list(variable.levels), np.array(list(variable.levels.values())))
            elif isinstance(variable, Covariate) and variable.kind != "number":
                found[name] = self._classes(list(variable.levels), np.array(variable.shares))
            elif name in self._variants:
                found[name] = self._burden(name, self._variants[name])
            else:
                found[name] = self._normal(name, variable, found)
        return found

    @property
    def _variants(self) -> dict[str, int]:
        """Return the sets of variants with their sizes."""
        panels = [m for m in self.design.molecules if m.scale == "genotypes"]
        return {f"{m.name}.{name}": size for m in panels for name, size in m.sets.items()}

    def _burden(self, name: str, size: int) -> FloatArray:
        """Return the standardised count of minor alleles in a set of variants."""
        self._alleles[name] = self._genotypes(size)
        count = self._alleles[name].sum(axis=1)
        return np.asarray((count - count.mean()) / max(count.std(), 1e-9))

    def _genotypes(self, size: int) -> FloatArray:
        return self.random.binomial(2, self.random.uniform(*RARE, size), (self.n, size)).astype(np.float64)

    def _binary(self, molecule: Molecule) -> FloatArray:
        count = round(self.n * molecule.positives / self._measured_in(molecule.name))
        return self.random.permutation(np.arange(self.n) < count).astype(np.float64)

    def _classes(self, names: list[str], weights: np.ndarray) -> np.ndarray:
        exact = np.cumsum(weights / weights.sum() * self.n)
        place = np.searchsorted(np.rint(exact), np.arange(self.n), side="right")
        chosen = np.array(names, dtype=object)[np.minimum(place, len(names) - 1)]
        return self.random.permutation(chosen)

    def _normal(self, name: str, variable: object, found: dict[str, np.ndarray]) -> FloatArray:
        """Return the variable's drivers, weighted, and a rest of its own."""
        total, explained = np.zeros(self.n), 0.0
        phenotype = variable if isinstance(variable, Phenotype) else None
        for effect in self.design.effects:
            if effect.on != name:
                continue
            if effect.of == GENES:
                share = self.scale * (effect.h2 or 0.0)
                total += np.sqrt(share) * self._inherited()
                explained += share
                continue
            driver = found[effect.of]
            if driver.dtype == object:
                levels = np.array([(effect.levels or {}).get(str(v), 0.0) for v in driver])
                total += self.scale * (levels - levels.mean())
            elif set(np.unique(driver)) <= {0.0, 1.0}:
                share = max(float(driver.mean()), 1 / self.n)
                n = self._measured_in(effect.of)
                groups = max(1, round(share * n)), n
                groups = groups[0], max(1, groups[1] - groups[0])
                total += self.scale * shift_of_groups(effect, groups, phenotype) * (driver - share)
            else:
                r = self.scale * correlation(effect, self._measured_in(effect.of), phenotype)
                total += r * driver
                explained += r * r
        rest = np.sqrt(max(1.0 - explained, LEAST_REST))
        return np.asarray(total + rest * self.random.standard_normal(self.n))

    def _measured_in(self, name: str) -> int:
        """Return the design's number of patients in whom a molecule was measured; of anything else, all."""
        found = {m.name: m.measured for m in self.design.molecules}
        return found.get(name.partition(".")[0], 0) or self.design.patients.n

    def measured(self, molecule: Molecule, values: np.ndarray | None) -> npt.NDArray[np.bool_]:
        """Return in which patients a molecule was measured: as many of each group as declared."""
        groups: list[tuple[npt.NDArray[np.bool_], int]]
        if values is not None and molecule.kind == "binary":
            has = values > 0
            groups = [(has, molecule.positives), (~has, molecule.measured - molecule.positives)]
        elif values is not None and molecule.kind == "classes":
            groups = [(values == level, count) for level, count in molecule.levels.items()]
        else:
            groups = [(np.ones(self.n, dtype=np.bool_), molecule.measured)]
        chosen = np.zeros(self.n, dtype=np.bool_)
        for group, count in groups:
            chosen[self.random.permutation(np.flatnonzero(group))[:count]] = True
        return chosen

    def _inherited(self) -> FloatArray:
        """Return a standard normal variable that identical twins share wholly and other twins by half."""
        own = self.random.standard_normal(self.n)
        same, half = self.design.patients.twins or (0, 0)
        for pair in range(min(same + half, self.n // 2)):
            first, second = 2 * pair, 2 * pair + 1
            r = 1.0 if pair < same else 0.5
            own[second] = r * own[first] + np.sqrt(1 - r * r) * own[second]
        return own

    def panel(self, molecule: Molecule, hidden: dict[str, np.ndarray]) -> pd.DataFrame:
        """Return the expression of every gene, log2 or counts, or the genotype of every variant."""
        if molecule.scale == "genotypes":
            return self._genotype_panel(molecule)
        noise = self.random.standard_normal((self.n, molecule.genes))
        names = [f"GENE{k + 1:04d}" for k in range(molecule.genes)]
        start, rest = 0, np.sqrt(1 - molecule.loading**2)
        for name, size in molecule.sets.items():
            factor = hidden[f"{molecule.name}.{name}"]
            part = slice(start, start + size)
            noise[:, part] = molecule.loading * factor[:, None] + rest * noise[:, part]
            names[part] = set_genes(name, size)
            start += size
        level = self.random.uniform(4.0, 10.0, molecule.genes)
        values = level + noise
        if molecule.scale == "counts":
            gamma = self.random.gamma(10.0, 0.1, values.shape)  # dispersion 0.1
            values = self.random.poisson(np.exp2(values) * gamma).astype(np.float64)
        return pd.DataFrame(np.round(values, 4), columns=names)

    def _genotype_panel(self, molecule: Molecule) -> pd.DataFrame:
        sets = [(name, self._alleles[f"{molecule.name}.{name}"]) for name in molecule.sets]
        names = [gene for name, alleles in sets for gene in set_genes(name, alleles.shape[1])]
        others = self._genotypes(molecule.genes - len(names))
        names += [f"GENE{k + 1:04d}" for k in range(len(names), molecule.genes)]
        return pd.DataFrame(np.column_stack([*(alleles for _, alleles in sets), others]), columns=names)

    def hazard(self, survival: Survival, hidden: dict[str, np.ndarray]) -> tuple[FloatArray, float]:
        """Return when everyone has the event, and the longest follow-up that shows as many events as declared."""
        time = self._events(survival, hidden)
        if survival.events >= 1:
            return time, np.inf
        share = self.random.uniform(0.0, 1.0, self.n)
        low, high = 1e-3 * survival.median, 1e3 * survival.median
        for _ in range(60):
            middle = np.sqrt(low * high)
            seen = float((time <= share * middle).mean())
            low, high = (low, middle) if seen > survival.events else (middle, high)
        return time, float(np.sqrt(low * high))

    def _events(self, survival: Survival, hidden: dict[str, np.ndarray]) -> FloatArray:
        risk = np.zeros(self.n)
        for effect in self.design.effects:
            if effect.on == survival.name and effect.hazard_ratio is not None:
                risk += self.scale * np.log(effect.hazard_ratio) * _as_number(effect, hidden[effect.of])
        return np.asarray(survival.median / np.log(2) * self.random.exponential(size=self.n) * np.exp(-risk))

    def times(
        self, survival: Survival, hidden: dict[str, np.ndarray], population: tuple[FloatArray, float]
    ) -> pd.DataFrame:
        """Return time and event of every patient."""
        time = self._events(survival, hidden) * survival.median / float(np.median(population[0]))
        end = np.full(self.n, np.inf)
        if np.isfinite(population[1]):
            end = self.random.uniform(0, 1, self.n) * population[1] * survival.median
            end /= float(np.median(population[0]))
        seen = np.maximum(np.minimum(time, end), 1e-3 * survival.median)
        return pd.DataFrame({"time": np.round(seen, 4), "event": (time <= end).astype(int)})


def _as_number(effect: Effect, driver: np.ndarray) -> FloatArray:
    if driver.dtype == object:
        return np.array([(effect.levels or {}).get(str(v), 0.0) for v in driver])
    return np.asarray(driver - driver.mean())


def _nodes(design: Design) -> Iterator[tuple[str, Molecule | Covariate | Phenotype | str]]:
    """Yield what is drawn, in order; a panel stands for the factors of its sets."""
    for molecule in design.molecules:
        if molecule.kind != "panel":
            yield molecule.name, molecule
        else:
            yield from ((f"{molecule.name}.{name}", name) for name in molecule.sets)
    yield from ((c.name, c) for c in design.covariates)
    yield from ((p.name, p) for p in design.phenotypes)
