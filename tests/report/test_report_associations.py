from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_reading import read_page

from imagenomics.report import distributions
from imagenomics.report.adjusted import adjusted_tables, shared_pairs
from imagenomics.report.associations import _sentence
from imagenomics.report.distributions import people_data, strongest_pairs
from imagenomics.report.families import Family, feature_names, read_families, short_names
from imagenomics.report.folder import Results, read_folder
from imagenomics.report.heatmap import heatmap_data, volcano_data
from imagenomics.report.wording import Wording


def family(rows, adjust=(), name="drivers"):
    table = pd.DataFrame(rows, columns=["feature", "target", "effect", "q"])
    table = table.assign(
        analysis=name, stratum="", test="U", effect_name="rank-biserial", unit="patient", n=50, p_maxt=np.nan,
        reason="", status="tested", p=table["q"] / 10, ci_low=table["effect"] - 0.1, ci_high=table["effect"] + 0.1,
    )  # fmt: skip
    table = table.assign(neg_log10_p=-np.log10(table["p"]))
    results = Results(
        None,
        {"associations.parquet": table},
        {"record.json": {"plan": {"associate": [{"name": name, "adjust": adjust}]}}},
    )
    return read_families(results)[0]


def test_confounded_gene_comes_first_and_is_named():
    raw = family(
        [
            ("f1", "CIC", 0.6, 0.001),
            ("f2", "CIC", 0.5, 0.01),
            ("f1", "IDH1", 0.7, 0.001),
            ("f2", "TP53", 0.1, 0.7),
        ]
    )
    fair = family(
        [
            ("f1", "CIC", 0.05, 0.9),
            ("f2", "CIC", 0.2, 0.3),
            ("f1", "IDH1", 0.7, 0.001),
            ("f2", "TP53", 0.1, 0.7),
        ],
        ("site",),
        "adjusted",
    )
    page = read_page("".join(adjusted_tables([fair, raw], Wording())))
    assert page.text.index("CIC") < page.text.index("IDH1") < page.text.index("TP53")
    assert "1 target passes only without adjustment" in page.text
    assert "follows site" in page.text
    assert shared_pairs(raw, fair).set_index("target").at["CIC", "feature"] == "f1"


def test_families_with_equal_adjustment_are_not_set_side_by_side():
    rows = [("f1", "CIC", 0.6, 0.001)]
    assert adjusted_tables([family(rows), family(rows, name="again")], Wording()) == []


def test_heat_map_keeps_the_strongest_and_every_number_in_its_place():
    rows = [(f"f{i}", t, (i + 1) / 10, 10.0 ** -(i + k)) for i in range(6) for k, t in enumerate(("a", "b"))]
    data = heatmap_data(family(rows), pd.DataFrame(), most_cells=6)
    assert data["all"] == [6, 2]
    assert [f[0] for f in data["features"]] == ["f5", "f4", "f3"]
    assert [t[0] for t in data["targets"]] == ["b", "a"]
    assert data["e"] == [0.6, 0.6, 0.5, 0.5, 0.4, 0.4]
    assert data["q"] == [1e-6, 1e-5, 1e-5, 1e-4, 1e-4, 1e-3]


def test_pairs_without_a_test_say_why():
    one = family([("f1", "a", 0.5, 0.1), ("f1", "b", 0.5, 0.1)])
    rows = one.rows.assign(reason=["", "2 mutated"], status=["tested", "not tested"])
    rows.loc[1, ["p", "neg_log10_p", "effect", "q"]] = np.nan
    data = heatmap_data(Family("d", "", rows, rows.head(1), rows.head(0), ()), pd.DataFrame(), most_cells=10)
    assert data["l"][1] is None
    assert data["reasons"][data["r"][1]] == ["not tested", "2 mutated"]
    assert data["r"][0] == -1


