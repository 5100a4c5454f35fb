import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.cohort.flow import Flow, FlowStep
from imagenomics.cohort.link import link_patients
from imagenomics.cohort.settings import IdRule
from imagenomics.cohort.suggest import best_suggestion, lost_zeros
from imagenomics.errors import InputError, InternalError

TCGA = IdRule(name="tcga-patient")


def _categories(linkage, side):
    rows = linkage.losses[linkage.losses["side"] == side]
    return dict(zip(rows["id_as_written"], rows["category"], strict=True))


def test_every_id_has_its_category():
    images = ["TCGA_CS_0001", "TCGA_CS_0002", "TCGA-CS-0003", "tcga-cs-0003", "phantom"]
    molecules = ["TCGA-CS-0001-01A", "TCGA-CS-0001-01B", "TCGA-CS-0003-01", "TCGA-CS-0009-01"]
    linkage = link_patients({"images": images, "molecules": molecules}, rules=TCGA)
    assert linkage.matched == ("TCGA-CS-0001",)
    assert _categories(linkage, "images") == {
        "TCGA_CS_0001": "matched",
        "TCGA_CS_0002": "only images",
        "TCGA-CS-0003": "ambiguous",
        "tcga-cs-0003": "ambiguous",
        "phantom": "dropped",
    }
    assert _categories(linkage, "molecules") == {
        "TCGA-CS-0001-01A": "matched",
        "TCGA-CS-0001-01B": "matched",
        "TCGA-CS-0003-01": "ambiguous",
        "TCGA-CS-0009-01": "only molecules",
    }
    steps = linkage.flow.as_dict()["steps"]
    assert steps[0]["n"] == 4
    assert steps[1] == {
        "label": "patients in images and molecules",
        "n": 1,
        "removed": [
            {"reason": "ambiguous", "n": 1},
            {"reason": "only images", "n": 1},
            {"reason": "only molecules", "n": 1},
        ],
    }
    assert "1 ids of 'images' could not be read" in linkage.flow.notes[0]
    assert linkage.ids["images"]["TCGA_CS_0001"] == "TCGA-CS-0001"


def test_three_sides_with_one_that_is_not_required():
    sides = {"patients": ["a", "b", "c"], "images": ["a", "b"], "molecules": ["a", "c"]}
    assert link_patients(sides).matched == ("a",)
    linkage = link_patients(sides, require=["patients", "images"])
    assert linkage.matched == ("a", "b")
    assert _categories(linkage, "molecules") == {"a": "matched", "c": "partial"}
    reasons = linkage.losses.set_index(["side", "patient"])["reason"]
    assert reasons["patients", "c"] == "not in images"


def test_no_match_names_the_ids_the_rule_and_the_rule_that_would_match():
    images = [f"TCGA_CS_{i:04d}" for i in range(10)]
    molecules = [f"TCGA-CS-{i:04d}-01" for i in range(8)]
    with pytest.raises(InputError) as caught:
        link_patients({"images": images, "molecules": molecules})
    text = str(caught.value)
    assert caught.value.code == "IGX-LINK-001"
    for word in ("TCGA_CS_0000", "TCGA_CS_0002", "TCGA-CS-0000-01", "rule 'exact'", "matches 8 patients"):
        assert word in text
    assert 'rule = "tcga-patient"' in caught.value.remedy


@pytest.mark.parametrize(
    ("left", "right", "remedy"),
    [
        (["R01-001", "R01-002"], ["R01-001_CT.nii.gz", "R01-002_CT.nii.gz"], "pattern"),
        (["TCGA-CS-4941", "X-1"], ["sub-TCGACS4941", "sub-X1"], '"bids"'),
        (["s1", "s2"], ["S1", "S2"], "alike"),
        (["F1 a", "F2 b"], ["a", "b"], '"plink"'),
        (["R1", "R2"], ["R01", "R02"], "zeros"),
        (["case 7", "case 9"], ["MR_007", "MR_009"], "pattern"),
    ],
)
def test_the_suggested_rule_is_found(left, right, remedy):
    with pytest.raises(InputError, match="IGX-LINK-001") as caught:
        link_patients({"images": left, "molecules": right})
    assert "matches 2 patients" in caught.value.remedy
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["R01-001", "R01-002"], ["R01-001_CT.nii.gz", "R01-002_CT.nii.gz"]),
        (["case 7", "case 9"], ["MR_007", "MR_009"]),
        (["p1", "p2"], ["a/p1.nii.gz", "b/p2.nii.gz"]),
    ],
)
def test_a_suggested_pattern_does_what_was_promised(left, right):
    remedy = best_suggestion(left, right).candidate.remedy
    pattern = remedy.split("'", 1)[1].rsplit("'", 1)[0]
    linkage = link_patients({"a": left, "b": right}, rules=IdRule.read({"pattern": pattern}, where="rule"))
    assert len(linkage.matched) == 2


