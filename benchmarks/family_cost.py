"""What one unit of work of the kinds of analyses costs: the coefficients of `check`.

    python benchmarks/family_cost.py [--json] [--only NAME ...]

Made-up cohorts; CPU seconds, the least of three after a first run that compiles. Each line: the kind, what its unit is,
seconds of a unit in a small and in a larger case, and what `check` takes (`imagenomics.runs.families.costs`; of
STEP_DOWN the factor beside PAIR).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from imagenomics.associate.clusters.find import find_clusters
from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.interaction.modifier import Modifier
from imagenomics.associate.interaction.pairs import Draws, test_interactions
from imagenomics.associate.interaction.settings import InteractionSettings
from imagenomics.associate.paired import PairedSettings, test_paired
from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.survival.nested_models import compare_models
from imagenomics.associate.survival.rows import survival_rows
from imagenomics.associate.survival.settings import CompareSettings, SurvivalSettings
from imagenomics.associate.survival.terms import model_terms
from imagenomics.associate.survival.times import survival_times
from imagenomics.genetics.settings import VariantSetSettings
from imagenomics.genetics.variant_sets import test_variant_sets
from imagenomics.runs.families import costs
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.voxels.lesion_map import find_patterns, map_target
from imagenomics.voxels.settings import VoxelSettings

Case = tuple[float, Callable[[], object]]  # units, and what is timed


def table(values: np.ndarray, prefix: str, kind: str = "continuous") -> PatientTable:
    ids = pd.Index([f"P{i:05d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=ids, columns=names), describe(names, kind=kind))


def numbers(n: int, p: int, prefix: str = "f", seed: int = 0) -> PatientTable:
    return table(np.random.default_rng(seed).standard_normal((n, p)), prefix)


def pairs(size: int, *, step_down: bool) -> Case:
    n, features, targets, draws = 100, 30 * size, 10, 200
    other = (np.random.default_rng(1).random((n, targets)) < 0.3).astype(float)
    settings = AssociateSettings(permutations=draws, max_t="step-down" if step_down else "single-step")
    x, y = numbers(n, features), table(other, "t", "binary")
    work = features * targets * (1 + draws) * n
    return work, lambda: test_pairs(x, y, settings=settings, analysis="a", seed=1)


def interaction(size: int) -> Case:
    n, features, targets, draws = 100, 20 * size, 5, 200
    x, y, by = numbers(n, features), numbers(n, targets, "t", 1), numbers(n, 1, "m", 2)
    settings = InteractionSettings(permutations=draws)
    modifier = Modifier("m0", by.values["m0"].gt(0).map({True: "high", False: "low"}).astype(object))
    work = features * targets * (1 + draws) * n
    return work, lambda: test_interactions(
        x, y, modifier=modifier, settings=settings, analysis="a", draws=Draws(1)
    )


def paired(size: int) -> Case:
    chosen = [(f"f{2 * k}", f"f{2 * k + 1}") for k in range(50 * size)]
    x, settings = numbers(100, 100 * size), PairedSettings()
    return len(chosen), lambda: test_paired(x, chosen, settings=settings, analysis="a", second="later")


def follow_up(n: int):
    random = np.random.default_rng(3)
    ids = numbers(n, 1).values.index
    time_ = pd.Series(random.exponential(10.0, n), ids)
    return survival_times(time_, pd.Series((random.random(n) < 0.5).astype(float), ids))


def cox_model(size: int) -> Case:
    n, features = 200, 200 * size
    x, times, settings = numbers(n, features), follow_up(n), SurvivalSettings(proportional="none")
    return n * features, lambda: survival_rows(x, times, target="os", analysis="a", settings=settings)


def compared_model(size: int) -> Case:
    n = 100 * size
    x, times = numbers(n, 3), follow_up(n)
    models = [{"name": "a", "terms": ["f0"]}, {"name": "b", "adds": ["f1", "f2"]}]
    settings = CompareSettings.model_validate({"name": "c", "models": models})
    terms = model_terms(x, x.values.index)
    given = {"a": ("f0",), "b": ("f0", "f1", "f2")}
    rules = SurvivalSettings(events_per_term=1)
    work = 2 * costs.fits_of_comparison(settings) * n
    return work, lambda: compare_models(terms, given, times, settings=settings, rules=rules)


def clusters(size: int) -> Case:
    n, p = 50 * size, 40
    x, settings = numbers(n, p), ClusterSettings(references=20, resamples=40, null_draws=99, permutations=0)
    return 159 * n * n * p, lambda: find_clusters(x, settings=settings, analysis="a", seed=1)


def voxels(size: int) -> Case:
    n, shape, draws = 60, (40, 30 * size, 40), 100
    random = np.random.default_rng(4)
    grid = np.stack(np.indices(shape), axis=-1)
    centres = random.random((n, 3)) * shape
    lesions = np.stack([np.square(grid - c).sum(axis=-1) < 120 for c in centres])
    patterns = find_patterns(lesions, least=5)
    target = (random.random(n) < 0.5).astype(float)
    settings = VoxelSettings(permutations=draws)
    strata = np.zeros(n, dtype=np.int64)
    return draws * lesions[0].size, lambda: map_target(
        patterns, target, strata, binary=True, settings=settings, name="x", seed=1
    )


def variant_set(size: int, *, method: str) -> Case:
    n, sets = 200, 10 * size
    genotypes = table(np.random.default_rng(5).binomial(2, 0.1, (n, 10 * sets)).astype(float), "v")
    chosen = {f"s{k}": tuple(f"v{10 * k + j}" for j in range(10)) for k in range(sets)}
    x, settings = numbers(n, 2), VariantSetSettings.model_validate({"method": method})
    return 2 * sets, lambda: test_variant_sets(x, genotypes, chosen, settings=settings, analysis="a")


CASES: dict[str, tuple[str, Callable[[int], Case]]] = {
    "STEP_DOWN": ("as PAIR, step-down", lambda s: pairs(s, step_down=True)),
    "PAIR": ("pair, draw and patient", lambda s: pairs(s, step_down=False)),
    "PRODUCT": ("pair, draw and patient", interaction),
    "TWICE": ("pair of columns", paired),
    "COX_MODEL": ("patient of one model", cox_model),
    "COX_FIT": ("patient of one model in one training part", compared_model),
    "TREE": ("feature of a pair of patients in one tree", clusters),
    "MAP_DRAW": ("voxel of a map in one draw", voxels),
    "BURDEN": ("set of ten variants and feature", lambda s: variant_set(s, method="burden")),
    "SKAT": ("set of ten variants and feature", lambda s: variant_set(s, method="skat")),
    "SKAT_O": ("set of ten variants and feature", lambda s: variant_set(s, method="skat-o")),
}


def least(call: Callable[[], object]) -> float:
    call()
    found = []
    for _ in range(3):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


def rows(names: list[str]) -> list[dict[str, object]]:
    found = []
    for name in names:
        unit, case = CASES[name]
        seconds = {size: least(call) / units for size in (1, 3) for units, call in [case(size)]}
        found.append(
            {
                "kind": name,
                "unit": unit,
                "small": float(f"{seconds[1]:.2g}"),
                "large": float(f"{seconds[3]:.2g}"),
                "check": getattr(costs, name, None),
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = rows(chosen.only)
    print(json.dumps(found, indent=1) if chosen.json else pd.DataFrame(found).to_string(index=False))


if __name__ == "__main__":
    main()
