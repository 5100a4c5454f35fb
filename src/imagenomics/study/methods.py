"""The page of methods: what the papers of the reading list did, which block does it here, and which call."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from pydantic import Field

from imagenomics.catalogue.papers.load import load_papers
from imagenomics.settings import Settings

HEAD = """\
# Methods of the papers

What the conventional papers of the reading list did, which block of a [study file](study_file.md) does it here,
and which call from Python. This page is made by `python -m imagenomics.study.methods`; a test holds that every
block takes the keys that stand here, that every call can be imported and every paper is in the catalogue. Papers
that learn from pictures themselves, and reviews, are not here. What is not offered says so.
"""


class Method(Settings):
    """One method, as the papers used it and as it is asked for here."""

    name: str = Field(min_length=1, description="What it is called.")
    how: str = Field(min_length=1, description="How it is done here.")
    papers: tuple[str, ...] = Field(min_length=1, description="Keys of the papers.")
    blocks: tuple[dict[str, dict[str, Any]], ...] = Field(
        default=(), description="Blocks of the study file, each with the keys that ask for the method."
    )
    python: tuple[str, ...] = Field(min_length=1, description="Functions and classes by their full name.")
    command: str = Field(default="", description="Command that does it, where no study is needed.")
    missing: str = Field(default="", description="What is not offered.")


def load_methods() -> tuple[Method, ...]:
    """Return the methods of the page, in its order."""
    text = (files("imagenomics.study") / "data" / "methods.toml").read_text("utf-8")
    return tuple(Method.read(row, where="methods.toml") for row in tomllib.loads(text)["method"])


def methods_page() -> str:
    """Return the page as Markdown."""
    methods = load_methods()
    known = load_papers()
    lines = [HEAD, "| method | how | in the study file | from Python |", "|---|---|---|---|"]
    lines += [f"| [{m.name}](#{_anchor(m.name)}) | {_how(m)} | {_asked(m)} | {_calls(m)} |" for m in methods]
    for method in methods:
        lines += ["", f"## {method.name}", ""]
        lines += [f"- {_title(known[key])} (`{key}`)" for key in method.papers]
    return "\n".join([*lines, ""])


def _how(method: Method) -> str:
    return method.how + (f" **Not offered:** {method.missing}" if method.missing else "")


def _asked(method: Method) -> str:
    said = [_block(name, keys) for block in method.blocks for name, keys in block.items()]
    if method.command:
        said.append(f"`{method.command}`")
    return "<br>".join(said) or "-"


def _block(name: str, keys: Mapping[str, Any]) -> str:
    head = f"[{name}]" if name in ("features", "predict") else f"[[{name}]]"
    words = ", ".join(f"{key} = {_toml(value)}" for key, value in keys.items())
    return f"`{head}`" + (f" `{words}`" if words else "")


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key} = {_toml(part)}" for key, part in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


def _calls(method: Method) -> str:
    return "<br>".join(f"`{name.removeprefix('imagenomics.')}`" for name in method.python)


def _title(entry: Mapping[str, Any]) -> str:
    return f"{str(entry['title']).rstrip('.')}, {entry['year']}"


def _anchor(name: str) -> str:
    kept = "".join(c for c in name.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    import sys

    sys.stdout.write(methods_page())
