"""Forest charts: where effects lie, what colour says, and what cannot be drawn."""

import re

from imagenomics.report import svg
from imagenomics.report.forest import Line, forest_chart

NAN = float("nan")


def dots(chart) -> list[tuple[str, float]]:
    found = re.findall(r'<circle class="point (\w+)" cx="([\d.]+)"', str(chart))
    return [(kind, float(x)) for kind, x in found]


def test_colour_says_which_side_an_interval_excludes():
    lines = [
        Line("up", (2.0, 1.2, 3.0), "a"),
        Line("down", (0.5, 0.3, 0.9), "b"),
        Line("none", (1.1, 0.8, 1.6), "c"),
    ]
    chart = str(forest_chart(lines, measure="hazard ratio", label="x"))
    found = dots(chart)
    assert [kind for kind, _ in found] == ["more", "less", "beside"]
    none = float(re.search(r'class="chance"[^>]*x1="([\d.]+)"', chart)[1])
    up, down = found[0][1] - none, none - found[1][1]
    assert up > 0
    assert abs(up - down) < 0.2  # 2 and 1/2 are as far from 1


def test_pooled_effects_are_diamonds_and_unknown_ones_are_not_drawn():
    lines = [
        Line("pooled", (0.7, 0.6, 0.8), "a", pooled=True),
        Line("absent", (NAN, NAN, NAN), "not tested"),
        Line("no interval", (0.6, NAN, NAN), "b"),
    ]
    chart = str(forest_chart(lines, measure="AUC", label="x"))
    assert len(dots(chart)) == 1
    assert chart.count("point more") == 1
    assert "not tested" in chart


def test_an_endless_interval_is_cut_at_the_border():
    lines = [Line("wide", (3.0, 0.001, float("inf")), "a"), Line("narrow", (1.5, 1.2, 1.9), "b")]
    chart = str(forest_chart(lines, measure="odds ratio", label="x"))
    places = [float(x) for x in re.findall(r'x[12]="([\d.]+)"', chart)]
    assert all(0 <= x <= 480 for x in places)


def placed_texts(chart, kind):
    found = re.findall(
        rf'<text class="{kind}" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]*)', str(chart)
    )
    return [(float(x), float(y), anchor, words) for x, y, anchor, words in found]


def test_names_and_numbers_of_a_line_do_not_run_into_each_other():
    long = "programmes.HALLMARK_EPITHELIAL_MESENCHYMAL_TRANSITION"
    for names in (["age", "grade"], [long, "age"]):
        lines = [Line(name, (1.6, 1.2, 2.1), "1.60 (1.21 to 2.10), q 0.014") for name in names]
        chart = forest_chart(lines, measure="hazard ratio", label="x")
        shown = placed_texts(chart, "row-name")
        numbers = [t for t in placed_texts(chart, "tick") if "q 0.014" in t[3]]
        assert [t[3] for t in shown] == names
        for (left, y, _, name), (x, below, anchor, words) in zip(shown, numbers, strict=True):
            start = x - svg.text_width(words, 10.5) if anchor == "end" else x
            assert below > y + 10 or left + svg.text_width(name, 12) < start


def test_the_line_of_no_effect_passes_between_the_names():
    lines = [Line(name, (1.6, 1.2, 2.1), "words") for name in ("one", "two", "three")]
    chart = str(forest_chart(lines, measure="hazard ratio", label="x"))
    pieces = re.findall(r'class="chance"[^>]*y1="([\d.]+)"[^>]*y2="([\d.]+)"', chart)
    assert len(pieces) == 3
    for _, y, _, _ in placed_texts(chart, "row-name"):
        assert not any(float(a) < y and float(b) > y - 9 for a, b in pieces)


def test_words_are_shortened_in_their_middle_to_what_fits():
    name = "radiomics.HALLMARK_CHOLESTEROL_HOMEOSTASIS"
    shown = svg.fitted(name, 150, 12)
    assert svg.text_width(shown, 12) <= 150
    assert "…" in shown
    assert (shown[:3], shown[-3:]) == ("rad", "SIS")
    assert svg.fitted("age", 150, 12) == "age"
