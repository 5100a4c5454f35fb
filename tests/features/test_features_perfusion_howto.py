"""The how-to of perfusion does what it says, block by block, on objects made here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest

from imagenomics.features.perfusion.gamma_variate import gamma_variate
from imagenomics.features.perfusion.settings import CtPerfusionSettings
from imagenomics.features.perfusion.spoiled_echo import spoiled_signal

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "perfusion.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


def _world(folder: Path) -> dict[str, object]:
    rng = np.random.default_rng(0)
    brain = np.zeros((4, 16, 16), bool)
    brain[:, 2:14, 2:14] = True
    tumour = np.zeros_like(brain)
    tumour[1:3, 4:8, 3:6] = True
    times = np.arange(70) * 1.5
    first_pass = gamma_variate(np.array([[20.0, 8.0, 1.0, 3.0]]), times)[0]
    height = np.where(tumour, 12.0, 5.0)
    height[0, 2:4, 2:14] = 40.0  # arteries
    frames = 800 * np.exp(-0.03 * height * first_pass[:, None, None, None])
    image = nibabel.Nifti1Image(frames.T.astype(np.float32), np.diag([2.0, 2, 3, 1]))
    nibabel.save(image, folder / "perf.nii.gz")
    (folder / "perf.json").write_text(json.dumps({"RepetitionTime": 1.5}))
    (folder / "table.csv").write_text("Row,Col,NAA,NAA %SD,Cr,Cr %SD\n1,1,4,5,5,6\n")
    (folder / "dwi.bval").write_text("0 " + "1000 " * 7)
    directions = rng.normal(size=(8, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    np.savetxt(folder / "dwi.bvec", directions.T)
    n = int(tumour.sum())
    t1 = rng.uniform(0.8, 1.6, n)
    dce_times = np.arange(40) * 5.0
    rise = np.maximum(1 - np.exp(-np.maximum(dce_times - 40, 0) / 30), 0)
    artery = 40 + 200 * first_pass
    return {
        "brain": brain,
        "tumour": tumour,
        "flip_signal": np.stack(
            [spoiled_signal(1 / t1, repetition_time_s=0.005, flip_angle_deg=a) for a in (2, 5, 10, 15)],
            axis=1,
        ),
        "dce_signal": np.outer(np.full(n, 100.0), 1 + rise),
        "dce_times": dce_times,
        "hounsfield": 35 + 0.05 * (artery - 40) + np.zeros((5, 1)),
        "ct_times": times,
        "artery": artery,
        "vein": artery,
        "dwi_signal": 500 * np.exp(-np.array([0.0] + [1.0] * 7) * rng.uniform(0.7, 1.5, (n, 1))),
        "cbv_map": height,
        "suv": height,
        "lesions": tumour,
        "liver": brain & ~tumour,
    }


def test_every_block_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = _world(tmp_path)
    assert len(BLOCKS) == 8
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), names)
        if "rows" in names:
            assert list(names["rows"].columns) == [
                "family", "feature", "ibsi", "value", "unit", "flags", "status", "reason"
            ]  # fmt: skip
    rows = names["relative"]
    assert np.nanmean(rows["cbv"][names["tumour"]]) == pytest.approx(12 / 5, rel=0.02)
    assert CtPerfusionSettings().patlak_start_s == 30  # as the page says
