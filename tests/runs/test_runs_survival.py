"""Survival in a study: from the columns of the table to verdicts and the page, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.runs.associate import FILES
from imagenomics.runs.check import check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

HEAD = """
name = "Follow-up"
seed = 3
[patients]
table = "patients.csv"
id = "patient"
site = { column = "hospital" }
[patients.clinical]
age = "age"
stage = { column = "stage", kind = "categorical" }
[[feature_tables]]
name = "ct"
path = "features.csv"
[[molecules]]
name = "calls"
kind = "labels"
path = "calls.csv"
id = "patient"
[molecules.columns]
EGFR = { column = "EGFR", positive = "mutated" }
idle = { column = "idle", positive = "yes" }
"""
BLOCK = """
[[survival]]
name = "death"
time = "months"
event = "status"
event_value = "dead"
unit = "months"
origin = "diagnosis"
endpoint = "overall survival"
"""
N = 160


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A cohort whose hazard follows one feature and one mutation."""
    path = tmp_path_factory.mktemp("survival")
    random = np.random.default_rng(5)
    ids = [f"P{i:03d}" for i in range(N)]
    x, gene = random.standard_normal((N, 4)), random.integers(0, 2, N)
    hidden = random.exponential(np.exp(-0.9 * x[:, 0] - 0.9 * gene) * 20)
    left = random.uniform(5, 60, N)
    patients = pd.DataFrame(
        {
            "patient": ids,
            "hospital": random.choice(["a", "b"], N),
            "age": random.integers(40, 80, N),
            "stage": random.choice(["I", "II", "III"], N),
            "months": np.round(np.minimum(hidden, left), 2) + 0.01,
            "status": np.where(hidden <= left, "dead", "alive"),
            "coded": np.where(hidden <= left, 2, 1),
            "relapse": np.where(hidden > left, "none", np.where(x[:, 1] > -0.3, "relapse", "other death")),
            "number": (hidden <= left).astype(int),
            "late": np.round(np.minimum(hidden, left) * 0.3, 2),
        }
    )
    patients.loc[3, "months"] = np.nan
    patients.to_csv(path / "patients.csv", index=False)
    pd.DataFrame(x, columns=["size", "b", "c", "d"]).assign(patient=ids).to_csv(
        path / "features.csv", index=False
    )
    words = np.where(gene == 1, "mutated", "wild type")
    pd.DataFrame({"patient": ids, "EGFR": words, "idle": random.choice(["yes", "no"], N)}).to_csv(
        path / "calls.csv", index=False
    )
    return path


def load(folder, block=BLOCK):
    (folder / "study.toml").write_text(HEAD + block)
    return load_study(folder / "study.toml")


def run(folder, out, block=BLOCK, *, last="report", workers=1):
    read = load(folder, block)
    run_plan(read.plan, read.root, JobOptions(out, workers, progress=Progress(shown=False)), last=last)
    return out


def check(folder, block):
    read = load(folder, block)
    return check_study(read.plan, read.root)


def verdicts_of(out):
    return {v["target"]: v for v in json.loads((out / "verdicts.json").read_text())["verdicts"]}


FULL = (
    BLOCK
    + """
adjust = ["age"]
strata = ["site"]
molecules = "calls"
statistic = "wald"
[[survival.groups]]
by = "calls.EGFR"
[[survival.groups]]
by = "stage"
[[survival.groups]]
by = "ct.size"
cut = "maximal"
permutations = 99
[[survival.groups]]
by = "ct.b"
cut = "median"
[[survival.compare]]
name = "beyond the clinic"
repeats = 2
draws = 100
models = [
    { name = "clinical", terms = ["age", "stage"] },
    { name = "with picture", adds = ["ct.size"] },
    { name = "with gene", adds = ["calls.E*"] },
]
"""
)


@pytest.fixture(scope="module")
def out(folder, tmp_path_factory):
    return run(folder, tmp_path_factory.mktemp("out") / "run", FULL)


