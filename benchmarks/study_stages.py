"""How long each stage of a study takes, from an empty run folder.

    python benchmarks/study_stages.py STUDY [--data ROOT] [--workers 2] [--json]

Each stage is a fresh ``imagenomics`` process on the same run folder, so start-up counts; what earlier stages kept is
not done again. Prints wall and CPU seconds (children included), and the seconds for one null draw and one pair in one
draw, on which the estimate of ``imagenomics check`` rests.
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
from typing import Any

import pandas as pd

STAGES = ("link", "extract", "associate", "train", "nulls", "report")


def run_stage(stage: str, options: argparse.Namespace, out: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "imagenomics", stage]
    if stage == "report":
        command += [str(out)]
    else:
        command += [options.study, "--out", str(out), "--workers", str(options.workers)]
        command += ["--data", options.data] if options.data else []
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall_s": time.perf_counter() - start, "cpu_s": cpu}


def unit_costs(out: Path, stages: dict[str, dict[str, float]], workers: int) -> dict[str, float]:
    draws = len(list((out / "store" / "null").rglob("*.zip")))
    pairs = len(pd.read_parquet(out / "associations.parquet", columns=["n"]))
    return {
        "null draws": draws,
        "null draw, s of one worker": stages["nulls"]["wall_s"] * workers / max(draws, 1),
        "pairs": pairs,
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        stages = {stage: run_stage(stage, options, out) for stage in STAGES}
        total = {key: sum(stage[key] for stage in stages.values()) for key in ("wall_s", "cpu_s")}
        return {"stages": {**stages, "all": total}, **unit_costs(out, stages, options.workers)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study")
    parser.add_argument("--data")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, stage in figures.pop("stages").items():
        print(f"{name:10s} {stage['wall_s']:8.1f} s wall {stage['cpu_s']:8.1f} s CPU")
    for name, value in figures.items():
        print(f"{name}: {value:.3g}")


if __name__ == "__main__":
    main()
