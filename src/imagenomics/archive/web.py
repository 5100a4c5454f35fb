"""Questions to public servers: https only, repeated when a server stumbles, refused answers said in words."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from imagenomics.errors import FileProblem, InputError

STUMBLES = (408, 425, 429, 500, 502, 503, 504)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BROKEN = (http.client.HTTPException, ConnectionError, TimeoutError, urllib.error.URLError)


@dataclass(frozen=True)
class Web:
    """How patient a client is.

    Parameters
    ----------
    attempts : int
        How often a question is asked in all.
    wait_s : float
        Seconds before the second attempt; doubled each time. A server's own ``Retry-After`` comes first.
    longest_wait_s : float
        A server that asks for more is not waited for.
    timeout_s : float
        Seconds without any byte after which an attempt has failed.
    sleep : callable
        Replaced in tests.
    """

    attempts: int = 5
    wait_s: float = 1.0
    longest_wait_s: float = 120.0
    timeout_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep


def ask_json(
    url: str, *, query: Mapping[str, Any] | None = None, body: Any = None, web: Web | None = None
) -> Any:
    """Return the JSON answer to one question.

    Raises
    ------
    InputError
        ``IGX-ARCH-010``: not https; ``IGX-ARCH-012``: the server refuses (4xx).
    FileProblem
        ``IGX-ARCH-011``: no whole answer after all attempts; ``IGX-ARCH-013``: the answer is not JSON.
    """
    whole = f"{url}?{urllib.parse.urlencode(query, doseq=True)}" if query else url
    data = None if body is None else json.dumps(body).encode()
    headers = {"Accept": "application/json"} | ({} if data is None else {"Content-Type": "application/json"})
    text = with_patience(lambda: _read(whole, data, headers, web or Web()), whole, web or Web())
    try:
        return json.loads(text)
    except ValueError as error:
        raise FileProblem(
            "IGX-ARCH-013",
            f"the answer is not JSON ({error}); it begins with {text[:60]!r}",
            where=whole,
            remedy="a proxy or a sign-in page may stand in between; open the address in a browser",
        ) from error


@contextmanager
def open_address(
    url: str, *, headers: Mapping[str, str], web: Web, data: bytes | None = None
) -> Iterator[http.client.HTTPResponse]:
    """Open an address once; what is not https is refused (loopback excepted, for tests)."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise InputError("IGX-ARCH-010", f"'{url}' is not an https address", expected="https://...")
    request = urllib.request.Request(url, data=data, headers={"User-Agent": "imagenomics", **headers})
    with urllib.request.urlopen(request, timeout=web.timeout_s) as response:
        yield response


def with_patience(attempt: Callable[[], Any], where: str, web: Web) -> Any:
    """Return what ``attempt`` returns, tried again after broken connections and stumbling servers."""
    last: Exception | None = None
    for number in range(web.attempts):
        if number:
            web.sleep(_pause(last, number, web, where))
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            if error.code not in STUMBLES:
                raise _refused(error, where) from error
            last = error
        except BROKEN as error:
            last = error
    raise FileProblem(
        "IGX-ARCH-011",
        f"no whole answer after {web.attempts} attempts; the last one: {_said(last)}",
        where=where,
        remedy="check the network and try later; what was fetched is kept, and the same command goes on from there",
    ) from last


def _read(url: str, data: bytes | None, headers: Mapping[str, str], web: Web) -> str:
    with open_address(url, headers=headers, data=data, web=web) as response:
        return response.read().decode("utf-8", errors="replace")


def _pause(error: Exception | None, number: int, web: Web, where: str) -> float:
    asked = error.headers.get("Retry-After") if isinstance(error, urllib.error.HTTPError) else None
    if asked is None:
        return min(web.wait_s * 2 ** (number - 1), web.longest_wait_s)
    seconds = _seconds(asked)
    if seconds > web.longest_wait_s:
        raise FileProblem(
            "IGX-ARCH-011",
            f"the server asks for a pause of {seconds:.0f} s",
            where=where,
            remedy="run the same command later; it goes on from what is there",
        )
    return seconds


def _seconds(text: str) -> float:
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return 1.0


def _refused(error: urllib.error.HTTPError, where: str) -> InputError:
    remedies = {
        401: "these data are controlled; imagenomics asks for open data only",
        403: "these data are controlled; imagenomics asks for open data only",
        404: "the archive has moved or renamed it; look it up on the archive's page",
    }
    return InputError(
        "IGX-ARCH-012",
        f"the server refuses: {error.code} {error.reason}",
        where=where,
        remedy=remedies.get(error.code, "the interface may have changed; please report it with this message"),
    )


def _said(error: Exception | None) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    return f"{type(error).__name__}: {error}"