def test_planted_effects_are_supported_and_the_page_shows_the_curves(out):
    rows = pd.read_parquet(out / "associations.parquet")
    assert set(rows["target_kind"]) == {"survival"}
    rows = rows[rows["target"] != "overall survival (groups)"].set_index("feature")
    assert rows.loc["ct.size", "q"] < 1e-4
    assert rows.loc["ct.size", "effect"] > 1.5
    assert rows.loc["ct.size", "effect_name"] == "hazard ratio per SD"
    assert rows.loc["calls.EGFR", "effect_name"] == "hazard ratio"
    assert rows.loc["ct.b", "q"] > 0.01
    found = verdicts_of(out)
    image = found["overall survival"]
    assert image["verdict"] == "supported"
    assert "go with overall survival" in image["reason"]
    assert 1.1 < image["detectable"] < 2.5
    assert found["overall survival (molecules)"]["verdict"] == "supported"
    assert "molecules go with" in found["overall survival (molecules)"]["reason"]
    page = (out / "report.html").read_text()
    assert 'id="survival"' in page
    assert "counted from diagnosis" in page
    assert page.count("number at risk") >= 4


def test_groups_have_curves_medians_and_tests(out):
    groups = pd.read_parquet(out / "survival_groups.parquet")
    egfr = groups[groups["grouping"] == "calls.EGFR"].set_index("group")
    assert list(egfr.index) == ["wild type", "mutated"]
    assert egfr.loc["mutated", "median"] < egfr.loc["wild type", "median"]
    assert egfr["n"].sum() == N - 1
    assert egfr["p"].iloc[0] < 1e-3
    assert len(groups[groups["grouping"] == "stage"]) == 3
    cut = groups[groups["grouping"] == "ct.size (chosen cut)"].iloc[0]
    assert cut["p"] <= 0.011
    assert cut["p_naive"] < cut["p_corrected"] < 1e-3
    curves = pd.read_parquet(out / "survival_curves.parquet")
    first = curves[(curves["grouping"] == "calls.EGFR") & (curves["time"] == 0)]
    assert (first["estimate"] == 1).all()
    assert list(first["at_risk"]) == list(egfr["n"])


def test_models_are_compared_step_by_step(out):
    models = pd.read_parquet(out / "survival_models.parquet").set_index("model")
    assert models["n"].tolist() == [N - 1] * 3
    assert models["df"].tolist() == [3, 4, 5]
    assert models.loc["with gene", "terms"] == "age + stage + ct.size + calls.EGFR"
    assert (models["lr_p"].iloc[1:] < 1e-4).all()
    assert (models["aic_difference"].iloc[1:] < -10).all()
    assert models["c_index"].is_monotonic_increasing
    rows = pd.read_parquet(out / "associations.parquet")
    rows = rows[rows["test"] == "likelihood ratio of nested Cox models"].set_index("feature")
    picture = rows.loc["beyond the clinic: with picture vs clinical"]
    assert picture["p"] == pytest.approx(models.loc["with picture", "lr_p"], rel=1e-9)
    assert picture["q"] == models.loc["with picture", "q"] >= picture["p"]
    assert picture["effect"] == models.loc["with picture", "c_gain"]
    verdict = verdicts_of(out)["overall survival (added terms)"]
    assert verdict["verdict"] == "supported"
    assert "2 of 2 additions to a model go with" in verdict["reason"]
    assert (verdict["detectable"], verdict["estimate_name"]) == (None, "gain in C-index")
    page = (out / "report.html").read_text()
    assert "What terms add" in page
    assert "counted in the patients to whom the models were fitted" in page


def test_hazards_are_checked_for_change(folder, out, tmp_path):
    rows = pd.read_parquet(out / "survival_proportional.parquet")
    assert set(rows["model"]) == {"ct.size", "calls.EGFR", "beyond the clinic: with gene"}
    assert set(rows.loc[rows["model"] == "ct.size", "term"]) == {"ct.size", "age", "(all)"}
    assert (rows["q"].dropna() > 0.01).all()
    page = (out / "report.html").read_text()
    assert "Do hazard ratios hold over time?" in page
    for name in ("features.csv", "calls.csv"):
        (tmp_path / name).write_text((folder / name).read_text())
    table = pd.read_csv(folder / "patients.csv")
    size = (
        pd.read_csv(folder / "features.csv").set_index("patient")["size"].reindex(table["patient"]).to_numpy()
    )
    early = size > 0.3  # the hazard of large ones is high first, and low for those who are left
    random = np.random.default_rng(3)
    first = random.exponential(np.where(early, 4.0, 40.0))
    table["months"] = np.where(first < 5, first, 5 + random.exponential(np.where(early, 200.0, 12.0))) + 0.01
    table["status"] = np.where(table["months"] < 60, "dead", "alive")
    table["months"] = table["months"].clip(upper=60.0)
    table.to_csv(tmp_path / "patients.csv", index=False)
    changed = run(tmp_path, tmp_path / "out", BLOCK + 'proportional = "tested"\n')
    rows = pd.read_parquet(changed / "survival_proportional.parquet").set_index("model")
    assert len(rows) == 4
    assert rows.loc["ct.size", "q"] < 0.01
    assert rows.loc["ct.size", "change"] < 0
    page = (changed / "report.html").read_text()
    assert "Hazards not proportional" in page
    assert "the hazard ratio is no single number" in page


