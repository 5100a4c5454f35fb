import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.genomics.derive.mgmt import COEFFICIENTS, COVARIANCE, predict_link
from imagenomics.genomics.methylation import beta_to_m, m_to_beta

# M values of cg12434587 and cg12981137, linear predictor and class as published: Bady and others 2012, table S3.
TABLE_S3 = [
    ("1076", -4.7258459, -3.4374869, -1.3541449, "U"),
    ("1297", 0.8801676, 0.5013628, 5.2499748, "M"),
    ("1308", -2.8832714, -3.6368459, -0.5676182, "M"),
    ("1316", -5.6446923, -2.0823342, -0.5829781, "M"),
    ("1317", -5.5134785, -5.7666489, -3.9271788, "U"),
    ("1357", -0.5507819, -0.1784560, 3.8658949, "M"),
]
# Table S4 of the same paper: M values, probability, class.
TABLE_S4 = [
    ("TCGA-19-0964", 1.623601, 1.3127016, 0.9983304, "M"),
    ("TCGA-06-2565", 1.120990, 1.1559882, 0.9974861, "M"),
    ("TCGA-06-0877", -4.514769, 0.3817951, 0.9085053, "M"),
    ("TCGA-02-0007", -3.414182, -3.7471048, 0.2789628, "U"),
    ("TCGA-02-0009", -2.928746, -2.8317146, 0.5385067, "M"),
    ("TCGA-02-0021", -2.962724, -1.7660180, 0.7546829, "M"),
]
HEAD = "sample,cg12434587,cg12981137,cg00000001\n"


def _text(rows):
    return HEAD + "".join(f"{name},{a},{b},0.1\n" for name, a, b, *_ in rows)


def test_the_model_gives_the_published_values(load, derive):
    m = load(_text(TABLE_S3), kind="methylation", scale="M", file="m.csv")
    table, counts = derive({"meth": m}, kind="mgmt-stp27", methylation="meth", zone="none")
    got = table.table.values.loc[[r[0] for r in TABLE_S3]]
    probability = got["d.probability"].to_numpy()
    assert np.log(probability / (1 - probability)) == pytest.approx([r[3] for r in TABLE_S3], abs=2e-7)
    assert got["d.promoter"].tolist() == [float(r[4] == "M") for r in TABLE_S3]
    assert np.round(COEFFICIENTS, 4).tolist() == [4.3215, 0.5271, 0.9265]
    m = load(_text(TABLE_S4), kind="methylation", scale="M", file="t.csv")
    table, _ = derive({"meth": m}, kind="mgmt-stp27", methylation="meth", zone="none")
    got = table.table.values.loc[[r[0] for r in TABLE_S4]]
    assert got["d.probability"].to_numpy() == pytest.approx([r[3] for r in TABLE_S4], abs=1e-6)
    assert got["d.promoter"].tolist() == [float(r[4] == "M") for r in TABLE_S4]
    assert counts.at["d.promoter", "inputs"] == "meth.cg12434587, meth.cg12981137"


def test_the_interval_is_that_of_a_logistic_fit():
    """A fit to data made so that its information matrix is the published one gives the same interval."""
    assert np.allclose(COVARIANCE, COVARIANCE.T)
    assert (np.linalg.eigvalsh(COVARIANCE) > 0).all()
    design = np.array([[1.0, -3.0, -2.5], [1.0, 0.0, 0.0]])
    link, low, high = predict_link(design, level=0.95)
    for i, row in enumerate(design):
        assert high[i] - link[i] == pytest.approx(1.959963985 * np.sqrt(row @ COVARIANCE @ row))
        assert link[i] - low[i] == pytest.approx(high[i] - link[i])


def test_who_is_uncertain_is_not_called(load, derive):
    m = load(_text([*TABLE_S3, ("none", "NA", -1)]), kind="methylation", scale="M", file="m.csv")
    table, counts = derive(
        {"meth": m},
        patients=[*(r[0] for r in TABLE_S3), "none", "other"],
        kind="mgmt-stp27",
        methylation="meth",
    )
    reasons = table.uncalled[table.uncalled["column"] == "d.promoter"].set_index("patient")["reason"]
    assert reasons["1316"] == "uncertain: the 95% interval holds 0.3582"
    assert reasons["none"] == "the probe cg12434587 has no value"
    assert reasons["other"] == "no row in 'meth'"
    assert "1297" not in reasons.index
    assert counts.at["d.promoter", "called"] + counts.at["d.promoter", "not_called"] == 8
    assert counts.at["d.probability", "not_called"] == 2
    assert table.table.levels("d.promoter") == ["unmethylated", "methylated"]


