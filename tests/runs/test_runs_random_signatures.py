"""Signatures in a study: what random signatures match is not claimed, in associations and in survival."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "Signatures"
seed = 3
[patients]
table = "patients.csv"
id = "patient"
[[feature_tables]]
name = "ct"
path = "features.csv"
[[molecules]]
name = "rna"
kind = "expression"
path = "rna.csv"
id = "patient"
[[derive]]
name = "own"
kind = "signature"
expression = "rna"
sets = "sets.gmt"
method = "mean"
random_sets = 99
[[derive]]
name = "single"
kind = "signature"
expression = "rna"
genes = ["GENE0"]
method = "mean"
[[associate]]
name = "pairs"
targets = ["own", "single", "rna.GENE7"]
permutations = 19
[[survival]]
name = "overall"
features = ["ct.idle"]
time = "months"
event = "dead"
unit = "months"
origin = "diagnosis"
molecules = ["own"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One feature follows what all genes share, one the programme of SET_2; the outcome is in what they share."""
    path = tmp_path_factory.mktemp("signatures")
    random = np.random.default_rng(4)
    ids = [f"P{i:02d}" for i in range(90)]
    factors, shared = random.standard_normal((90, 12)), random.standard_normal((90, 1))
    rna = np.repeat(factors, 20, axis=1) + 1.2 * shared + random.standard_normal((90, 240))
    months = random.exponential(np.exp(-1.2 * shared[:, 0])) * 20
    pd.DataFrame(
        {"patient": ids, "months": np.minimum(months, 40), "dead": (months < 40).astype(int)}
    ).to_csv(path / "patients.csv", index=False)
    features = {
        "general": shared[:, 0] + 0.4 * random.standard_normal(90),
        "texture": factors[:, 2] + 0.4 * random.standard_normal(90),
        "idle": random.standard_normal(90),
    }
    pd.DataFrame(features).assign(patient=ids).to_csv(path / "features.csv", index=False)
    genes = [f"GENE{i}" for i in range(240)]
    pd.DataFrame(rna, columns=genes).assign(patient=ids).to_csv(path / "rna.csv", index=False)
    lines = [f"SET_{k}\t\t" + "\t".join(genes[20 * k : 20 * k + 12]) for k in (2, 5)]
    (path / "sets.gmt").write_text("\n".join(lines), encoding="utf-8")
    (path / "study.toml").write_text(STUDY, encoding="utf-8")
    return path


def _run(folder, out, *, changes=(), last="report"):
    study = load_study(folder / "study.toml", overrides=list(changes))
    run_plan(study.plan, study.root, JobOptions(folder / out, progress=Progress(shown=False)), last=last)
    return folder / out


@pytest.fixture(scope="module")
def done(folder):
    return _run(folder, "run")


def test_only_what_beats_random_signatures_is_claimed(done):
    compared = pd.read_parquet(done / "random_signatures.parquet")
    pairs = compared[compared["analysis"] == "pairs"].set_index(["feature", "target"])
    assert set(pairs.loc[("ct.general", "own.SET_2"), ["verdict"]]) == {"no evidence found"}
    assert pairs.at[("ct.general", "own.SET_2"), "q"] < 1e-4
    assert "random signatures" in pairs.at[("ct.general", "own.SET_2"), "reason"]
    assert pairs.at[("ct.texture", "own.SET_2"), "verdict"] == "supported"
    assert (pairs.xs("own.SET_2", level="target")["genes"] == 12).all()
    assert pairs["correlation"].dropna().to_numpy() == pytest.approx(
        pairs["correlation_random"].dropna().to_numpy(), abs=0.06
    )
    single = pairs.xs("single.score", level="target")
    assert (single["verdict"] == "not testable").all()
    assert single["reason"].str.contains("too few").all()


def test_verdicts_say_so(done):
    verdicts = json.loads((done / "verdicts.json").read_text())["verdicts"]
    found = {(v["analysis"], v["target"]): v for v in verdicts}
    assert found["pairs", "own.SET_2"]["verdict"] == "supported"
    assert "beat random signatures" in found["pairs", "own.SET_2"]["reason"]
    assert found["pairs", "own.SET_5"]["verdict"] == "no evidence found"
    assert "nothing is claimed" in found["pairs", "own.SET_5"]["reason"]
    assert found["pairs", "own.SET_5"]["why_not"].startswith("not shown to beat random signatures")
    assert found["pairs", "rna.GENE7"]["verdict"] == "supported"  # a gene is a gene
    assert "random" not in found["pairs", "rna.GENE7"]["reason"]
    (outcome,) = [v for (a, t), v in found.items() if a == "overall" and "molecul" in t]
    assert outcome["verdict"] == "no evidence found"
    assert "nothing is claimed" in outcome["reason"]


def test_the_page_and_a_study_without_signatures(done, folder):
    page = (done / "report.html").read_text()
    assert "against random signatures" in page
    assert "beat random signatures of the same size" in page
    without = _run(
        folder, "run", changes=["associate.pairs.targets=['rna.GENE7']", "survival=[]"], last="associate"
    )
    assert not (without / "random_signatures.parquet").exists()


def test_random_sets_cannot_be_left_out(folder):
    from imagenomics.errors import InputError

    with pytest.raises(InputError, match="random_sets"):
        load_study(folder / "study.toml", overrides=["derive.own.random_sets=0"])
