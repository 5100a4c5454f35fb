"""What a newcomer waits for: importing the package, the help text, and the demo with and without compiled kernels.

    python benchmarks/start_up.py [--json] [--demo] [--repeats 5]

Every figure is the wall time of a fresh process; the smallest and the median of the repeats are printed beside the
time of an empty Python process. ``--demo`` also runs the whole demo twice: with an empty kernel cache and again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "empty python": [sys.executable, "-c", "pass"],
    "import imagenomics": [sys.executable, "-c", "import imagenomics"],
    "imagenomics --help": [sys.executable, "-m", "imagenomics", "--help"],
}


def wall(command: list[str], **environment: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return time.perf_counter() - start


def demo_times() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "imagenomics", "demo", "--out"]
        return {
            f"demo, {state}": wall(
                [*command, str(Path(folder) / state)], NUMBA_CACHE_DIR=str(Path(folder) / "kernels")
            )
            for state in ("cold kernels", "warm kernels")
        }


def measure(repeats: int, *, demo: bool) -> dict[str, dict[str, float]]:
    figures = {}
    for name, command in COMMANDS.items():
        times = [wall(command) for _ in range(repeats)]
        figures[name] = {"least_s": min(times), "median_s": statistics.median(times)}
    if demo:
        figures |= {name: {"least_s": t, "median_s": t} for name, t in demo_times().items()}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    figures = measure(options.repeats, demo=options.demo)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, times in figures.items():
        print(f"{name:22s} least {times['least_s']:7.2f} s   median {times['median_s']:7.2f} s")


if __name__ == "__main__":
    main()
