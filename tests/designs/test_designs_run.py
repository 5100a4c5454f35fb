"""Papers that run: from the key to three cohorts and a page, and on a study of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagenomics.catalogue.papers.load import load_papers
from imagenomics.designs.columns import columns_of
from imagenomics.designs.load import design_keys, load_design, read_design
from imagenomics.designs.own import needed_names, own_plan, read_mapping, run_own
from imagenomics.designs.page import paper_runs_page
from imagenomics.designs.run import run_designs
from imagenomics.designs.words import MEANING, could_show, design_text, null_kept, null_words, planted_found
from imagenomics.errors import FileProblem, ImagenomicsError, InputError
from imagenomics.runs.plan import Plan
from imagenomics.work.progress import Progress

KEY = "halpenny2014_alk"


@pytest.mark.parametrize("key", design_keys())
def test_every_design_is_of_its_paper_and_makes_a_study(key: str) -> None:
    from imagenomics.designs.folder import study_tree
    from imagenomics.designs.rules import under_todays_rules

    design = load_design(key)
    assert design.paper == key
    assert load_papers()[key]["analysable"]
    assert columns_of(design)
    doubled = design.model_copy(update={"study": under_todays_rules(design.study)})
    plan = Plan.read(study_tree(doubled, title=key), where=key)
    assert plan.synthetic


def test_a_paper_without_a_design_says_why() -> None:
    for key, why in (
        ("bai2016_imaging_genomics_cancer", ""),
        ("zhao2016_reproducibility", "genom"),
        ("coudray2018_inception_luad", "machine-learning"),
    ):
        with pytest.raises(InputError, match="IGX-DES-001") as error:
            load_design(key)
        assert why in str(error.value)
    with pytest.raises(InputError, match="IGX-CAT-001"):
        load_design("halpeny2014_alk")


def test_files_that_are_no_designs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="IGX-DES-003"):
        read_design(tmp_path / "none.toml")
    file = tmp_path / "bad.toml"
    file.write_text("paper = [")
    with pytest.raises(InputError, match="IGX-DES-004"):
        read_design(file)
    text = load_text(KEY).replace(f'"{KEY}"', '"halpenny2041_alk"')
    file.write_text(text)
    with pytest.raises(InputError, match="IGX-DES-005"):
        read_design(file)


def load_text(key: str) -> str:
    import imagenomics.designs

    return (Path(imagenomics.designs.__file__).parent / "data" / f"{key}.toml").read_text()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("papers")
    results, failures = run_designs((KEY,), out, keep=True, progress=Progress(shown=False))
    assert not failures
    return out, results[KEY]


@pytest.mark.slow
def test_a_design_runs_finds_what_was_planted_and_keeps_the_null(ran: tuple[Path, dict[str, Any]]) -> None:
    out, result = ran
    first = result["findings"][0]
    assert planted_found(first) == "found (printed size)"
    assert could_show(first).startswith("yes")
    assert null_kept(first)
    assert first["power"]["today"]["half"]["found"] < first["power"]["today"]["published"]["found"]
    assert result["phenotypes"]["large-nodes"]["n"] == 3 * 127
    for scale in ("published", "half", "none"):
        assert (out / KEY / scale / "run" / "report.html").is_file()
    text = design_text(result, title="T")
    assert MEANING in text
    assert "could a study of this size have shown it? yes" in text


@pytest.mark.slow
def test_what_was_run_is_not_run_again(ran: tuple[Path, dict[str, Any]]) -> None:
    out, result = ran
    page = out / KEY / "published" / "run" / "report.html"
    before = page.stat().st_mtime_ns
    again, failures = run_designs((KEY,), out, progress=Progress(shown=False))
    assert again[KEY] == json.loads(json.dumps(result))
    assert not failures
    assert page.stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_page_has_every_conventional_paper_once(ran: tuple[Path, dict[str, Any]]) -> None:
    _, result = ran
    page = paper_runs_page({KEY: result}, {}, date="2026-01-02")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    named = [line.split("|")[1].strip().replace("\\", "") for line in rows[1:]]
    conventional = [k for k, paper in load_papers().items() if paper["section"] == "conventional"]
    assert sorted(n for n in named if n) == sorted(conventional)
    assert "2026-01-02" in page
    assert MEANING in page


@pytest.mark.slow
def test_a_paper_runs_on_a_study_of_ones_own(ran: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out, result = ran
    study = tmp_path / "mine.toml"
    study.write_text(
        """
