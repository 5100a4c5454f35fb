import tomllib

import pytest
import SimpleITK as sitk

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.listing import ids_in_files
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.plan import Plan
from imagenomics.study.init import sketch_study
from imagenomics.study.load import load_study
from imagenomics.study.reference import reference_page


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(sitk.Image([3, 3, 2], sitk.sitkInt16), str(path))


@pytest.fixture
def folder(tmp_path):
    for patient in ("TCGA-AB-0001", "TCGA-AB-0002", "TCGA-CD-0003"):
        _image(tmp_path / "scans" / f"{patient}_flair.nii.gz")
        _image(tmp_path / "scans" / f"{patient}_seg.nii.gz")
    rows = "case,age,IDH.status\nTCGA-AB-0001,40,WT\nTCGA-AB-0002,50,Mutant\nTCGA-CD-0003,61,WT\n"
    (tmp_path / "cases.csv").write_text(rows)
    cells = "\n".join(f"TCGA-{p}-01\tWT\tR132H" for p in ("AB-0001", "AB-0002", "CD-0003"))
    (tmp_path / "mutations.tsv").write_text(f"sample\tTP53\tIDH1\n{cells}\n")
    return tmp_path


def test_a_first_study_file_is_valid_and_names_what_was_found(folder):
    text = sketch_study(folder)
    plan = Plan.read(tomllib.loads(text), where="sketch")
    assert plan.patients.table == "cases.csv"
    assert plan.patients.rule.name == "tcga-patient"
    assert [i.path for i in plan.images] == ["scans/{patient}_flair.nii.gz"]
    assert plan.images[0].mask == "scans/{patient}_seg.nii.gz"
    assert [m.kind for m in plan.molecules] == ["mutation-matrix", "labels"]
    assert plan.train[0].target == "labels.IDH.status"
    assert set(plan.patients.clinical) == {"age"}


def test_sample_ids_get_the_rule_that_matches(phantom):
    plan = Plan.read(tomllib.loads(sketch_study(phantom.parent)), where="sketch")
    rules = {m.name: m.rule for m in plan.molecules if m.kind == "mutation-matrix"}
    assert rules["mutations"].pattern is not None


def test_hostile_names_stay_text(tmp_path):
    name = 'a"] name = "b'
    _image(tmp_path / f"{name}_t1.nii.gz")
    (tmp_path / "t.csv").write_text('patient,age\n"a""] name = ""b",3\n')
    tree = tomllib.loads(sketch_study(tmp_path))
    assert tree["images"][0]["path"] == "{patient}_t1.nii.gz"


def test_nothing_to_find(tmp_path):
    with pytest.raises(InputError, match="IGX-STUDY-007"):
        sketch_study(tmp_path)
    with pytest.raises(FileProblem, match="IGX-STUDY-006"):
        sketch_study(tmp_path / "absent")


def test_ids_that_files_name(folder):
    block = ImageSettings(name="flair", path="scans/{patient}_flair.nii.gz")
    assert ids_in_files(block, folder) == ["TCGA-AB-0001", "TCGA-AB-0002", "TCGA-CD-0003"]
    wild = ImageSettings(name="flair", path="s*/{patient}_fl*.nii.gz")
    assert ids_in_files(wild, folder) == ids_in_files(block, folder)
    assert ids_in_files(ImageSettings(name="x", path="absent/{patient}.nii"), folder) == []


def test_the_reference_page_names_every_key_and_is_up_to_date():
    from pathlib import Path

    page = reference_page()
    for name, field in Plan.model_fields.items():
        assert f"`{name}`" in page or f"[{name}]" in page
        assert field.description
    written = Path(__file__).parents[2] / "docs" / "reference" / "study_file.md"
    assert written.read_text() == page, "make it again: python -m imagenomics.study.reference"


def test_study_files_with_problems(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("name = x")
    with pytest.raises(InputError, match="IGX-STUDY-002"):
        load_study(bad)
    bad.write_text(
        'name = "x"\n[patients]\ntable = "t.csv"\n[[images]]\nname = "a"\npath = "{patient}"\nmodalty = "MR"\n'
    )
    with pytest.raises(InputError, match="did you mean 'modality'"):
        load_study(bad)
    twice = '[[images]]\nname = "a"\npath = "{patient}"\n' * 2
    bad.write_text(f'name = "x"\n[patients]\ntable = "t.csv"\n{twice}')
    with pytest.raises(InputError, match="used twice"):
        load_study(bad)
    with pytest.raises(FileProblem, match="IGX-STUDY-005"):
        load_study(bad, data=tmp_path / "absent")
