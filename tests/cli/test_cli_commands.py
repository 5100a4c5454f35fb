import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from imagenomics.cli import app


@pytest.fixture(scope="module", autouse=True)
def _registered():
    app.register()


@pytest.fixture
def sets(quick):
    return [part for change in quick for part in ("--set", change)]


def _call(*arguments):
    return app.run([str(a) for a in arguments])


def test_help_names_every_verb(capsys):
    assert _call("--help") == 0
    shown = capsys.readouterr().out
    for verb in app.VERBS:
        assert verb in shown


def test_help_and_import_load_nothing_heavy():
    code = (
        "import sys, imagenomics; from imagenomics.cli import app; app.register(); app.run(['--help']);"
        "heavy = {'pandas', 'numpy', 'scipy', 'sklearn', 'numba', 'SimpleITK', 'pydantic', 'plotly', 'dask'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "absent.toml"], 2, "IGX-STUDY-001"),
        (["run"], 2, "STUDY"),
        (["runn"], 2, "runn"),
        (["extract"], 2, "IGX-CLI-001"),
        (["extract", "--image", "a.nii"], 2, "IGX-CLI-001"),
        (["extract", "study.toml", "--map", "stat_mean"], 2, "feature-map"),
        (["extract", "--image", "a.nii", "--mask", "b.nii", "--radius-mm", "2"], 2, "IGX-CLI-001"),
        (["extract", "--image", "a.nii", "--mask", "b.nii", "--map", "stat_mean"], 2, "--out"),
        (["init", "absent-folder"], 2, "IGX-STUDY-006"),
        (["demo", "--workers", "0"], 2, "--workers"),
    ],
)
def test_bad_arguments_end_with_2_and_say_why(arguments, code, words, capsys):
    assert _call(*arguments) == code
    shown = capsys.readouterr()
    assert words in shown.err + shown.out


def test_check_says_what_would_happen(phantom, sets, capsys):
    assert _call("check", phantom, *sets) == 0
    shown = capsys.readouterr().out
    for words in ("with pictures", "t1post", "associate adjusted", "train NULL1", "GB for each"):
        assert words in shown


