import json
import tomllib

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from imagenomics.cohort.settings import PatientsSettings
from imagenomics.errors import FileProblem, InputError
from imagenomics.genomics.settings import MoleculeSettings
from imagenomics.images.find import find_images
from imagenomics.images.read import read_volume
from imagenomics.images.settings import ImageSettings
from imagenomics.phantom import truth
from imagenomics.phantom.make import make_phantom
from imagenomics.phantom.pictures import SHAPE, SPACING_MM, smooth_field
from imagenomics.study.load import load_study

N = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_phantom(tmp_path_factory.mktemp("phantom") / "new" / "folder", n_patients=N, seed=5).parent


@pytest.fixture(scope="module")
def planted(folder):
    return json.loads((folder / "truth.json").read_text())


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def who(planted, text):
    return {patient for patient, what in planted["imperfections"].items() if text in what}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(folder, tmp_path):
    again = contents(make_phantom(tmp_path / "again", n_patients=N, seed=5).parent)
    assert again == contents(folder)
    assert contents(make_phantom(folder, n_patients=N, seed=5).parent) == again
    other = contents(make_phantom(tmp_path / "other", n_patients=N, seed=6).parent)
    same = {name for name in other if other[name] == again.get(name)}
    assert same == {"study.toml"}


def test_everything_says_that_it_is_synthetic(folder, planted):
    study = tomllib.loads((folder / "study.toml").read_text())
    assert study["synthetic"] is True
    assert study["name"].startswith("SYNTHETIC PHANTOM COHORT")
    assert planted["about"].startswith("SYNTHETIC PHANTOM COHORT")
    clinical = pd.read_csv(folder / "clinical.csv")
    assert clinical["patient"].str.fullmatch(r"PHANTOM-\d{3}").all()
    assert set(planted["patients"]) == set(clinical["patient"])


def test_the_study_file_fits_the_rooms_and_the_files(folder, planted):
    study = tomllib.loads((folder / "study.toml").read_text())
    patients = PatientsSettings.read(study["patients"], where="patients")
    ids = list(pd.read_csv(folder / patients.table)["patient"])
    for block in study["images"]:
        settings = ImageSettings.read(block, where=block["name"])
        assert settings.normalise.method == "z-score"
        found = find_images(settings, ids, folder)
        missing = who(planted, "no flair") if block["name"] == "flair" else set()
        assert set(found.missing["patient"]) == missing
        assert len(found.cases) == N - len(missing)
    for block in study["molecules"]:
        settings = TypeAdapter(MoleculeSettings).validate_python(block)
        table = pd.read_csv(folder / settings.path, sep="\t")
        named = table["sample"].str.extract(f"^{settings.rule.pattern}$")["patient"]
        assert named.notna().all()
        assert set(ids) - set(named) == who(planted, "no molecule")
        assert len(set(named) - set(ids)) == (block["name"] == "mutations")


def test_the_study_file_is_a_study(folder):
    plan = load_study(folder / "study.toml").plan
    assert plan.synthetic
    assert [block.name for block in plan.associate] == ["adjusted", "unadjusted", "expression"]
    assert plan.associate[0].adjust == ("age", "sex", "site")
    assert [block.target for block in plan.train] == ["mutations.TEXA", "mutations.SITC", "mutations.NULL1"]


def test_the_planted_gaps_are_there(folder, planted):
    assert len(planted["imperfections"]) == len(truth.IMPERFECTIONS)
    (truncated,) = who(planted, "truncated")
    with pytest.raises(FileProblem, match="IGX-IMG-004"):
        read_volume(folder / "images" / f"{truncated}_t1post.nii.gz")
    assert read_volume(folder / "images" / f"{truncated}_flair.nii.gz").array.shape == SHAPE
    mutations = pd.read_csv(folder / "mutations.tsv", sep="\t", index_col="sample")
    (unsequenced,) = who(planted, "not sequenced")
    assert (mutations.loc[f"{unsequenced}-S1"] == "NS").all()
    assert "PHANTOM-901-S1" in mutations.index
    (ageless,) = who(planted, "the age")
    clinical = pd.read_csv(folder / "clinical.csv", index_col="patient")
    assert list(clinical.index[clinical["age"].isna()]) == [ageless]


def test_the_tables_say_what_the_truth_says(folder, planted):
    mutations = pd.read_csv(folder / "mutations.tsv", sep="\t", index_col="sample")
    mutations.index = mutations.index.str.removesuffix("-S1")
    for patient, state in planted["patients"].items():
        if patient in mutations.index and patient not in planted["imperfections"]:
            row = mutations.loc[patient]
            assert set(row.index[row != "WT"]) == set(state["mutated"])


def test_a_smooth_field_has_the_promised_variance_and_length():
    rng = np.random.default_rng(0)
    for length in (1.5, 3.0):
        fields = np.array([smooth_field(rng, length) for _ in range(200)])
        assert abs(fields.var() - 1) < 0.05
        step = round(length / SPACING_MM[2])
        lag = (fields[..., :-step] * fields[..., step:]).mean()
        assert abs(lag - np.exp(-((step * SPACING_MM[2] / length) ** 2))) < 0.05


def test_what_cannot_be_made_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="IGX-PHAN-001"):
        make_phantom(tmp_path / "a", n_patients=5)
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FileProblem, match="IGX-PHAN-002"):
        make_phantom(tmp_path, n_patients=N)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(FileProblem, match="IGX-PHAN-002"):
        make_phantom(folder, n_patients=N, seed=99)
    with pytest.raises(FileProblem, match="IGX-PHAN-003"):
        make_phantom(tmp_path / "mine.txt" / "below", n_patients=N)
