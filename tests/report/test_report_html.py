import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_reading import read_page

from imagenomics.errors import InternalError
from imagenomics.report.html import Html, el, embed_json, escape, visible
from imagenomics.report.table import Column, breakable, without_constant

ANY_TEXT = st.text(max_size=60)


@given(ANY_TEXT)
def test_text_and_attribute_come_back_as_they_were_shown(text):
    page = read_page(el("p.note", text, attrs={"title": text}))
    assert [e.tag for e in page.elements] == ["p"]
    assert page.text.replace("\r\n", "\n").replace("\r", "\n") == visible(text).replace("\r\n", "\n").replace(
        "\r", "\n"
    )
    assert page.elements[0].attrs == {"class": "note", "title": visible(text)}


@given(ANY_TEXT)
def test_json_comes_back_and_cannot_leave_its_element(text):
    markup = embed_json("data", {"name": [text, 1.5, None]})
    page = read_page(markup)
    assert [e.tag for e in page.elements] == ["script"]
    assert json.loads(page.elements[0].text) == {"name": [visible(text), 1.5, None]}
    inside = markup.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028\u2029\u202e")


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200b", "\u2028", "\x00", "\x1b", "\ufeff", "\u00ad", "\ud800"]
)
def test_characters_that_cannot_be_seen_are_written_out(hidden):
    assert escape(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_markup_is_not_escaped_twice_and_lists_are_flattened():
    assert el("p", "a<b", [Html("<i>c</i>"), None, ["&"]], 3) == "<p>a&lt;b<i>c</i>&amp;3</p>"


@pytest.mark.parametrize(
    ("tag", "attrs"),
    [("p onclick=x", {}), ("p.<b", {}), ("p", {"onclick": "x"}), ("p", {"OnLoad": "x"}), ("p", {"a b": "x"})],
)
def test_names_that_are_not_plain_are_refused(tag, attrs):
    with pytest.raises(InternalError, match="IGX-REP-010"):
        el(tag, attrs=attrs)


@given(ANY_TEXT)
def test_breakable_names_keep_their_characters(text):
    page = read_page(el("td", breakable(text)))
    assert page.text.replace("\r", "\n") == visible(text).replace("\r", "\n")
    assert {e.tag for e in page.elements} <= {"td", "wbr"}


def test_what_every_row_of_a_table_says_is_said_once():
    frame = pd.DataFrame({"n": [4, 4], "test": ["t", "t"], "kind": ["a", "b"], "reason": ["", ""]})
    columns = [Column(name, name) for name in frame.columns]
    kept, words = without_constant(frame, columns, ["test", "kind", "reason"])
    assert [c.name for c in kept] == ["n", "kind"]
    assert words == "Test: t."
