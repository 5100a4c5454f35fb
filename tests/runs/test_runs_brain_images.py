"""Brain measures in a study: atlas regions, connectivity, tracer ratios, sides and white-matter lesions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

SHAPE = (4, 12, 12)
NAMES = ["left_hippocampus", "right_hippocampus", "left_cortex", "right_cortex"]
QUIET = '\n[features]\nfamilies = ["volume"]\n'


def atlas() -> np.ndarray:
    labels = np.zeros(SHAPE, int)
    labels[:, 1:5, 1:5], labels[:, 1:4, 7:11] = 1, 2
    labels[:, 7:11, 1:5], labels[:, 7:11, 7:11] = 3, 4
    return labels


@pytest.fixture
def study(small):
    made = small(3)
    made.picture("atlas.nii.gz", atlas())
    pd.DataFrame({"id": range(1, 5), "name": NAMES}).to_csv(made.folder / "labels.csv", index=False)
    for k, patient in enumerate(made.patients):
        values = np.array([0.0, 3.0, 1.0, 2.0 + k, 2.0])[atlas()]
        made.picture(f"{patient}.nii.gz", values)
        made.picture(f"{patient}_mask.nii.gz", atlas())
    return made


PARCELS = (
    """
[[images]]
name = "pet"
path = "{patient}.nii.gz"

[[phenotypes]]
name = "dk"
image = "pet"
measure = { kind = "parcels", atlas = "ATLAS", labels = "labels.csv", asymmetry = ["volume", "mean"] }
"""
    + QUIET
)


@pytest.mark.parametrize("file", ["atlas.nii.gz", "{patient}_mask.nii.gz"])
def test_parcels_of_a_shared_atlas_and_of_each_patients_labels(study, file):
    text = PARCELS.replace("ATLAS", file)
    planned = study.check(text)
    found = study.features(text)
    own = found[[c for c in found if c.startswith("dk.")]]
    assert planned.phenotypes[0]["features"] == own.shape[1] == 4 * 4 + 1 + 4
    assert found["dk.left_cortex.mean"].tolist() == [2.0, 3.0, 4.0]
    assert found["dk.left_hippocampus.volume"].tolist() == [4 * 16 * 12.0] * 3
    np.testing.assert_allclose(found["dk.hippocampus.asymmetry_mean"], 0.5)
    np.testing.assert_allclose(found["dk.hippocampus.asymmetry_volume"], (16 - 12) / 28)
    assert (found["dk.brain.unnamed_voxels"] == 0).all()


def test_an_atlas_elsewhere_is_refused_or_brought_over_as_declared(study):
    bigger = np.zeros((4, 14, 14), int)
    bigger[:, 1:13, 1:13] = atlas()
    study.picture("atlas.nii.gz", bigger, shift=(-2.0, -2.0, 0.0))
    text = PARCELS.replace("ATLAS", "atlas.nii.gz")
    assert {p["code"] for p in study.check(text).problems} == {"IGX-IMG-020"}
    assert study.features(text)["dk.left_cortex.mean"].isna().all()
    assert set(study.table("failures.csv")["code"]) == {"IGX-IMG-020"}
    found = study.features(text.replace('image = "pet"\n', 'image = "pet"\ngeometry = "resample"\n'))
    assert found["dk.left_cortex.mean"].tolist() == [2.0, 3.0, 4.0]


def test_files_that_are_not_there(study):
    with pytest.raises(Exception, match="IGX-RUN-091"):
        study.check(PARCELS.replace("ATLAS", "no.nii.gz"))
    with pytest.raises(Exception, match="IGX-RUN-091"):
        study.features(PARCELS.replace("ATLAS", "no.nii.gz"))
    (study.folder / "P02_mask.nii.gz").unlink()
    own = PARCELS.replace("ATLAS", "{patient}_mask.nii.gz")
    assert [(p["patient"], p["code"]) for p in study.check(own).problems] == [("P02", "IGX-RUN-090")]
    found = study.features(own)
    assert found["dk.left_cortex.mean"].notna().tolist() == [True, False, True]
    failures = study.table("failures.csv")
    assert failures[["patient", "code"]].to_numpy().tolist() == [["P02", "IGX-RUN-090"]]
    study.picture("P02_mask.nii.gz", atlas())  # the file that was missing is there now
    assert study.features(own)["dk.left_cortex.mean"].notna().all()
    with pytest.raises(Exception, match="the same for all patients"):
        study.check(own.replace("labels.csv", "{patient}.csv"))


def test_labels_that_one_patient_lacks_have_a_reason(study):
    study.picture("P01_mask.nii.gz", np.where(atlas() == 3, 0, atlas()))
    found = study.features(PARCELS.replace("ATLAS", "{patient}_mask.nii.gz"))
    assert found["dk.left_cortex.mean"].notna().tolist() == [False, True, True]
    assert found["dk.left_cortex.volume"].iloc[0] == 0.0
    assert study.table("warnings.csv")["message"].str.contains("has no voxel of this region").any()
    pd.DataFrame({"id": [77], "name": ["elsewhere"]}).to_csv(study.folder / "labels.csv", index=False)
    study.features(PARCELS.replace("ATLAS", "atlas.nii.gz").replace(', asymmetry = ["volume", "mean"]', ""))
    assert set(study.table("failures.csv")["code"]) == {"IGX-FEAT-124"}


REST = """
[[images]]
name = "rest"
form = "series"
path = "{patient}_bold.nii.gz"
series = { tr_s = 2.0 }