def test_check_as_json_names_files_that_will_fail(phantom, sets, capsys, tmp_path):
    import shutil

    study = shutil.copytree(phantom.parent, tmp_path / "cohort") / "study.toml"
    (study.parent / "images" / "PHANTOM-002_t1post.nii.gz").write_bytes(b"no image")
    assert _call("check", study, *sets, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [p["patient"] for p in report["problems"]] == ["PHANTOM-002"]
    assert report["seconds"] > 0
    assert report["memory_bytes"] > 0


@pytest.mark.slow
def test_stages_one_after_the_other_and_the_page(phantom, sets, tmp_path, capsys):
    out = tmp_path / "run"
    for verb, file in (
        ("link", "flow.json"),
        ("extract", "features.parquet"),
        ("associate", "associations.parquet"),
        ("train", "predictions.parquet"),
        ("nulls", "verdicts.json"),
    ):
        assert _call(verb, phantom, "--out", out, *sets) == 0
        assert (out / file).is_file(), verb
    capsys.readouterr()
    assert _call("run", phantom, "--out", out, *sets, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["page"].endswith("report.html")
    assert _call("report", out, "--json") == 0
    assert json.loads(capsys.readouterr().out)["page"] == document["page"]
    assert _call("report", out, "--seed", "3") == 2
    assert "IGX-CLI-001" in capsys.readouterr().err


def test_too_many_failures_end_with_3(phantom, sets, tmp_path, capsys):
    assert _call("extract", phantom, "--out", tmp_path / "run", *sets, "--set", "max_failed=0") == 3
    assert "max_failed" in capsys.readouterr().out


def test_one_picture(phantom, capsys, tmp_path):
    images = phantom.parent / "images"
    files = ("--image", images / "PHANTOM-003_t1post.nii.gz", "--mask", images / "PHANTOM-003_mask.nii.gz")
    assert _call("extract", *files, "--label", 1) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    wanted = ["patient", "image", "region", "family", "feature", "ibsi", "value"]
    assert list(table.columns[:7]) == wanted
    assert table["settings"].notna().all()
    assert _call("extract", *files, "--label", 7) == 2
    assert "IGX-IMG-030" in capsys.readouterr().err
    assert _call("extract", *files, "--preset", "ibsi-digitl") == 2
    assert "did you mean 'ibsi-digital'" in capsys.readouterr().err


def test_maps_of_one_picture_lie_on_its_grid(phantom, capsys, tmp_path):
    import SimpleITK as sitk

    images = phantom.parent / "images"
    files = ("--image", images / "PHANTOM-003_t1post.nii.gz", "--mask", images / "PHANTOM-003_mask.nii.gz")
    asked = ("--map", "stat_mean, cm_contrast_3D_avg", "--radius-voxels", 1, "--out", tmp_path / "maps")
    assert _call("extract", *files, *asked, "--json") == 0
    written = {row["feature"]: row["file"] for row in json.loads(capsys.readouterr().out)}
    assert list(written) == ["stat_mean", "cm_contrast_3D_avg"]
    image, mask = sitk.ReadImage(str(files[1])), sitk.ReadImage(str(files[3]))
    for file in written.values():
        found = sitk.ReadImage(file)
        assert found.GetSize() == image.GetSize()
        for get in ("GetSpacing", "GetOrigin", "GetDirection"):
            assert np.allclose(getattr(found, get)(), getattr(image, get)(), atol=1e-5)
        inside = sitk.GetArrayFromImage(mask) > 0
        assert np.array_equal(sitk.GetArrayFromImage(found) != 0, inside)  # ITK reads NaN as 0
    assert _call("extract", *files, "--map", "stat_maen", "--radius-mm", 3, "--out", tmp_path) == 2
    assert "did you mean 'stat_mean'" in capsys.readouterr().err
    assert _call("extract", *files, "--map", "stat_mean", "--radius-mm", 0.01, "--out", tmp_path) == 2
    assert "IGX-FEAT-181" in capsys.readouterr().err


def test_init_writes_a_study_that_check_accepts(phantom, tmp_path, capsys):
    out = tmp_path / "first.toml"
    assert _call("init", phantom.parent, "--out", out) == 0
    assert _call("init", phantom.parent, "--out", out) == 2
    assert "IGX-STUDY-008" in capsys.readouterr().err
    assert _call("check", out, "--data", phantom.parent) == 0
    shown = capsys.readouterr().out
    assert "t1post" in shown
    assert "all-pairs" in shown


@pytest.mark.slow
def test_a_model_is_applied_to_new_patients(phantom, sets, tmp_path, capsys):
    out = tmp_path / "run"
    assert _call("train", phantom, "--out", out, *sets) == 0
    card = out / "models" / "NULL1.json"
    capsys.readouterr()
    assert _call("predict", phantom, "--model", card, "--out", tmp_path / "new", *sets, "--json") == 0
    rows = pd.DataFrame(json.loads(capsys.readouterr().out))
    failed = pd.read_csv(tmp_path / "new" / "failures.csv", dtype=str)["patient"]
    pictures = phantom.parent / "images"
    absent = [p for p in rows["patient"] if not (pictures / f"{p}_t1post.nii.gz").is_file()]
    assert set(rows.loc[rows["score"].isna(), "patient"]) == {*failed, *absent}
    assert rows["score"].dropna().between(0, 1).all()
    other = [*sets, "--set", "features.discretisation.n_bins=16"]
    code = _call("predict", phantom, "--model", card, "--out", tmp_path / "other", *other)
    weights = json.loads(card.read_text())["columns"]
    assert code == (2 if weights else 0)
    assert _call("predict", phantom, "--model", tmp_path / "absent.json") == 2
    assert "IGX-RUN-080" in capsys.readouterr().err
