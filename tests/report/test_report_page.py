import base64
import hashlib
import json
import shutil

import pytest
from report_reading import read_page
from report_run_names import CLOSING, HOSTILE, IMAGE_TAG, LONG, SCRIPT

from imagenomics.errors import FileProblem
from imagenomics.report.folder import DOCUMENTS, TABLES
from imagenomics.report.html import visible
from imagenomics.report.page import SECTIONS, write_report

OPTIONAL = [*TABLES, *DOCUMENTS]
UNDECLARED = ("agreement", "survival", "gene-sets")  # by the study of these pages
PLOTLY_START = "/**\n* plotly.js"


def page_of(folder):
    return read_page(write_report(folder).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reading(full_page):
    return read_page(full_page)


def test_page_is_well_formed_and_has_its_sections_in_order(reading):
    assert reading.crossed == []
    assert reading.open_at_end == []
    shown = [s.anchor for s in SECTIONS if s.anchor not in UNDECLARED]
    assert [e.attrs["id"] for e in reading.of("section")] == shown
    links = [e.attrs.get("href", "") for e in reading.of("a")]
    assert [link[1:] for link in links if link.startswith("#")][: len(shown)] == shown
    ids = [e.attrs["id"] for e in reading.elements if e.attrs.get("id")]
    assert len(ids) == len(set(ids))


def test_hostile_names_are_text_and_nothing_else(full_page, reading):
    assert not [a for e in reading.elements for a in e.attrs if a.startswith("on")]
    assert {e.attrs["src"].split(",")[0] for e in reading.of("img")} == {"data:image/png;base64"}
    for name in HOSTILE:
        assert visible(name) in reading.text
    assert not set("\u202e\u2028") & set(full_page)
    assert IMAGE_TAG not in full_page
    assert not [e for e in reading.elements if e.tag in ("b", "a") and e.text == "bold"]


def test_scripts_are_the_package_s_own_and_allowed_by_name(reading):
    policy = next(e.attrs["content"] for e in reading.of("meta") if e.attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    scripts = reading.of("script")
    code = [e.text for e in scripts if e.attrs.get("type") != "application/json"]
    for text in code:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not [t for t in code if "alert(1)" in t]
    for element in scripts:
        if element.attrs.get("type") == "application/json":
            json.loads(element.text)


def test_page_asks_for_nothing_outside_itself(reading):
    assert not reading.of("link", "iframe", "object", "embed", "base", "form")
    for element in reading.elements:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = element.attrs.get(name)
            assert value is None or value.startswith(("#", "data:image/"))
    styles = "".join(e.text for e in reading.of("style")) + "".join(
        e.attrs.get("style") or "" for e in reading.elements
    )
    assert "url(" not in styles
    assert "@import" not in styles


def test_equal_folders_give_equal_pages(full_folder, full_page, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(full_folder, copy, ignore=shutil.ignore_patterns("report.html"))
    assert write_report(copy).read_text(encoding="utf-8") == full_page


def test_verdicts_are_said_in_words_and_negatives_look_like_positives(reading):
    cards = [e.attrs["class"] for e in reading.of("article")]
    assert cards == ["card yes", "card no", "card no", "card open", "card wide yes"]
    assert "95% interval 0.79 to 0.92" in reading.text
    assert "7 patients are mutated; a class needs at least 10." in reading.text
    assert "SYNTHETIC DATA" in reading.text


def test_acquisition_and_stability_are_counted(reading):
    assert "How the pictures were made" in reading.text
    assert "t1post.acquisition.model" in reading.text.replace("\u200b", "")
    assert "How far the features can be repeated" in reading.text


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONAL)
def test_page_without_one_file(small_folder, tmp_path, name):
    folder = tmp_path / "run"
    shutil.copytree(small_folder, folder, ignore=shutil.ignore_patterns("report.html", "store"))
    if not (folder / name).is_file():
        pytest.skip("the fixture has no gene sets")
    (folder / name).unlink()
    reading = page_of(folder)
    assert reading.crossed == []
    left_out = 0 if name == "record.json" else len(UNDECLARED)  # a study that is not known may declare all
    assert len(reading.of("section")) == len(SECTIONS) - left_out
    assert "cannot be shown" not in reading.text.replace("picture", "")


def test_intervals_are_called_by_the_confidence_that_the_study_declares(small_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(small_folder, folder, ignore=shutil.ignore_patterns("report.html", "store"))
    record = json.loads((folder / "record.json").read_text())
    for block in record["plan"]["associate"]:
        block["confidence"] = 0.9
    (folder / "record.json").write_text(json.dumps(record))
    assert "90% interval" in page_of(folder).text


def test_page_of_a_folder_with_one_file_only(small_folder, tmp_path):
    shutil.copy(small_folder / "flow.json", tmp_path / "flow.json")
    reading = page_of(tmp_path)
    absent = [e for e in reading.elements if e.attrs.get("class") == "absent"]
    assert len(absent) >= len(SECTIONS) - 1
    assert "plotly.js v" not in "".join(e.text for e in reading.of("script"))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONAL)
def test_empty_tables_and_objects(small_folder, tmp_path, name):
    import pandas as pd

    from imagenomics.tables.write import write_parquet

    folder = tmp_path / "run"
    shutil.copytree(small_folder, folder, ignore=shutil.ignore_patterns("report.html", "store"))
    path = folder / name
    if not path.is_file():
        pytest.skip("the fixture has no gene sets")
    if name.endswith(".parquet"):
        write_parquet(path, pd.read_parquet(path).iloc[:0])
    elif name.endswith(".csv"):
        path.write_text(path.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    else:
        path.write_text("{}", encoding="utf-8")
    reading = page_of(folder)
    assert reading.crossed == []
    assert "IGX-REP-00" not in reading.text


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("associations.parquet", b"PAR1 cut off", "IGX-REP-002"),
        ("verdicts.json", b'{"verdicts": [', "IGX-REP-002"),
        ("record.json", b"[1, 2]", "IGX-REP-003"),
        ("losses.csv", b"who,why\na,b\n", "IGX-REP-003"),
        ("failures.csv", b"", "IGX-REP-002"),
        ("flow.json", b"\xff\xfe\x00", "IGX-REP-002"),
    ],
)
def test_damaged_files_are_named_on_the_page(small_folder, tmp_path, name, content, code):
    folder = tmp_path / "run"
    shutil.copytree(small_folder, folder, ignore=shutil.ignore_patterns("report.html", "store"))
    (folder / name).write_bytes(content)
    reading = page_of(folder)
    assert f"[{code}]" in reading.text
    assert "Parts of this run folder cannot be shown" in reading.text


@pytest.mark.parametrize("make", [lambda p: p / "nowhere", lambda p: p])
def test_what_is_no_run_folder_is_refused(tmp_path, make):
    with pytest.raises(FileProblem, match="IGX-REP-001"):
        write_report(make(tmp_path))


def test_one_patient(make_folder):
    reading = page_of(make_folder(patients=1, features=4, targets=3, hostile=False))
    assert "1 patient," in reading.text
    assert "No pair could be tested" in reading.text


def test_two_features(make_folder):
    folder = make_folder(patients=30, features=2, targets=2, hostile=False, panels=False, train=False)
    reading = page_of(folder)
    assert "(2 features × 2 targets)" in reading.text
    assert "No prediction was trained" in reading.text


@pytest.mark.slow
def test_two_thousand_features_stay_small_and_say_what_is_left_out(make_folder):
    folder = make_folder(patients=40, features=2000, targets=60, hostile=False, panels=False, train=False)
    page = write_report(folder)
    assert page.stat().st_size < 8_000_000
    assert "weaker features are not on the page" in read_page(page.read_text(encoding="utf-8")).text


def test_long_and_odd_names_reach_the_page_whole(reading):
    assert LONG in reading.text.replace("\n", "")
    assert visible(CLOSING) in reading.text
    assert SCRIPT in reading.text


def test_flagged_images_stand_first_with_their_pictures_and_reasons(reading, small_folder):
    assert "60 images measured, 2 images with a flag" in reading.text
    assert "nothing was left out because of it" in reading.text
    assert "region on the border of the image (1)" in reading.text
    assert visible(f"12% of the surface {SCRIPT}") in reading.text
    assert "unheard" not in reading.text  # a measure of a later version
    page = page_of(small_folder)
    worst = [e for e in page.of("div") if "data-worst" in e.attrs]
    assert len(worst) == 1


def test_image_quality_that_is_absent_or_empty_is_said(small_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(small_folder, copy)
    lines = (copy / "quality.csv").read_text().splitlines()
    (copy / "quality.csv").write_text(lines[0] + "\n")
    assert "The quality of no image was measured" in page_of(copy).text
    (copy / "quality.csv").unlink()
    assert "No table of image quality was written" in page_of(copy).text