def test_who_was_not_followed_is_said(out):
    left = pd.read_csv(out / "left_out.csv", dtype=str)
    assert left[["analysis", "patient", "reason"]].iloc[0].tolist() == ["death", "P003", "months not known"]


def test_events_coded_as_one_and_two_give_the_same_once_said(folder, out, tmp_path):
    coded = FULL.replace('event = "status"\nevent_value = "dead"', 'event = "coded"\nevent_value = "2"')
    again = run(folder, tmp_path / "coded", coded, last="associate")
    number = FULL.replace('event = "status"\nevent_value = "dead"', 'event = "number"')
    third = run(folder, tmp_path / "number", number, last="associate")
    first = pd.read_parquet(out / "associations.parquet")
    for other in (again, third):
        pd.testing.assert_frame_equal(pd.read_parquet(other / "associations.parquet"), first)


@pytest.mark.slow
def test_workers_and_resuming_change_no_byte(folder, out, tmp_path):
    other = run(folder, tmp_path / "two", FULL, last="associate", workers=2)
    for name in ("associations.parquet", "survival_curves.parquet", "survival_groups.parquet"):
        assert (other / name).read_bytes() == (out / name).read_bytes()
    assert set(FILES) >= {"survival_curves.parquet", "survival_groups.parquet"}


def test_late_entry_changes_who_is_at_risk(folder, tmp_path):
    late = run(
        folder,
        tmp_path / "late",
        FULL.replace('unit = "months"', 'unit = "months"\nentry = "late"'),
        last="associate",
    )
    curves = pd.read_parquet(late / "survival_curves.parquet")
    egfr = curves[(curves["grouping"] == "calls.EGFR") & (curves["group"] == "mutated")]
    assert egfr["at_risk"].iloc[0] < egfr["at_risk"].max()


COMPETING = (
    BLOCK.replace('"status"', '"relapse"')
    .replace('"dead"', '"relapse"')
    .replace("overall survival", "relapse")
    + """
competing_values = ["other death"]
molecules = "calls"
[[survival.groups]]
by = "calls.EGFR"
"""
)


@pytest.mark.parametrize("kind", ["cause-specific", "subdistribution"])
def test_competing_events_are_named_and_counted(folder, tmp_path, kind):
    block = COMPETING.replace('unit = "months"', f'unit = "months"\ncompeting = "{kind}"')
    out = run(folder, tmp_path / "out", block)
    rows = pd.read_parquet(out / "associations.parquet").set_index(["target", "feature"])
    size = rows.loc[("relapse", "ct.size")]
    many = kind == "subdistribution"
    assert size["test"].startswith("Fine-Gray" if many else "Cox model")
    assert size["effect_name"] == f"{'subdistribution ' if many else ''}hazard ratio per SD"
    # Size hastens both events alike; how many relapse is decided by b alone.
    assert (size["q"] < 0.01) != many
    assert rows.loc[("relapse", "ct.b"), "q"] < 0.01
    curves = pd.read_parquet(out / "survival_curves.parquet")
    assert set(curves["curve"]) == {"cumulative incidence", "cumulative incidence, competing"}
    groups = pd.read_parquet(out / "survival_groups.parquet")
    assert groups["test"].eq("Gray" if many else "log-rank of cause-specific hazards").all()
    assert groups["competing"].sum() > 10
    page = (out / "report.html").read_text()
    assert "Competing events (other death) exclude the event" in page
    assert ("Gray tests" in page) == many
    assert verdicts_of(out)["relapse"]["verdict"] == "supported"


