"""How far the time that `check` announces for a measurement is from the time it takes.

    python benchmarks/phenotype_cost.py [--json] [--voxels 5000 60000] [--only NAME ...]

Balls in noise, 25 voxels of image around them; CPU seconds, the least of three after a first run. Each line: what is
measured, estimated and measured seconds by size, and the larger of their two ratios.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from pydantic import TypeAdapter
from radiomics_speed import ball

from imagenomics.errors import ImagenomicsError
from imagenomics.features.cost import estimate_cost
from imagenomics.features.extract import extract_region
from imagenomics.features.phenotypes.cost import COSTS, estimate_phenotype
from imagenomics.features.phenotypes.kinds import AnyMeasure
from imagenomics.features.phenotypes.measure import measure_phenotype
from imagenomics.features.settings import preset

SIMPLE = {"families": ["intensity"]}
FILTERS = {
    "mean": {"kind": "mean", "size": 5},
    "log 1": {"kind": "log", "sigma_mm": 1.0},
    "log 3": {"kind": "log", "sigma_mm": 3.0},
    "laws": {"kind": "laws", "kernels": "L5E5E5"},
    "gabor": {"kind": "gabor", "sigma_mm": 2.0, "wavelength_mm": 4.0, "theta_step_degrees": 45.0},
    "wavelet": {"kind": "wavelet", "family": "coif1", "subband": "LLH"},
    "wavelet turned": {"kind": "wavelet", "family": "coif1", "subband": "LLH", "pooling": "max"},
    "simoncelli": {"kind": "nonseparable-wavelet"},
    "riesz": {"kind": "riesz", "order": [1, 0, 0], "base": {"kind": "log", "sigma_mm": 2.0}},
}
PRESETS = ("default", "pyradiomics", "ibsi-digital")
LEFT_OUT = ("compartments", "regions depth")  # these need further regions


def measures() -> dict[str, object]:
    found: dict[str, object] = {
        f"filter {name}": {"kind": "filters", "filters": {"a": chosen}, "features": SIMPLE}
        for name, chosen in FILTERS.items()
    }
    for name in COSTS:
        kind, _, family = name.partition(" ")
        if name not in LEFT_OUT:
            found[name] = {"kind": kind, "families": [family]} if family else {"kind": kind}
    for control in ("shuffled", "moved"):
        found[f"control {control}"] = {"kind": "control", "control": control, "features": SIMPLE}
    return {name: TypeAdapter(AnyMeasure).validate_python(value) for name, value in found.items()}


def least(call) -> float:
    call()
    seconds = []
    for _ in range(3):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def compare(voxels: list[int], only: list[str] | None) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {}
    for size in voxels:
        image, mask = (np.pad(a, 25, mode="symmetric") for a in ball(size))
        inside = np.zeros_like(mask)
        inside[(slice(25, -25),) * 3] = True
        image, mask, n = image + 2000, mask & inside, int((mask & inside).sum())
        jobs = jobs_of(image, mask, n)
        for name, (expected_seconds, call) in jobs.items():
            if only and not any(word in name for word in only):
                continue
            try:
                seconds = least(call)
            except ImagenomicsError:  # a region that fits nowhere else
                continue
            factor = math.exp(abs(math.log(expected_seconds / seconds)))
            row = {"voxels": n, "estimated": expected_seconds, "measured": seconds, "factor": factor}
            found.setdefault(name, []).append({k: round(v, 4) for k, v in row.items()})
    return found


def jobs_of(image: np.ndarray, mask: np.ndarray, n: int) -> dict[str, tuple[float, Callable[[], object]]]:
    jobs: dict[str, tuple[float, Callable[[], object]]] = {}
    for name in PRESETS:
        shown = np.rint(image / 400).clip(1) if name.startswith("ibsi") else image
        call = partial(extract_region, shown, mask, spacing_mm=(1.0, 1.0, 1.0), settings=preset(name))
        jobs[f"preset {name}"] = (estimate_cost(n, preset(name))[0], call)
    for name, measure in measures().items():
        expected = estimate_phenotype(
            measure, n_voxels=n, image_voxels=image.size, spacing_mm=(1.0, 1.0, 1.0)
        )
        call = partial(
            measure_phenotype,
            image,
            {"lesion": mask},
            spacing_mm=(1.0, 1.0, 1.0),
            measure=measure,
            patient="P",
        )
        jobs[name] = (expected[0], call)
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--voxels", type=int, nargs="+", default=[5000, 60_000])
    parser.add_argument("--only", nargs="+")
    options = parser.parse_args()
    found = compare(options.voxels, options.only)
    if options.json:
        print(json.dumps(found))
        return
    for name, rows in found.items():
        print(
            f"{name:26s}",
            "   ".join(f"{r['estimated']:7.3f} {r['measured']:7.3f} s (x {r['factor']:.1f})" for r in rows),
        )


if __name__ == "__main__":
    main()
