"""What does not say that it is learned across patients must not change when other patients leave."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.genomics.derive.labels import derive_labels
from imagenomics.genomics.derive.settings import read_derive
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block

SETS = "UP\tx\tG0\tG1\tG2\tG3\nOTHER\tx\tG7\tG8\tG9\n"
CENTROIDS = "gene,a,b\n" + "".join(f"G{i},{i % 3},{-(i % 4)}\n" for i in range(12))
METHODS = ("singscore", "ssgsea", "mean", "gsva", "mean-z")
PATIENTS = [f"P{k}" for k in range(12)]


@pytest.fixture
def counts(tmp_path):
    frame = pd.DataFrame(
        np.random.default_rng(8).poisson(80, size=(12, 30)), columns=[f"G{i}" for i in range(30)]
    )
    frame.insert(0, "patient", PATIENTS)
    frame.to_csv(tmp_path / "c.csv", index=False)
    (tmp_path / "s.gmt").write_text(SETS)
    (tmp_path / "c.tsv").write_text(CENTROIDS.replace(",", "\t"))
    return tmp_path


def _columns(folder, patients, normalise, derive):
    block = {"name": "rna", "kind": "expression", "path": "c.csv", "id": "patient"}
    block |= {"values": "counts", "normalise": normalise}
    table = load_molecules(read_block(block, where="x"), path=folder / "c.csv", patients=patients)
    found = {"rna": table}
    if derive:
        blocks = [read_derive({"name": "d", "expression": "rna", **derive}, where="x")]
        found = derive_labels(blocks, found, patients=patients, resolve=lambda name: folder / name)
    return next(iter(found.values())).table


@pytest.mark.parametrize(
    ("normalise", "derive"),
    [
        ("none", {}),
        ("log-cpm", {}),
        ("tmm", {}),
        ("tmm", {"kind": "signature", "genes": ["G1", "G2"], "method": "mean"}),
        *[("log-cpm", {"kind": "signature", "sets": "s.gmt", "method": m}) for m in METHODS],
        *[("log-cpm", {"kind": "centroid", "centroids": "c.tsv", "centre": c}) for c in ("none", "median")],
    ],
)
def test_columns_that_see_one_patient_and_those_that_say_otherwise(counts, normalise, derive):
    whole = _columns(counts, PATIENTS, normalise, derive)
    part = _columns(counts, PATIENTS[:7], normalise, derive)
    learned = set(whole.columns["learned"])
    same = whole.values.loc[PATIENTS[:7]].equals(part.values)
    assert learned == ({""} if same else {"cohort"})
