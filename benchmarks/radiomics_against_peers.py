"""The same features of the same image by PyRadiomics and by us, side by side in one run.

    python benchmarks/radiomics_against_peers.py [--json] [--repeats 3] [--peers PyRadiomics]

Two cases. `plain`: 500,000 voxels, PyRadiomics' own seven 3D families, bins of width 25. `filtered`: 60,000 voxels,
these of the image, and all but shape of three Laplacians of Gaussian (1, 2 and 3 mm) and of the eight subbands of
coif1. Ours is the preset `pyradiomics`; PyRadiomics has its defaults (`additionalInfo` off). The image is a ball of
smooth noise, 1 mm voxels, with 15 voxels around it for the filters.

Each repeat is a process of its own, tools in turn, one numeric thread. `work`: CPU seconds (user and system) of one
extraction, the least of those after a first one on a small ball. `process`: CPU seconds of a whole process
that imports, reads the arrays and extracts once; kernels come from the cache. `peak`: the largest resident memory of
that process. The table shows the least over repeats; `--json` shows all. `moran and geary`: what the quadratic
features add to our `shape`, up to the limit `max_voxels_quadratic`. `cold start`: wall seconds of
`imagenomics extract` on the filtered case's image, kernels cached.
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

from peer_environments import PEERS, NoEnvironment, python_of
from radiomics_speed import THREADS, WIDTH, ball, mirp, pictologics

OURS = "imagenomics"
SIZES = {"plain": 500_000, "filtered": 60_000}
SIGMAS = (1.0, 2.0, 3.0)
MARGIN = 15
QUADRATIC = (10_000, 30_000, 100_000)


def ours(case: str) -> Callable:
    from imagenomics.features.extract import extract_region
    from imagenomics.features.phenotypes.filters import FilterMeasure, filtered_rows
    from imagenomics.features.settings import FeatureSettings, preset

    chosen = preset("pyradiomics")
    bank: dict[str, dict[str, object]] = {f"log{s:g}": {"kind": "log", "sigma_mm": s} for s in SIGMAS}
    for band in (x + y + z for x in "LH" for y in "LH" for z in "LH"):
        bank[f"wavelet-{band}"] = {"kind": "wavelet", "family": "coif1", "subband": band}
    families = tuple(f for f in chosen.families if f != "pyradiomics-shape")
    textures = FeatureSettings.model_validate({**chosen.model_dump(), "families": families})
    measure = FilterMeasure.model_validate({"filters": bank, "features": textures})

    def plain(image, mask) -> int:
        return len(extract_region(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=chosen))

    def filtered(image, mask) -> int:
        rows = filtered_rows(image, mask, spacing_mm=(1, 1, 1), spacing_known=True, settings=measure)
        return plain(image, mask) + len(rows)

    return plain if case == "plain" else filtered


def pyradiomics(case: str) -> Callable:
    import logging

    import SimpleITK
    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=WIDTH, additionalInfo=False)
    if case == "filtered":
        extractor.enableImageTypeByName("LoG", customArgs={"sigma": list(SIGMAS)})
        extractor.enableImageTypeByName("Wavelet")

    def measure(image, mask) -> int:
        pair = [SimpleITK.GetImageFromArray(a) for a in (image, mask.astype("uint8"))]
        return len([name for name in extractor.execute(*pair) if not name.startswith("diagnostics")])

    return measure


def tool(name: str, case: str) -> Callable:
    if name == OURS:
        return ours(case)
    if name == "PyRadiomics":
        return pyradiomics(case)
    return {"pictologics": pictologics, "MIRP": mirp}[name]()


def work(name: str, case: str, folder: Path) -> dict[str, float]:
    """Return the CPU seconds of one extraction in this process."""
    import numpy as np

    measure = tool(name, case)
    measure(*(np.load(folder / f"small_{kind}.npy") for kind in ("image", "mask")))
    pair = [np.load(folder / f"{kind}.npy") for kind in ("image", "mask")]
    best, spent, n_features = math.inf, 0.0, 0
    for _ in range(4):
        start = time.process_time()
        n_features = measure(*pair)
        seconds = time.process_time() - start
        best, spent = min(best, seconds), spent + seconds
        if spent > 4:
            break
    return {"work": round(best, 4), "features": n_features}


def whole(name: str, case: str, folder: Path) -> None:
    import numpy as np

    tool(name, case)(*(np.load(folder / f"{kind}.npy") for kind in ("image", "mask")))


def quadratic() -> list[dict[str, float]]:
    """Return what Moran's I and Geary's C add to the shape of growing regions."""
    from imagenomics.features.extract import extract_region
    from imagenomics.features.settings import FeatureSettings

    rows = []
    for voxels in QUADRATIC:
        image, mask = ball(voxels)
        least = []
        for extras in ((), ("autocorrelation",)):
            chosen = FeatureSettings(families=("shape",), shape_extras=extras, max_voxels_quadratic=10**6)
            seconds = []
            for _ in range(4):
                start = time.process_time()
                extract_region(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=chosen)
                seconds.append(time.process_time() - start)
            least.append(min(seconds))
        rows.append({"voxels": int(mask.sum()), "cpu_seconds": round(least[1] - least[0], 4)})
    return rows


def child(python: str, *arguments: str) -> tuple[str, float, float]:
    """Run this script once more; return what it said, its CPU seconds and its peak memory in MB."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PICTOLOGICS_DISABLE_WARMUP": "1"}
    process = subprocess.Popen(
        [python, __file__, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said, errors = process.stdout.read().decode(), process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(errors.strip().splitlines()[-1] if errors.strip() else f"status {status}")
    return said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


def write_case(case: str, folder: Path) -> int:
    import numpy as np

    for stem, voxels in (("small_", 3000), ("", SIZES[case])):
        image, mask = (np.pad(a, MARGIN, mode="reflect") for a in ball(voxels))
        mask[[0, -1]] = False  # reflected voxels of the ball, if there are any, are no part of it
        keep = np.zeros_like(mask)
        keep[(slice(MARGIN, -MARGIN),) * 3] = True
        np.save(folder / f"{stem}image.npy", image)
        np.save(folder / f"{stem}mask.npy", mask & keep)
    return int((mask & keep).sum())


def compare(options: argparse.Namespace) -> dict[str, object]:
    pythons, missing = {OURS: sys.executable}, {}
    for name in options.peers:
        try:
            pythons[name] = python_of(name)
        except NoEnvironment as error:
            missing[name] = str(error)
    found: dict[str, object] = {"missing": missing, "repeats": options.repeats}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for case in options.cases:
            rows: dict[str, dict[str, list[float]]] = {}
            voxels = write_case(case, folder)
            for _ in range(options.repeats):
                for name, python in pythons.items():
                    if name in PEERS and name != "PyRadiomics" and case == "filtered":
                        continue
                    said, *_ = child(python, "--one", name, case, text)
                    _, cpu, peak = child(python, "--whole", name, case, text)
                    one = {
                        **json.loads(said.splitlines()[-1]),
                        "process": round(cpu, 2),
                        "peak_mb": round(peak),
                    }
                    for key, value in one.items():
                        rows.setdefault(name, {}).setdefault(key, []).append(value)
            found[case] = {"voxels": voxels, "tools": rows, "load": os.getloadavg()[0]}
            if case == "filtered":
                found["cold_start_seconds"] = cold_start(folder, options.repeats)
    found["moran_and_geary"] = json.loads(child(sys.executable, "--quadratic")[0])
    return found


def cold_start(folder: Path, repeats: int) -> list[float]:
    import numpy as np
    import SimpleITK

    for kind in ("image", "mask"):
        array = np.load(folder / f"{kind}.npy")
        array = array.astype("uint8" if kind == "mask" else "float32")
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(folder / f"{kind}.nii.gz"))
    command = [sys.executable, "-m", "imagenomics", "extract", "--preset", "pyradiomics"]
    for kind in ("image", "mask"):
        command += [f"--{kind}", str(folder / f"{kind}.nii.gz")]
    seconds = []
    for _ in range(repeats + 1):  # the first fills the cache
        start = time.perf_counter()
        subprocess.run([*command, "--out", str(folder / "rows.csv")], check=True, capture_output=True)
        seconds.append(round(time.perf_counter() - start, 2))
    return seconds[1:]


def table(found: dict[str, object]) -> str:
    lines = [
        "| case | tool | features | work, CPU s | whole process, CPU s | peak, MB | ours is |",
        "|---" * 7 + "|",
    ]
    for case in SIZES:
        part = found.get(case)
        if not isinstance(part, dict):
            continue
        base = min(part["tools"][OURS]["work"])
        for name, row in part["tools"].items():
            times = "" if name == OURS else f"{min(row['work']) / base:.1f} times faster"
            lines.append(
                f"| {case}, {part['voxels']:,} voxels | {name} | {row['features'][0]} | {min(row['work']):.3f} | "
                f"{min(row['process']):.2f} | {min(row['peak_mb']):.0f} | {times} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["PyRadiomics"], choices=list(PEERS))
    parser.add_argument("--cases", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--whole", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--quadratic", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(work(options.one[0], options.one[1], Path(options.one[2]))))
    elif options.whole:
        whole(options.whole[0], options.whole[1], Path(options.whole[2]))
    elif options.quadratic:
        print(json.dumps(quadratic()))
    else:
        found = compare(options)
        if options.json:
            print(json.dumps(found))
            return
        print(table(found))
        rest = {k: v for k, v in found.items() if k not in SIZES}
        print(json.dumps(rest, indent=1))


if __name__ == "__main__":
    main()