name = "mine"
[patients]
table = "patients.csv"
id = "patient"
[[feature_tables]]
name = "reads"
kind = "readings"
path = "ct.csv"
dictionary = "ct.toml"
reader = "reader"
consensus = { rule = "first", readers = ["reader1", "reader2"] }
[[molecules]]
name = "genes"
kind = "labels"
path = "patients.csv"
id = "patient"
columns = { ALK = { kind = "binary", levels = ["EGFR", "ALK"] } }
[[associate]]
name = "of-mine"
targets = "genes"
"""
    )
    mapping = read_mapping(
        ["ALK=genes.ALK", "large-nodes=reads.large_nodes", "multifocal-nodes = reads.multifocal_nodes"]
    )
    design, data = load_design(KEY), out / KEY / "published" / "cohort"
    found = run_own(design, study, mapping, out=tmp_path / "run", data=data)
    for here, there in zip(found["findings"], result["findings"], strict=True):
        assert here["paper"] == there["paper"]["published"]
        assert here["today"] == there["today"]["published"]
    wrong = {**mapping, "large-nodes": "reads.large_node"}
    with pytest.raises(InputError, match="IGX-RUN-040") as error:
        run_own(design, study, wrong, out=tmp_path / "nothing", data=data)
    assert "reads.large_nodes" in str(error.value)
    assert not (tmp_path / "nothing").exists()


def test_sizes_are_those_of_the_effects_that_a_finding_is_about() -> None:
    rvi = load_design("banerjee2015_rvi")
    assert [rvi.size_known(f) for f in rvi.findings] == ["derived", "derived"]
    heritable = load_design("adhikari2018_h2_rsfmri")
    assert [heritable.size_known(f) for f in heritable.findings] == ["printed", "printed"]
    for key in design_keys():
        design = load_design(key)
        assert all(design.size_known(f) for f in design.findings), key


def test_what_was_not_drawn_is_no_kept_null() -> None:
    seen = {"found": False}
    row = {"paper": {"published": seen}, "today": {"published": seen, "none": seen}, "size": "assumed"}
    assert null_kept(row) is None
    assert null_words(row) == "nothing found in one cohort"
    assert could_show(row) == "not drawn"
    share = {"found": 20, "of": 100}
    drawn = {**row, "power": {"today": dict.fromkeys(("published", "half", "none"), share)}}
    assert null_words(drawn) == "NOT kept"
    assert could_show(drawn) == "no: 20% (half the effect: 20%)"


def test_a_mapping_says_what_it_lacks_and_what_is_too_much(tmp_path: Path) -> None:
    design = load_design(KEY)
    study = tmp_path / "s.toml"
    study.write_text('name = "s"\n[patients]\ntable = "t.csv"\nid = "patient"\n')
    assert needed_names(design) == ("ALK", "large-nodes", "multifocal-nodes")
    with pytest.raises(InputError, match="IGX-DES-007") as error:
        own_plan(design, study, {"ALK": "genes.ALK"})
    assert "large-nodes" in str(error.value)
    assert "FISH" not in str(error.value)
    with pytest.raises(InputError, match="IGX-DES-006"):
        own_plan(design, study, {"ALKK": "genes.ALK"})
    for pairs in (["ALK"], ["=x"], ["ALK="], ["ALK=a", "ALK=b"]):
        with pytest.raises(InputError, match="IGX-DES-006"):
            read_mapping(pairs)


def test_the_command_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    from imagenomics.cli import paper_runs

    how = paper_runs.How(None, 1, False, False, None)
    for keys, everything in (([], False), ([KEY], True)):
        with pytest.raises(ImagenomicsError, match="IGX-CLI-002"):
            paper_runs.run_simulated(keys, everything, how, False)
    with pytest.raises(ImagenomicsError, match="IGX-CLI-002"):
        paper_runs.run_on_study([], paper_runs.Own(Path("s.toml"), None, (), 1), None, False)
    assert paper_runs.name_designs(False) == 0
    assert KEY in capsys.readouterr().out


def test_the_reference_of_designs_is_up_to_date() -> None:
    from imagenomics.designs.reference import designs_page

    written = Path(__file__).parents[2] / "docs" / "reference" / "designs.md"
    assert written.read_text() == designs_page(), "make it again: python -m imagenomics.designs.reference"
