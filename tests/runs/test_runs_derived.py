"""Molecules of several kinds and labels derived from them, from a study file to the page."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.cli.check import command
from imagenomics.errors import InputError
from imagenomics.runs.folder import Issues
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.link import join_sides
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "Molecules"

[patients]
table = "clinical.csv"
id = "patient"

[[feature_tables]]
name = "ct"
path = "features.csv"

[[molecules]]
name = "mut"
kind = "maf"
path = "m.maf"
sequenced = "sequenced.csv"
hotspots = ["IDH1:R132"]

[[molecules]]
name = "cn"
kind = "log-ratio"
path = "arms.csv"
id = "patient"

[[molecules]]
name = "meth"
kind = "methylation"
path = "meth.csv"
scale = "beta"
id = "patient"

[[molecules]]
name = "rna"
kind = "expression"
path = "counts.csv"
values = "counts"
normalise = "log-cpm"
id = "patient"

[[derive]]
name = "burden"
kind = "tmb"
mutations = "mut"
megabases = 2.0

[[derive]]
name = "arms"
kind = "arm-events"
copy_number = "cn"
events = { codel = "-1p -19q" }

[[derive]]
name = "glioma"
kind = "glioma-class"
edition = "2016"
mutations = "mut"
codeletion = { column = "arms.codel" }

[[derive]]
name = "mgmt"
kind = "mgmt-stp27"
methylation = "meth"

[[derive]]
name = "sig"
kind = "signature"
expression = "rna"
sets = "sets.gmt"

[[associate]]
name = "all"
features = "all"
targets = ["mut", "burden", "arms", "glioma", "mgmt", "sig"]
permutations = 19

[[train]]
name = "idh"
target = "glioma.IDH"
models = []
folds = 3
repeats = 1
baselines = []
"""
HEAD = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tHGVSp_Short\n"


@pytest.fixture
def study(tmp_path):
    random = np.random.default_rng(5)
    ids = [f"P{k:02d}" for k in range(36)]
    pd.DataFrame({"patient": ids}).to_csv(tmp_path / "clinical.csv", index=False)
    mutated = np.arange(36) % 2 == 0
    features = pd.DataFrame(
        {"patient": ids, "size": mutated * 2.0 + random.normal(size=36), "noise": random.normal(size=36)}
    )
    features.to_csv(tmp_path / "features.csv", index=False)
    rows = [f"IDH1\tMissense_Mutation\t{p}\tp.R132H\n" for p, m in zip(ids, mutated, strict=True) if m]
    rows += [f"TTN\tSilent\t{p}\tp.A1=\nTP53\tNonsense_Mutation\t{p}\tp.R213*\n" for p in ids[::3]]
    (tmp_path / "m.maf").write_text(HEAD + "".join(rows))
    pd.DataFrame({"sample": ids[:-2]}).to_csv(tmp_path / "sequenced.csv", index=False)
    codeleted = np.arange(36) % 4 == 0
    arms = pd.DataFrame(
        {"patient": ids, "1p": np.where(codeleted, -0.6, 0.0), "19q": np.where(codeleted, -0.5, 0.1)}
    )
    arms.iloc[:-1].to_csv(tmp_path / "arms.csv", index=False)
    beta = pd.DataFrame(
        {
            "patient": ids,
            "cg12434587": np.where(mutated, 0.6, 0.03),
            "cg12981137": np.where(mutated, 0.5, 0.02),
        }
    )
    beta.to_csv(tmp_path / "meth.csv", index=False)
    counts = pd.DataFrame(random.poisson(50, size=(36, 12)), columns=[f"G{i}" for i in range(12)])
    counts.insert(0, "patient", ids)
    counts.to_csv(tmp_path / "counts.csv", index=False)
    (tmp_path / "sets.gmt").write_text("UP\tx\tG0\tG1\tG2\nOTHER\tx\tG5\tG6\tG7\n")
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def _run(path, out, *, overrides=(), last="report"):
    loaded = load_study(path, overrides=list(overrides))
    return run_plan(loaded.plan, loaded.root, JobOptions(out, progress=Progress(shown=False)), last=last)


