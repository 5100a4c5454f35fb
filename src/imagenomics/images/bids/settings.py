"""What a study file says about images that lie in a BIDS folder."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from imagenomics.errors import nearest
from imagenomics.images.bids.names import ENTITIES
from imagenomics.settings import Settings


def _as_label(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label = Annotated[str | Literal[False], BeforeValidator(_as_label)]
Entities = dict[str, Label]
MEANING = "What else the file name must say, e.g. { task = 'rest', desc = 'preproc' }; false: the name must not say it."


def _known(entities: Entities) -> Entities:
    for key in entities:
        if key not in ENTITIES:
            close = nearest(key, ENTITIES)
            raise ValueError(f"BIDS has no entity '{key}'" + (f"; did you mean '{close}'?" if close else ""))
    return entities


def wanted(entities: Entities) -> dict[str, str | None]:
    """Return entities as :func:`imagenomics.images.bids.folder.find_bids` takes them: None must be absent."""
    return {key: value or None for key, value in entities.items()}


class BidsMask(Settings):
    """Which file of a BIDS folder is the mask of an image: that of the same participant, session and run."""

    folder: str | None = Field(
        default=None, description="BIDS folder of the masks, e.g. a derivative; not set: that of the images."
    )
    datatype: str | None = Field(default=None, description="Data type; not set: that of the images.")
    suffix: str = Field(description="Last part of the name: 'mask', 'dseg', ...")
    entities: Entities = Field(default={}, description=MEANING)

    @field_validator("entities")
    @classmethod
    def _entities_are_known(cls, value: Entities) -> Entities:
        return _known(value)


class BidsSettings(Settings):
    """Which file of a BIDS folder is the image of a patient."""

    folder: str = Field(
        description="The folder that holds sub-<label>; of a derivative, that of its pipeline."
    )
    datatype: str = Field(description="Data type: 'anat', 'func', 'dwi', 'perf', 'pet', ...")
    suffix: str = Field(description="Last part of the name: 'T1w', 'bold', 'dwi', 'asl', 'pet', ...")
    entities: Entities = Field(default={}, description=MEANING)
    sessions: str = Field(
        default="only",
        description="Which of several sessions counts: 'only' (a patient with several is left out and a loss says so), "
        "'first' or 'last' by label, or one label. Labels say nothing of dates.",
    )
    runs: str = Field(default="only", description="Which of several runs counts, likewise.")
    participants_id: str | None = Field(
        default=None,
        description="Column of participants.tsv with the patient ids of the study. Not set: sub-<label> leads to the "
        "patient whose id is the label, hyphens left out.",
    )
    mask: BidsMask | None = Field(
        default=None,
        description="Which file is the mask. Not set: the whole image is one region called 'whole'.",
    )

    @field_validator("entities")
    @classmethod
    def _entities_are_known(cls, value: Entities) -> Entities:
        return _known(value)

    @field_validator("sessions", "runs")
    @classmethod
    def _one_of_them(cls, value: str) -> str:
        if value == "all":
            raise ValueError("a patient has one image in a block: 'only', 'first', 'last' or one label")
        return value
