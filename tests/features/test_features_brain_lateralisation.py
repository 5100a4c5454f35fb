from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.features.brain.head_size import head_size_adjusted, proportion
from imagenomics.features.brain.lateralisation import (
    asymmetry_columns,
    asymmetry_rows,
    lateralisation_index,
    map_lateralisation,
)
from imagenomics.images.volume import Volume
from imagenomics.tables.patient_table import PatientTable, describe

SHAPE = (2, 3, 8)
LEFT, RIGHT = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
LEFT[..., :3] = True
RIGHT[..., 5:] = True


@given(left=st.floats(0, 1e6), right=st.floats(0, 1e6))
def test_the_index_changes_its_sign_with_the_sides(left, right):
    index = lateralisation_index(left, right)
    if isinstance(index, str):
        assert left + right == 0
        return
    assert index == -lateralisation_index(right, left)
    assert -1 <= index <= 1


def test_hippocampal_asymmetry():
    values = {"left_hippocampus": 4200.0, "right_hippocampus": 3800.0, "brainstem": 2e4, "left_insula": 1.0}
    values |= {"left_amygdala": 0.0, "right_amygdala": 0.0, "left_caudate": -1.0, "right_caudate": 1.0}
    rows = asymmetry_rows(values).set_index("region")
    assert rows.at["hippocampus", "value"] == 0.05
    assert rows.at["hippocampus", "feature"] == "asymmetry_volume"
    assert rows.at["amygdala", "reason"] == "both sides are 0"
    assert "negative" in rows.at["caudate", "reason"]
    assert "insula" not in rows.index
    with pytest.raises(InputError, match="IGX-FEAT-137"):
        asymmetry_rows({"left_insula": 1.0, "right_cuneus": 2.0})


def test_the_index_of_a_map_is_that_of_all_thresholds_together():
    rng = np.random.default_rng(6)
    volume = Volume(rng.normal(size=SHAPE))
    rows = map_lateralisation(volume, LEFT, RIGHT, region="language").set_index("feature")
    # The area under 'voxels above t' against t, by steps at every value that occurs.
    steps = np.unique(np.concatenate([[0.0], volume.array[volume.array > 0]]))
    area = [
        sum((volume.array[side] > t0).sum() * (t1 - t0) for t0, t1 in pairwise(steps))
        for side in (LEFT, RIGHT)
    ]
    assert rows.at["lateralisation", "value"] == pytest.approx(
        (area[0] - area[1]) / (area[0] + area[1]), rel=1e-12
    )


def test_a_larger_mask_does_not_win():
    wide = RIGHT.copy()
    wide[..., 4] = True
    rows = map_lateralisation(Volume(np.ones(SHAPE)), LEFT, wide, region="x").set_index("feature")
    assert rows.at["lateralisation", "value"] == 0


def test_masks_that_do_not_fit():
    volume = Volume(np.ones(SHAPE))
    for left, code in ((LEFT[1:], "120"), (LEFT & False, "138"), (~LEFT, "138")):
        with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
            map_lateralisation(volume, left, RIGHT, region="x")
    flat = map_lateralisation(Volume(-np.ones(SHAPE)), LEFT, RIGHT, region="x").set_index("feature")
    assert flat.at["lateralisation", "reason"] == "both sides are 0"


def table():
    values = {
        "fs.lh_Hippocampus.volume": [4200.0, np.nan, 0.0],
        "fs.rh_Hippocampus.volume": [3800.0, 1.0, 0.0],
        "fs.lh_insula.thickness": [3.0, 2.0, 1.0],
        "fs.rh_insula.thickness": [1.0, 2.0, 3.0],
        "fs.Brain-Stem.volume": [20000.0, 21000.0, 22000.0],
        "fs.whole.eTIV": [1.6e6, 1.25e6, np.nan],
    }
    index = pd.Index(["A", "B", "C"], name="patient", dtype=object)
    measures = ["volume", "volume", "thickness", "thickness", "volume", "eTIV"]
    regions = ["lh_Hippocampus", "rh_Hippocampus", "lh_insula", "rh_insula", "Brain-Stem", "whole"]
    units = ["mm3", "mm3", "mm", "mm", "mm3", "mm3"]
    role = ["feature"] * 5 + ["clinical"]
    return PatientTable(
        pd.DataFrame(values, index=index),
        describe(values, source="fs", feature=measures, region=regions, unit=units, role=role),
    )


def test_asymmetry_of_many_patients():
    found = asymmetry_columns(table())
    assert list(found.values) == ["fs.Hippocampus.volume.asymmetry", "fs.insula.thickness.asymmetry"]
    assert found.values.iloc[:, 0].fillna(9).tolist() == [0.05, 9, 9]
    assert found.values.iloc[:, 1].tolist() == [0.5, 0, -0.5]
    assert found.columns["region"].tolist() == ["Hippocampus", "insula"]
    # One patient's value does not depend on the others.
    alone = asymmetry_columns(table().patients(["A"]))
    assert alone.values.iloc[0].equals(found.values.loc["A"])
    with pytest.raises(InputError, match="IGX-FEAT-137"):
        asymmetry_columns(table().select(["fs.Brain-Stem.volume"]))


def test_volumes_relative_to_the_head():
    found = head_size_adjusted(table(), "fs.whole.eTIV")
    assert list(found.values) == [
        "fs.lh_Hippocampus.volume.per_head",
        "fs.rh_Hippocampus.volume.per_head",
        "fs.Brain-Stem.volume.per_head",
    ]
    assert found.values.at["A", "fs.Brain-Stem.volume.per_head"] == 20000 / 1.6e6
    assert np.isnan(found.values.at["C", "fs.Brain-Stem.volume.per_head"])
    assert found.columns["unit"].tolist() == [""] * 3
    alone = head_size_adjusted(table().patients(["B"]), "fs.whole.eTIV")
    assert alone.values.iloc[0].equals(found.values.loc["B"])


def test_powers():
    power = {c: 0.6 for c in table().values if c.endswith(".volume")}
    found = head_size_adjusted(table(), "fs.whole.eTIV", powers=power)
    assert found.values.at["A", "fs.Brain-Stem.volume.per_head"] == pytest.approx(20000 / 1.6e6**0.6)
    with pytest.raises(InputError, match=r"(?s)IGX-FEAT-139.*no power"):
        head_size_adjusted(table(), "fs.whole.eTIV", powers={})
    # A region that grows with the power b of the head is the same in every head.
    head = np.array([1.2e6, 1.5e6, 1.8e6])
    assert proportion(3 * head**0.7, head, power=0.7) == pytest.approx([3, 3, 3])


@pytest.mark.parametrize(
    ("head", "power"), [([1.0, 0.0], 1), ([1.0, -5.0], 1), ([1.0, 2.0], 0), ([1.0, 2.0], np.nan)]
)
def test_heads_and_powers_that_cannot_be(head, power):
    with pytest.raises(InputError, match="IGX-FEAT-139"):
        proportion(np.ones(2), np.array(head), power=power)
