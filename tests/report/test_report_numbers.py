import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_reading import read_page

from imagenomics.report import svg
from imagenomics.report.curves import calibration_chart, null_chart, roc_chart
from imagenomics.report.effects import effect_interval, effect_text, placed, scale_of
from imagenomics.report.intervals import chance_of, domain_of
from imagenomics.report.models import models_of
from imagenomics.report.text import NOTHING, beside, interval, met, number, p_value, sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.000123, "1.2 × 10⁻⁴"),
        (0.0123, "0.012"),
        (0.5, "0.50"),
        (0.0, "< 10⁻³⁰⁰"),
        (None, NOTHING),
        (np.nan, NOTHING),
        (1e-210, "1.0 × 10⁻²¹⁰"),
    ],
)
def test_p_values(value, shown):
    assert p_value(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234.5, "1,234"),
        (0.01234, "0.0123"),
        (-0.5, "−0.500"),
        (0, "0"),
        ("x", NOTHING),
        (1.5e9, "1.50 × 10⁹"),
        (99.96, "100.0"),
    ],
)
def test_numbers(value, shown):
    assert number(value) == shown


def test_intervals_and_sentences():
    assert interval(0.123, -0.5) == "0.12 to −0.50"
    assert interval(None, 0.5) == NOTHING
    assert sentence("one class only") == "One class only."
    assert sentence(None) == ""


@pytest.mark.parametrize(
    ("measure", "gain", "chance"),
    [
        ("AUC", False, 0.5),
        ("auc", True, 0.0),
        ("AUC gain", False, 0.0),
        ("Brier score", False, None),
        ("spearman", False, 0.0),
        ("c-index", False, 0.5),
    ],
)
def test_chance(measure, gain, chance):
    assert chance_of(measure, gain=gain) == chance


def test_domain_shows_every_value_and_chance():
    low, high = domain_of([0.2, 0.4, None, float("nan")], 0.0)
    assert low < 0.0
    assert high > 0.4


@pytest.mark.parametrize("ends", [(0, 1), (-0.3, 0.7), (3.2, 3.3), (0, 1e-6), (-5e5, 1e6)])
def test_ticks_are_round_few_and_inside(ends):
    ticks = svg.nice_ticks(*ends)
    assert 2 <= len(ticks) <= 7
    assert all(ends[0] - 1e-9 <= t <= ends[1] + 1e-9 for t in ticks)


@pytest.mark.parametrize("top", [1, 2, 3, 7, 7.1, 9.4, 24, 3000])
def test_ticks_of_counts_are_whole_numbers(top):
    ticks = svg.nice_ticks(0, top * 1.18, most=5, whole=True)
    assert ticks == [int(t) for t in ticks]
    assert 2 <= len(ticks) <= 7


def curves(**columns):
    return pd.DataFrame({"model": "m", "low": np.nan, "high": np.nan, **columns})


@pytest.mark.parametrize(
    ("observed", "ends"), [([0.19, 0.23, 0.22], (0.05, 0.4)), ([0.05, 0.5, 0.9], (0, 1))]
)
def test_calibration_of_shares_close_together_is_drawn_larger(observed, ends):
    seen = np.array(observed)
    table = curves(curve="calibration", x=[0.18, 0.21, 0.25], y=seen)
    table[["low", "high"]] = np.column_stack([seen * 0.5, np.minimum(seen * 1.7, 1)])
    performance = pd.DataFrame({"model": ["m"], "role": ["primary"]})
    page = read_page(calibration_chart(table, models_of(performance, table)[0]))
    frame = svg.Frame(300, 300, ends, ends)
    drawn = [(float(c.attrs["cx"]), float(c.attrs["cy"])) for c in page.of("circle")]
    assert np.allclose(drawn, [frame.at(x, y) for x, y in zip(table["x"], seen, strict=True)], atol=0.01)


def test_roc_is_drawn_where_the_numbers_are():
    table = curves(curve="roc", x=[0, 0, 1], y=[0, 0.5, 1])
    performance = pd.DataFrame({"model": ["m"], "role": ["primary"]})
    page = read_page(roc_chart(table, models_of(performance, table)))
    line = next(e.attrs["d"] for e in page.of("path"))
    frame = svg.Frame(300, 300, (0, 1), (0, 1))
    points = [tuple(map(float, p.split())) for p in line.removeprefix("M").split("L")]
    assert np.allclose(points, [frame.at(0, 0), frame.at(0, 0.5), frame.at(1, 1)], atol=0.01)


