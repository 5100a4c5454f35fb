"""Gene sets and modules in a study: from the file to the page, resumed, and refused where names do not fit."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.cli.app import register, run
from imagenomics.errors import FileProblem, InputError
from imagenomics.genesets.frame import COLUMNS
from imagenomics.runs.check import check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "Sets"
seed = 2
[patients]
table = "patients.csv"
id = "patient"
site = { column = "hospital" }
[patients.clinical]
age = "age"
[[feature_tables]]
name = "ct"
path = "features.csv"
[[molecules]]
name = "rna"
kind = "expression"
path = "rna.csv"
id = "patient"
[[molecules]]
name = "calls"
kind = "copy-number"
path = "calls.csv"
id = "patient"
[[enrich]]
name = "pathways"
molecules = "rna"
sets = "sets.gmt"
method = "self-contained"
adjust = ["age", "site"]
permutations = 999
random_sets = 99
[[modules]]
name = "programmes"
molecules = "rna"
min_module = 10
random_sets = 99
tests = { permutations = 19 }
tree_permutations = 99
"""
FILES = (
    "enrichment.parquet",
    "set_scores.parquet",
    "modules.parquet",
    "module_scores.parquet",
    "module_map.parquet",
    "module_trees.parquet",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A cohort in which one phenotype follows one of twelve pathways."""
    path = tmp_path_factory.mktemp("sets")
    random = np.random.default_rng(1)
    ids = [f"P{i:02d}" for i in range(70)]
    factors = random.standard_normal((70, 12))
    genes = [f"GENE{i}" for i in range(180)]
    rna = np.repeat(factors, 15, axis=1) * 0.7 + random.standard_normal((70, 180))
    features = np.column_stack([factors[:, 2] + 0.7 * random.standard_normal(70), random.standard_normal(70)])
    pd.DataFrame({"patient": ids, "hospital": ["a", "b"] * 35, "age": random.integers(40, 80, 70)}).to_csv(
        path / "patients.csv", index=False
    )
    pd.DataFrame(features, columns=["texture", "idle"]).assign(patient=ids).to_csv(
        path / "features.csv", index=False
    )
    pd.DataFrame(rna, columns=genes).assign(patient=ids).to_csv(path / "rna.csv", index=False)
    pd.DataFrame({"patient": ids, "EGFR": random.integers(-1, 2, 70)}).to_csv(path / "calls.csv", index=False)
    lines = [f"SET_{k}\t\t" + "\t".join(genes[15 * k : 15 * k + 12]) for k in range(12)]
    (path / "sets.gmt").write_text("\n".join([*lines, "OTHER\t\tTP53\tMYC"]), encoding="utf-8")
    (path / "study.toml").write_text(STUDY, encoding="utf-8")
    return path


def job(folder, out, *, changes=(), last="report", **options):
    study = load_study(folder / "study.toml", overrides=changes)
    return run_plan(
        study.plan, study.root, JobOptions(out, progress=Progress(shown=False), **options), last=last
    )


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    return job(folder, out)


def test_the_planted_pathway_is_supported_and_nothing_else(done):
    table = pd.read_parquet(done.folder / "enrichment.parquet")
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 13
    found = table[table["verdict"] == "supported"]
    assert found[["feature", "set"]].to_numpy().tolist() == [["ct.texture", "SET_2"]]
    assert (table.loc[table["set"] == "OTHER", "verdict"] == "not testable").all()
    assert done.gene_sets == [{"analysis": "pathways", "tested": 12, "supported": ["SET_2"]}]
    assert "1 of 12 sets supported SET_2" in done.text()


def test_modules_are_mapped(done):
    genes = pd.read_parquet(done.folder / "modules.parquet")
    scores = pd.read_parquet(done.folder / "module_scores.parquet")
    mapped = pd.read_parquet(done.folder / "module_map.parquet")
    assert set("programmes." + genes["module"].unique()) == set(scores.columns)
    best = mapped.sort_values("p").iloc[0]
    assert str(best["feature"]) == "ct.texture"
    own = genes[("programmes." + genes["module"]) == str(best["target"])]["gene"]
    assert (own.str[4:].astype(int) // 15 == 2).mean() > 0.8
    assert best["verdict"] == "supported"
    assert (mapped.loc[mapped["feature"] == "ct.idle", "verdict"] == "no evidence found").all()
    assert best["random_low"] <= best["random_high"] < abs(best["z"])
    trees = pd.read_parquet(done.folder / "module_trees.parquet")
    strongest = trees[trees["status"] == "split"].sort_values("explained").iloc[-1]
    assert strongest[["module", "feature"]].tolist() == [str(best["target"]), "ct.texture"]


def test_the_page_shows_sets_random_sets_and_modules(done):
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    for words in (
        "Gene sets and modules",
        "SET_2",
        "Against random gene sets",
        "Radiogenomic map",
        "of these beat random groups of genes",
        "Against random groups of genes",
        "eigengenes of 99 random groups",
        "Module network",
    ):
        assert words in page.replace("<wbr>", "")
    assert "1 pair passed all three questions" in page


def test_a_resumed_run_has_the_same_bytes(folder, done, tmp_path):
    before = {name: (done.folder / name).read_bytes() for name in FILES}
    again = job(folder, done.folder)
    assert {name: (again.folder / name).read_bytes() for name in FILES} == before
    fresh = job(folder, tmp_path / "fresh", last="enrich")
    assert {name: (fresh.folder / name).read_bytes() for name in FILES} == before
    assert not (fresh.folder / "report.html").exists()


@pytest.mark.slow
def test_two_workers_give_the_same_bytes(folder, done, tmp_path):
    two = job(folder, tmp_path / "two", last="enrich", workers=2)
    for name in FILES:
        assert (two.folder / name).read_bytes() == (done.folder / name).read_bytes(), name


@pytest.mark.slow
def test_what_is_no_longer_declared_leaves_the_folder(folder, tmp_path):
    job(folder, tmp_path / "out", last="enrich")
    job(folder, tmp_path / "out", changes=["enrich=[]", "modules=[]"])
    assert not any((tmp_path / "out" / name).exists() for name in FILES)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Gene sets and modules" not in page


def test_other_sets_are_tested_anew(folder, tmp_path):
    changes = ["enrich.pathways.only=['SET_1*']", "modules=[]", "enrich.pathways.permutations=99"]
    job(folder, tmp_path / "out", changes=changes, last="enrich")
    table = pd.read_parquet(tmp_path / "out" / "enrichment.parquet")
    assert sorted(table["set"].unique()) == ["SET_1", "SET_10", "SET_11"]


def test_check_says_what_will_be_tested(folder, capsys):
    study = load_study(folder / "study.toml")
    rows = {row["analysis"]: row for row in check_study(study.plan, study.root).analyses}
    assert rows["pathways"] | {"seconds": 0} == {
        "analysis": "pathways", "kind": "enrichment", "method": "self-contained", "features": 2, "sets": 13,
        "testable": 12, "genes": 180, "matched": 144 / 146, "tests": 24, "permutations": 999, "random_sets": 99,
        "seconds": 0,
    }  # fmt: skip
    assert rows["programmes"]["genes"] == 180
    register()
    assert run(["check", str(folder / "study.toml")]) == 0
    said = capsys.readouterr().out
    assert "enrich pathways: 2 features x 12 of 13 sets (99% of their genes" in said
    assert "modules programmes: 180 genes, coexpression, against 2 features" in said


def test_the_verb_does_the_stage(folder, tmp_path, capsys):
    register()
    arguments = ["--set", "modules=[]", "--set", "enrich.pathways.permutations=99", "--json"]
    assert run(["enrich", str(folder / "study.toml"), "--out", str(tmp_path / "out"), *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["gene_sets"][0]["tested"] == 12
    assert document["page"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("enrich.pathways.molecules=calls", "IGX-SET-001"),
        ("enrich.pathways.molecules=nothing", "IGX-SET-001"),
        ("modules.programmes.molecules=nothing", "IGX-SET-001"),
        ("modules.programmes.name=pathways", "IGX-SET-001"),
        ("enrich.pathways.method=gsea", "IGX-SET-001"),
        ("enrich.pathways.random_sets=5", "IGX-SET-001"),
        ("enrich.pathways.only=['HALLMARK_*']", "IGX-SETS-012"),
        ("enrich.pathways.sets=patients.csv", "IGX-GEN-021"),
        ("enrich.pathways.sets=no.gmt", "IGX-"),
        ("enrich.pathways.min_matched=1.0", "IGX-SETS-003"),
        ("enrich.pathways.features=nothing", "IGX-RUN-040"),
        ("enrich.pathways.adjust=['weight']", "IGX-RUN-042"),
    ],
)
def test_what_cannot_be_run_is_refused_by_check(folder, change, code):
    def check():
        study = load_study(folder / "study.toml", overrides=[change])
        check_study(study.plan, study.root)

    with pytest.raises((InputError, FileProblem), match=code):
        check()
