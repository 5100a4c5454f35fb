"""Predictions from genes: modules are learned in the training part, features of pictures can be targets."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.genomics.derive.settings import read_derive
from imagenomics.resample.loop import cross_validate
from imagenomics.runs.check import check_study
from imagenomics.runs.extract import extract
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.predictors import derived_from
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "From genes"
seed = 2
[patients]
table = "patients.csv"
id = "patient"
[patients.clinical]
age = "age"
[[feature_tables]]
name = "ct"
path = "features.csv"
volume = "size"
[[molecules]]
name = "rna"
kind = "expression"
path = "rna.csv"
id = "patient"
[[modules]]
name = "programmes"
molecules = "rna"
min_module = 8
tests = { permutations = 0 }
tree_depth = 0
[[train]]
name = "texture"
target = "ct.texture"
predictors = "programmes"
models = []
repeats = 2
[[train]]
name = "idle"
target = "ct.idle"
predictors = "programmes"
models = []
repeats = 1
baselines = ["volume"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A cohort in which one phenotype follows one programme of genes; four patients have no expression."""
    path = tmp_path_factory.mktemp("genes")
    random = np.random.default_rng(1)
    ids = [f"P{i:02d}" for i in range(70)]
    factors = random.standard_normal((70, 4))
    rna = np.repeat(factors, 12, axis=1) + 0.6 * random.standard_normal((70, 48))
    rna[random.random(rna.shape) < 0.03] = np.nan
    features = {
        "texture": factors[:, 2] + 0.6 * random.standard_normal(70),
        "idle": random.standard_normal(70),
        "size": random.lognormal(size=70),
    }
    pd.DataFrame({"patient": ids, "age": random.integers(40, 80, 70)}).to_csv(
        path / "patients.csv", index=False
    )
    pd.DataFrame(features).assign(patient=ids).to_csv(path / "features.csv", index=False)
    genes = pd.DataFrame(rna, columns=[f"G{k}" for k in range(48)]).assign(patient=ids)
    genes.iloc[4:].to_csv(path / "rna.csv", index=False)
    (path / "study.toml").write_text(STUDY, encoding="utf-8")
    return path


def job(folder, out, *, changes=(), last="report", **options):
    study = load_study(folder / "study.toml", overrides=changes)
    return run_plan(
        study.plan, study.root, JobOptions(out, progress=Progress(shown=False), **options), last=last
    )


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    return job(folder, tmp_path_factory.mktemp("run") / "out").folder


@pytest.mark.slow
def test_the_planted_programme_predicts_its_feature_and_no_other(done):
    verdicts = json.loads((done / "verdicts.json").read_text())["verdicts"]
    found = {(v["analysis"], v["kind"], v["model"]): v for v in verdicts}
    texture = found["texture", "prediction", "elastic-net"]
    assert texture["verdict"] == "supported"
    assert texture["estimate"] > 0.4
    assert texture["n"] == 66
    assert "can be predicted from the genes" in texture["reason"]
    assert found["idle", "prediction", "elastic-net"]["verdict"] == "no evidence found"
    gain = found["texture", "increment", "genes+clinical vs clinical"]
    assert gain["verdict"] == "supported"
    assert gain["reason"].startswith("Genes add to what is known without them")
    assert ("texture", "increment", "genes+volume vs volume") not in found
    named = found["idle", "increment", "genes+volume vs volume"]
    assert named["verdict"] == "not testable"
    assert "measured in the picture" in named["reason"]


@pytest.mark.slow
def test_the_page_speaks_of_genes(done):
    page = (done / "report.html").read_text(encoding="utf-8").replace("<wbr>", "")
    assert "What the genes add" in page
    assert "What the images add" not in page
    assert "predicted from genes (programmes" in page
    warned = pd.read_csv(done / "warnings.csv", dtype=str)
    assert warned["message"].str.contains("no model card").any()


def test_genes_without_modules_and_labels_as_targets(folder, tmp_path):
    changes = [
        "train.texture.predictors=rna",
        "train.idle.predictors=rna",
        "train.idle.target=age",
        "modules=[]",
    ]
    out = job(folder, tmp_path / "out", changes=changes, last="train").folder
    predicted = pd.read_parquet(out / "predictions.parquet")
    assert {"genes+clinical", "clinical", "elastic-net"} <= set(predicted["model"])
    own = predicted[(predicted["analysis"] == "texture") & (predicted["model"] == "elastic-net")]
    assert np.corrcoef(own["score"], own["label"])[0, 1] > 0.5


