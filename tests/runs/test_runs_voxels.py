"""Lesion maps from a study file: found, drawn, resumed; masks on other grids and blocks that cannot be."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import ImagenomicsError
from imagenomics.study.run import run_study

N, SHAPE = 44, (12, 12, 6)  # x, y, z
STUDY = """
name = "places"
[patients]
table = "clinical.csv"
[[images]]
name = "flair"
path = "images/{patient}_flair.nii.gz"
mask = "images/{patient}_mask.nii.gz"
[images.features]
families = ["volume"]
[[molecules]]
name = "genes"
kind = "labels"
path = "clinical.csv"
columns.mutated = { kind = "binary", levels = ["no", "yes"] }
columns.noise = { kind = "binary", levels = ["no", "yes"] }
[[voxels]]
name = "places"
image = "flair"
targets = "genes"
permutations = 199
"""


def write(path, array, shift=0.0):
    affine = np.diag([2.0, 2.0, 3.0, 1.0])
    affine[0, 3] = shift
    nibabel.save(nibabel.Nifti1Image(array, affine), path)


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(5)
    (tmp_path / "images").mkdir()
    grid = np.stack(np.meshgrid(*(np.arange(s) for s in SHAPE), indexing="ij"))
    mutated = np.arange(N) % 2 == 0
    for p in range(N):
        centre = np.array(
            [random.uniform(2, 4) if mutated[p] else random.uniform(6, 10), *random.uniform([3, 1], [9, 5])]
        )
        mask = ((grid - centre[:, None, None, None]) ** 2).sum(axis=0) <= random.uniform(2, 3.5) ** 2
        write(tmp_path / f"images/P{p:02d}_mask.nii.gz", mask.astype(np.uint8))
        write(tmp_path / f"images/P{p:02d}_flair.nii.gz", random.normal(size=SHAPE).astype(np.float32))
    noise = random.permutation(N) % 2 == 0
    pd.DataFrame(
        {
            "patient": [f"P{p:02d}" for p in range(N)],
            "mutated": np.where(mutated, "yes", "no"),
            "noise": np.where(noise, "yes", "no"),
        }
    ).to_csv(tmp_path / "clinical.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def test_a_study_of_places(folder):
    (folder / "images" / "P07_mask.nii.gz").unlink()
    run = run_study(folder / "study.toml", out=folder / "run").folder
    rows = pd.read_parquet(run / "associations.parquet").set_index("target")
    assert rows.at["genes.mutated", "q"] <= 0.02
    assert rows.at["genes.noise", "q"] > 0.05
    assert rows["n"].tolist() == [N - 1, N - 1]
    clusters = pd.read_parquet(run / "voxel_clusters.parquet")
    best = clusters[clusters["target"] == "genes.mutated"].sort_values("p_peak").iloc[0]
    assert (best["x_mm"] < 11) == (best["sign"] > 0)
    assert set(pd.read_parquet(run / "voxel_maps.parquet")["target"]) == {"genes.mutated", "genes.noise"}
    verdicts = {
        v["target"]: v["verdict"] for v in json.loads((run / "verdicts.json").read_text())["verdicts"]
    }
    assert verdicts == {"genes.mutated": "supported", "genes.noise": "no evidence found"}
    page = (run / "report.html").read_text()
    assert "Lesion maps" in page
    assert "no image was registered" in page
    assert "P07" in (run / "losses.csv").read_text() + (run / "failures.csv").read_text()


def test_a_damaged_mask_is_named(folder):
    path = folder / "images" / "P11_mask.nii.gz"
    path.write_bytes(path.read_bytes()[:60])
    run = run_study(folder / "study.toml", out=folder / "run").folder
    rows = pd.read_parquet(run / "associations.parquet")
    assert rows["n"].tolist() == [N - 1, N - 1]
    assert rows["reason"].str.contains(r"1 mask could not be read \(P11; see failures.csv\)").all()
    assert "P11" in (run / "failures.csv").read_text()


def test_another_mask_is_another_map(folder):
    run = run_study(folder / "study.toml", out=folder / "run").folder
    before = pd.read_parquet(run / "voxel_maps.parquet")
    path = folder / "images" / "P11_mask.nii.gz"
    write(path, np.asarray(nibabel.load(path).dataobj)[::-1])
    run_study(folder / "study.toml", out=folder / "run")
    after = pd.read_parquet(run / "voxel_maps.parquet")
    assert before["lesions"].sum() == after["lesions"].sum()
    assert not before.equals(after)


def test_a_mask_elsewhere(folder):
    path = folder / "images" / "P09_mask.nii.gz"
    array = np.asarray(nibabel.load(path).dataobj)
    write(path, array, shift=5.0)
    write(folder / "images" / "P09_flair.nii.gz", array.astype(np.float32), shift=5.0)
    with pytest.raises(ImagenomicsError, match=r"(?s)IGX-VOX-001.*P00 and P09"):
        run_study(folder / "study.toml", out=folder / "run")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('image = "flair"', 'image = "t1"', "no .*block named 't1'"),
        ('image = "flair"', 'image = "flair"\nregion = "core"', "has no region 'core'"),
        ('mask = "images/{patient}_mask.nii.gz"\n', "", "no masks to map"),
        ('targets = "genes"', 'targets = "genos"', "genos"),
        ("permutations = 199", "permutations = 5", "permutations"),
    ],
)
def test_bad_settings(folder, old, new, message):
    (folder / "study.toml").write_text(STUDY.replace(old, new))
    with pytest.raises(ImagenomicsError, match=message):
        run_study(folder / "study.toml", out=folder / "run")
