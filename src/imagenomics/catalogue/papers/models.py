"""What an entry of the reading list says, and what makes one wrong."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from imagenomics.catalogue.papers.vocabulary import (
    ASSAYS,
    KINDS,
    METHODS,
    MODALITIES,
    PHENOTYPES,
    REPAIRS,
    SECTIONS,
    VERIFIED,
)
from imagenomics.catalogue.plain import hidden_characters, markup
from imagenomics.errors import nearest
from imagenomics.settings import Settings

Verified = Literal["abstract", "part of the abstract", "code", "memory"]
KEY = re.compile(r"[a-z][a-z0-9]*(?:19|20)\d\d[a-z0-9]*(?:_[a-z0-9]+)+")
DOI = re.compile(r"10\.\d{4,9}/\S+")


def _clean(text: str) -> str:
    hidden = hidden_characters(text)
    if hidden:
        raise ValueError(f"holds invisible or text-turning characters ({hidden}); take them out")
    if markup(text):
        raise ValueError(f"holds markup ({markup(text)}); write plain text")
    return text


def word_of(known: Any, kind: str) -> Any:
    """Return the check that a word is one of ``known``; its message names the nearest one."""

    def check(word: str) -> str:
        if word not in known:
            close = nearest(word, known)
            hint = f"did you mean '{close}'?" if close else "a new word is added in vocabulary.py"
            raise ValueError(f"unknown {kind} '{word}'; {hint}")
        return word

    return AfterValidator(check)


def _doi(text: str) -> str:
    if "doi.org/" in text or text.startswith(("http", "doi:")):
        raise ValueError(f"'{text}' is an address; write the DOI alone, from '10.' on")
    if not DOI.fullmatch(text):
        raise ValueError(f"'{text}' is not a DOI, which looks like 10.1148/radiol.14132641")
    return text


def _digits(text: str) -> str:
    if not text.isdigit() or not 4 <= len(text) <= 8:
        raise ValueError(f"'{text}' is not a PubMed id, which has up to 8 digits and nothing else")
    return text


def _pmcid(text: str) -> str:
    if not re.fullmatch(r"PMC\d{4,9}", text):
        raise ValueError(f"'{text}' is not a PubMed Central id, which looks like PMC4985482")
    return text


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"]+", text):
        raise ValueError(f"'{text}' is not an http(s) address")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_clean)]
Url = Annotated[str, AfterValidator(_url)]


class Links(Settings):
    """Where the paper is."""

    pmid: Annotated[str, AfterValidator(_digits)] | None = Field(None, description="PubMed id.")
    pmcid: Annotated[str, AfterValidator(_pmcid)] | None = Field(None, description="PubMed Central id.")
    doi: Annotated[str, AfterValidator(_doi)] | None = Field(None, description="DOI, not as an address.")
    arxiv: Annotated[str, Field(pattern=r"^\d{4}\.\d{4,5}$")] | None = Field(None, description="arXiv id.")
    url: Url | None = Field(None, description="Publisher's page, where no id leads there.")
    code: Url | None = Field(None, description="The authors' code.")
    unchecked: tuple[Literal["pmid", "pmcid", "doi"], ...] = Field(
        (), description="Ids of which nobody has seen a page that shows them with this title."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not any((self.pmid, self.pmcid, self.doi, self.arxiv, self.url)):
            raise ValueError("a paper needs one of pmid, pmcid, doi, arxiv, url")
        return self


class Cohort(Settings):
    """Who was studied."""

    n: int | None = Field(None, ge=1, description="Units of analysis; leave out what is not known.")
    unit: Text = Field("patients", description="What n counts: patients, biopsies, nodules, images.")
    patients: int | None = Field(None, ge=1, description="Patients, where the unit is another.")
    groups: dict[str, int] = Field({}, description="Name of a group -> its size.")
    source: Text | None = Field(None, description="Institution or public cohort.")
    datasets: tuple[str, ...] = Field((), description="Keys of the data catalogue.")
    verified: Verified = Field("abstract", description="What n was read from.")


class Number(Settings):
    """One published number."""

    what: Text = Field(description="What was measured.")
    value: Text | None = Field(None, description="As printed.")
    n: int | None = Field(None, ge=1, description="Units behind it.")
    p: Text | None = Field(None, description="P value as printed.")
    verified: Verified | Literal["meeting report"] = Field("abstract", description="What it was read from.")
    note: Text | None = Field(None, description="What a recomputation says.")


class Repair(Settings):
    """What the two founding lists say wrongly, and what is right."""

    kind: Annotated[str, word_of(REPAIRS, "kind of repair")] = Field(description="What was wrong.")
    note: Text = Field(description="What stands there, and what is right.")


class Learning(Settings):
    """What a machine-learning method optimises, and when an implementation of it is right."""

    objective: Text = Field(description="What is minimised or maximised.")
    algorithm: Text = Field(description="How.")
    shapes: Text | None = Field(None, description="Sizes of the data in the paper.")
    right_when: Text = Field(description="What a right implementation shows.")
    verified: Verified = Field("memory", description="What this was read from.")


class PaperEntry(Settings):
    """One paper of the reading list; its key is the name of its file."""

    key: Annotated[str, Field(pattern=rf"^{KEY.pattern}$")] = Field(
        description="Surname, year, word: moon2012_ct_dti_mgmt."
    )
    title: Text
    authors: tuple[Text, ...] = Field(min_length=1, description="Surname and initials, first author first.")
    and_others: bool = Field(True, description="Whether more authors follow.")
    journal: Text
    year: int = Field(ge=1950, le=2100, description="Of the printed issue.")
    section: Annotated[str, word_of(SECTIONS, "section")]
    kind: Annotated[str, word_of(KINDS, "kind")] = "study"
    topic: Text = Field(description="Disease or question.")
    organ: tuple[Text, ...] = ()
    modality: tuple[Annotated[str, word_of(MODALITIES, "modality")], ...] = ()
    phenotype: tuple[Annotated[str, word_of(PHENOTYPES, "phenotype")], ...] = ()
    measured: Text | None = Field(None, description="What exactly was measured in the pictures.")
    assay: tuple[Annotated[str, word_of(ASSAYS, "assay")], ...] = ()
    targets: tuple[Text, ...] = ()
    method: tuple[Annotated[str, word_of(METHODS, "method")], ...] = ()
    methods_verified: Verified = Field("abstract", description="What the methods were read from.")
    summary: Text = Field(description="What was asked and found, in your own words.")
    cohort: Cohort = Cohort()
    numbers: tuple[Number, ...] = ()
    learning: Learning | None = None
    links: Links
    verified: Annotated[str, word_of(VERIFIED, "source")] = Field(
        description="What the facts were read from."
    )
    read_from: tuple[Url, ...] = Field((), description="Pages that were read.")
    analysable: bool = Field(description="Whether there is an analysis of images and genes to run.")
    reason: Text | None = Field(None, description="Why it is not analysable.")
    repairs: tuple[Repair, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.analysable == (self.reason is not None):
            raise ValueError("`reason` belongs to entries with analysable = false, and only to them")
        if self.section == "machine-learning" and self.kind != "review" and self.learning is None:
            raise ValueError("a machine-learning paper needs [learning]")
        return self
