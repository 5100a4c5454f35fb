import json

import pandas as pd
import pytest

from imagenomics.errors import InputError

TABLES = (
    "clinical.parquet",
    "features.parquet",
    "features.columns.parquet",
    "molecules.parquet",
    "associations.parquet",
    "predictions.parquet",
    "performance.parquet",
    "curves.parquet",
    "losses.csv",
    "table1.csv",
    "mappings.csv",
    "failures.csv",
    "warnings.csv",
    "flow.json",
    "verdicts.json",
)
ASSOCIATION_COLUMNS = [
    *(
        "analysis",
        "feature",
        "target",
        "target_kind",
        "stratum",
        "test",
        "unit",
        "n",
        "effect",
        "effect_name",
    ),
    *("ci_low", "ci_high", "statistic", "p", "neg_log10_p", "q", "p_maxt", "status", "reason"),
]


def test_a_run_writes_the_files_that_users_script_against(quick_run):
    for name in (*TABLES, "record.json", "report.html", "failures.json", "panels/index.json"):
        assert (quick_run.folder / name).is_file(), name
    associations = pd.read_parquet(quick_run.folder / "associations.parquet")
    assert list(associations.columns[: len(ASSOCIATION_COLUMNS)]) == ASSOCIATION_COLUMNS
    predictions = pd.read_parquet(quick_run.folder / "predictions.parquet")
    wanted = ["patient", "analysis", "target", "model", "repeat", "fold", "score", "label"]
    assert list(predictions.columns) == wanted
    for file in quick_run.folder.glob("*.json"):
        assert "schema_version" in json.loads(file.read_text())
    for file in quick_run.folder.glob("*.csv"):
        assert pd.read_csv(file, dtype=str).columns[-1] == "schema_version"


def test_every_declared_question_has_a_verdict(quick_run):
    kinds = pd.DataFrame(quick_run.verdicts)
    assert set(kinds["verdict"]) <= {"supported", "no evidence found", "not testable"}
    assert len(kinds[kinds["kind"] == "prediction"]) == 1
    assert list(kinds.loc[kinds["kind"] == "increment", "model"]) == ["image+volume vs volume"]
    assert set(kinds.loc[kinds["kind"] == "association", "analysis"]) == {
        "adjusted",
        "unadjusted",
        "expression",
    }
    assert kinds["reason"].str.len().gt(10).all()


def test_losses_and_failures_name_everybody_who_is_missing(quick_run):
    losses = pd.read_csv(quick_run.folder / "losses.csv", dtype=str)
    failures = pd.read_csv(quick_run.folder / "failures.csv", dtype=str)
    assert "only images" in set(losses["category"])  # the patient without molecules
    assert losses["id_as_written"].str.contains("901").any()  # the one with molecules only
    assert list(failures["code"]) == ["IGX-IMG-004"]  # the truncated image
    steps = json.loads((quick_run.folder / "flow.json").read_text())["steps"]
    assert steps[0]["n"] - sum(r["n"] for s in steps for r in s["removed"]) == steps[-1]["n"]


@pytest.mark.slow
def test_numbers_do_not_depend_on_workers_or_on_resuming(quick_run, run_quick, phantom, tmp_path):
    two = run_quick(phantom, tmp_path / "two", workers=2)
    run_quick(phantom, tmp_path / "halves", last="train")
    halves = run_quick(phantom, tmp_path / "halves")
    for name in TABLES:
        expected = (quick_run.folder / name).read_bytes()
        assert (two.folder / name).read_bytes() == expected, f"{name}: two workers"
        assert (halves.folder / name).read_bytes() == expected, f"{name}: resumed"


def test_a_changed_setting_does_only_again_what_it_touches(quick_run, run_quick, phantom, tmp_path):
    first = run_quick(phantom, tmp_path / "run", last="extract")
    before = {p: p.stat().st_mtime_ns for p in (first.folder / "store").rglob("*.zip")}
    run_quick(phantom, tmp_path / "run", last="associate", overrides=["associate.adjusted.permutations=5"])
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time


@pytest.mark.slow
def test_results_of_another_plan_do_not_stay_beside_new_ones(run_quick, phantom, tmp_path):
    out = tmp_path / "run"
    run_quick(phantom, out, last="nulls")
    same = run_quick(phantom, out, last="associate")
    assert (out / "verdicts.json").is_file()
    assert same.verdicts == []
    run_quick(phantom, out, last="associate", overrides=["associate.adjusted.permutations=7"])
    assert not (out / "verdicts.json").exists()
    assert not (out / "predictions.parquet").exists()
    assert (out / "associations.parquet").is_file()


def test_two_runs_cannot_write_to_one_folder(run_quick, phantom, tmp_path):
    from imagenomics.runs.job import _only_writer

    with _only_writer(tmp_path / "run"), pytest.raises(InputError, match="IGX-RUN-051"):
        run_quick(phantom, tmp_path / "run")


def test_a_page_is_made_again_from_the_folder_alone(quick_run, tmp_path):
    import shutil

    from imagenomics.report.page import write_report

    copy = tmp_path / "copy"
    shutil.copytree(quick_run.folder, copy, ignore=shutil.ignore_patterns("store", "report.html", ".lock"))
    page = write_report(copy)
    assert page.read_text() == (quick_run.folder / "report.html").read_text()


def test_unknown_stage(run_quick, phantom, tmp_path):
    with pytest.raises(InputError, match="IGX-RUN-050"):
        run_quick(phantom, tmp_path / "run", last="asociate")
