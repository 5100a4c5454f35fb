"""The reference page of the study file, made from the settings themselves."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from imagenomics.runs.plan import Plan
from imagenomics.settings import Settings

HEAD = """\
# The study file

A study file is TOML. This page is made from the settings of the package (`python -m imagenomics.study.reference`),
so that every key stands here with its meaning and its default. An unknown key is refused with the nearest known one.
Every `[[...]]` block has a unique name, so that `--set images.t1post.path=...` can change it from the command line.
"""


def reference_page() -> str:
    """Return the page as Markdown."""
    seen: dict[type[BaseModel], str] = {}
    parts = [HEAD, _section("The top of the file", Plan, skip_models=True)]
    for name, field in Plan.model_fields.items():
        many = get_origin(field.annotation) is tuple
        for model in _models(field.annotation):
            title = f"[[{name}]]" if many else f"[{name}]"
            kind = _kind_of(model)
            parts.append(_section(f"`{title}`{kind}", model, skip_models=False))
            seen[model] = title
    parts += [
        _section(f"{model.__name__}{_kind_of(model)}", model, skip_models=False)
        for model in _inner_models(seen)
    ]
    return "\n".join(parts)


def _kind_of(model: type[BaseModel]) -> str:
    field = model.model_fields.get("kind")
    kinds = _choices(field.annotation) if field is not None else []
    return f" with `kind = {json.dumps(kinds[0])}`" if len(kinds) == 1 else ""


def _section(title: str, model: type[BaseModel], *, skip_models: bool) -> str:
    lines = [f"## {title}", "", (model.__doc__ or "").strip().split("\n\n")[0].replace("\n", " "), ""]
    lines += ["| key | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if skip_models and _models(field.annotation):
            continue
        lines.append(f"| `{field.alias or name}` | {_default(field)} | {_meaning(field)} |")
    return "\n".join([*lines, ""])


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "needed" if field.default_factory is None else "none"
    value = field.default
    if isinstance(value, BaseModel):
        return "see there"
    if value is None:
        return "not set"
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value, default=str)}`".replace(
        "|", "\\|"
    )


def _meaning(field: FieldInfo) -> str:
    text = (field.description or "").strip()
    models = _models(field.annotation)
    if models:
        text += f" ({', '.join(m.__name__ for m in models)})"
    choices = _choices(field.annotation)
    if get_origin(field.annotation) is Literal and len(choices) == 1:
        text += f" Always `{choices[0]}`."
    elif not all(repr(c) in text or str(c) in text for c in choices):
        text += " One of: " + ", ".join(f"`{c}`" for c in choices) + "."
    return text.strip().replace("|", "\\|").replace("\n", " ")


def _choices(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    found: list[Any] = []
    for inner in get_args(annotation):
        found += _choices(inner)
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, Settings) else []
    found: list[type[BaseModel]] = []
    for inner in typing.get_args(annotation):
        found += [m for m in _models(inner) if m not in found]
    return found


def _inner_models(seen: dict[type[BaseModel], str]) -> Iterator[type[BaseModel]]:
    """Walk through the settings inside the sections, each once."""
    waiting = list(seen)
    done = set(seen)
    while waiting:
        model = waiting.pop(0)
        for field in model.model_fields.values():
            for inner in _models(field.annotation):
                if inner not in done:
                    done.add(inner)
                    waiting.append(inner)
                    yield inner


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference_page())
