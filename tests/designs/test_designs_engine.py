"""Designs: what is planted has the published size, what is drawn keeps it, and findings are read as they stand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imagenomics.designs.columns import columns_of, genes_of
from imagenomics.designs.draw import Population
from imagenomics.designs.folder import patients_table
from imagenomics.designs.models import Design, Effect, Phenotype
from imagenomics.designs.outcome import look
from imagenomics.designs.pictures.readings import agreed_readings, read_pictures
from imagenomics.designs.sizes import correlation, shift_of_groups
from imagenomics.errors import InputError

RUN = {"associate": [{"name": "a", "features": ["x"], "targets": ["M"], "permutations": 0}]}


def design(**changes: Any) -> Design:
    """Return a small design: one mutation, one measured number, 100,000 virtual patients where asked."""
    tree: dict[str, Any] = {
        "paper": "halpenny2014_alk",
        "question": "Does it follow?",
        "patients": {"n": 40, "known": "assumed"},
        "molecules": [{"name": "M", "assay": "mutation", "kind": "binary", "positives": 16}],
        "pictures": [{"name": "t", "kind": "given"}],
        "phenotypes": [{"name": "x", "picture": "t", "mean": 10, "sd": 2}],
        "effects": [{"of": "M", "on": "x", "d": 1.0, "known": "assumed"}],
        "findings": [{"analysis": "a", "feature": "x", "target": "M", "printed": "x is higher"}],
        "study": RUN,
    }
    return Design.read({**tree, **changes}, where="test")


def effect(**size: Any) -> Effect:
    return Effect.read({"of": "M", "on": "x", "known": "printed", **size}, where="test")


NUMBER = Phenotype(name="x", picture="t", sd=2.0)
LEVELS = Phenotype(name="x", picture="t", levels=("no", "yes"), shares=(0.7, 0.3))


@pytest.mark.parametrize(
    ("size", "shift"),
    [
        ({"d": 0.8}, 0.8),
        ({"means": [14.0, 11.0]}, 1.5),
        ({"auc": 0.5}, 0.0),
        ({"auc": 0.76024994}, 1.0),  # Phi(1 / sqrt 2)
        ({"odds_ratio": math.exp(2.0)}, 2.0),  # logistic regression: per standard deviation within groups
        ({"p": 0.05}, 2.0243942 * math.sqrt(1 / 15 + 1 / 25)),  # t of 38 degrees of freedom
    ],
)
def test_printed_sizes_become_shifts(size: dict[str, Any], shift: float) -> None:
    assert shift_of_groups(effect(**size), (15, 25), NUMBER) == pytest.approx(shift, abs=1e-6)


def test_counts_become_the_distance_of_two_quantiles() -> None:
    shift = shift_of_groups(effect(counts=[[50, 100], [15.865525, 100]]), (100, 100), LEVELS)
    assert shift == pytest.approx(1.0, abs=1e-6)


def test_a_point_biserial_correlation_comes_back_from_its_shift() -> None:
    shift = shift_of_groups(effect(r=0.4), (30, 70), NUMBER)
    x = 0.3 * 0.7
    assert shift * math.sqrt(x) / math.sqrt(1 + shift**2 * x) == pytest.approx(0.4)


def test_a_p_of_a_correlation_gives_the_correlation_with_that_p() -> None:
    from scipy import stats

    r = correlation(effect(p=0.01, sign=-1), 50)
    t = r * math.sqrt(48 / (1 - r * r))
    assert r < 0
    assert 2 * stats.t.sf(abs(t), 48) == pytest.approx(0.01)


def test_drawn_groups_differ_by_the_planted_effect_and_by_none_at_scale_0() -> None:
    big = design(
        patients={"n": 40000, "known": "assumed"},
        molecules=[{"name": "M", "assay": "mutation", "kind": "binary", "positives": 10000}],
    )
    for scale, expected in ((1.0, 1.0), (0.5, 0.5), (0.0, 0.0)):
        values = Population(big, scale).cohort().values
        groups = values.groupby("M")["x"]
        assert (values["M"] == 1).sum() == 10000
        assert (groups.mean()[1.0] - groups.mean()[0.0]) / 2.0 == pytest.approx(expected, abs=0.05)
        assert groups.std().tolist() == pytest.approx([2.0, 2.0], rel=0.03)


def test_a_planted_hazard_ratio_is_found_by_cox() -> None:
    from statsmodels.duration.hazard_regression import PHReg

    big = design(
        patients={"n": 6000, "known": "assumed"},
        survival=[{"name": "OS", "median": 15.0, "events": 0.7}],
        effects=[{"of": "M", "on": "OS", "hazard_ratio": 2.5, "known": "printed"}],
        molecules=[{"name": "M", "assay": "mutation", "kind": "binary", "positives": 3000}],
    )
    cohort = Population(big, 1.0).cohort()
    times = cohort.times["OS"]
    fit = PHReg(times["time"], cohort.values[["M"]].astype(float), status=times["event"]).fit()
    assert math.exp(fit.params[0]) == pytest.approx(2.5, rel=0.12)
    assert times["event"].mean() == pytest.approx(0.7, abs=0.03)


def test_genes_of_a_set_follow_their_factor_as_loaded() -> None:
    panel = {
        "name": "e",
        "assay": "array",
        "kind": "panel",
        "genes": 30,
        "sets": {"HYPOXIA": 10},
        "loading": 0.8,
    }
    big = design(
        patients={"n": 20000, "known": "assumed"},
        molecules=[panel],
        effects=[{"of": "e.HYPOXIA", "on": "x", "r": 0.5, "known": "printed"}],
        findings=[{"analysis": "a", "feature": "x", "target": "e.HYPOXIA", "printed": "hypoxia"}],
    )
    cohort = Population(big, 1.0).cohort()
    genes = cohort.panels["e"]
    inside = np.corrcoef(genes[list(genes_of(big, "e.HYPOXIA"))].T)
    assert inside[np.triu_indices(10, 1)].mean() == pytest.approx(0.64, abs=0.02)
    with_x = [np.corrcoef(genes[g], cohort.values["x"])[0, 1] for g in genes_of(big, "e.HYPOXIA")]
    assert np.mean(with_x) == pytest.approx(0.5 * 0.8, abs=0.03)
    assert abs(np.corrcoef(genes["GENE0020"], cohort.values["x"])[0, 1]) < 0.03


def test_readers_disagree_as_much_as_declared_and_the_majority_is_nearer_to_the_truth() -> None:
    read = design(
        patients={"n": 4000, "known": "assumed"},
        molecules=[{"name": "M", "assay": "mutation", "kind": "binary", "positives": 1000}],
        pictures=[{"name": "t", "kind": "readings", "readers": 3, "error": 0.6}],
        phenotypes=[{"name": "x", "picture": "t", "levels": ["no", "yes"], "shares": [0.7, 0.3]}],
    )
    cohort = Population(read, 0.0).cohort()
    random = np.random.default_rng(1)
    sheet = read_pictures(read.pictures[0], read.phenotypes, cohort.hidden, random=random)
    wide = sheet.pivot(index="patient", columns="reader", values="x")
    assert (wide == "yes").mean().to_numpy() == pytest.approx(0.3, abs=0.02)
    assert 0.1 < (wide["reader1"] != wide["reader2"]).mean() < 0.35
    agreed = agreed_readings(read.pictures[0], read.phenotypes, cohort.hidden, random=random)["x"]
    alone = (wide["reader1"].map({"no": 0.0, "yes": 1.0}) == cohort.values["x"]).mean()
    assert (agreed == cohort.values["x"]).mean() > alone + 0.02


def test_cohorts_of_one_number_are_equal_and_others_are_not() -> None:
    first, again, other = (Population(design(), 1.0).cohort(k).values for k in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first["x"].equals(other["x"])


ROWS = pd.DataFrame(
    {
        "analysis": ["a", "a", "a", "a-today"],
        "feature": ["t.x", "t.y", "t.x", "t.x"],
        "target": ["molecules.M", "molecules.M", "molecules.N", "molecules.M"],
        "effect": [0.7, 0.5, 0.5, 0.7],
        "effect_name": "auc",
        "p": [0.03, 0.001, 0.2, 0.03],
        "q": [0.09, 0.003, 0.2, 0.06],
        "n": 40,
        "reason": "",
    }
)


@pytest.mark.parametrize(
    ("analysis", "by", "found"), [("a", "p", True), ("a", "q", False), ("a-today", "q", False)]
)
def test_a_finding_is_its_own_row_by_its_own_rule(analysis: str, by: str, found: bool) -> None:
    plan = design()
    seen = look(
        plan.findings[0],
        {"associations": ROWS},
        design=plan,
        columns=columns_of(plan),
        analysis=analysis,
        by=by,
    )
    assert (seen.found, seen.p, seen.n) == (found, 0.03, 40)


def test_a_finding_that_was_not_tested_says_why() -> None:
    plan = design()
    rows = ROWS.assign(p=np.nan, q=np.nan, reason="fewer than 20 patients")
    seen = look(
        plan.findings[0],
        {"associations": rows},
        design=plan,
        columns=columns_of(plan),
        analysis="a",
        by="p",
    )
    assert seen.found is None
    assert seen.note == "fewer than 20 patients"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"effects": [{"of": "M", "on": "z", "d": 1, "known": "assumed"}]}, "'z', which is no variable"),
        ({"effects": [{"of": "M", "on": "x", "known": "assumed"}]}, "needs one of"),
        ({"effects": [{"of": "M", "on": "x", "d": 1, "r": 0.3, "known": "assumed"}]}, "needs one of"),
        ({"findings": [{"analysis": "b", "target": "M", "printed": "."}]}, "no analysis of the design"),
        ({"phenotypes": [{"name": "M", "picture": "t"}]}, "used twice"),
        ({"phenotypes": [{"name": "x", "picture": "u"}]}, "no picture 'u'"),
        (
            {"phenotypes": [{"name": "x", "picture": "t", "levels": ["a", "b"], "shares": [0.5, 0.6]}]},
            "add up",
        ),
        ({"molecules": [{"name": "M", "assay": ".", "kind": "binary"}]}, "`positives` belongs"),
        ({"pateints": {}}, "unknown key"),
    ],
)
def test_a_wrong_design_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match="IGX-SET-001") as error:
        design(**changes)
    assert told in str(error.value)


def test_an_unknown_picture_or_quantity_is_named() -> None:
    for picture, code in (
        ({"name": "t", "kind": "lesoin"}, "kind of picture"),
        ({"name": "t", "kind": "lesion"}, "quantity"),
    ):
        with pytest.raises(InputError, match="IGX-DES-002") as error:
            columns_of(design(pictures=[picture]))
        assert code in str(error.value)


def test_a_printed_p_of_levels_asks_for_more_behind_them() -> None:
    middle = LEVELS.model_copy(update={"levels": ("no", "yes"), "shares": (0.5, 0.5)})
    kept = math.sqrt(2 / math.pi)  # correlation of a normal variable with the side of its median
    assert shift_of_groups(effect(p=0.05), (15, 25), middle) == pytest.approx(
        shift_of_groups(effect(p=0.05), (15, 25), NUMBER) / kept
    )
    assert correlation(effect(p=0.05), 40, middle) == pytest.approx(correlation(effect(p=0.05), 40) / kept)


def test_a_molecule_is_measured_in_as_many_as_declared() -> None:
    molecules = [
        {"name": "M", "assay": "mutation", "kind": "binary", "positives": 7, "measured": 20},
        {"name": "N", "assay": "protein", "kind": "number", "measured": 25},
        {"name": "P", "assay": "array", "kind": "panel", "genes": 3, "measured": 12},
        {"name": "Q", "assay": "score", "kind": "number"},
    ]
    cohort = Population(design(molecules=molecules), 1.0).cohort()
    assert cohort.values["M"].notna().sum() == 20
    assert cohort.values["M"].sum() == 7
    assert cohort.values["N"].notna().sum() == 25
    assert len(cohort.panels["P"]) == 12
    assert set(cohort.panels["P"].index) < set(cohort.values.index)
    table = patients_table(design(molecules=molecules), cohort)
    assert table["M"].value_counts().to_dict() == {"absent": 13, "present": 7}
    with pytest.raises(InputError, match="more patients than there are"):
        design(molecules=[{**molecules[0], "measured": 41}, molecules[3]])
    with pytest.raises(InputError, match="in every patient"):
        design(molecules=molecules[:3])