def test_from_the_study_file_to_the_page(study, tmp_path):
    folder = _run(study, tmp_path / "out", overrides=["train=[]"]).folder
    derived = pd.read_csv(folder / "derived.csv", keep_default_na=False).set_index("column")
    assert list(derived.index) == [
        "burden.per_megabase",
        "arms.codel",
        "glioma.IDH",
        "glioma.class",
        "mgmt.probability",
        "mgmt.promoter",
        "sig.UP",
        "sig.OTHER",
    ]
    assert (derived["called"] + derived["not_called"] == 36).all()
    # The last two were not sequenced; one of them is mutant by a row of the MAF, which makes it a sequenced sample.
    assert derived.at["glioma.IDH", "called"] == 35
    assert derived.at["glioma.IDH", "why"] == "IDH1 was not sequenced (1)"
    not_called = pd.read_csv(folder / "not_called.csv")
    assert set(not_called.loc[not_called["column"] == "arms.codel", "patient"]) == {"P35"}
    columns = pd.read_parquet(folder / "molecules.columns.parquet")
    assert columns.at["glioma.class", "role"] == "label"
    assert columns.at["glioma.class", "family"] == "derived"
    values = pd.read_parquet(folder / "molecules.parquet")
    assert values["glioma.class"].value_counts().to_dict() == {
        "IDHwt": 17,
        "IDHmut-codel": 9,
        "IDHmut-non-codel": 9,
    }
    tested = pd.read_parquet(folder / "associations.parquet")
    assert {"glioma.IDH", "burden.per_megabase", "sig.UP", "mut.IDH1_R132"} <= set(tested["target"])
    page = (folder / "report.html").read_text()
    assert "Derived labels" in page
    assert "MGMT-STP27" in page
    assert "IDH1 was not sequenced (1)" in page


def test_check_names_molecules_and_derived_labels(study, capsys):
    assert command(study) == 0
    said = capsys.readouterr().out
    assert "molecules mut (maf): 3 columns" in said
    assert "train idh: glioma.IDH, n = 35: 18 of class mutant, 17 of class wild type" in said
    assert "derived glioma.IDH: 35 called, 1 not called: IDH1 was not sequenced (1)" in said
    assert command(study, as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["molecules"] for row in report["molecules"]] == ["mut", "cn", "meth", "rna"]
    assert report["derived"][0]["column"] == "burden.per_megabase"


def test_another_rule_makes_another_table_and_another_key(study):
    def linked(*overrides):
        loaded = load_study(study, overrides=list(overrides))
        return join_sides(loaded.plan, loaded.root, issues=Issues())

    first, second = linked(), linked("derive.burden.megabases=4.0")
    assert first.key != second.key
    ratio = first.molecules.values["burden.per_megabase"] / second.molecules.values["burden.per_megabase"]
    assert set(ratio.dropna()) == {2.0}
    (study.parent / "sets.gmt").write_text("UP\tx\tG0\tG1\tG3\nOTHER\tx\tG5\tG6\tG7\n")
    assert linked().key != first.key


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("derive.glioma.mutations=mutt", "IGX-GEN-031"),
        ("derive.sig.expression=meth2", "IGX-GEN-031"),
        ("derive.burden.megabases=0", "IGX-SET-001"),
        ("derive.burden.kind=tmbb", "IGX-SET-001"),
        ("derive.burden.name=mut", "IGX-SET-001"),
    ],
)
def test_blocks_that_do_not_fit(study, change, code):
    def linked():
        loaded = load_study(study, overrides=[change])
        join_sides(loaded.plan, loaded.root, issues=Issues())

    with pytest.raises(InputError, match=code):
        linked()
