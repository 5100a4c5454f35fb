import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.genomics.arms import ARM_NAMES, ARMS, arm_name, arm_of_band, arms_of

HEAD = "sample\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n"
SEGMENTS = HEAD + "\n".join(
    [
        "P1\t1\t0\t121500000\t9\t-0.5",
        "P1\t1\t128900000\t249250621\t9\t0.0",
        "P1\t19\t0\t24400000\t9\t0.0",
        "P1\t19\t28600000\t59128983\t9\t-0.6",
        "P2\tchr1\t0\t60750000\t9\t-0.5",
        "P2\tchr1\t60750000\t121500000\t9\t0.1",
        "P2\tchr19\t28600000\t59128983\t9\t-0.6",
        "P3\t1\t0\t121500000\t9\t0.0",
        "P3\t19\t28600000\t59128983\t9\t-0.6",
        "P4\t1\t0\t12150000\t9\t-0.6",
        "P4\t19\t28600000\t59128983\t9\t-0.6",
        "",
    ]
)


def test_names_of_arms():
    assert arm_name("chr7Q") == "7q"
    assert arm_name("21p") is None
    assert arms_of("7") == ("7p", "7q")
    assert arms_of("22") == ("22q",)
    assert arm_of_band("1p36.33") == "1p"
    assert arm_of_band("Xq28") == "Xq"
    assert arm_of_band("19q13.2-q13.3") == "19q"
    assert arm_of_band("p53") is None
    assert arms_of("chrX") == ("Xp", "Xq")
    assert arms_of("30") == ()
    assert len(ARM_NAMES) == 41  # 22 autosomes and X, without the short arms of five acrocentric ones


@pytest.mark.parametrize("genome", ["GRCh37", "GRCh38"])
def test_arms_do_not_overlap_and_fill_a_genome_of_three_gigabases(genome):
    arms = ARMS[genome]
    assert all(begin < end for begin, end in arms.values())
    assert all(arms[f"{a[:-1]}p"][1] < arms[a][0] for a in arms if a.endswith("q") and f"{a[:-1]}p" in arms)
    assert 2.7e9 < sum(end - begin for begin, end in arms.values()) < 3.0e9


def test_shares_of_arms_by_length(load):
    found = load(SEGMENTS, kind="segments", genome="GRCh37")
    values = found.table.values
    assert values.at["P1", "m.1p"] == -0.5
    assert values.at["P1", "m.1p.lost"] == 1
    assert values.at["P1", "m.1q.lost"] == 0
    assert values.at["P2", "m.1p"] == pytest.approx(-0.2)
    assert values.at["P2", "m.1p.lost"] == 0.5
    assert np.isnan(values.at["P4", "m.1p"])  # a tenth of the arm is covered
    assert np.isnan(values.at["P2", "m.1q"])
    assert "7p" in set(found.dropped["column"])
    assert found.table.columns.at["m.1p.lost", "unit"] == "share of the arm"


def test_events_need_every_arm_and_the_zone_between_is_not_called(load, derive):
    segments = load(SEGMENTS, kind="segments", genome="GRCh37")
    table, counts = derive(
        {"cn": segments},
        patients=["P1", "P2", "P3", "P4", "P5"],
        kind="arm-events",
        copy_number="cn",
        events={"codel": "-1p -19q"},
        arms=True,
        name="arms",
    )
    assert np.array_equal(table.table.values["arms.codel"], [1, np.nan, 0, np.nan, np.nan], equal_nan=True)
    reasons = table.uncalled[table.uncalled["column"] == "arms.codel"].set_index("patient")["reason"]
    assert reasons.to_dict() == {
        "P2": "an arm is changed in part (0.2 to 0.8)",
        "P4": "an arm was not measured",
        "P5": "no row in 'cn'",
    }
    assert counts.at["arms.codel", "called"] == 2
    assert table.table.values["arms.1p"].iloc[:3].tolist()[::2] == [0, 1]
    assert table.table.levels("arms.1p") == ["loss", "neither", "gain"]


