"""The ``[[survival]]`` block: what happened to whom and when, and what is asked of it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.associate.survival.score_settings import ScoreSettings
from imagenomics.associate.survival.settings import CompareSettings, GroupSettings, SurvivalSettings
from imagenomics.runs.family_block import FamilyBlock
from imagenomics.settings import Settings

ORIGINS = (
    *("diagnosis", "imaging", "surgery", "biopsy", "treatment", "randomisation"),
    *("recurrence", "admission", "birth"),
)


TimeUnit = Literal["days", "weeks", "months", "years"]


def check_origin(value: str) -> str:
    """Refuse what does not say what time is counted from."""
    if value not in ORIGINS and len(value.split()) < 3:
        raise ValueError(
            f"'{value}' is none of {', '.join(ORIGINS)}; say in a sentence what time is counted from"
        )
    return value


class EventSettings(Settings):
    """What the cells of an event column mean, and what is measured."""

    event_value: str | None = Field(
        default=None, description="The cell that means the event; not needed where cells are 0 and 1."
    )
    censored_values: tuple[str, ...] = Field(
        default=(),
        description="Cells that mean the end of observation without any event; not needed where only one cell "
        "is left beside the events.",
    )
    competing_values: tuple[str, ...] = Field(
        default=(),
        description="Cells that mean another event, after which this one cannot happen any more.",
    )
    endpoint: str = Field(
        default="survival",
        min_length=1,
        description="What is measured, as the page names it: 'overall survival', 'progression-free survival'.",
    )
    day_zero: Literal["refuse", "half-day"] = Field(
        default="refuse",
        description="Events on the day of origin: refuse a time of 0, or count it as half a day.",
    )

    @model_validator(mode="after")
    def _cells_have_one_meaning(self) -> Self:
        cells = [
            c for c in (self.event_value, *self.censored_values, *self.competing_values) if c is not None
        ]
        if len(set(cells)) < len(cells):
            raise ValueError("a cell of the event column has two meanings")
        if self.competing_values and self.event_value is None:
            raise ValueError("with 'competing_values' say which cell is the event: 'event_value'")
        return self


class FollowUpSettings(EventSettings):
    """When something happened to whom: the columns, what their cells mean, and what time is counted from."""

    time: str = Field(
        description="Column of the patients table (or clinical variable, or molecule) with the time from the origin to "
        "the event or to the end of observation; above 0."
    )
    event: str = Field(description="Column that says whether the event happened at that time.")
    entry: str | None = Field(
        default=None,
        description="Column with the time from the origin to when a patient came under observation (left truncation).",
    )
    unit: TimeUnit = Field(description="Unit of time and entry.")
    origin: str = Field(
        description="What time is counted from: "
        + ", ".join(f"'{word}'" for word in ORIGINS)
        + ", or a sentence. It stands on the page."
    )

    _origin_is_said = field_validator("origin")(check_origin)

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("'time', 'event' and 'entry' are different columns")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the follow-up."""
        return tuple(c for c in (self.time, self.event, self.entry) if c is not None)


class SurvivalBlock(FamilyBlock, FollowUpSettings, SurvivalSettings):
    """One ``[[survival]]`` block: features, and molecules, against the time to an event."""

    molecules: str | tuple[str, ...] = Field(
        default=(),
        description="Molecule blocks, columns or globs that are tested against survival, too, as a claim of their own.",
    )
    strata: tuple[str, ...] = Field(
        default=(),
        description="Clinical variables or 'site' whose levels have baseline hazards of their own, in every model and "
        "every log-rank test.",
    )
    groups: tuple[GroupSettings, ...] = Field(
        default=(), description="Groups of patients whose survival curves are drawn and compared."
    )
    compare: tuple[CompareSettings, ...] = Field(
        default=(),
        description="Cox models of the same patients beside each other: what terms add to others. They hold the terms "
        "that they name; 'adjust' does not enter, 'strata' and 'entry' do.",
    )

    score: tuple[ScoreSettings, ...] = Field(
        default=(), description="Additive scores: one point for each term on its worse side of a cut-point."
    )

    @field_validator("groups", mode="before")
    @classmethod
    def _names_are_groups(cls, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return [{"by": item} if isinstance(item, str) else item for item in value]
        return value

    @model_validator(mode="after")
    def _columns_have_one_role(self) -> Self:
        for name in (*self.adjust, *self.strata):
            if name in self.columns:
                raise ValueError(f"'{name}' is the follow-up itself and cannot be adjusted for")
        both = set(self.adjust) & set(self.strata)
        if both:
            raise ValueError(f"'{sorted(both)[0]}' is in 'adjust' and in 'strata'; once is enough")
        for name in (t for one in self.compare for terms in one.terms for t in terms):
            if name in (*self.columns, *self.strata):
                raise ValueError(f"compare: '{name}' is follow-up or stratum and no term of a model")
        for term in (t.by for one in self.score for t in one.terms):
            if term in (*self.columns, *self.strata):
                raise ValueError(f"score: '{term}' is follow-up or stratum and gives no point")
        for titles in ([one.name for one in self.compare], [one.name for one in self.score]):
            if len(set(titles)) < len(titles):
                raise ValueError("two comparisons or two scores have the same name")
        return self

    @model_validator(mode="after")
    def _subdistributions_have_what_they_need(self) -> Self:
        if self.competing != "subdistribution":
            return self
        if not self.competing_values:
            raise ValueError(
                "competing = 'subdistribution' needs 'competing_values': which cells exclude the event"
            )
        other = [
            *(["entry"] if self.entry is not None else []),
            *(f"{n} = '{getattr(self, n)}'" for n in ("statistic", "ties") if n in self.model_fields_set),
            *(f"cut = 'maximal' of '{g.by}'" for g in self.groups if g.cut == "maximal"),
            *(f"weight = {g.weight:g} of '{g.by}'" for g in self.groups if g.weight),
            *(f"compare '{c.name}'" for c in self.compare),
            *(f"score '{c.name}'" for c in self.score),
        ]
        if other:
            raise ValueError(
                f"{', '.join(other)}: not with competing = 'subdistribution'; use a second block"
            )
        return self

    @property
    def molecular(self) -> str:
        """Return how the claim about molecules is named."""
        return f"{self.endpoint} (molecules)"

    @property
    def grouped(self) -> str:
        """Return how the claim about groups is named."""
        return f"{self.endpoint} (groups)"

    @property
    def scored(self) -> str:
        """Return how the claim about scores is named."""
        return f"{self.endpoint} (scores)"

    def files(self) -> tuple[str, ...]:
        """Return the cards that the block reads."""
        return tuple(one.card for one in self.score if one.card is not None)

    @property
    def compared(self) -> str:
        """Return how the claim about added terms is named."""
        return f"{self.endpoint} (added terms)"
