import json
import os

import nibabel as nib
import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.images.bids.folder import find_bids
from imagenomics.images.bids.names import label_order, parse_bids_name
from imagenomics.images.read import read_volume


def put(root, relative, content=b"x"):
    path = root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def t1(root, **options):
    return find_bids(root, datatype="anat", suffix="T1w", **options)


def codes(found):
    return list(zip(found.problems["label"], found.problems["code"], strict=True))


def test_each_patient_gets_its_file(tmp_path):
    put(tmp_path, "sub-02/anat/sub-02_T1w.nii.gz")
    put(tmp_path, "sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz")
    put(tmp_path, "sub-01/ses-a/anat/sub-01_ses-a_T2w.nii.gz")
    put(tmp_path, "derivatives/x/sub-03/anat/sub-03_T1w.nii.gz")
    found = t1(tmp_path)
    assert found.files[["patient", "label", "session", "run"]].values.tolist() == [
        ["01", "01", "a", ""],
        ["02", "02", "", ""],
    ]
    assert found.files["file"].iloc[1] == str(tmp_path / "sub-02/anat/sub-02_T1w.nii.gz")
    assert not len(found.problems)


def test_a_found_file_can_be_read(tmp_path):
    path = put(tmp_path, "sub-1/anat/sub-1_T1w.nii.gz")
    nib.save(nib.Nifti1Image(np.ones((3, 4, 5), "int16"), np.eye(4)), path)
    assert read_volume(t1(tmp_path).files["file"].iloc[0]).array.shape == (5, 4, 3)


def test_labels_lead_to_the_ids_of_the_study(tmp_path):
    put(tmp_path, "sub-TCGA011/anat/sub-TCGA011_T1w.nii")
    put(tmp_path, "sub-x7/anat/sub-x7_T1w.nii")
    assert list(t1(tmp_path, known=["TCGA-01-1"]).files["patient"]) == ["TCGA-01-1", "x7"]
    put(
        tmp_path,
        "participants.tsv",
        b"participant_id\tstudy\nsub-x7\tP-007\nsub-TCGA011\tP-001\nsub-gone\tP-9\n",
    )
    found = t1(tmp_path, participants_id="study")
    assert list(found.files["patient"]) == ["P-001", "P-007"]
    assert codes(found) == [("gone", "IGX-IMG-204")]


def test_two_labels_of_one_patient_are_both_refused(tmp_path):
    for label in ("a", "b", "c"):
        put(tmp_path, f"sub-{label}/anat/sub-{label}_T1w.nii")
    put(tmp_path, "participants.tsv", b"participant_id\tid\nsub-a\tP1\nsub-b\tP1\nsub-c\tP2\n")
    found = t1(tmp_path, participants_id="id")
    assert list(found.files["patient"]) == ["P2"]
    assert codes(found) == [("a", "IGX-IMG-207"), ("b", "IGX-IMG-207")]


@pytest.fixture
def several(tmp_path):
    for session in ("10", "2"):
        for run in ("1", "2"):
            put(tmp_path, f"sub-1/ses-{session}/func/sub-1_ses-{session}_task-rest_run-{run}_bold.nii.gz")
    put(tmp_path, "sub-1/ses-2/func/sub-1_ses-2_task-nback_bold.nii.gz")
    return tmp_path


@pytest.mark.parametrize(
    ("sessions", "runs", "expected"),
    [
        ("first", "first", [("2", "1")]),
        ("last", "all", [("10", "1"), ("10", "2")]),
        ("ses-10", "2", [("10", "2")]),
        ("all", "last", [("2", "2"), ("10", "2")]),
    ],
)
def test_a_declared_choice_among_sessions_and_runs(several, sessions, runs, expected):
    found = find_bids(
        several, datatype="func", suffix="bold", entities={"task": "rest"}, sessions=sessions, runs=runs
    )
    assert list(zip(found.files["session"], found.files["run"], strict=True)) == expected
    assert not len(found.problems)


@pytest.mark.parametrize("choice", [{}, {"sessions": "first"}, {"sessions": "3"}])
def test_without_a_choice_none_is_taken_and_a_row_says_so(several, choice):
    found = find_bids(several, datatype="func", suffix="bold", entities={"task": "rest"}, **choice)
    assert not len(found.files)
    assert codes(found) == [("1", "IGX-IMG-203")]


def test_runs_are_chosen_within_each_session(tmp_path):
    put(tmp_path, "sub-1/ses-a/anat/sub-1_ses-a_run-1_T1w.nii")
    put(tmp_path, "sub-1/ses-a/anat/sub-1_ses-a_run-2_T1w.nii")
    put(tmp_path, "sub-1/ses-b/anat/sub-1_ses-b_run-2_T1w.nii")
    found = t1(tmp_path, sessions="all", runs="first")
    assert list(zip(found.files["session"], found.files["run"], strict=True)) == [("a", "1"), ("b", "2")]