def test_metagenes_are_learned_in_the_fold(folder, tmp_path):
    changes = ["modules.programmes.method=metagenes", "modules.programmes.metagenes=4"]
    out = job(folder, tmp_path / "out", changes=changes, last="train").folder
    predicted = pd.read_parquet(out / "predictions.parquet")
    own = predicted[(predicted["analysis"] == "texture") & (predicted["model"] == "elastic-net")]
    assert np.corrcoef(own["score"], own["label"])[0, 1] > 0.5


def test_modules_never_see_the_patients_of_the_test_part(folder, tmp_path):
    """In the test part alone lonely genes move with the answer: a leak would make a module of them."""
    from imagenomics.runs.designs import design_prediction
    from imagenomics.runs.link import link
    from imagenomics.runs.store import Store
    from imagenomics.runs.targets import resolve_targets
    from imagenomics.runs.units import Workshop
    from imagenomics.work.executor import SerialExecutor

    study = load_study(folder / "study.toml")
    issues = Issues()
    out = RunFolder(tmp_path / "run")
    linked = link(study.plan, study.root, out, issues=issues)
    shop = Workshop(Store(tmp_path / "store"), SerialExecutor(progress=Progress(shown=False)))
    extracted = extract(study.plan, linked, out, shop=shop, issues=issues)
    target = resolve_targets(study.plan, linked, extracted.features)[0]
    design = design_prediction(target, study.plan, linked, extracted)
    spec = design.models[0]
    X, y = design.columns(spec), design.labels
    (bag,) = spec.columns
    assert bag == "bag:programmes"
    first = design.folds[design.folds["repeat"] == design.folds["repeat"].min()]
    tested = set(first.loc[first["fold"] == 0, "patient"])
    training, others = [p for p in X.index if p not in tested], [p for p in X.index if p in tested]
    alone = design.model(spec).fit(X.loc[training], y[training])

    spoiled = X.copy()
    cells = spoiled[bag].map(np.copy)
    for patient in others:
        cells[patient][:30] = 50.0 * (y[patient] - y.mean())
    spoiled[bag] = cells
    again = design.model(spec).fit(spoiled.loc[training], y[training])
    np.testing.assert_array_equal(alone.predict(X.loc[others]), again.predict(X.loc[others]))
    names = alone.named_steps["cohort"].get_feature_names_out()
    assert list(names) == [f"programmes.module_{m + 1}" for m in range(len(names))]

    scores = cross_validate(design.model(spec), spoiled, y, first)
    fold = scores[scores["fold"] == 0].set_index("patient")["score"]
    expected = pd.Series(alone.predict(spoiled.loc[others]), index=others)
    np.testing.assert_allclose(fold.reindex(others), expected)
    # Each fold has modules of its own: those learned from all patients are other numbers.
    whole = design.model(spec).fit(X, y).named_steps["cohort"].transform(X.loc[others])
    own = alone.named_steps["cohort"].transform(X.loc[others])
    assert whole.shape != own.shape or not np.allclose(whole, own)


@pytest.mark.slow
def test_pure_noise_is_not_predicted(folder, tmp_path):
    from scipy import stats

    study = folder / "noise.toml"
    table = pd.read_csv(folder / "features.csv")
    random = np.random.default_rng(9)
    noise = {f"n{k}": random.standard_normal(len(table)) for k in range(3)}
    pd.DataFrame(noise).assign(patient=table["patient"]).to_csv(folder / "noise.csv", index=False)
    head = (
        STUDY[: STUDY.index("[[train]]")]
        .replace("features.csv", "noise.csv")
        .replace('volume = "size"\n', "")
    )
    blocks = "".join(
        f'[[train]]\nname = "t{k}"\ntarget = "ct.n{k}"\npredictors = "programmes"\nmodels = []\nbaselines = []\n'
        "repeats = 1\n"
        for k in range(3)
    )
    study.write_text(head + blocks, encoding="utf-8")
    read = load_study(study)
    out = run_plan(
        read.plan, read.root, JobOptions(tmp_path / "out", progress=Progress(shown=False)), last="nulls"
    )
    verdicts = json.loads((out.folder / "verdicts.json").read_text())["verdicts"]
    p = [v["null_p"] for v in verdicts if v["kind"] == "prediction"]
    assert len(p) == 3
    assert sum(v <= 0.05 for v in p) <= stats.binom.ppf(0.9995, 3, 0.05)
    assert all(v["verdict"] != "supported" for v in verdicts)