def test_volcano_thins_only_what_lies_on_one_spot():
    rng = np.random.default_rng(0)
    rows = [
        (f"f{i}", "t", float(e), float(10 ** -abs(8 * e))) for i, e in enumerate(rng.normal(0, 0.2, 4000))
    ]
    data = volcano_data(family(rows))
    assert data["all"] == 4000
    assert 1200 <= len(data["x"]) < 2200
    assert max(data["y"]) == max(float(f"{v:.4g}") for v in family(rows).rows["neg_log10_p"])


def test_only_pairs_that_may_be_labelled_carry_short_names():
    own = family([("ct.lung.a", "mutations.EGFR", 0.4, 1e-9), ("ct.lung.b", "mutations.KRAS", 0.1, 0.9)])
    short = {"ct.lung.a": "a", "ct.lung.b": "b", "mutations.EGFR": "EGFR", "mutations.KRAS": "mutations.KRAS"}
    assert volcano_data(own, short)["short"] == {"ct.lung.a": "a", "mutations.EGFR": "EGFR"}
    assert volcano_data(own)["short"] == {}


def test_names_are_shortened_only_while_they_stay_different():
    assert short_names(["mutations.IDH1", "cna.EGFR", "mutations.EGFR"]) == {
        "mutations.IDH1": "IDH1", "cna.EGFR": "cna.EGFR", "mutations.EGFR": "mutations.EGFR"}  # fmt: skip
    columns = pd.DataFrame(
        {"source": ["t1", "t2"], "region": "lesion", "family": "glcm", "feature": ["x", "x"]},
        index=["t1.lesion.x", "t2.lesion.x"],
    )
    assert feature_names(list(columns.index), columns)["t1.lesion.x"] == ("t1 · glcm", "t1 x")


def test_distributions_hold_the_patients_of_the_tables(full_folder):
    results = read_folder(full_folder)
    first = read_families(results)[0]
    pairs = strongest_pairs(first)
    assert len(pairs) == 6
    assert max(pd.Series([p["target"] for p in pairs]).value_counts()) <= 2
    pair = next(p for p in pairs if p["target_kind"] == "binary")
    data = people_data(
        results, [pair["feature"], pair["feature"], "no such feature"], [pair["target"], "no such target"]
    )
    features, molecules = results.table("features.parquet"), results.table("molecules.parquet")
    assert list(data["features"]) == [pair["feature"]]
    assert list(data["targets"]) == [pair["target"]]
    groups = data["targets"][pair["target"]]
    assert groups["levels"] == ["WT", "Mutant"]
    assert [np.nan if g is None else g for g in groups["groups"]] == pytest.approx(
        molecules[pair["target"]].tolist(), nan_ok=True
    )
    last = data["patients"][-1]
    assert data["features"][pair["feature"]][-1] == float(f"{features.at[last, pair['feature']]:.4g}")


def test_people_stay_within_the_budget(full_folder):
    results = read_folder(full_folder)
    names = list(results.table("features.parquet").columns)
    data = people_data(results, names, [], most_values=60 * 10)
    assert list(data["features"]) == names[:10]


def test_levels_that_are_numbers_keep_their_names():
    column = pd.Series(["1", "3", None, "2", "3"])
    found = distributions.groups_of(column, ["1", "2", "3"])
    assert found == {"levels": ["1", "2", "3"], "groups": [0, 2, None, 1, 2]}
    codes = distributions.groups_of(pd.Series([0.0, 1.0, np.nan]), ["wild type", "mutant"])
    assert codes == {"levels": ["wild type", "mutant"], "groups": [0, 1, None]}


def test_pairs_without_a_test_are_counted_by_their_reasons():
    one = family([("f1", "a", 0.5, 0.1), ("f2", "a", 0.5, 0.1), ("f1", "b", 0.5, 0.1), ("f2", "b", 0.5, 0.1)])
    rows = one.rows.assign(reason=["", "", "", "2 mutated"])
    rows.loc[3, ["p", "neg_log10_p", "effect", "q"]] = np.nan
    said = " ".join(_sentence(replace(one, rows=rows, tested=rows.head(3)), Wording()))
    assert "3 pairs tested (of 2 features and 2 targets); 1 pair could not be tested (1: 2 mutated)." in said