def test_null_histogram_counts_every_draw_and_marks_the_observed_value():
    draws = np.random.default_rng(1).normal(0.5, 0.05, 300)
    table = curves(curve="null", x=range(300), y=draws)
    model = models_of(pd.DataFrame({"model": ["m"], "role": ["primary"]}), table)[0]
    page = read_page(null_chart(table, model, 0.9, name="AUC"))
    bars = [e for e in page.of("rect") if e.attrs["class"] == "bar"]
    heights = np.array([float(b.attrs["height"]) for b in bars])
    assert np.isclose(heights.sum() / heights.min() % 1, 0, atol=0.35)
    assert "observed 0.90" in page.text
    mark = next(float(e.attrs["x1"]) for e in page.of("line") if e.attrs["class"] == "observed")
    assert mark > max(float(b.attrs["x"]) for b in bars)


@pytest.mark.parametrize(
    ("name", "nothing", "more", "place"),
    [
        ("AUC", 0.5, 0.75, 0.25),
        ("odds ratio", 1.0, 4.0, 2.0),
        ("log odds ratio", 0.0, 4.0, 4.0),
        ("Spearman correlation", 0.0, -0.5, -0.5),
        ("eta squared", 0.0, 0.3, 0.3),
    ],
)
def test_effects_are_placed_by_their_distance_from_nothing(name, nothing, more, place):
    scale = scale_of(name)
    assert placed(nothing, scale) == 0.0
    assert placed(more, scale) == place
    assert placed(None, scale) is None
    assert scale.signed == (name != "eta squared")


def test_ratios_without_an_end_are_drawn_at_the_border_and_said():
    assert placed(np.inf, scale_of("odds ratio")) == 6.0
    assert placed(0.0, scale_of("odds ratio")) == -6.0
    assert effect_interval(1.2, np.inf) == "1.20 to ∞"
    assert effect_interval(None, 2.0) == NOTHING
    assert effect_text(1234.5) == "1,234"


@pytest.mark.parametrize(
    ("low", "high", "chance", "shown"),
    [
        (-0.004, 0.12, 0.0, "−0.004 to 0.12"),
        (0.004, 0.12, 0.0, "0.004 to 0.12"),
        (0.0, 0.12, 0.0, "0.00 to 0.12"),
        (-0.0000004, 0.12, 0.0, "< 0.00 to 0.12"),
        (0.4996, 0.71, 0.5, "0.4996 to 0.71"),
        (0.5004, 0.71, 0.5, "0.5004 to 0.71"),
        (0.5, 0.71, 0.5, "0.50 to 0.71"),
        (0.4999999, 0.71, 0.5, "< 0.50 to 0.71"),
        (0.31, 0.4997, 0.5, "0.31 to 0.4997"),
        (0.4996, 0.71, 0.0, "0.50 to 0.71"),
        (-0.0000004, 0.12, None, "0.00 to 0.12"),
    ],
)
def test_the_end_of_an_interval_is_printed_on_its_side_of_chance(low, high, chance, shown):
    assert interval(low, high, chance=chance) == shown


@given(
    st.floats(-2, 2, allow_nan=False, allow_subnormal=False),
    st.sampled_from([0.0, 0.5, 1.0, 0.557]),
)
def test_print_never_hides_on_which_side_of_chance_a_number_is(value, chance):
    shown = beside(value, chance).replace("−", "-")
    if shown[0] in "<>":
        assert (shown[0] == "<") == (value < chance)
        assert abs(value - chance) < 1e-5
    else:
        assert np.sign(float(shown) - chance) == np.sign(value - chance)
        assert shown != "-0.00"


def test_effects_keep_their_side_of_no_effect():
    assert effect_interval(0.998, 1.4, "odds ratio") == "0.998 to 1.40"
    assert effect_interval(0.4996, 0.7, "AUC") == "0.4996 to 0.70"
    assert effect_text(-0.0031, "adjusted difference in SD") == "−0.003"
    assert effect_text(1.0, "odds ratio") == "1.00"


def test_names_at_the_start_of_a_sentence_keep_their_spelling():
    assert sentence("classes.IDH can be predicted") == "classes.IDH can be predicted."


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (28, "14 features × 2 targets"),
        (14, "14 features, each against one of 2 targets"),
        (27, "of 14 features and 2 targets"),
    ],
)
def test_a_product_is_printed_only_where_it_is_the_number_of_pairs(pairs, said):
    assert met(pairs, (14, "feature"), (2, "target")) == f" ({said})"