[[phenotypes]]
name = "fc"
image = "rest"
measure = { kind = "connectivity", atlas = "atlas.nii.gz", labels = "labels.csv", give = ["edges", "network"], confounds = "{patient}.tsv", confound_columns = ["trans_x"], graph = { negative = "drop" } }
"""  # noqa: E501
FRAMES = 200


def write_rest(made, spikes: int = 3) -> None:
    time = np.arange(FRAMES) * 2.0
    for k, patient in enumerate(made.patients):
        random = np.random.default_rng(k)
        band = [
            sum(
                random.normal() * np.sin(2 * np.pi * f * time + random.uniform(0, 6))
                for f in np.linspace(0.015, 0.09, 25)
            )
            for _ in range(4)
        ]
        shared, own, third, fourth = (b / b.std() for b in band)
        moved = np.cumsum(random.normal(0, 0.02, FRAMES))
        regions = np.stack([shared, (shared + 0.5 * own) / np.sqrt(1.25), third, fourth])
        signal = np.zeros((FRAMES, *SHAPE))
        for label in range(4):
            signal[:, atlas() == label + 1] = (1000 + 5 * regions[label] + 40 * moved)[:, None]
        made.picture(f"{patient}_bold.nii.gz", signal)
        displacement = np.full(FRAMES, 0.1)
        displacement[[20, 90, 150][:spikes]] = 2.0
        table = pd.DataFrame({"trans_x": moved, "framewise_displacement": displacement})
        table["framewise_displacement"] = table["framewise_displacement"].astype(object)
        table.loc[0, "framewise_displacement"] = "n/a"
        table.to_csv(made.folder / f"{patient}.tsv", sep="\t", index=False)


def test_connectivity_finds_the_regions_that_share_a_signal(study):
    write_rest(study)
    planned = study.check(REST)
    found = study.features(REST)
    own = found[[c for c in found if c.startswith("fc.")]]
    assert planned.phenotypes[0]["features"] == own.shape[1]
    together = np.tanh(found["fc.left_hippocampus--right_hippocampus.pearson_z"])
    np.testing.assert_allclose(together, 1 / np.sqrt(1.25), atol=0.08)
    apart = np.tanh(found["fc.left_cortex--right_cortex.pearson_z"])
    assert (apart.abs() < 0.6).all()
    assert (together > apart).all()
    assert found["fc.brain.frames_scrubbed"].tolist() == [12.0] * 3
    columns = study.table("features.columns.parquet")
    quality = columns[columns["family"] == "series-quality"]
    assert set(quality["flags"]) == {"diagnostic"}
    assert len(quality) == 7
    assert found["fc.left_hippocampus.strength"].notna().all()


def test_a_region_that_is_not_in_the_map_costs_its_links_and_the_network(study):
    write_rest(study)
    study.picture("atlas.nii.gz", np.where(atlas() == 4, 0, atlas()))
    found = study.features(REST)
    assert found["fc.left_hippocampus--right_hippocampus.pearson_z"].notna().all()
    assert found["fc.left_cortex--right_cortex.pearson_z"].isna().all()
    assert found["fc.brain.density"].isna().all()
    warned = study.table("warnings.csv")
    assert {"IGX-FEAT-134", "IGX-RUN-020"} <= set(warned["code"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("series = { tr_s = 2.0 }", "", "needs the times"),
        ('graph = { negative = "drop" }', "graph = { density = 0.2 }", "correlations may be negative"),
        ('atlas = "atlas.nii.gz", ', "", "atlas"),
    ],
)
def test_connectivity_that_makes_no_sense_is_refused(study, old, new, message):
    with pytest.raises(Exception, match=message):
        study.check(REST.replace(old, new))


def test_what_one_series_cannot_give_costs_that_patient(study):
    write_rest(study)
    pd.read_csv(study.folder / "P02.tsv", sep="\t").iloc[:-3].to_csv(
        study.folder / "P02.tsv", sep="\t", index=False
    )
    uneven = REST.replace("tr_s = 2.0", f"frame_s = {[0.0, *(np.arange(1, FRAMES) * 2.0 + 1).tolist()]}")
    found = study.features(REST)
    edge = "fc.left_hippocampus--right_hippocampus.pearson_z"
    assert found[edge].notna().tolist() == [True, False, True]
    assert set(study.table("failures.csv")["code"]) == {"IGX-FEAT-128"}
    study.features(uneven)
    assert "IGX-FEAT-166" in set(study.table("failures.csv")["code"])


PET = (
    """
