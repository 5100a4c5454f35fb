"""Time and memory of one extraction with the default features: a ball of 500,000 voxels in a noisy image.

    python benchmarks/radiomics_digital.py [--json] [--radius 49.25] [--repeats 5]

Prints CPU seconds (best of the repeats, one thread, kernels compiled), the number of features, and the peak
of the memory that the extraction itself asks for.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc

import numpy as np
from scipy.ndimage import gaussian_filter

from imagenomics.features.extract import extract_region
from imagenomics.features.settings import preset
from imagenomics.work.threads import one_thread


def ball(radius: float) -> tuple[np.ndarray, np.ndarray]:
    half = int(radius) + 3
    z, y, x = np.ogrid[-half : half + 1, -half : half + 1, -half : half + 1]
    mask = z * z + y * y + x * x <= radius * radius
    noise = np.random.default_rng(0).normal(size=(2, *mask.shape))
    return gaussian_filter(noise[0], 2) * 100 + noise[1], mask


def measure(radius: float, repeats: int) -> dict[str, float]:
    image, mask = ball(radius)
    settings = preset("default")

    def once() -> int:
        return len(extract_region(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=settings))

    n_features = once()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        once()
        seconds.append(time.process_time() - start)
    tracemalloc.start()
    once()
    peak = tracemalloc.get_traced_memory()[1]
    return {
        "voxels": int(mask.sum()),
        "features": n_features,
        "cpu_seconds": round(min(seconds), 4),
        "peak_megabytes": round(peak / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--radius", type=float, default=49.25)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with one_thread():
        found = measure(arguments.radius, arguments.repeats)
    print(json.dumps(found) if arguments.json else "\n".join(f"{k}: {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