def test_beta_values_and_replicated_probes_give_the_same_call(load, derive):
    frame = pd.DataFrame([r[1:3] for r in TABLE_S4], index=[r[0] for r in TABLE_S4])
    beta = m_to_beta(frame)
    rows = [(name, *beta.loc[name]) for name in beta.index]
    block = load(_text(rows), kind="methylation", scale="beta", file="b.csv")
    table, _ = derive({"meth": block}, kind="mgmt-stp27", methylation="meth", zone="none")
    assert table.table.values["d.probability"].loc[frame.index].to_numpy() == pytest.approx(
        [r[3] for r in TABLE_S4], abs=1e-6
    )
    v2 = _text(TABLE_S4).replace("cg12434587", "cg12434587_BC11").replace("cg12981137", "cg12981137_TC11")
    table, _ = derive(
        {"meth": load(v2, kind="methylation", scale="M", file="v.csv")}, kind="mgmt-stp27", methylation="meth"
    )
    assert table.table.values["d.promoter"].notna().any()
    turned = load(_text(rows), kind="methylation", scale="beta", give="M", file="b.csv")
    assert set(turned.table.columns["unit"]) == {"M"}
    assert turned.table.values.at["TCGA-02-0009", "m.cg12434587"] == pytest.approx(-2.928746)


def test_beta_and_m_are_inverse_and_finite_at_the_ends():
    beta = pd.DataFrame({"a": [0.0, 0.25, 0.5, 0.8, 1.0]})
    m = beta_to_m(beta)["a"]
    assert m[2] == 0
    assert m[1] == pytest.approx(np.log2(1 / 3))
    assert np.isfinite(m).all()
    assert m_to_beta(beta_to_m(beta))["a"].to_numpy() == pytest.approx(beta["a"], abs=2e-6)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (HEAD + "p1,0.2,0.3,1.2\n", {"scale": "beta"}),
        (HEAD + "p1,-0.2,0.3,0.4\n", {"scale": "beta"}),
        (HEAD + "".join(f"p{i},0.2,0.3,0.4\n" for i in range(4)), {"scale": "M"}),
    ],
)
def test_values_off_their_scale(load, text, settings):
    with pytest.raises(InputError, match="IGX-GEN-037"):
        load(text, kind="methylation", file="m.csv", **settings)


def test_a_model_without_its_probes(load, derive):
    one = load(
        HEAD.replace("cg12981137", "cg1") + "p1,0.2,0.3,0.4\n", kind="methylation", scale="beta", file="m.csv"
    )
    with pytest.raises(InputError, match=r"IGX-GEN-038.*cg12981137"):
        derive({"meth": one}, kind="mgmt-stp27", methylation="meth")
    other = load(HEAD + "p1,0.2,0.3,0.4\n", kind="expression", file="m.csv")
    with pytest.raises(InputError, match=r"IGX-GEN-038.*does not hold methylation"):
        derive({"meth": other}, kind="mgmt-stp27", methylation="meth")
    with pytest.raises(InputError, match="IGX-SET-001"):
        load(HEAD, kind="methylation", file="m.csv")


LABELS = "patient,rs,ki67,grade\np1,10,5,G2\np2,18,14,G3\np3,30.5,20,G2\np4,31,NA,G3\n"


@pytest.fixture
def labels(load):
    return {"lab": load(LABELS, kind="labels", name="lab", file="l.csv", columns=["rs", "ki67", "grade"])}


def test_a_score_is_cut_at_declared_points(labels, derive):
    table, counts = derive(
        labels,
        kind="cut",
        column="lab.rs",
        cuts=[18, 31],
        levels=["low", "intermediate", "high"],
        rule="Paik and others 2004",
        name="rs",
    )
    assert table.table.values["rs.level"].tolist() == [0, 1, 1, 2]
    assert table.table.columns.at["rs.level", "kind"] == "ordinal"
    assert "Paik" in counts.at["rs.level", "rule"]