@pytest.mark.parametrize(
    "more",
    ['entry = "late"', 'statistic = "score"', 'ties = "efron"'],
)
def test_what_subdistributions_do_not_take_is_refused(folder, more):
    asked = f'unit = "months"\ncompeting = "subdistribution"\n{more}'
    with pytest.raises(InputError, match="use a second block"):
        check(folder, COMPETING.replace('unit = "months"', asked))
    with pytest.raises(InputError, match="competing_values"):
        check(folder, BLOCK + 'competing = "subdistribution"\n')


def test_check_says_what_would_be_done(folder):
    row = next(r for r in check(folder, FULL).analyses if r["kind"] == "survival")
    assert (row["n"], row["tests"], row["unit"]) == (N - 1, 12, "months")
    assert 20 < row["events"] < N


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('time = "months"', 'time = "moths"', "IGX-SURV-010"),
        ('time = "months"', 'time = "hospital"', "IGX-SURV-011"),
        ('event = "status"\nevent_value = "dead"', 'event = "coded"', "IGX-SURV-012"),
        ('event_value = "dead"', 'event_value = "died"', "IGX-SURV-012"),
        ('by = "calls.EGFR"', 'by = "calls.EGFRR"', "IGX-SURV-013"),
        ('by = "ct.b"\ncut = "median"', 'by = "ct.b"', "IGX-SURV-014"),
        ('by = "stage"', 'by = "stage"\ncut = "median"', "IGX-SURV-014"),
        ('unit = "months"\n', "", "IGX-SET-001"),
        ('unit = "months"', 'unit = "fortnights"', "IGX-SET-001"),
        ('origin = "diagnosis"', 'origin = "start"', "IGX-SET-001"),
        ('adjust = ["age"]', 'adjust = ["months"]', "IGX-SET-001"),
        ('adjust = ["age"]', 'adjust = ["aeg"]', "IGX-RUN-042"),
        ('cut = "median"', 'cut = "median"\nat = 3.0', "IGX-SET-001"),
        ('adds = ["ct.size"]', 'adds = ["ct.sise"]', "IGX-SURV-020"),
        ('adds = ["ct.size"]', 'adds = ["months"]', "IGX-SET-001"),
        ('adds = ["ct.size"]', 'adds = ["age"]', "IGX-SET-001"),
        ('terms = ["age", "stage"]', 'adds = ["age", "stage"]', "IGX-SET-001"),
        ('name = "with picture"', 'name = "clinical"', "IGX-SET-001"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_image(folder, old, new, code):
    assert old in FULL
    with pytest.raises(InputError, match=code):
        check(folder, FULL.replace(old, new, 1))


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("months", -1.0, "IGX-SURV-001"), ("months", 0.0, "IGX-SURV-001"), ("late", 99.0, "IGX-SURV-001")],
)
def test_times_that_cannot_be(folder, tmp_path, column, value, code):
    table = pd.read_csv(folder / "patients.csv")
    table.loc[7, column] = value
    for name in ("features.csv", "calls.csv"):
        (tmp_path / name).write_text((folder / name).read_text())
    table.to_csv(tmp_path / "patients.csv", index=False)
    read = load(tmp_path, FULL.replace('unit = "months"', 'unit = "months"\nentry = "late"'))
    with pytest.raises(InputError, match=code):
        check_study(read.plan, read.root)


def test_few_events_are_not_testable_and_all_censored_is_refused(folder, tmp_path):
    table = pd.read_csv(folder / "patients.csv")
    for name in ("features.csv", "calls.csv"):
        (tmp_path / name).write_text((folder / name).read_text())
    block = BLOCK.replace('event = "status"\nevent_value = "dead"', 'event = "number"')
    table["number"] = 0
    table.loc[11, "number"] = 1
    table.loc[12, "months"] = 0.0
    table.to_csv(tmp_path / "patients.csv", index=False)
    out = run(tmp_path, tmp_path / "one", block + 'day_zero = "half-day"\n')
    rows = pd.read_parquet(out / "associations.parquet")
    assert rows["p"].isna().all()
    assert rows["reason"].str.contains("fewer than 10 events").all()
    assert verdicts_of(out)["overall survival"]["verdict"] == "not testable"
    table["number"] = 0
    table.to_csv(tmp_path / "patients.csv", index=False)
    with pytest.raises(InputError, match="IGX-SURV-003"):
        check(tmp_path, block + 'day_zero = "half-day"\n')
