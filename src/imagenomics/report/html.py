"""HTML that is built, never pasted: whatever is not already markup is escaped."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from imagenomics.errors import InternalError
from imagenomics.tables.write import plain

TAG = re.compile(r"^[a-zA-Z][a-zA-Z0-9]*$")
CLASS = re.compile(r"^[a-z][a-z0-9-]*$")
ATTRIBUTE = re.compile(r"^[a-zA-Z][a-zA-Z0-9:-]*$")
VOID = frozenset({"img", "input", "meta", "br", "hr", "link", "col", "wbr"})
# Invisible characters and those that turn the reading direction: no name may look like another one.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def visible(text: object) -> str:
    """Return ``text`` with invisible and direction-turning characters written as their code points."""
    return HIDDEN.sub(lambda m: f"⟨U+{ord(m.group()):04X}⟩", str(text))


def escape(text: object) -> Html:
    """Return ``text`` as markup that shows exactly its characters."""
    return text if isinstance(text, Html) else Html(html.escape(visible(text), quote=True))


def el(tag: str, *children: Child, attrs: Mapping[str, Any] | None = None) -> Html:
    """Build one element; its children are escaped unless they are markup.

    Parameters
    ----------
    tag : str
        Element name with classes, ``"div.card.wide"``; from code, never from data.
    children : str, Html, None or iterable of these
        None is left out.
    attrs : mapping, optional
        Attribute -> value; True writes the bare name, False and None leave it out; ``on...`` is refused.

    Raises
    ------
    InternalError
        ``IGX-REP-010`` when tag, class or attribute is not a plain name.
    """
    name, *classes = tag.split(".")
    given = dict(attrs or {})
    if classes:
        given = {"class": " ".join(classes), **given}
    wrong = not TAG.match(name) or any(not CLASS.match(c) for c in classes)
    if wrong or any(not ATTRIBUTE.match(a) or a.lower().startswith("on") for a in given):
        raise InternalError("IGX-REP-010", f"the page cannot have the element {tag!r} with {sorted(given)}")
    opening = f"<{name}{''.join(_attribute(a, v) for a, v in given.items())}>"
    if name in VOID:
        return Html(opening)
    return Html(f"{opening}{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Return the children one after the other as markup."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, (str, int)):
            parts.append(escape(child))
        else:
            parts.append(join(child))
    return Html("".join(parts))


def embed_json(identity: str, data: Any) -> Html:
    """Return data for scripts: JSON that cannot end its element or open a comment."""
    text = json.dumps(_shown(plain(data)), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(f'<script type="application/json" id="{escape(identity)}">{text}</script>')


def _shown(data: Any) -> Any:
    if isinstance(data, dict):
        return {visible(k): _shown(v) for k, v in data.items()}
    if isinstance(data, list):
        return [_shown(v) for v in data]
    return visible(data) if isinstance(data, str) else data


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(value)}"'
