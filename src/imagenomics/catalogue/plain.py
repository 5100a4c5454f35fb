"""Texts of the catalogue on their way out: nothing in a title can turn a line round or become markup."""

from __future__ import annotations

import re
import unicodedata

_TAG = re.compile(r"</?[A-Za-z][^>]*>|<!--|\]\(|\*\*|`|\\[a-zA-Z]+\{|\\u[0-9a-fA-F]{4}|&#?\w+;")
_MARKDOWN = re.compile(r"([\\`*_\[\]|~#])")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def hidden_characters(text: str) -> str:
    """Return the control, invisible and text-turning characters of a text as U+XXXX, or ''."""
    found = dict.fromkeys(c for c in text if unicodedata.category(c) in _HIDDEN)
    return ", ".join(f"U+{ord(c):04X}" for c in found)


def markup(text: str) -> str:
    """Return the first piece of HTML, Markdown or TeX markup in a text, or ''."""
    found = _TAG.search(text)
    return found[0] if found else ""


def terminal(text: str) -> str:
    """Return a text that is safe to print: hidden characters become visible escapes, line ends become spaces."""
    if text.isprintable():
        return text
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if character in "\n\t\r":
        return " "
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def markdown(text: str) -> str:
    """Return a text as Markdown that shows it and does nothing else."""
    safe = terminal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", safe)


def markdown_address(url: str) -> str:
    """Return an address that cannot end a Markdown link early."""
    safe = terminal(url)
    for character, code in ((" ", "%20"), ("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
        safe = safe.replace(character, code)
    return safe


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def tex(text: str) -> str:
    """Return a text for BibTeX: every character that TeX would act on is escaped."""
    return "".join(_TEX.get(c, c) for c in terminal(text))


def citation(text: str) -> str:
    """Return a text for CSL-JSON, in which processors read HTML-like tags: they become visible text."""
    return re.sub(r"<(?=[A-Za-z/!])", "&lt;", terminal(text))
