"""The page in a real browser: it draws everything, asks for nothing and complains of nothing."""

import json
from xml.etree import ElementTree

import pytest
from PIL import Image
from report_browser import Browser, find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="chromium is not installed"),
]
CHARTS = "document.querySelectorAll('[data-chart]').length"
DRAWN = "document.querySelectorAll('[data-chart] .main-svg').length"


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


def enter(browser, selector, value):
    """Type into a field or choose from a list."""
    browser.run(
        f"(field => {{ field.value = {json.dumps(value)}; field.dispatchEvent(new Event('input')); }})"
        f"(document.querySelector({json.dumps(selector)}))"
    )


def show_all(browser):
    """Scroll through the page, so that every chart is drawn."""
    height = browser.run("document.documentElement.scrollHeight")
    for top in range(0, height, 700):
        browser.run(f"window.scrollTo({{top: {top}, behavior: 'instant'}})")
        browser.settle(0.1)
    browser.wait_for(f"document.querySelectorAll('.js-plotly-plot').length === {CHARTS}")


@pytest.mark.parametrize("width", [1280, 390])
def test_page_draws_everything_offline_without_a_complaint(browser, full_folder, full_page, width):
    browser.console.clear()
    browser.requests.clear()
    browser.resize(width)
    browser.open(full_folder / "report.html")
    show_all(browser)
    assert browser.run(CHARTS) > 10
    assert browser.run(DRAWN) > 0
    assert browser.console == []
    assert browser.dialogs == []
    assert [r for r in browser.requests if not r.startswith(("file://", "data:", "blob:"))] == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert (
        browser.run("document.querySelectorAll('.plot script, .plot img:not([src^=\"data:\"])').length") == 0
    )


def test_on_a_phone_every_number_of_a_table_is_in_sight_and_wide_tables_say_so(
    browser, full_folder, full_page
):
    browser.resize(390)
    browser.open(full_folder / "report.html")
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    browser.settle(0.5)
    stacked = "Array.from(document.querySelectorAll('.stacks td')).filter(td => td.offsetParent)"
    assert browser.run(f"{stacked}.length") > 100
    assert browser.run(f"Math.max(...{stacked}.map(td => td.getBoundingClientRect().right))") <= 390
    assert browser.run(f"{stacked}.filter(td => td.dataset.head === 'effect').length") > 0
    frames = "Array.from(document.querySelectorAll('.table-block > .scroll')).filter(f => f.offsetParent)"
    silent = "f.scrollWidth > f.clientWidth + 2 && !f.nextElementSibling.offsetParent"
    assert browser.run(f"{frames}.filter(f => {silent}).length") == 0


def test_findings_that_are_there_or_not_are_drawn_as_shares_of_each_group(browser, full_folder, full_page):
    browser.resize(1280)
    browser.open(full_folder / "report.html")
    show_all(browser)
    browser.console.clear()
    browser.run(
        """(() => {
          const chart = document.querySelector('.pair [data-chart=by-group]');
          const people = JSON.parse(document.getElementById('people').textContent);
          const target = Object.keys(people.targets).find(t => people.targets[t].levels.length > 1);
          const groups = people.targets[target].groups;
          people.features = { 'ct.finding': groups.map((g, i) => (g === null ? null : i % 3 ? 0 : 1)) };
          chart.dataset.feature = 'ct.finding';
          chart.dataset.target = target;
          const tools = { width: 480, colours: { font: 'sans-serif' }, element: chart, paper: false };
          const figure = window.imagenomicsCharts.makers['by-group'](people, tools);
          window.shares = figure.data.map(trace => [trace.type, trace.y[0], trace.text[0]]);
          const value = i => (i % 3 ? 0 : 1);
          const count = (g, v) => groups.filter((x, i) => x === g && value(i) === v).length;
          window.counts = figure.data.map((_, g) => [count(g, 0), count(g, 1)]);
        })()"""
    )
    for (kind, share, said), (without, having) in zip(
        browser.run("window.shares"), browser.run("window.counts"), strict=True
    ):
        assert kind == "bar"
        assert said == f"{having}/{having + without}"
        assert share == pytest.approx(100 * having / (having + without))
    assert browser.console == []


def test_controls_do_what_they_say(browser, full_folder, full_page):
    browser.resize(1280)
    browser.open(full_folder / "report.html")
    show_all(browser)
    browser.console.clear()
    shown = "document.querySelector('.shown').textContent"
    enter(browser, '[data-role="order"]', "group")
    enter(browser, '[data-role="colour"]', "e")
    enter(browser, '[data-role="find"]', "IDH")
    browser.settle(0.5)
    assert "2 of 30 targets" in browser.run(shown)
    browser.run(
        "document.querySelector('[data-chart=heatmap]').emit('plotly_click', {points: [{curveNumber: 0, x: 0, y: 0}]})"
    )
    assert browser.run("document.querySelectorAll('.picked .js-plotly-plot').length") == 2
    enter(browser, "[data-panel-filter]", "TCGA")
    assert (
        browser.run(
            "Array.from(document.querySelectorAll('[data-gallery] .panel')).filter(p => p.offsetParent).length"
        )
        == 114
    )
    browser.run("document.querySelector('[data-gallery] .panel:not(.filtered) button.open').click()")
    assert browser.run("document.getElementById('zoom').open")
    browser.run("document.getElementById('zoom').close()")
    browser.run("document.querySelector('table.sortable thead th').click()")
    assert browser.console == []


def test_paper_has_every_chart(browser, full_folder, full_page, tmp_path):
    browser.resize(1280)
    browser.open(full_folder / "report.html")
    browser.pdf(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").stat().st_size > 200_000
    assert browser.run("document.querySelectorAll('.js-plotly-plot').length") == browser.run(CHARTS)
    assert browser.console == []


@pytest.mark.parametrize("dark", [False, True])
def test_charts_are_saved_as_pictures_in_the_colours_of_paper(
    browser, full_folder, full_page, tmp_path, dark
):
    browser.call("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    browser.console.clear()
    browser.requests.clear()
    browser.resize(1280, dark=dark)
    browser.open(full_folder / "report.html")
    show_all(browser)
    charts = browser.run("document.querySelectorAll('.small-chart svg.chart, [data-chart]').length")
    assert browser.run("document.querySelectorAll('[data-save]').length") == 2 * charts
    for place in (".small-chart", ".chart-block", ".pair"):
        for form in ("svg", "png"):
            browser.run(f"document.querySelector('{place} [data-save={form}]').click()")
            browser.settle(1.0)
    files = sorted(tmp_path.iterdir())
    assert [f.suffix for f in files].count(".svg") == 3
    assert [f.suffix for f in files].count(".png") == 3
    assert browser.console == []
    assert [r for r in browser.requests if not r.startswith(("file://", "data:", "blob:"))] == []
    roc = next(f for f in files if "roc" in f.name and f.suffix == ".svg").read_text("utf-8")
    assert "rgb(0, 114, 178)" in roc  # the blue of paper, in dark mode too
    assert "elastic-net" in roc  # the key goes along
    for file in files:
        if file.suffix == ".svg":
            assert ElementTree.fromstring(file.read_text("utf-8")).tag.endswith("svg")
            assert "#ffffff" in file.read_text("utf-8") or "rgb(255, 255, 255)" in file.read_text("utf-8")
        else:
            assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
            assert min(Image.open(file).size) > 600