GENES = "sample\tA\tB\tC\tD\tE\tF\nP1\t-1\t-2\t-1\t-1\t-1\t-1\nP2\t0\t0\t0\t-1\t-1\t-1\nP3\t-1\t-1\t0\t-1\t-1\tNA\n"
PLACES = "gene,arm\nA,1p\nB,1p\nC,1p\nD,19q\nE,19q\nF,19q\n"


def test_events_from_genes(load, derive, tmp_path):
    (tmp_path / "arms.csv").write_text(PLACES)
    calls = load(GENES, kind="copy-number")
    settings = {
        "kind": "arm-events",
        "copy_number": "cn",
        "gene_arms": "arms.csv",
        "events": {"codel": "-1p -19q"},
    }
    table, _ = derive({"cn": calls}, **settings)
    assert np.array_equal(table.table.values["d.codel"], [1, 0, np.nan], equal_nan=True)
    (tmp_path / "bands.csv").write_text(
        PLACES.replace("gene,arm", "Gene Symbol,Cytoband").replace("1p\n", "1p36.1\n")
    )
    bands, _ = derive({"cn": calls}, **{**settings, "gene_arms": "bands.csv"})
    assert bands.table.values.equals(table.table.values)
    looser, _ = derive({"cn": calls}, **settings, fraction=0.6, min_genes=2)
    assert looser.table.values["d.codel"].tolist() == [1, 0, 1]
    ratios = load(GENES.replace("NA", "-0.1"), kind="log-ratio", file="r.tsv")
    table, _ = derive({"cn": ratios}, **settings, loss=-0.5, fraction=0.66)
    assert table.table.values["d.codel"].tolist() == [1, 0, 1]


def test_a_matrix_of_arms(load, derive):
    text = "arm\tP1\tP2\n1p\t-0.6\t0.1\n19q\t-0.4\t-0.6\n"
    ratios = load(text, kind="log-ratio", orientation="genes-by-samples", gene_id="arm")
    table, _ = derive({"cn": ratios}, kind="arm-events", copy_number="cn", events={"codel": "-1p -19q"})
    assert table.table.values["d.codel"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("places", "settings", "word"),
    [
        (PLACES, {"events": {"x": "+7"}}, "were measured in no patient"),
        ("gene,arm\nZ,1p\n", {}, "can be placed on an arm"),
        ("gene,arm\nA,1p\nA,19q\n", {}, "stands twice"),
        ("gene,arm\nA,short\n", {}, "no cell of 'arm'"),
        ("gene,band\nA,1p\n", {}, "arm"),
    ],
)
def test_genes_that_cannot_be_placed(load, derive, tmp_path, places, settings, word):
    (tmp_path / "arms.csv").write_text(places)
    with pytest.raises(InputError, match="IGX-GEN-034") as error:
        derive(
            {"cn": load(GENES, kind="copy-number")},
            kind="arm-events",
            copy_number="cn",
            gene_arms="arms.csv",
            **settings,
        )
    assert word in str(error.value)


@pytest.mark.parametrize(
    "settings", [{"events": {"x": "7"}}, {"events": {"x": "+99"}}, {"fraction": 0.6, "absent": 0.7}]
)
def test_events_that_are_no_events(load, derive, settings):
    with pytest.raises(InputError, match="IGX-SET-001"):
        derive({}, kind="arm-events", copy_number="cn", **settings)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SEGMENTS.replace("seg.mean", "value"), "IGX-GEN-026"),
        (SEGMENTS.replace("249250621", "259250621"), "IGX-GEN-027"),
        (SEGMENTS.replace("\t0\t60750000", "\t60750001\t60750000"), "IGX-GEN-027"),
        (HEAD + "P1\tscaffold\t1\t2\t3\t0.1\n", "IGX-GEN-027"),
        (SEGMENTS.replace("-0.5", "low"), "IGX-TAB-013"),
    ],
)
def test_segments_that_cannot_be_used(load, text, code):
    with pytest.raises(InputError, match=code):
        load(text, kind="segments", genome="GRCh37")
