"""CPU time and memory of one extraction as the region grows: a ball in a noisy image, each run in its own process.

    python benchmarks/radiomics_speed.py [--json] [--voxels 10000 100000 500000 2000000] [--families]
                                         [--peer pictologics=/path/to/its/python]

Ours runs twice: with the preset `pyradiomics` (about 48 bins) and with the default features (32 bins). A peer is timed
where its Python can import it, with its intensity, shape and texture features and 32 bins, or about 48 for
PyRadiomics; where it cannot, that is said. CPU seconds are the best of the repeats after a first run on a small ball
(compiled kernels). Memory is the peak of the process while it measures, less what it held with the image loaded.
`growth` is the exponent of CPU time over voxels from 100,000 on: 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PEERS = {"pictologics": "pictologics", "MIRP": "mirp", "PyRadiomics": "radiomics"}
OURS = ("imagenomics pyradiomics", "imagenomics default")
WIDTH = 25.0
LINEAR_FROM = 100_000
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def ball(voxels: int):
    """Return image and mask (z, y, x) of a ball with about so many voxels."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    radius = (3 * voxels / (4 * math.pi)) ** (1 / 3)
    half = int(radius) + 3
    z, y, x = np.ogrid[-half : half + 1, -half : half + 1, -half : half + 1]
    mask = z * z + y * y + x * x <= radius * radius
    random = np.random.default_rng(0)
    image = gaussian_filter(random.normal(size=mask.shape), 2) * 2500
    image += 25 * random.normal(size=mask.shape)
    return image, mask


def ours(preset_name: str, families: tuple[str, ...] | None) -> Callable:
    from imagenomics.features.extract import extract_region
    from imagenomics.features.settings import FeatureSettings, preset

    changes = {} if families is None else {"families": families}
    settings = FeatureSettings.model_validate({**preset(preset_name).model_dump(), **changes})

    def measure(image, mask) -> int:
        return len(extract_region(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=settings))

    return measure


def pictologics() -> Callable:
    import numpy as np
    from pictologics import Image, RadiomicsPipeline

    pipeline = RadiomicsPipeline()
    steps = [
        {"step": "discretise", "params": {"method": "FBN", "n_bins": 32}},
        {
            "step": "extract_features",
            "params": {
                "families": ["intensity", "morphology", "texture", "histogram"],
                "include_spatial_intensity": False,
                "include_local_intensity": False,
            },
        },
    ]
    pipeline.add_config("speed", steps)

    def measure(image, mask) -> int:
        pair = [
            Image(array=np.ascontiguousarray(a.T), spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0))
            for a in (image, mask.astype(np.uint8))
        ]
        return len(pipeline.run(pair[0], pair[1], config_names=["speed"])["speed"].dropna())

    return measure


def mirp() -> Callable:
    from mirp import extract_features

    def measure(image, mask) -> int:
        found = extract_features(
            image=image,
            mask=mask.astype("int32"),
            image_modality="generic",
            base_discretisation_method="fixed_bin_number",
            base_discretisation_n_bins=32,
            base_feature_families=["morphology", "statistics", "histogram", "texture"],
        )
        return found[0].shape[1]

    return measure


def pyradiomics() -> Callable:
    import SimpleITK
    from radiomics import featureextractor

    extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=WIDTH, additionalInfo=False)

    def measure(image, mask) -> int:
        pair = [SimpleITK.GetImageFromArray(a) for a in (image, mask.astype("uint8"))]
        return len([name for name in extractor.execute(*pair) if name.startswith("original_")])

    return measure


def run_one(tool: str, folder: Path, families: tuple[str, ...] | None) -> dict[str, float]:
    """Measure one tool on the arrays in a folder, in this process."""
    import numpy as np

    tools = {"pictologics": pictologics, "MIRP": mirp, "PyRadiomics": pyradiomics}
    measure = tools[tool]() if tool in tools else ours(tool.split()[1], families)
    measure(np.load(folder / "small_image.npy"), np.load(folder / "small_mask.npy"))
    image, mask = np.load(folder / "image.npy"), np.load(folder / "mask.npy")
    before = resident()
    reset_peak()
    n_features, best, spent = 0, math.inf, 0.0
    for _ in range(5):
        start = time.process_time()
        n_features = measure(image, mask)
        seconds = time.process_time() - start
        best, spent = min(best, seconds), spent + seconds
        if spent > 10:
            break
    megabytes = round((resident("VmHWM") - before) / 1e3, 1)
    return {"cpu_seconds": round(best, 4), "peak_megabytes": megabytes, "features": n_features}


def resident(field: str = "VmRSS") -> float:
    """Return the memory of this process in kB, as Linux reports it; NaN elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return math.nan
    line = next(text for text in status.read_text().splitlines() if text.startswith(field))
    return float(line.split()[1])


def reset_peak() -> None:
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def fresh(python: str, tool: str, folder: Path, families: tuple[str, ...] = ()) -> dict[str, float]:
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    command = [python, __file__, "--one", tool, "--folder", str(folder)]
    if families:
        command += ["--only", *families]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def importable(python: str, module: str) -> bool:
    return (
        subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
    )


def growth(rows: list[dict[str, float]]) -> float | None:
    """Return the slope of log CPU time over log voxels."""
    points = [
        (math.log(r["voxels"]), math.log(r["cpu_seconds"]))
        for r in rows
        if r["voxels"] >= 0.9 * LINEAR_FROM and "cpu_seconds" in r
    ]
    if len(points) < 2:
        return None
    mx, my = (sum(p[k] for p in points) / len(points) for k in (0, 1))
    slope = sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)
    return round(slope, 3)


def compare(options: argparse.Namespace) -> dict[str, object]:
    import numpy as np

    pythons = dict.fromkeys(PEERS, sys.executable) | dict(p.split("=", 1) for p in options.peer)
    missing = [name for name, module in PEERS.items() if not importable(pythons[name], module)]
    tools = [*OURS, *(name for name in PEERS if name not in missing)]
    found: dict[str, list[dict[str, float]]] = {tool: [] for tool in tools}
    parts: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, array in zip(("image", "mask"), ball(2000), strict=True):
            np.save(folder / f"small_{kind}.npy", array)
        for voxels in options.voxels:
            image, mask = ball(voxels)
            np.save(folder / "image.npy", image)
            np.save(folder / "mask.npy", mask)
            for tool in tools:
                row = fresh(pythons.get(tool, sys.executable), tool, folder)
                found[tool].append({"voxels": int(mask.sum()), **row})
            if options.families and voxels == 500_000:
                parts = by_family(folder)
    return {
        "runs": found,
        "growth": {tool: growth(rows) for tool, rows in found.items()},
        "families_at_500000": parts,
        "not_installed": missing,
    }


def by_family(folder: Path) -> dict[str, dict[str, float]]:
    from imagenomics.features.settings import preset

    families = preset("pyradiomics").families
    return {family: fresh(sys.executable, OURS[0], folder, (family,)) for family in families}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--voxels", type=int, nargs="+", default=[10_000, 100_000, 500_000, 2_000_000])
    parser.add_argument("--families", action="store_true", help="also each family of `pyradiomics` alone")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        only = tuple(options.only) if options.only else None
        print(json.dumps(run_one(options.one, options.folder, only)))
        return
    found = compare(options)
    print(json.dumps(found) if options.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