[[images]]
name = "pet"
path = "{patient}.nii.gz"
mask = "{patient}_mask.nii.gz"
modality = "PET"
regions = { cerebellum = 2, cortex = [3, 4], left_cortex = 3, right_cortex = 4 }

[[phenotypes]]
name = "suvr"
image = "pet"
measure = { kind = "pet-ratio", reference = "cerebellum", tracer = "florbetapir", cortex = "cortex" }

[[phenotypes]]
name = "side"
image = "pet"
measure = { kind = "lateralisation", pairs = { cortex = ["left_cortex", "right_cortex"] } }
"""
    + QUIET
)


def test_ratios_centiloids_and_sides(study):
    planned = study.check(PET)
    found = study.features(PET)
    assert [row["features"] for row in planned.phenotypes] == [
        sum(c.startswith(f"{n}.") for c in found) for n in ("suvr", "side")
    ]
    expected = np.array([2.0, 2.5, 3.0])
    np.testing.assert_allclose(found["suvr.cortex.suvr"], expected)
    np.testing.assert_allclose(found["suvr.cortex.centiloid"], 175 * expected - 182)
    left = np.array([2.0, 3.0, 4.0])
    np.testing.assert_allclose(found["side.cortex.lateralisation"], (left - 2) / (left + 2))
    np.testing.assert_allclose(found["side.cortex.asymmetry_volume"], 0.0)
    own = PET.replace(
        'tracer = "florbetapir"', 'equation = { slope = 100, intercept = -100, source = "ours" }'
    )
    np.testing.assert_allclose(study.features(own)["suvr.cortex.centiloid"], 100 * expected - 100)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("florbetapir", "fdg", "tracer and pipeline"),
        (', cortex = "cortex"', "", "'cortex' belongs"),
        ('cortex = "cortex" }', 'cortex = "brain" }', "IGX-FEAT-141"),
        ('"left_cortex", "right_cortex"]', '"left_cortex", "right"]', "IGX-FEAT-150"),
        ('modality = "PET"', 'modality = "MR"', "scaled by z-score"),
    ],
)
def test_ratios_that_make_no_sense_are_refused(study, old, new, message):
    assert old in PET
    with pytest.raises(Exception, match=message):
        study.check(PET.replace(old, new))


def test_hyperintensities_near_and_far(study):
    mask = np.zeros(SHAPE, int)
    mask[:, 4:6, 4:6] = 1  # ventricles
    mask[1, 4, 7], mask[1, 11, 11] = 2, 2
    for patient in study.patients:
        study.picture(f"{patient}_mask.nii.gz", mask)
    text = """
[[images]]
name = "flair"
path = "{patient}.nii.gz"
mask = "{patient}_mask.nii.gz"
regions = { ventricles = 1, wmh = 2 }

[[phenotypes]]
name = "wmh"
image = "flair"
measure = { kind = "hyperintensities", lesions = "wmh", ventricles = "ventricles" }

[features]
families = ["volume"]
min_voxels = 1
"""
    found = study.features(text)
    assert found["wmh.brain.volume_total"].tolist() == [24.0] * 3
    assert found["wmh.brain.volume_periventricular"].tolist() == [12.0] * 3
    assert found["wmh.brain.lesions"].tolist() == [2.0] * 3
