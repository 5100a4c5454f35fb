"""Pictures of a bolus: what is planted in them is what the package measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pandas as pd
import pytest

from imagenomics.designs.columns import columns_of
from imagenomics.designs.draw import Population
from imagenomics.designs.folder import write_cohort
from imagenomics.designs.models import Design
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.plan import Plan
from imagenomics.work.progress import Progress

PLANTED = {
    "rcbv": {"picture": "a", "quantity": "rcbv", "scale": "log", "mean": 1.0, "sd": 0.5},
    "recovery": {"picture": "a", "quantity": "recovery", "mean": 75, "sd": 12},
    "height": {"picture": "b", "quantity": "peak_height", "scale": "log", "mean": 1.0, "sd": 0.5},
    "size": {"picture": "c", "quantity": "vessel_size", "scale": "log", "mean": 3.6, "sd": 0.4},
    "density": {"picture": "c", "quantity": "vessel_density", "scale": "log", "mean": -1.2, "sd": 0.3},
}


def bolus() -> Design:
    pictures = [{"name": n, "kind": k} for n, k in (("a", "dsc"), ("b", "dsc"), ("c", "vessels"))]
    tree: dict[str, Any] = {
        "paper": "gupta2015_dsc_egfr",
        "question": "Is it measured?",
        "patients": {"n": 10, "known": "assumed"},
        "molecules": [{"name": "M", "assay": "mutation", "kind": "binary", "positives": 4}],
        "pictures": pictures,
        "phenotypes": [{"name": n, **p} for n, p in PLANTED.items()],
        "findings": [{"analysis": "a", "feature": "rcbv", "target": "M", "printed": "nothing"}],
        "study": {"associate": [{"name": "a", "features": list(PLANTED), "targets": ["M"]}]},
    }
    return Design.read(tree, where="test")


@pytest.mark.slow
def test_quantities_of_a_bolus_are_measured_as_planted(tmp_path: Path) -> None:
    design = bolus()
    cohort = Population(design, 0.0).cohort()
    written = write_cohort(design, cohort, tmp_path / "cohort", title="T")
    plan = Plan.read(written.tree, where="test")
    run_plan(plan, written.folder, JobOptions(tmp_path / "run", progress=Progress(shown=False)))
    features = pd.read_parquet(tmp_path / "run" / "features.parquet")
    columns = columns_of(design)
    for name in PLANTED:
        planted, seen = cohort.values[name].to_numpy(), features[columns[name]].to_numpy()
        np.testing.assert_allclose(seen, planted, rtol=0.12, err_msg=name)
        assert np.corrcoef(planted, seen)[0, 1] > 0.98


def test_the_bolus_takes_a_usual_part_of_the_signal_away(tmp_path: Path) -> None:
    written = write_cohort(bolus(), Population(bolus(), 0.0).cohort(), tmp_path, title="T")
    series, labels = (
        np.asarray(nibabel.load(written.folder / "images" / f"P01_{name}.nii.gz").dataobj)
        for name in ("b", "b-mask")
    )
    white = series[labels == 2].mean(axis=0)
    assert 0.7 < white.min() / white[:5].mean() < 0.9
