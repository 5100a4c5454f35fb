"""Forest charts: where effects lie, what colour says, and what cannot be drawn."""

import re

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
