"""The one base of all settings: frozen, checked, unknown keys refused with the nearest known one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from imagenomics.errors import InputError, nearest

RESERVED_NAMES = ("patients", "study", "site", "volume")


def _not_reserved(name: str) -> str:
    if name.lower() in RESERVED_NAMES:
        raise ValueError(f"'{name}' is a word of the run folder itself; choose another name")
    return name


# Names of blocks are parts of column names and of --set paths, so they hold no dot.
BlockName = Annotated[str, Field(pattern=r"^[A-Za-z0-9+][A-Za-z0-9_+-]*$"), AfterValidator(_not_reserved)]


class Settings(BaseModel):
    """Base of every room's settings; a default is stated once, in the field that owns it."""

    VERSION: ClassVar[int] = 1  # raised by hand when a default changes its meaning

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, populate_by_name=True)

    @classmethod
    def read(cls, data: Mapping[str, Any], *, where: str) -> Self:
        """Validate ``data``; an :class:`InputError` (``IGX-SET-001``) names section, key and remedy."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            raise explain(error, where=where, model=cls) from None

    def canonical(self) -> str:
        """Return what differs from the defaults as JSON with sorted keys: equal settings, equal text.

        A new key with a default leaves the text of old settings as it was, so that kept results and model cards
        stay valid. ``kind`` always stays: it tells which model the other keys belong to.
        """
        changed = _with_kinds(
            self.model_dump(mode="json", exclude_defaults=True), self.model_dump(mode="json")
        )
        return json.dumps([type(self).__name__, self.VERSION, changed], sort_keys=True, separators=(",", ":"))

    def digest(self, length: int = 12) -> str:
        """Return a short hash of the canonical settings, as stored with every column they made."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:length]


def _with_kinds(changed: Any, whole: Any) -> Any:
    """Put the ``kind`` of every model back into what differs from the defaults."""
    if isinstance(changed, dict):
        kind = {"kind": whole["kind"]} if "kind" in whole else {}
        return kind | {key: _with_kinds(value, whole[key]) for key, value in changed.items()}
    if isinstance(changed, list):
        return [_with_kinds(value, other) for value, other in zip(changed, whole, strict=True)]
    return changed


def explain(error: ValidationError, *, where: str, model: type[BaseModel]) -> InputError:
    """Turn a pydantic error into one message that a user can act on."""
    problems: list[str] = []
    remedies: list[str] = []
    for item in error.errors():
        path = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            known = _keys_at(model, item["loc"][:-1])
            close = nearest(str(item["loc"][-1]), known)
            problems.append(f"unknown key '{path}'")
            remedies.append(
                f"did you mean '{close}'?" if close else "known keys here: " + ", ".join(sorted(known))
            )
        elif item["type"] == "missing":
            problems.append(f"key '{path}' is missing")
            remedies.append(f"add '{item['loc'][-1]}'")
        else:
            message = item["msg"].removeprefix("Value error, ")
            if isinstance(item.get("input"), (str, int, float)) and item["type"] != "value_error":
                message = f"{item['input']!r} is refused: {message}"
            problems.append(f"'{path}': {message}" if path else message)
    return InputError(
        "IGX-SET-001",
        "; ".join(problems),
        where=where,
        remedy="; ".join(dict.fromkeys(remedies)) or None,
    )


def _keys_at(model: type[BaseModel], path: tuple[int | str, ...]) -> set[str]:
    """Return the field names of the nested model at ``path``, as far as it can be followed."""
    current: Any = model
    found: list[type[BaseModel]] = [model]
    for part in path:
        if isinstance(part, int):
            continue
        current = next((m for m in found if part in _kinds_of(m)), current)
        fields = getattr(current, "model_fields", {})
        if part not in fields:
            continue
        found = _models_in(fields[part].annotation)
        if not found:
            return set()
        current = found[0]
    names: set[str] = set()
    for name, field in getattr(current, "model_fields", {}).items():
        names.add(field.alias or name)
    return names


def _kinds_of(model: type[BaseModel]) -> tuple[Any, ...]:
    """Return the words that tell a model from the others that may stand in its place."""
    kind = model.model_fields.get("kind")
    return () if kind is None else getattr(kind.annotation, "__args__", ())


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    models: list[type[BaseModel]] = []
    for inner in getattr(annotation, "__args__", ()):
        models.extend(_models_in(inner))
    return models
