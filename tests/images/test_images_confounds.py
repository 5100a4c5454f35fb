import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.features.brain.cleaning import clean_series
from imagenomics.features.brain.settings import CleaningSettings
from imagenomics.images.confounds import MOTION, read_confounds


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(1)
    names = [
        *MOTION,
        "framewise_displacement",
        "trans_x_derivative1",
        "a_comp_cor_00",
        "a_comp_cor_01",
        "gap",
        "none",
    ]
    values = rng.normal(size=(60, len(names)))
    cells = [[f"{v:.6f}" for v in row] for row in values]
    cells[0][6] = cells[0][7] = cells[5][10] = "n/a"
    for row in cells:
        row[11] = "n/a"
    path = tmp_path / "sub-1_task-rest_desc-confounds_timeseries.tsv"
    path.write_text("\n".join("\t".join(row) for row in [names, *cells]) + "\n")
    return path, values


def test_columns_as_numbers(table):
    path, values = table
    found = read_confounds(path)
    assert list(found) == list(MOTION)
    assert found.to_numpy() == pytest.approx(values[:, :6], abs=1e-6)
    assert list(read_confounds(path, columns=["a_comp_cor_*"])) == ["a_comp_cor_00", "a_comp_cor_01"]


def test_the_first_row_of_derivatives_is_zero(table):
    path, values = table
    found = read_confounds(path, columns=["trans_x_derivative1", "framewise_displacement"])
    assert found.iloc[0].tolist() == [0, 0]
    assert found.iloc[1:, 0].to_numpy() == pytest.approx(values[1:, 7], abs=1e-6)
    clean = clean_series(
        values[:, :2], tr_s=2, settings=CleaningSettings(low_hz=None), confounds=found.to_numpy()
    )
    assert clean.counts["frames_kept"] == 60


@pytest.mark.parametrize(
    ("column", "code"), [("gap", "IMG-208"), ("none", "IMG-208"), ("trans_w", "TAB-012"), ("b_*", "TAB-012")]
)
def test_columns_with_gaps_or_absent(table, column, code):
    with pytest.raises(InputError, match=f"IGX-{code}"):
        read_confounds(table[0], columns=[column])
