import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.find import MISSING_COLUMNS, find_images
from imagenomics.images.settings import ImageSettings


def block(**fields):
    return ImageSettings.read({"name": "t1", **fields}, where="test")


@pytest.fixture
def folder(tmp_path):
    for name in ("A_t1.nii", "A_m.nii", "B_t1.nii", "C_m.nii", "E_t1.nii", "E_m.nii"):
        (tmp_path / name).touch()
    return tmp_path


def test_files_by_path_and_the_rows_of_what_is_missing(folder):
    found = find_images(
        block(path="{patient}_t1.nii", mask="{patient}_m.nii"), ["E", "A", "B", "C", "D"], folder
    )
    assert list(found.cases) == ["E", "A"]
    assert found.cases["A"].image == folder / "A_t1.nii"
    assert found.cases["A"].mask == folder / "A_m.nii"
    assert tuple(found.missing.columns) == MISSING_COLUMNS
    rows = {row.patient: row for row in found.missing.itertuples()}
    assert set(rows) == {"B", "C", "D"}
    assert rows["B"].reason == "mask file not found"
    assert rows["B"].file.endswith("B_m.nii")
    assert rows["C"].reason == rows["D"].reason == "image file not found"
    assert all(row.image == "t1" for row in rows.values())


def test_without_a_mask_there_is_none(folder):
    found = find_images(block(path="{patient}_t1.nii"), ["A"], folder)
    assert found.cases["A"].mask is None
    assert found.missing.empty


def test_a_pattern_must_fit_exactly_one_file(folder):
    for name in ("P[1]/2001_t1.nii", "Q/2001_t1.nii", "Q/2003_t1.nii", "A/1_t1.nii"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    found = find_images(block(path="{patient}/*_t1.nii"), ["A", "P[1]", "Q", "R"], folder)
    assert found.cases["P[1]"].image == folder / "P[1]" / "2001_t1.nii"
    reasons = dict(zip(found.missing["patient"], found.missing["reason"], strict=True))
    assert reasons["Q"] == "2 image files fit: 2001_t1.nii, 2003_t1.nii"
    assert reasons["R"] == "no image file fits"


@pytest.mark.parametrize("patient", ["../A", "..", "a/b", "a\\b"])
def test_an_id_cannot_lead_out_of_the_folder(folder, patient):
    found = find_images(block(path="{patient}_t1.nii"), [patient, "A"], folder)
    assert "cannot be part of a file name" in found.missing["reason"].iloc[0]


def test_files_by_table(folder):
    (folder / "files.csv").write_text("id,file,seg\nA,A_t1.nii,A_m.nii\nB,B_t1.nii,NA\nC,none.nii,C_m.nii\n")
    table = {"path": "files.csv", "id": "id", "image": "file", "mask": "seg"}
    found = find_images(block(table=table), ["A", "B", "C", "D"], folder)
    assert found.cases["A"].mask == folder / "A_m.nii"
    assert dict(zip(found.missing["patient"], found.missing["reason"], strict=True)) == {
        "B": "the file table names no mask",
        "C": "image file not found",
        "D": "the file table has no row for this patient",
    }
    mixed = block(table={"path": "files.csv", "id": "id", "image": "file"}, mask="{patient}_m.nii")
    assert find_images(mixed, ["A"], folder).cases["A"].mask == folder / "A_m.nii"


def test_a_table_that_cannot_serve(folder):
    (folder / "files.csv").write_text("patient,file\nA,A_t1.nii\nA,B_t1.nii\n")
    with pytest.raises(InputError, match="IGX-IMG-050"):
        find_images(block(table={"path": "files.csv", "image": "file"}), ["A"], folder)
    with pytest.raises(InputError, match="IGX-TAB-012"):
        find_images(block(table={"path": "files.csv", "id": "pat", "image": "file"}), ["A"], folder)
    (folder / "files.csv").write_text("patient,file\nA,A_t1.nii\n")
    with pytest.raises(InputError, match="did you mean 'file'"):
        find_images(block(table={"path": "files.csv", "image": "flie"}), ["A"], folder)
    with pytest.raises(FileProblem, match="IGX-TAB-010"):
        find_images(block(table={"path": "gone.csv", "image": "file"}), ["A"], folder)


def test_nobody_is_found_and_nobody_is_lost(folder):
    found = find_images(block(path="nowhere/{patient}.nii"), ["A", "B"], folder)
    assert found.cases == {}
    assert list(found.missing["patient"]) == ["A", "B"]
    assert find_images(block(path="nowhere/{patient}.nii"), [], folder).missing.empty
