"""The journeys of docs/how-to/brain.md: every name in it exists, and the parts fit together."""

import ast
import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

from imagenomics.features.brain.cleaning import clean_series
from imagenomics.features.brain.connectivity import connectivity_matrix, connectivity_rows
from imagenomics.features.brain.graph import make_graph
from imagenomics.features.brain.network import network_rows
from imagenomics.features.brain.parcel_series import volume_series
from imagenomics.features.brain.rows import REGION_COLUMNS, region_rows
from imagenomics.features.brain.settings import CleaningSettings, ConnectivitySettings, GraphSettings
from imagenomics.images.bids.folder import find_bids
from imagenomics.images.volume import Mask

HOW_TO = Path(__file__).parents[2] / "docs/how-to/brain.md"


def test_every_example_of_the_how_to_imports():
    blocks = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    assert len(blocks) > 8
    for block in blocks:
        tree = ast.parse(block)
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), "how-to", "exec"), {})


def test_from_a_bids_folder_to_a_network(tmp_path):
    rng = np.random.default_rng(5)
    labels = np.zeros((6, 6, 6), int)
    for k in range(6):
        labels[k] = k + 1
    names = pd.Series({k + 1: f"r{k}" for k in range(6)})
    atlas = Mask(labels)
    for label in ("a", "b"):
        folder = tmp_path / f"sub-{label}" / "func"
        folder.mkdir(parents=True)
        signal = rng.normal(size=(100, 6)) @ (np.eye(6) + np.eye(6, k=1))
        frames = signal[:, labels - 1] + 0.1 * rng.normal(size=(100, 6, 6, 6))
        # The file stores x, y, z, t; arrays of the package are t, z, y, x.
        nib.save(nib.Nifti1Image(frames.T, np.eye(4)), folder / f"sub-{label}_task-rest_bold.nii.gz")
    (tmp_path / "task-rest_bold.json").write_text('{"RepetitionTime": 2.0}')
    found = find_bids(tmp_path, datatype="func", suffix="bold")
    how, tables = ConnectivitySettings(), []
    for file in found.files["file"]:
        frames = nib.load(file).get_fdata().T
        series = volume_series(frames, atlas, names, grid=atlas.grid)
        clean = clean_series(
            series.to_numpy(), tr_s=2.0, settings=CleaningSettings(low_hz=None, high_hz=None)
        )
        matrix = connectivity_matrix(clean.values, settings=how)
        graph = make_graph(matrix, settings=GraphSettings(negative="drop", density=0.4))
        rows = [
            clean.rows(),
            connectivity_rows(matrix, list(series), settings=how),
            network_rows(graph, list(series)),
        ]
        tables.append(pd.concat(rows, ignore_index=True))
        links = rows[1].set_index("region")["value"]
        assert links["r0--r1"] > 0.3 > abs(links["r0--r5"])
    assert all(list(t.columns) == list(REGION_COLUMNS) for t in tables)
    # Every patient has the same rows, whatever their values.
    assert tables[0][["region", "family", "feature", "unit"]].equals(
        tables[1][["region", "family", "feature", "unit"]]
    )
    assert not tables[0].duplicated(["region", "feature"]).any()


def test_no_region_is_no_row():
    empty = region_rows("x", {})
    assert list(empty.columns) == list(REGION_COLUMNS)
    assert not len(empty)
