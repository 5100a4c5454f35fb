import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from report_reading import read_page

from imagenomics.report.baselines import baseline_rows, gains_in_words
from imagenomics.report.differences import difference_lists
from imagenomics.report.folder import Results, read_folder
from imagenomics.report.limits import class_sizes, images_missing, limits_box
from imagenomics.report.page import write_report
from imagenomics.report.verdicts import _summary, verdict_section
from imagenomics.tables.write import write_parquet

SUPPORTED, ABSENT = "supported", "no evidence found"


@pytest.fixture
def folder(small_folder, tmp_path):
    """A copy of the small run folder that a test may change."""
    copy = tmp_path / "run"
    shutil.copytree(small_folder, copy, ignore=shutil.ignore_patterns("report.html"))
    return copy


def gain(over, verdict):
    return {"model": f"image+{over} vs {over}", "verdict": verdict}


def change_plan(folder, **parts):
    record = json.loads((folder / "record.json").read_text("utf-8"))
    record["plan"].update(parts)
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")


def test_targets_that_two_families_ask_for_count_once():
    rows = [
        {"kind": "association", "analysis": a, "target": t, "verdict": v}
        for a, t, v in (
            ("x", "EGFR", SUPPORTED),
            ("x", "KRAS", ABSENT),
            ("y", "EGFR", SUPPORTED),
            ("y", "KRAS", ABSENT),
        )
    ]
    said = "2 targets tested for association in 2 families, 4 answers: 2 supported and 2 no evidence found."
    assert _summary(Results(None, {}, {}), rows) == said


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((-0.01, 0.11), "; the interval includes zero"),
        ((-0.12, -0.02), "; the interval lies below zero"),
        ((0.02, 0.12), "; shuffled readings do as well"),
    ],
)
def test_a_gain_that_is_not_shown_says_where_its_interval_lies(ends, words):
    row = gain("volume", ABSENT) | {"kind": "increment", "source": "readings", "estimate": sum(ends) / 2}
    row |= {"ci_low": ends[0], "ci_high": ends[1], "null_p_adjusted": 0.4}
    said = read_page(str(difference_lists([row])[0])).text
    assert words in said
    assert said.count("the interval") <= 1


def limits(folder):
    return read_page(limits_box(read_folder(folder)) or "").text


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([], "whether it is better than a baseline was not asked"),
        ([gain("clinical", ABSENT)], "not shown to be better than clinical variables alone."),
        (
            [gain("clinical", SUPPORTED) | {"source": "readings"}],
            "and with the readings better than clinical",
        ),
        (
            [gain("clinical", ABSENT), gain("volume", "not testable")],
            "Better than chance, but not shown to be better than clinical variables or volume alone.",
        ),
        (
            [gain("clinical", ABSENT), gain("volume", SUPPORTED)],
            "with the images better than volume alone, but not shown to be better than clinical variables alone.",
        ),
        (
            [gain("clinical", SUPPORTED), gain("volume", SUPPORTED)],
            "Better than chance, and with the images better than clinical variables and volume alone.",
        ),
    ],
)
def test_a_supported_prediction_says_what_it_is_not_shown_to_beat(gains, said):
    assert said in gains_in_words({"verdict": SUPPORTED}, gains)
    assert gains_in_words({"verdict": ABSENT}, gains) == ""


def test_cards_show_the_baselines_of_the_performance_table(small_folder):
    results = read_folder(small_folder)
    verdict = next(v for v in results.entries("verdicts.json", "verdicts") if v["analysis"] == "idh")
    table = pd.read_parquet(small_folder / "performance.parquet")
    own = table[
        (table["analysis"] == "idh") & (table["split"] == "cross-validation") & (table["metric"] == "auc")
    ]
    expected = own.set_index("model")["estimate"]
    rows = {r["model"]: r["estimate"] for r in baseline_rows(results, verdict)}
    assert rows == {name: pytest.approx(expected[name]) for name in ("clinical", "volume")}
    text = read_page(verdict_section(results)).text
    assert f"clinical variables alone{expected['clinical']:.2f}" in text
    assert f"volume alone{expected['volume']:.2f}" in text


def test_lead_says_where_no_gain_over_a_baseline_is_shown(folder):
    path = folder / "verdicts.json"
    text = path.read_text("utf-8")
    assert "no gain over a baseline shown" not in read_page(verdict_section(read_folder(folder))).text
    verdicts = json.loads(text)
    for v in verdicts["verdicts"]:
        if v["kind"] == "increment":
            v["verdict"] = ABSENT
    path.write_text(json.dumps(verdicts), encoding="utf-8")
    assert (
        "idh (AUC 0.86; no gain over a baseline shown)"
        in read_page(verdict_section(read_folder(folder))).text
    )


def test_limits_count_patients_without_an_image(folder):
    features = pd.read_parquet(folder / "features.parquet")
    features.loc[features.index[:3], [c for c in features if c.startswith("flair")]] = float("nan")
    write_parquet(folder / "features.parquet", features)
    assert images_missing(read_folder(folder)) == {"t1post": 0, "flair": 3}
    said = limits(folder)
    assert "no value from flair for 3" in said
    assert "median of the training patients" in said


def test_limits_say_that_voxels_are_counted_where_their_size_is_unknown(folder):
    assert "Size in voxels" not in limits(folder)
    images = read_folder(folder).blocks("images")
    change_plan(folder, images=[{**b, "spacing": "unknown"} for b in images])
    assert "not in millimetres" in limits(folder)


def test_limits_name_the_smallest_classes_and_the_lack_of_other_hospitals(folder):
    results = read_folder(folder)
    molecules = results.table("molecules.parquet")
    sizes = class_sizes(results)
    performance = results.table("performance.parquet")
    once = performance.assign(target=next(c for c in molecules if c in sizes))
    once = once.assign(n=sizes[once["target"].iloc[0]][1], n_positive=sizes[once["target"].iloc[0]][0])
    same = class_sizes(replace(results, tables={**results.tables, "performance.parquet": once}))
    assert "idh" not in same  # a target that is predicted and tested in the same patients has one size
    name = next(c for c in molecules if c in sizes)
    values = molecules[name].dropna()
    assert sizes[name] == (min((values == 0).sum(), (values == 1).sum()), len(values))
    assert "idh" in sizes
    said = limits(folder)
    assert "no external test set" in said
    assert "linear in its variables (age and gender)" in said
    assert "1 in idh (label not known)" in said


@pytest.mark.parametrize(("sites", "said"), [(None, "No site declared"), ("DU", "One site")])
def test_limits_say_that_sites_are_unknown_or_single(folder, sites, said):
    for name in ("clinical.parquet", "clinical.columns.parquet"):
        table = pd.read_parquet(folder / name)
        if sites is None:
            table = table.drop(index="site") if "columns" in name else table.drop(columns="site")
        elif "columns" not in name:
            table["site"] = sites
        write_parquet(folder / name, table)
    assert said in limits(folder)


def test_limits_of_hostile_names_stay_text(full_folder):
    page = read_page(str(limits_box(read_folder(full_folder))))
    assert page.crossed == []
    assert not page.of("script", "img")


def test_page_of_a_folder_without_questions_has_no_box(small_folder, tmp_path):
    shutil.copy(small_folder / "flow.json", tmp_path / "flow.json")
    assert "What these results cannot say" not in write_report(tmp_path).read_text("utf-8")
