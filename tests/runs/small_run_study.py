"""A study small enough to be written and run within a test: boxes of noise with a bright ball in each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

SHAPE = (8, 24, 24)
HEAD = """
name = "small"
synthetic = true

[patients]
table = "patients.csv"
id = "patient"

[features]
families = ["volume", "intensity"]

"""


def ball(radius: float) -> np.ndarray:
    """Return a ball in the middle of the box; slices are 3 mm apart, pixels 1 mm."""
    z, y, x = np.indices(SHAPE)
    return ((z - 4) * 3.0) ** 2 + (y - 12.0) ** 2 + (x - 12.0) ** 2 <= radius**2


def write(path: Path, array: np.ndarray, *, spacing_mm=(3.0, 1.0, 1.0)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array.astype(np.float32 if array.dtype.kind == "f" else np.uint8))
    image.SetSpacing(spacing_mm[::-1])
    sitk.WriteImage(image, str(path))


def write_study(folder: Path, tables: Mapping[str, pd.DataFrame], text: str) -> Path:
    for name, table in tables.items():
        table.to_csv(folder / name)
    (folder / "study.toml").write_text(HEAD + text)
    return folder / "study.toml"


def patients(n: int) -> list[str]:
    return [f"P{i:02d}" for i in range(n)]


def run(study: Path, out: Path, *, workers: int = 1, last: str = "report", overrides=()) -> Path:
    read = load_study(study, overrides=overrides)
    options = JobOptions(out, workers, progress=Progress(shown=False))
    run_plan(read.plan, read.root, options, last=last)
    return out


def write_tables(folder: Path, ids: list[str], tables: Mapping[str, pd.DataFrame], text: str) -> Path:
    """Write tables whose rows are the patients ``ids``, and a study file that reads them."""
    for name, frame in tables.items():
        frame.set_index(pd.Index(ids, name="patient")).to_csv(folder / f"{name}.csv")
    (folder / "study.toml").write_text(text)
    return folder / "study.toml"


def assert_workers_change_no_byte(study: Path, out: Path, *names: str) -> None:
    """Run a study with one worker and with two; the files ``names`` must be equal."""
    folders = [run(study, out / str(workers), workers=workers) for workers in (1, 2)]
    for name in names:
        one, two = ((folder / name).read_bytes() for folder in folders)
        assert one == two, name
