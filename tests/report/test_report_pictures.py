import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagenomics.report.folder import read_folder
from imagenomics.report.pictures import read_gallery


def write_panels(folder: Path, entries, sizes=()):
    panels = folder / "panels"
    panels.mkdir(exist_ok=True)
    for name, size in sizes:
        noise = np.random.default_rng(3).integers(0, 255, (size, size), dtype=np.uint8)
        Image.fromarray(noise).save(panels / name)
    (panels / "index.json").write_text(json.dumps({"panels": entries}), encoding="utf-8")
    return read_folder(folder)


def entry(file, patient="p1", **more):
    return {"patient": patient, "image": "t1", "file": file, "width": 20, "height": 20, **more}


@pytest.mark.parametrize(
    "file", ["../secret.png", "/etc/hostname", "..", ".", "", "a\0.png", "sub/x.png", "none.png"]
)
def test_files_outside_panels_are_refused(tmp_path, file):
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "secret.png")
    gallery = read_gallery(write_panels(tmp_path, [entry(file)]))
    assert gallery.pictures == ()
    assert len(gallery.refused) == 1


def test_links_that_lead_outside_are_refused(tmp_path):
    outside = tmp_path / "secret.png"
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(outside)
    results = write_panels(tmp_path, [entry("link.png")])
    (tmp_path / "panels" / "link.png").symlink_to(outside)
    assert read_gallery(results).pictures == ()


def test_what_is_no_png_is_refused_and_the_others_are_shown(tmp_path):
    entries = [entry("bad.png"), entry("good.png", patient="p2")]
    results = write_panels(tmp_path, entries, [("good.png", 20)])
    (tmp_path / "panels" / "bad.png").write_bytes(b"<svg onload=alert(1)>")
    gallery = read_gallery(results)
    assert [p.patient for p in gallery.pictures] == ["p2"]
    assert "not a PNG" in gallery.refused[0]


def test_pictures_shrink_before_patients_are_left_out(tmp_path):
    files = [(f"{i}.png", 200) for i in range(6)]
    results = write_panels(
        tmp_path, [entry(f, patient=f"p{i // 2}") for i, (f, _) in enumerate(files)], files
    )
    whole = read_gallery(results, 10**9)
    assert not whole.reduced
    assert len(whole.pictures) == 6
    shrunk = read_gallery(results, 120_000)
    assert shrunk.reduced
    assert len(shrunk.pictures) == 6
    assert sum(len(p.content) for p in shrunk.pictures) <= 120_000
    few = read_gallery(results, 30_000)
    assert few.left_out == 6 - len(few.pictures) > 0
    assert len(few.pictures) % 2 == 0  # whole patients


def test_broken_contours_are_left_out_and_good_ones_kept(tmp_path):
    contours = {"lesion": [[[1, 2], [3, 4], ["x", None]], "text", [[1, 1]]], "<b>": None}
    results = write_panels(tmp_path, [entry("a.png", contours=contours)], [("a.png", 20)])
    assert read_gallery(results).pictures[0].contours == {"lesion": [[(1.0, 2.0), (3.0, 4.0)]], "<b>": []}


def test_slices_are_counted_from_one_for_the_reader(tmp_path):
    results = write_panels(tmp_path, [entry("a.png", slice=0, n_slices=9, note="n")], [("a.png", 20)])
    assert read_gallery(results).pictures[0].caption == "slice 1 of 9, n"