def test_an_unsure_range_is_not_called(labels, derive):
    table, counts = derive(
        labels, kind="cut", column="lab.ki67", cuts=[14], levels=["low", "high"], unsure=[[10, 15]]
    )
    assert np.array_equal(table.table.values["d.level"], [0, np.nan, 1, np.nan], equal_nan=True)
    assert counts.at["d.level", "why"] == "'lab.ki67' has no value (1); unsure: from 10 up to 15 (1)"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"column": "lab.grade"}, "IGX-GEN-039"),
        ({"column": "lab.rss"}, "IGX-GEN-031"),
        ({"cuts": [3, 2], "levels": ["a", "b", "c"]}, "IGX-SET-001"),
        ({"levels": ["a"]}, "IGX-SET-001"),
        ({"levels": ["a", "a"]}, "IGX-SET-001"),
        ({"unsure": [[3, 1]]}, "IGX-SET-001"),
    ],
)
def test_cuts_that_do_not_fit(labels, derive, settings, code):
    with pytest.raises(InputError, match=code):
        derive(labels, **{"kind": "cut", "column": "lab.rs", "cuts": [1], "levels": ["a", "b"], **settings})


def test_purity_from_the_estimate_score(load, derive):
    # Ceccarelli table S1: ESTIMATE combined 1226.9936 of TCGA-CS-4938; the cosine worked out by hand is 0.7078.
    text = "patient,score\nTCGA-CS-4938,1226.9936\nx,9000\ny,\nz,-5000\n"
    table, counts = derive(
        {"lab": load(text, kind="labels", file="s.csv", name="lab", columns=["score"])},
        kind="estimate-purity",
        column="lab.score",
    )
    values = table.table.values["d.purity"]
    assert values["TCGA-CS-4938"] == pytest.approx(0.7078, abs=5e-4)
    assert values[["x", "y", "z"]].isna().all()
    assert "outside the range" in counts.at["d.purity", "why"]


@pytest.mark.parametrize(
    ("four", "two", "pair", "carried"),
    [
        ("TT", "TT", "e2/e2", 0),
        ("T/T", "C/T", "e2/e3", 0),
        ("T T", "C C", "e3/e3", 0),
        ("CT", "CC", "e3/e4", 1),
        ("TC", "TC", "e2/e4", 1),
        ("CC", "CC", "e4/e4", 2),
        ("CC", "CT", None, np.nan),
        ("NA", "CC", None, np.nan),
    ],
)
def test_apoe_from_two_variants(load, derive, four, two, pair, carried):
    text = f"patient,a,b\np0,TT,CC\np1,{four},{two}\np2,CT,CT\n"
    kinds = {"a": {"kind": "categorical"}, "b": {"kind": "categorical"}}
    lab = load(text, kind="labels", name="lab", file="g.csv", columns=kinds)
    table, _ = derive({"lab": lab}, kind="apoe", rs429358="lab.a", rs7412="lab.b", name="apoe")
    row = table.table.values.loc["p1"]
    assert row["apoe.alleles"] == pair
    assert np.array_equal([row["apoe.e4"]], [carried], equal_nan=True)
    other = load(
        text.translate(str.maketrans("CT", "GA")), kind="labels", name="lab", file="r.csv", columns=kinds
    )
    if pair:
        turned, _ = derive({"lab": other}, kind="apoe", rs429358="lab.a", rs7412="lab.b", strand="reverse")
        assert turned.table.values.at["p1", "d.alleles"] == pair
        with pytest.raises(InputError, match="IGX-GEN-044"):
            derive({"lab": other}, kind="apoe", rs429358="lab.a", rs7412="lab.b")


def test_apoe_as_written(load, derive):
    text = "patient,apoe\na,e3/e4\nb,E4E3\nc,33\nd,ɛ2/ɛ3\ne,\nf,3 4\n"
    lab = load(text, kind="labels", name="lab", file="g.csv", columns={"apoe": {"kind": "categorical"}})
    table, _ = derive({"lab": lab}, kind="apoe", alleles="lab.apoe")
    assert table.table.values["d.alleles"].tolist() == ["e3/e4", "e3/e4", "e3/e3", "e2/e3", None, "e3/e4"]
    assert np.array_equal(table.table.values["d.e4"], [1, 1, 0, 0, np.nan, 1], equal_nan=True)
    bad = load(
        text.replace("33", "35"),
        kind="labels",
        name="lab",
        file="b.csv",
        columns={"apoe": {"kind": "categorical"}},
    )
    with pytest.raises(InputError, match="IGX-GEN-044"):
        derive({"lab": bad}, kind="apoe", alleles="lab.apoe")
    with pytest.raises(InputError, match="IGX-SET-001"):
        derive({"lab": lab}, kind="apoe", alleles="lab.apoe", rs7412="lab.apoe")
    with pytest.raises(InputError, match="IGX-SET-001"):
        derive({"lab": lab}, kind="apoe", rs7412="lab.apoe")
