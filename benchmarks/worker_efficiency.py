"""How much of two workers' time is work: the extract stage of many small patients with one worker and with two.

    python benchmarks/worker_efficiency.py [--json] [--patients 1000] [--voxels 5000] [--rounds 1] [--keep FOLDER]

Patients are synthetic: an image and a mask of a ball of about so many voxels, six times as wide as its radius, both
.nii.gz, measured with the default features. Each run is a fresh `imagenomics extract` on an empty run folder, with
kernels compiled before. Wall times are those of the stage in `record.json`, without the start of the process and of its
workers. With the real executor and store:

- `efficiency`: wall with 1 worker / (2 x wall with 2). It needs a machine with nothing else to do: `idle_cores`
  is what other processes left, measured during each run, and the figure is void far below 2.
- `cpu_efficiency`: CPU seconds of the units and all that belongs to them with 1 worker / with 2: of the whole
  command, less those of the same command on 4 patients (start of the processes, imports). It does not see
  waiting, and hardly depends on the load.
- `useful`: CPU seconds of reading, measuring and drawing alone, as a share of the same.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = """
name = "many small patients"

[patients]
table = "patients.csv"
id = "patient"

[[images]]
name = "scan"
path = "images/{patient}.nii.gz"
mask = "images/{patient}_mask.nii.gz"
"""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def make(folder: Path, patients: int, voxels: int) -> None:
    import numpy as np
    import SimpleITK
    from scipy.ndimage import gaussian_filter

    (folder / "images").mkdir(parents=True, exist_ok=True)
    names = [f"P{k:04d}" for k in range(patients)]
    (folder / "patients.csv").write_text("patient\n" + "\n".join(names) + "\n")
    (folder / "study.toml").write_text(STUDY)
    radius = (3 * voxels / (4 * np.pi)) ** (1 / 3)
    edge = round(6 * radius)
    z, y, x = np.ogrid[:edge, :edge, :edge]
    for k, name in enumerate(names):
        random = np.random.default_rng(k)
        centre = random.uniform(2.2 * radius, 3.8 * radius, 3)
        mask = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2 <= radius**2
        image = gaussian_filter(random.normal(size=mask.shape), 1.5) * 500 + 100
        for array, ending in ((image.astype("int16"), ""), (mask.astype("uint8"), "_mask")):
            file = folder / "images" / f"{name}{ending}.nii.gz"
            SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(file))


def extract(folder: Path, out: Path, workers: int) -> dict[str, float]:
    command = [sys.executable, "-m", "imagenomics", "extract", str(folder / "study.toml")]
    command += ["--out", str(out), "--workers", str(workers)]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    before, start, children = machine(), time.perf_counter(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    wall, after, ended = time.perf_counter() - start, machine(), os.times()
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu = ended.children_user + ended.children_system - children.children_user - children.children_system
    stage = json.loads((out / "record.json").read_text())["seconds"]["extract"]
    others = (after["busy"] - before["busy"]) - cpu
    left = (os.cpu_count() or 1) - max(others, 0.0) / wall
    return {"stage_wall": stage, "wall": round(wall, 1), "cpu": round(cpu, 1), "idle_cores": round(left, 2)}


def machine() -> dict[str, float]:
    """Return the CPU seconds that all processes have used, as Linux counts them."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    ticks = os.sysconf("SC_CLK_TCK")
    busy = sum(int(v) for k, v in enumerate(fields[:8]) if k not in (3, 4))
    return {"busy": busy / ticks}


def useful(folder: Path, patients: int) -> float:
    """Return the CPU seconds of the units' own work, without keys, store and executor."""
    from imagenomics.runs.extract import find_cases
    from imagenomics.runs.folder import Issues
    from imagenomics.runs.link import join_sides
    from imagenomics.runs.measure import case_unit, measure_case
    from imagenomics.study.load import load_study

    read = load_study(folder / "study.toml")
    cases = find_cases(read.plan, join_sides(read.plan, read.root, issues=Issues()))
    units = [case_unit(case) for case in cases.values()]
    measure_case(units[0])
    few = units[: min(patients, 100)]
    start = time.process_time()
    for unit in few:
        measure_case(unit)
    return (time.process_time() - start) / len(few) * len(units)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    make(folder / "study", options.patients, options.voxels)
    make(folder / "warm", 4, options.voxels)
    extract(folder / "warm", folder / "warm-run", 2)
    runs: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    starts = {w: extract(folder / "warm", folder / f"start-{w}", w)["cpu"] for w in runs}
    for k in range(options.rounds):
        for workers in runs:
            runs[workers].append(extract(folder / "study", folder / f"run-{workers}-{k}", workers))
    work = useful(folder / "study", options.patients)
    least = {w: {key: min(r[key] for r in rows) for key in ("stage_wall", "cpu")} for w, rows in runs.items()}
    spent = {w: row["cpu"] - starts[w] for w, row in least.items()}
    units = options.patients - 4
    same = [(folder / f"run-{w}-0" / "features.parquet").read_bytes() for w in runs]
    return {
        "patients": options.patients,
        "runs": runs,
        "efficiency": round(least[1]["stage_wall"] / (2 * least[2]["stage_wall"]), 3),
        "start_cpu": starts,
        "cpu_efficiency": round(spent[1] / spent[2], 3),
        "useful": {w: round(work / options.patients * units / s, 3) for w, s in spent.items()},
        "cpu_per_patient": {w: round(s / units, 4) for w, s in spent.items()},
        "useful_cpu_per_patient": round(work / options.patients, 4),
        "same_bytes": same[0] == same[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--voxels", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work here, and leave it")
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(THREADS, "1"))
    if options.keep:
        found = measure(options, options.keep)
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(options, Path(folder))
    print(json.dumps(found) if options.json else json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
