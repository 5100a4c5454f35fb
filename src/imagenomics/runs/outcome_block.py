"""What a ``[[train]]`` block says of a time to an event, where that is its target."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from imagenomics.runs.survival_block import EventSettings, FollowUpSettings, TimeUnit
from imagenomics.settings import BlockName, Settings

BESIDE = ("supervised-pc",)  # what stands beside the primary model of survival where the study does not say


class TargetSettings(Settings):
    """What is predicted."""

    name: BlockName = Field(description="Unique name of the analysis.")
    target: str = Field(
        description="A molecule or label ('mutations.IDH1', 'IDH.status') or a clinical column; where `predictors` are "
        "genes also an image feature ('ct.shape_volume'); with `event` the column with the time from the origin to the "
        "event or to the end of observation, above 0."
    )
    event: str | None = Field(
        default=None,
        description="Column that says whether the event happened at that time: survival is predicted, by Cox models.",
    )
    unit: TimeUnit | None = Field(default=None, description="Unit of the time to an event.")
    origin: str | None = Field(
        default=None, description="What the time to an event is counted from, as in [[survival]]."
    )
    horizons: tuple[float, ...] = Field(
        default=(),
        description="Times, in the unit of the time to an event, at which it is also told how well scores separate who "
        "has the event by then (cumulative/dynamic AUC, without interval or verdict).",
    )


class OutcomeSettings(EventSettings, TargetSettings):
    """Whether and when an event happened: with ``event`` the target of a prediction is the time to it."""

    @model_validator(mode="before")
    @classmethod
    def _survival_has_models_of_its_own(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("event") is not None and "models" not in data:
            beside = [name for name in BESIDE if name != data.get("primary")]
            return {**data, "models": beside}
        return data

    @model_validator(mode="after")
    def _follow_up_is_whole(self) -> Self:
        if any(not moment > 0 for moment in self.horizons):
            raise ValueError("'horizons' are times above 0")
        if self.event is not None:
            self.outcome()
            return self
        alone = [
            n
            for n in (*EventSettings.model_fields, "unit", "origin", "horizons")
            if n in self.model_fields_set
        ]
        if alone:
            raise ValueError(f"'{alone[0]}' belongs to survival: say which column is the 'event'")
        return self

    def outcome(self) -> FollowUpSettings | None:
        """Return the follow-up that is to be predicted; None where the target is no time to an event."""
        if self.event is None:
            return None
        if self.unit is None or self.origin is None:
            raise ValueError("with 'event' say the 'unit' of the time and the 'origin' it is counted from")
        told = {name: getattr(self, name) for name in EventSettings.model_fields}
        return FollowUpSettings(
            time=self.target, event=self.event, unit=self.unit, origin=self.origin, **told
        )
