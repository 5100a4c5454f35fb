"""Settings of who the patients are: id rules, specimens, sites, clinical columns, dates."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.cohort.barcodes import NOT_TUMOUR, SAMPLE_TYPES
from imagenomics.errors import nearest
from imagenomics.settings import Settings

RuleName = Literal["exact", "tcga-patient", "bids", "plink", "pattern"]
RULE_NAMES: tuple[RuleName, ...] = ("exact", "tcga-patient", "bids", "plink", "pattern")
Separator = Literal[",", "\t", ";", "|", " "]
Kind = Literal["continuous", "binary", "ordinal", "categorical"]
ID_RULE_HELP = "How an id as written becomes a patient id: a name, or { pattern = '...' }."


class IdRule(Settings):
    """How an id as written becomes a patient id."""

    name: RuleName = Field("exact", description="The rule: exact, tcga-patient, bids, plink or pattern.")
    pattern: str | None = Field(
        None,
        description="Regular expression for the whole id with a group `patient` and, for several samples or "
        "lesions of one patient, a group `unit`.",
    )
    participants: str | None = Field(
        None, description="For bids: a participants.tsv whose labels lead to the study's own ids."
    )
    participants_id: str | None = Field(
        None, description="Column of participants.tsv with the study's own ids."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        if isinstance(data, str):
            data = {"name": data}
        if isinstance(data, dict):
            if "pattern" in data and "name" not in data:
                data = {"name": "pattern", **data}
            name = data.get("name")
            if isinstance(name, str) and name not in RULE_NAMES:
                close = nearest(name, RULE_NAMES)
                hint = f"did you mean '{close}'?" if close else f"known rules: {', '.join(RULE_NAMES)}"
                raise ValueError(f"unknown id rule '{name}'; {hint}")
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.name == "pattern") != (self.pattern is not None):
            raise ValueError("the rule 'pattern' and a `pattern` belong together")
        if self.pattern is not None:
            check_pattern(self.pattern, group="patient")
        if (self.participants is None) != (self.participants_id is None):
            raise ValueError("`participants` and `participants_id` belong together")
        return self

    def written(self) -> str:
        """Return the rule as it stands in a study file."""
        return f"{{ pattern = '{self.pattern}' }}" if self.pattern is not None else f"'{self.name}'"


class SampleRule(Settings):
    """Which samples of a patient count, and which one where there are several."""

    types: tuple[str, ...] = Field(
        ("01",), min_length=1, description="TCGA sample types that are accepted, the preferred one first."
    )
    vials: tuple[str, ...] = Field((), description="TCGA vials that are accepted, e.g. ['A']; empty: all.")
    choose: Literal["refuse", "first", "mean"] = Field(
        "refuse",
        description="Several samples of one patient: refuse (say so and stop), first (the preferred type, "
        "then the first by sample name), mean (numbers only).",
    )

    @field_validator("types")
    @classmethod
    def _tumour_only(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        for kind in types:
            if kind not in SAMPLE_TYPES:
                raise ValueError(f"'{kind}' is not a TCGA sample type; tumour types are 01 to 09")
            if kind in NOT_TUMOUR:
                raise ValueError(
                    f"sample type {kind} is {SAMPLE_TYPES[kind]} and cannot stand for the tumour"
                )
        return types


class SiteSettings(Settings):
    """Where a patient was treated: read from the id or from a column."""

    from_: str | None = Field(
        None, alias="from", description="'patient' (the id) or a column that holds barcodes."
    )
    rule: Literal["tcga-site", "pattern"] | None = Field(
        None, description="How the site is read: tcga-site (the tissue source site code) or a pattern."
    )
    pattern: str | None = Field(None, description="Regular expression for the whole text, group `site`.")
    column: str | None = Field(None, description="A column that names the site.")
    map: dict[str, str] = Field({}, description="Site as written -> site.")
    missing: tuple[str, ...] = Field((), description="Further spellings of 'missing'.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        if isinstance(data, dict) and "pattern" in data and "rule" not in data:
            return {"rule": "pattern", **data}
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.from_ is None) == (self.column is None):
            raise ValueError("give either `from` with a `rule`, or a `column`")
        if (self.rule is None) != (self.from_ is None):
            raise ValueError("`from` needs a `rule` ('tcga-site' or a pattern)")
        if (self.rule == "pattern") != (self.pattern is not None):
            raise ValueError("the rule 'pattern' and a `pattern` belong together")
        if self.pattern is not None:
            check_pattern(self.pattern, group="site")
        return self


class ColumnSettings(Settings):
    """One variable: where it stands and what its cells mean."""

    column: str | None = Field(None, description="The column as written; default: the variable's name.")
    kind: Kind | None = Field(
        None, description="continuous, binary, ordinal or categorical; default: inferred."
    )
    map: dict[str, str] = Field(
        {}, description="Cell as written -> level (or number); '' for missing. Everything must be mapped."
    )
    levels: tuple[str, ...] = Field((), description="The levels in order: for ordinal, or binary as 0, 1.")
    positive: str | None = Field(None, description="The level that is 1 in a binary variable.")
    missing: tuple[str, ...] = Field((), description="Further spellings of 'missing'.")
    unit: str = Field("", description="Unit of a continuous variable, e.g. 'years'.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind == "ordinal" and len(self.levels) < 2:
            raise ValueError("an ordinal variable needs `levels` in their order")
        if self.kind == "continuous" and (self.levels or self.positive):
            raise ValueError("a continuous variable has no `levels` and no `positive`")
        if self.positive and self.kind not in (None, "binary"):
            raise ValueError("`positive` belongs to a binary variable")
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("`levels` names a level twice")
        return self


class DateSettings(Settings):
    """A date column, how it is written, and by which clock."""

    column: str = Field(description="The column with the date.")
    clock: str = Field(
        "unknown",
        description="Name of the clock the date was read from, e.g. 'calendar' or 'shifted-per-patient'. Two "
        "dates are compared only where both name the same clock.",
    )
    format: str = Field("%Y-%m-%d", description="How the date is written (strptime).")


class IntervalSettings(Settings):
    """The time from the scan to the specimen."""

    scan: DateSettings | None = Field(None, description="Date of the scan.")
    specimen: DateSettings | None = Field(None, description="Date of the biopsy or operation.")
    days: str | None = Field(None, description="A column that already holds the interval in days.")
    max_interval_days: float | None = Field(
        None, gt=0, description="Patients with a longer interval, before or after, leave the cohort."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.days is not None) == (self.scan is not None or self.specimen is not None):
            raise ValueError("give either `days`, or `scan` and `specimen`")
        if self.days is None and (self.scan is None or self.specimen is None):
            raise ValueError("an interval needs both `scan` and `specimen`")
        return self


class PatientsSettings(Settings):
    """The table of patients: the `[patients]` section of a study file."""

    table: str = Field(description="CSV, TSV or Parquet file with one row per patient.")
    id: str | tuple[str, ...] | None = Field(
        None, description="Column of the id (FID and IID for plink); default: the first sensible column."
    )
    rule: IdRule = Field(IdRule(), description=ID_RULE_HELP)
    rows: Literal["refuse", "first"] = Field(
        "refuse", description="Several rows of one patient: refuse, or take the first in the file."
    )
    separator: Separator | None = Field(None, description="Overrides the one that the file's ending implies.")
    site: SiteSettings | None = Field(None, description="Where the site is read from.")
    clinical: dict[str, ColumnSettings] = Field({}, description="Clinical variables: name -> column.")
    confounders: tuple[str, ...] = Field(
        (),
        description="Clinical variables that are there to adjust for, such as treatment before the scan: "
        "clinical = 'all' of a [[train]] block does not take them as predictors.",
    )
    interval: IntervalSettings | None = Field(None, description="Time from scan to specimen.")
    min_match: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Linking stops where a smaller share of the smaller side than this finds its patient.",
    )

    @field_validator("clinical")
    @classmethod
    def _site_is_taken(cls, clinical: dict[str, ColumnSettings]) -> dict[str, ColumnSettings]:
        if "site" in clinical:
            raise ValueError("the name 'site' belongs to `site = { column = ... }`")
        return clinical

    @model_validator(mode="after")
    def _confounders_are_declared(self) -> Self:
        for name in self.confounders:
            if name not in self.clinical:
                close = nearest(name, list(self.clinical))
                hint = f"did you mean '{close}'?" if close else "declare it under [patients.clinical]"
                raise ValueError(f"the confounder '{name}' is no clinical variable; {hint}")
        return self


def check_pattern(pattern: str, *, group: str) -> None:
    """Refuse a regular expression that does not compile or lacks the named group."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern is no regular expression ({error})") from None
    if group not in compiled.groupindex:
        raise ValueError(f"the pattern has no group (?P<{group}>...)")
