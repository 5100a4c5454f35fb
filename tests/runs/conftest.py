"""A small study on disk: patients, pictures written as NIfTI, and a study file around the blocks of a test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

from imagenomics.runs.check import CheckReport, check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

sys.path.insert(0, str(Path(__file__).parent))  # small_run_study

HEAD = 'name = "Small"\n\n[patients]\ntable = "patients.csv"\nid = "patient"\n\n'


@dataclass(frozen=True)
class SmallStudy:
    """A folder with patients P01 ... and what is written into it."""

    folder: Path
    patients: tuple[str, ...]

    def picture(self, name: str, array: np.ndarray, spacing=(2.0, 2.0, 3.0), shift=0.0) -> Path:
        """Write an array (z, y, x) or (t, z, y, x) as NIfTI; spacing in x, y, z."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        affine = np.diag([*spacing, 1.0])
        affine[:3, 3] = shift
        kind = np.int16 if array.dtype.kind in "bi" else np.float32
        nibabel.save(nibabel.Nifti1Image(array.T.astype(kind), affine), path)
        return path

    def study(self, blocks: str) -> Path:
        """Write the study file."""
        path = self.folder / "study.toml"
        path.write_text(HEAD + blocks)
        return path

    def check(self, blocks: str) -> CheckReport:
        """Return what ``check`` says."""
        read = load_study(self.study(blocks))
        return check_study(read.plan, read.root)

    def features(self, blocks: str, *, out: str = "run", workers: int = 1) -> pd.DataFrame:
        """Run the study up to the extract stage; return its features."""
        read = load_study(self.study(blocks))
        options = JobOptions(self.folder / out, workers, progress=Progress(shown=False))
        run_plan(read.plan, read.root, options, last="extract")
        return pd.read_parquet(self.folder / out / "features.parquet")

    def table(self, name: str, *, out: str = "run") -> pd.DataFrame:
        """Return a table of the run folder as text."""
        path = self.folder / out / name
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)


@pytest.fixture
def small(tmp_path) -> Callable[..., SmallStudy]:
    """Return a maker of small studies."""

    def make(n: int = 4) -> SmallStudy:
        ids = tuple(f"P{k:02d}" for k in range(1, n + 1))
        folder = tmp_path / "small"
        folder.mkdir(exist_ok=True)
        pd.DataFrame({"patient": ids}).to_csv(folder / "patients.csv", index=False)
        return SmallStudy(folder, ids)

    return make
