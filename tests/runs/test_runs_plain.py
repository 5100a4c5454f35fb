import numpy as np
import pandas as pd
import pytest

import imagenomics as ig
from imagenomics.errors import InputError
from imagenomics.features.settings import FeatureSettings
from imagenomics.work.seeds import generator

FEW = FeatureSettings(families=("volume", "intensity", "glcm"))


@pytest.fixture(scope="module")
def clinical(phantom):
    return ig.describe_frame(
        pd.read_csv(phantom.parent / "clinical.csv", index_col="patient"), role="clinical"
    )


@pytest.fixture(scope="module")
def measured(phantom, clinical):
    images = phantom.parent / "images"
    return ig.extract_images(
        str(images / "{patient}_t1post.nii.gz"),
        str(images / "{patient}_mask.nii.gz"),
        patients=clinical.values.index,
        image={"modality": "MR"},
        features=FEW,
    )


def test_frames_are_described_by_their_cells(clinical):
    kinds = clinical.columns["kind"]
    assert kinds["age"] == "continuous"
    assert kinds["sex"] == "binary"
    assert kinds["site"] == "categorical"
    assert clinical.columns.at["site", "role"] == "site"
    with pytest.raises(InputError, match="IGX-COHORT-021"):
        ig.describe_frame(pd.DataFrame(index=["a"]), role="clinicl")


def test_images_of_many_patients_become_a_table_and_failures(measured, clinical):
    assert list(measured.features.values.index) == sorted(clinical.values.index)
    assert list(measured.failures["code"]) == ["IGX-IMG-004"]
    assert (measured.features.columns["family"] == "glcm").any()


def test_pairs_on_plain_tables(measured, clinical, phantom):
    mutations = pd.read_csv(phantom.parent / "mutations.tsv", sep="\t", dtype=str).set_index("sample")
    mutations.index = mutations.index.str.removesuffix("-S1")
    coded = mutations.apply(lambda c: (~c.isin(["WT", "NS"])).astype(float).where(c != "NS"))
    genes = ig.describe_frame(coded[["TEXA", "VOLB"]], role="molecule", source="mutations")
    from imagenomics.associate.settings import AssociateSettings

    table = ig.test_pairs(
        measured.features.unflagged(),
        genes,
        covariates=clinical.select(["age", "site"]),
        settings=AssociateSettings(permutations=0),
        analysis="plain",
        seed=1,
    )
    assert set(table["target"]) == {"mutations.TEXA", "mutations.VOLB"}
    assert (table["status"] == "ok").any()


@pytest.mark.slow
def test_a_planted_target_is_predicted_and_noise_is_not():
    random = generator(3, "plain")
    ids = [f"P{i:03d}" for i in range(90)]
    labels = pd.Series(np.arange(90) % 2, index=ids, name="gene", dtype=float)
    noise = random.normal(size=(90, 12))
    noise[:, 0] += 1.6 * labels.to_numpy()
    frame = pd.DataFrame(noise, index=ids, columns=[f"f{i}" for i in range(12)])
    clinical = ig.describe_frame(
        pd.DataFrame({"age": random.normal(60, 9, 90), "site": ["A", "B", "C"] * 30}, index=ids),
        role="clinical",
    )
    planted = ig.predict_target(ig.describe_frame(frame, role="feature"), labels, clinical=clinical, seed=1)
    assert planted.verdict["verdict"] == "supported"
    assert set(planted.performance["model"]) == {"elastic-net", "clinical", "majority", "image+clinical"}
    shuffled = pd.Series(random.permutation(labels.to_numpy()), index=ids, name="gene")
    idle = ig.predict_target(ig.describe_frame(frame, role="feature"), shuffled, clinical=clinical, seed=1)
    assert idle.verdict["verdict"] == "no evidence found"
    assert 0.5 < idle.verdict["detectable"] < 1


@pytest.mark.slow
def test_a_number_is_predicted():
    random = generator(4, "plain")
    ids = [f"P{i:03d}" for i in range(80)]
    x = random.normal(size=(80, 6))
    target = pd.Series(x[:, 1] * 2 + random.normal(size=80), index=ids, name="expression")
    features = ig.describe_frame(pd.DataFrame(x, index=ids, columns=list("abcdef")), role="feature")
    found = ig.predict_target(features, target, seed=2)
    assert found.verdict["estimate_name"] == "r2"
    assert found.verdict["verdict"] == "supported"
    gains = [v for v in found.verdicts if v["kind"] == "increment"]
    assert {v["verdict"] for v in gains} == {"not testable"}