def test_files_that_differ_in_another_entity_need_it_declared(tmp_path):
    put(tmp_path, "sub-1/anat/sub-1_acq-fast_T1w.nii")
    put(tmp_path, "sub-1/anat/sub-1_T1w.nii")
    assert codes(t1(tmp_path)) == [("1", "IGX-IMG-203")]
    assert t1(tmp_path, entities={"acq": None}).files["file"].iloc[0].endswith("sub-1_T1w.nii")
    assert "acq-fast" in t1(tmp_path, entities={"acq": "fast"}).files["file"].iloc[0]


def test_metadata_are_inherited_and_the_nearest_counts(tmp_path):
    put(tmp_path, "sub-1/ses-a/func/sub-1_ses-a_task-rest_bold.nii.gz")
    put(tmp_path, "task-rest_bold.json", {"RepetitionTime": 2, "EchoTime": 0.03, "TaskName": "rest"})
    put(tmp_path, "task-nback_bold.json", {"RepetitionTime": 9})
    put(tmp_path, "sub-1/sub-1_bold.json", {"EchoTime": 0.04})
    put(tmp_path, "sub-1/ses-a/func/sub-1_ses-a_task-rest_bold.json", {"RepetitionTime": 2.5})
    found = find_bids(tmp_path, datatype="func", suffix="bold")
    assert json.loads(found.files["metadata"].iloc[0]) == {
        "EchoTime": 0.04,
        "RepetitionTime": 2.5,
        "TaskName": "rest",
    }


@pytest.mark.parametrize(
    "second", [("bold.json", {"a": 1}), ("task-rest_bold.json", b"{"), ("task-rest_bold.json", [1])]
)
def test_doubtful_sidecars_are_a_row_and_the_file_stays(tmp_path, second):
    put(tmp_path, "sub-1/func/sub-1_task-rest_bold.nii")
    put(tmp_path, "task-rest_bold.json", {"b": 2})
    put(tmp_path, *second)
    found = find_bids(tmp_path, datatype="func", suffix="bold")
    assert list(found.files["metadata"]) == ["{}"]
    assert codes(found) == [("1", "IGX-IMG-206")]


def test_wrong_names_empty_files_and_missing_content_are_rows(tmp_path):
    put(tmp_path, "sub-1/anat/sub-2_T1w.nii")
    put(tmp_path, "sub-2/anat/sub-2_T1w.nii", b"")
    put(tmp_path, "sub-3/anat/x")
    os.symlink(tmp_path / "annex/object", tmp_path / "sub-3/anat/sub-3_T1w.nii.gz")
    put(tmp_path, "sub-4/anat/sub-4_defaced_T1w.nii")
    found = t1(tmp_path)
    assert not len(found.files)
    assert codes(found) == [
        ("1", "IGX-IMG-202"),
        ("1", "IGX-IMG-204"),
        ("2", "IGX-IMG-205"),
        ("3", "IGX-IMG-205"),
        ("4", "IGX-IMG-202"),
        ("4", "IGX-IMG-204"),
    ]


def test_folders_above_the_dataset_do_not_count(tmp_path):
    root = tmp_path / "sub-study" / "ses-x" / "ds"
    put(root, "sub-1/anat/sub-1_T1w.nii")
    found = t1(root)
    assert list(found.files["patient"]) == ["1"]
    assert not len(found.problems)


def test_other_endings_can_be_asked_for(tmp_path):
    put(tmp_path, "sub-1/func/sub-1_task-rest_desc-confounds_timeseries.tsv")
    found = find_bids(tmp_path, datatype="func", suffix="timeseries.tsv", entities={"desc": "confounds"})
    assert list(found.files["label"]) == ["1"]


def test_a_folder_or_an_entity_that_bids_does_not_know(tmp_path):
    with pytest.raises(InputError, match="IGX-IMG-200"):
        t1(tmp_path)
    put(tmp_path, "sub-1/anat/sub-1_T1w.nii")
    with pytest.raises(InputError, match=r"(?s)IGX-IMG-201.*did you mean 'task'"):
        t1(tmp_path, entities={"tasks": "rest"})


def test_labels_sort_by_value():
    assert sorted(["10", "2", "", "b", "a"], key=label_order) == ["", "2", "10", "a", "b"]


def test_an_entity_twice_is_no_name(tmp_path):
    assert "twice" in parse_bids_name(tmp_path / "sub-1_run-1_run-2_T1w.nii")
