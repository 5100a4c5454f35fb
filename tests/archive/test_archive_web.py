"""Asking servers: patience, refusals, answers that are none."""

import pytest

from imagenomics.archive.web import ask_json
from imagenomics.errors import FileProblem, InputError


def test_a_stumbling_server_is_asked_again_with_growing_pauses(server, web, pauses):
    server.answer("/x", 500, 503, {"a": 1})
    assert ask_json(f"{server.url}/x", web=web) == {"a": 1}
    assert pauses == [0.5, 1.0]


def test_a_pause_that_the_server_asks_for_is_kept(server, web, pauses):
    throttled = lambda handler, _: handler.send(b"", status=429, headers={"Retry-After": "7"})  # noqa: E731
    server.answer("/x", throttled, [1])
    assert ask_json(f"{server.url}/x", web=web) == [1]
    assert pauses == [7.0]


@pytest.mark.parametrize("text", ["Wed, 01 Jan 2020 00:00:00 GMT", "soon"])
def test_pauses_as_dates_or_nonsense(server, web, pauses, text):
    server.answer("/x", lambda h, _: h.send(b"", status=503, headers={"Retry-After": text}), [1])
    assert ask_json(f"{server.url}/x", web=web) == [1]
    assert pauses[0] <= 1.0


def test_too_long_a_pause_ends_with_words(server, web, pauses):
    server.answer("/x", lambda h, _: h.send(b"", status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(FileProblem, match=r"IGX-ARCH-011.*3600 s"):
        ask_json(f"{server.url}/x", web=web)
    assert pauses == []


def test_a_server_that_never_answers_well(server, web, pauses):
    server.answer("/x", 502)
    with pytest.raises(FileProblem, match=r"IGX-ARCH-011(?s:.)*502"):
        ask_json(f"{server.url}/x", web=web)
    assert len(server.asked) == 4
    assert len(pauses) == 3


def test_cut_connections_are_tried_again(server, web):
    server.answer("/x", lambda h, _: h.send(b'{"a', promised=100), {"a": 1})
    assert ask_json(f"{server.url}/x", web=web) == {"a": 1}


def test_nobody_there(web):
    with pytest.raises(FileProblem, match="IGX-ARCH-011"):
        ask_json("http://127.0.0.1:1/x", web=web)


@pytest.mark.parametrize(
    ("code", "words"), [(401, "controlled"), (403, "controlled"), (404, "moved"), (400, "report")]
)
def test_refusals_are_not_repeated(server, web, code, words):
    server.answer("/x", code)
    with pytest.raises(InputError, match="IGX-ARCH-012") as caught:
        ask_json(f"{server.url}/x", web=web)
    assert words in str(caught.value)
    assert len(server.asked) == 1


def test_a_sign_in_page_is_no_json(server, web):
    server.answer("/x", b"<html>please sign in</html>")
    with pytest.raises(FileProblem, match=r"IGX-ARCH-013.*<html>"):
        ask_json(f"{server.url}/x", web=web)


@pytest.mark.parametrize("url", ["http://example.org/x", "file:///etc/passwd", "ftp://x/y", "x"])
def test_other_schemes_are_refused(url, web):
    with pytest.raises(InputError, match="IGX-ARCH-010"):
        ask_json(url, web=web)


def test_questions_reach_the_server_as_they_are(server, web):
    server.answer("/x", [])
    ask_json(f"{server.url}/x", query={"a": "b c", "n": 2}, body={"k": ["v"]}, web=web)
    method, path, headers, body = server.asked[0]
    assert (method, path, body) == ("POST", "/x?a=b+c&n=2", {"k": ["v"]})
    assert headers["Content-Type"] == "application/json"