def test_check_says_what_predicts(folder):
    study = load_study(folder / "study.toml")
    rows = {row["analysis"]: row for row in check_study(study.plan, study.root).analyses}
    assert rows["texture"]["predictors"] == "modules of rna, learned in each fold"
    assert rows["texture"]["target"] == "ct.texture"
    assert rows["texture"]["n"] == 66


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("train.texture.predictors=nothing", "IGX-SET-001"),
        ("train.texture.features=ct.idle", "IGX-SET-001"),
        ("train.texture.predictors=images", "IGX-RUN-060"),  # an image feature from image features
        ("train.texture.target=programmes.module_1", "IGX-RUN-064"),
        ("train.texture.target=ct.texure", "IGX-RUN-060"),
        ("train.texture.positive=high", "IGX-RUN-063"),
    ],
)
def test_what_cannot_be_predicted_is_refused_by_check(folder, change, code):
    def check():
        study = load_study(folder / "study.toml", overrides=[change])
        check_study(study.plan, study.root)

    with pytest.raises(InputError, match=code):
        check()


def test_a_training_part_without_modules_teaches_nothing():
    from imagenomics.genesets.settings import ModuleSettings

    arrays = list(np.random.default_rng(0).standard_normal((30, 12)))
    learner = ModuleSettings(min_module=20).estimator(seed=0).fit(arrays)
    assert learner.get_feature_names_out().tolist() == ["no_module"]
    assert (learner.transform(arrays) == 0).all()
    assert ModuleSettings(min_module=5).learning() != ModuleSettings(min_module=6).learning()
    assert ModuleSettings(method="metagenes").learning() == "metagenes metagenes=8"


@pytest.mark.parametrize("target", ["G3", "rna.G3", "score.score", "high.level", "twice.level"])
@pytest.mark.parametrize("predictors", ["rna", "programmes"])
def test_genes_do_not_predict_themselves(folder, target, predictors):
    """Of noise, too, a gene beside itself would be predicted without an error."""
    derive = (
        '[[derive]]\nname = "score"\nkind = "signature"\nexpression = "rna"\ngenes = ["G1", "G2"]\nmethod = "mean"\n'
        '[[derive]]\nname = "high"\nkind = "cut"\ncolumn = "rna.G1"\ncuts = [0.0]\nlevels = ["low", "up"]\n'
        '[[derive]]\nname = "twice"\nkind = "cut"\ncolumn = "score.score"\ncuts = [0.0]\nlevels = ["low", "up"]\n'
    )
    study = folder / "own.toml"
    study.write_text(STUDY.replace("[[train]]", derive + "[[train]]", 1), encoding="utf-8")
    changes = [f"train.texture.target={target}", f"train.texture.predictors={predictors}"]
    changes += ["train.texture.positive=up"] if target.endswith(".level") else []
    read = load_study(study, overrides=changes)
    with pytest.raises(InputError, match=r"IGX-RUN-064.*the genes that predict it"):
        check_study(read.plan, read.root)


def test_what_is_derived_from_genes_is_followed_through_blocks_and_nested_settings():
    genes = pd.DataFrame({"source": ["rna"]}, index=["rna.G1"])
    marker = {"column": "score.score"}
    written = [
        {"kind": "signature", "name": "score", "expression": "rna", "genes": ["G1"]},
        {
            "kind": "glioma-class",
            "name": "who",
            "mutations": "calls",
            "codeletion": marker,
            "edition": "2016",
        },
        {"kind": "cut", "name": "age", "column": "labels.age", "cuts": [50], "levels": ["rna", "score"]},
    ]
    blocks = [read_derive(block, where="") for block in written]
    assert derived_from(genes, blocks) == {"score", "who"}