def test_nothing_matches_and_nothing_would():
    with pytest.raises(InputError) as caught:
        link_patients({"a": ["x", "y"], "b": ["q", "r"]})
    assert "same patients" in caught.value.remedy


def test_almost_no_match_stops_too():
    one = [f"p{i}" for i in range(100)]
    other = [f"q{i}" for i in range(98)] + ["p1", "p2"]
    with pytest.raises(InputError, match="2 of 100 patients match"):
        link_patients({"a": one, "b": other})
    assert len(link_patients({"a": one, "b": other}, min_match=0.01).matched) == 2


def test_lost_leading_zeros_are_explained():
    with pytest.raises(InputError) as caught:
        link_patients({"images": ["7", "12", "101"], "molecules": ["007", "012", "101"]})
    assert caught.value.code == "IGX-LINK-003"
    assert "'7' is '007'" in str(caught.value)
    assert lost_zeros(["7.0", "12.0"], ["007", "012"]) == (2, "7.0", "007")
    assert lost_zeros(["7", "12"], ["7", "12", "007"]) is None


def test_a_declared_pattern_may_drop_zeros():
    sides = {"images": ["7", "12"], "molecules": ["007", "012"]}
    rule = IdRule.read({"pattern": "0*(?P<patient>[0-9]+)"}, where="rule")
    assert link_patients(sides, rules={"molecules": rule}).matched == ("12", "7")


def test_unmatched_ids_that_are_almost_alike_are_named():
    linkage = link_patients({"images": ["a1", "P-01", "c"], "molecules": ["a1", "p_1", "d"]})
    details = linkage.losses.set_index("id_as_written")["detail"]
    assert details["P-01"] == "spelled almost like 'p_1' of molecules"
    assert details["c"] == ""
    assert "2 unmatched ids" in linkage.notes[0]


def test_a_side_can_have_its_own_rule():
    sides = {"images": ["sub-A1", "sub-B2"], "molecules": ["A-1", "B-2", "C-3"]}
    linkage = link_patients(sides, rules={"images": IdRule(name="bids")})
    assert linkage.matched == ("A-1", "B-2")


@pytest.mark.parametrize(
    ("sides", "options", "code"),
    [
        ({"a": ["x"], "b": []}, {}, "IGX-LINK-004"),
        ({"a": ["x"], "b": ["y"]}, {"rules": TCGA}, "IGX-LINK-005"),
        ({"a": ["x"], "b": ["x"]}, {"require": ["c"]}, "IGX-LINK-006"),
        ({"a": ["x"], "b": ["x"]}, {"rules": {"c": TCGA}}, "IGX-LINK-006"),
        ({"a": [1], "b": ["x"]}, {}, "IGX-LINK-002"),
    ],
)
def test_bad_input_has_its_code(sides, options, code):
    with pytest.raises(InputError) as caught:
        link_patients(sides, **options)
    assert caught.value.code == code


ids = st.lists(
    st.sampled_from([f"{a}{b}" for a in ("p", "P-", "q_") for b in range(6)] + ["", " "]), max_size=12
)


@given(left=ids, right=ids)
def test_link_is_symmetric_and_counts_every_id_once(left, right):
    left, right = ["shared", *left], ["shared", *right]
    there = link_patients({"a": left, "b": right}, min_match=0)
    back = link_patients({"b": right, "a": left}, min_match=0)
    assert there.matched == back.matched
    for side, raw in (("a", left), ("b", right)):
        rows = there.losses[there.losses["side"] == side]
        assert rows["id_as_written"].tolist() == raw
        assert set(rows["category"]) <= {"matched", f"only {side}", "ambiguous", "dropped"}
        assert sorted(rows["category"]) == sorted(back.losses.loc[back.losses["side"] == side, "category"])
        matched = rows.loc[rows["category"] == "matched", "patient"]
        assert set(matched) == set(there.matched)
    assert there.flow.n == len(there.matched)


def test_a_flow_must_add_up():
    flow = Flow.start("all", 10).then("linked", {"no image": 3, "nothing": 0}).note("a remark")
    assert flow.n == 7
    assert flow.as_dict()["steps"][1]["removed"] == [{"reason": "no image", "n": 3}]
    with pytest.raises(InternalError, match="IGX-COHORT-020"):
        Flow((FlowStep("all", 10), FlowStep("linked", 8, {"no image": 3})))
