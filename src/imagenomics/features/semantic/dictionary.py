"""The data dictionary of a coded reading: which questions, which answers, in which order, under which spellings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.cohort.settings import Kind
from imagenomics.cohort.spelling import same_word
from imagenomics.errors import unknown_name
from imagenomics.settings import Settings

# Answers that say why there is no value. They are no level of a scale, and they are not missing either.
STATES: dict[str, tuple[str, ...]] = {
    "not visible": ("not visible", "not seen", "not visualised", "not visualized", "obscured by artefact"),
    "indeterminate": (
        "indeterminate",
        "equivocal",
        "cannot be determined",
        "unable to determine",
        "uncertain",
    ),
    "not applicable": ("not applicable",),
}
MISSING = "missing"
ABSENT, PRESENT = "absent", "present"


class Level(Settings):
    """One answer."""

    code: str = Field(description="Code of the answer, as readers or files write it.")
    label: str = Field(description="What it means; the name of the level in tables.")
    spellings: tuple[str, ...] = Field((), description="Other codes and words that are accepted for it.")

    def written(self) -> tuple[str, ...]:
        """Return every accepted way of writing this answer."""
        return (self.code, self.label, *self.spellings)

    @model_validator(mode="after")
    def _no_separators(self) -> Self:
        if any(mark in self.label for mark in "|;"):
            raise ValueError(f"the label '{self.label}' holds '|' or ';', which separate levels and answers")
        return self


class Item(Settings):
    """One question."""

    code: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="Short name; last part of the column's name."
    )
    label: str = Field(description="The question in words.")
    kind: Kind = Field(description="binary, ordinal, categorical (also: nominal) or continuous.")
    levels: tuple[Level, ...] = Field(
        (), description="The answers, in order for ordinal, 0 then 1 for binary."
    )
    apart: tuple[Level, ...] = Field(
        (),
        description="Further spellings of 'not visible', 'indeterminate' and 'not applicable' (the label).",
    )
    spellings: tuple[str, ...] = Field((), description="Other names of the question in files.")
    region: str = Field("", description="What of the body or the lesion is asked about.")
    unit: str = Field("", description="Unit of a continuous item.")
    low: float | None = Field(None, description="Smallest possible number.")
    high: float | None = Field(None, description="Largest possible number.")
    many: bool = Field(False, description="Several answers may be ticked: each becomes a binary column.")
    asked_if: str = Field("", description="Code of the item that decides whether this one is asked.")
    asked_levels: tuple[str, ...] = Field((), description="Labels of that item for which this one is asked.")

    @field_validator("levels", "apart", mode="before")
    @classmethod
    def _short_levels(cls, value: Any) -> Any:
        return [_short_level(level) for level in value] if isinstance(value, (list, tuple)) else value

    @field_validator("kind", mode="before")
    @classmethod
    def _nominal(cls, kind: Any) -> Any:
        return "categorical" if kind == "nominal" else kind

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "continuous") == bool(self.levels):
            raise ValueError(
                f"'{self.code}': levels belong to every item that is not continuous, and only there"
            )
        if self.kind == "binary" and len(self.levels) != 2:
            raise ValueError(f"'{self.code}': a binary item has two levels, 0 and 1")
        if self.many and self.kind != "categorical":
            raise ValueError(f"'{self.code}': an item with several answers is categorical")
        if bool(self.asked_if) != bool(self.asked_levels):
            raise ValueError(f"'{self.code}': `asked_if` and `asked_levels` belong together")
        wrong = [level.label for level in self.apart if level.label not in STATES]
        if wrong:
            raise ValueError(f"'{self.code}': '{wrong[0]}' is none of {', '.join(STATES)}")
        _check_distinct(self)
        return self

    def answers(self) -> dict[str, str]:
        """Return every accepted spelling -> label of the level, or the state it stands for."""
        found = {text: label for label, texts in STATES.items() for text in texts}
        # What the item itself says comes last: there 'not visible' may be a level.
        for level in (*self.apart, *self.levels):
            found |= dict.fromkeys(level.written(), level.label)
        return found

    def states(self) -> set[str]:
        """Return the states that are no level of this item."""
        return set(STATES) - {level.label for level in self.levels}


class Dictionary(Settings):
    """The items of one reading."""

    name: str = Field(description="Short name.")
    title: str = Field(description="What it is.")
    source: str = Field(description="Where items and levels come from.")
    items: tuple[Item, ...] = Field(min_length=1, description="The questions, in order.")
    ignored: tuple[str, ...] = Field((), description="Names in files that say nothing of the patient.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        codes = [item.code for item in self.items]
        twice = {code for code in codes if codes.count(code) > 1}
        if twice:
            raise ValueError(f"items with one code: {', '.join(sorted(twice))}")
        by_code = {item.code: item for item in self.items}
        for item in self.items:
            parent = by_code.get(item.asked_if)
            labels = {level.label for level in parent.levels} if parent else set()
            if item.asked_if and not set(item.asked_levels) <= labels:
                raise ValueError(
                    f"'{item.code}' is asked if '{item.asked_if}' is one of {item.asked_levels}: unknown"
                )
        return self

    def find(self, name: str) -> Item | None:
        """Return the item with this code, label or spelling, None where there is none."""
        word = same_word(name)
        for item in self.items:
            if word in {same_word(text) for text in (item.code, item.label, *item.spellings)}:
                return item
        return None

    def item(self, name: str, *, where: str) -> Item:
        """Return the item with this name (``IGX-FEAT-041`` where there is none, with the nearest)."""
        found = self.find(name)
        if found is None:
            raise unknown_name("IGX-FEAT-041", "item", name, self.names(), where=where)
        return found

    def names(self) -> list[str]:
        """Return every name under which an item is known."""
        return [text for item in self.items for text in (item.code, item.label, *item.spellings)]


def _short_level(level: Any) -> Any:
    """Return a level that is written as its label, or as [code, label, further spellings]."""
    if isinstance(level, str):
        return {"code": level, "label": level}
    if isinstance(level, (list, tuple)) and len(level) > 1:
        return {"code": level[0], "label": level[1], "spellings": tuple(level[2:])}
    return level


def _check_distinct(item: Item) -> None:
    owners: dict[str, str] = {}
    for level in (*item.levels, *item.apart):
        for text in level.written():
            if owners.setdefault(same_word(text), level.label) != level.label:
                raise ValueError(
                    f"'{item.code}': '{text}' stands for '{owners[same_word(text)]}' and for '{level.label}'"
                )


def levels(*pairs: str | tuple[str, ...]) -> tuple[Level, ...]:
    """Build levels from (code, label, spellings ...); a text alone is code and label."""
    return tuple(Level(**_short_level(pair)) for pair in pairs)


def numbered(labels: Iterable[str], *, start: int = 1) -> tuple[Level, ...]:
    """Build levels whose codes are running numbers."""
    return tuple(Level(code=str(k), label=label) for k, label in enumerate(labels, start))
