"""What a design holds: patients, molecules, pictures, phenotypes, planted effects, and the analysis of the paper."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import Settings

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9+][A-Za-z0-9_+-]*$")]
Known = Literal["printed", "derived", "assumed"]
SIZES = (
    "d",
    "auc",
    "r",
    "odds_ratio",
    "counts",
    "means",
    "p",
    "levels",
    "hazard_ratio",
    "h2",
)
GENES = "genes"  # what drives where relatives are alike


class Patients(Settings):
    """How many patients, and whether the paper says so."""

    n: int = Field(ge=8, description="Patients of the simulated cohort.")
    known: Known = Field(
        description="'printed' in the paper, 'derived' from its numbers, or 'assumed' where none could be read."
    )
    note: str = Field(default="", description="What the number is of, or why it is assumed.")
    twins: tuple[int, int] | None = Field(
        default=None,
        description="Pairs of identical and of other twins among them; columns 'family' and 'zygosity' say who.",
    )

    @model_validator(mode="after")
    def _twins_are_patients(self) -> Self:
        if self.twins is not None and 2 * sum(self.twins) > self.n:
            raise ValueError(f"{sum(self.twins)} pairs of twins are more than {self.n} patients")
        return self


class Molecule(Settings):
    """One molecule, label or assay of the same patients."""

    name: Name = Field(description="Unique name.")
    assay: str = Field(description="How it is measured.")
    kind: Literal["binary", "classes", "number", "panel"] = Field(
        description="'binary' (mutated or not), 'classes' (subtypes), 'number' (a score, a protein level), 'panel' "
        "(expression of many genes, some of them in sets that go together)."
    )
    measured: int = Field(
        default=0,
        ge=0,
        description="Patients in whom it was measured; 0: all. Counts are of these; the others' cells are empty.",
    )
    positives: int = Field(default=0, ge=0, description="Patients that have it, of a binary one.")
    levels: dict[str, int] = Field(default={}, description="Class to number of patients.")
    names: tuple[str, str] = Field(
        default=("absent", "present"), description="How a table writes the two states of a binary one."
    )
    mean: float = Field(default=0.0, description="Mean of a number.")
    sd: float = Field(default=1.0, gt=0, description="Standard deviation of a number.")
    scale: Literal["linear", "log", "counts", "genotypes"] = Field(
        default="linear",
        description="'log': the logarithm is normal, mean and sd are of the logarithm; of a panel also 'counts': "
        "sequencing counts instead of log2 expression, and 'genotypes': copies of rare alleles, the count of a set's "
        "alleles being its factor.",
    )
    genes: int = Field(default=0, ge=0, description="Genes of a panel.")
    sets: dict[str, int] = Field(default={}, description="Sets of genes that share a factor: name to size.")
    loading: float = Field(
        default=0.7, gt=0, lt=1, description="Correlation of a gene with the factor of its set."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "binary") != (self.positives > 0):
            raise ValueError(f"'{self.name}': `positives` belongs to a binary molecule, and only there")
        if (self.kind == "classes") != bool(self.levels):
            raise ValueError(f"'{self.name}': `levels` belongs to classes, and only there")
        if (self.kind == "panel") != (self.genes > 0):
            raise ValueError(f"'{self.name}': `genes` belongs to a panel, and only there")
        if sum(self.sets.values()) > self.genes:
            raise ValueError(f"'{self.name}': its sets hold more genes than there are")
        return self


class Picture(Settings):
    """One kind of picture of each patient, or what readers and other programs made of it."""

    name: Name = Field(description="Unique name.")
    kind: str = Field(description="Kind of picture: see docs/reference/designs.md.")
    modality: str = Field(default="MR", description="Modality, as in an [[images]] block.")
    noise: float = Field(
        default=1.0, ge=0, description="Noise of the scanner, relative to the kind's usual one."
    )
    readers: int = Field(default=1, ge=1, description="Readers of a picture that is read.")
    error: float = Field(
        default=0.3,
        ge=0,
        description="How far a reader strays from the truth, in standard deviations of the phenotype.",
    )


class Phenotype(Settings):
    """One imaging phenotype: a quantity that is planted in a picture and measured from it."""

    name: Name = Field(description="Unique name.")
    picture: Name = Field(description="The picture it is planted in.")
    quantity: str = Field(
        default="score",
        description="Which quantity of that kind of picture; of readings and tables: 'score'.",
    )
    mean: float = Field(default=0.0, description="Mean of the quantity, or of its logarithm.")
    sd: float = Field(default=1.0, gt=0, description="Standard deviation between patients.")
    scale: Literal["linear", "log"] = Field(default="linear", description="'log': the logarithm is normal.")
    unit: str = Field(default="", description="Unit of the quantity.")
    levels: tuple[str, ...] = Field(default=(), description="Levels of a reading, in their order.")
    shares: tuple[float, ...] = Field(default=(), description="Share of patients of each level.")
    label: str = Field(default="", description="What it is, in words.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.levels) != len(self.shares):
            raise ValueError(f"'{self.name}': as many `shares` as `levels`")
        if self.levels and abs(sum(self.shares) - 1) > 0.011:
            raise ValueError(f"'{self.name}': the shares add up to {sum(self.shares):g}, not to 1")
        return self


class Survival(Settings):
    """Time to an event."""

    name: Name = Field(description="Unique name.")
    unit: Literal["days", "months", "years"] = Field(default="months", description="Unit of the time.")
    median: float = Field(gt=0, description="Median time to the event.")
    events: float = Field(gt=0, le=1, description="Share of patients whose event is seen.")


class Covariate(Settings):
    """A clinical variable."""

    name: Name = Field(description="Unique name.")
    kind: Literal["number", "binary", "classes"] = Field(default="number", description="What its values are.")
    mean: float = Field(default=0.0, description="Mean of a number.")
    sd: float = Field(default=1.0, gt=0, description="Standard deviation of a number.")
    levels: tuple[str, ...] = Field(default=(), description="Levels; of a binary one, the second is 1.")
    shares: tuple[float, ...] = Field(default=(), description="Share of patients of each level.")


class Effect(Settings):
    """One planted dependence: ``on`` follows ``of``."""

    of: str = Field(
        description="What drives: a molecule, a set of a panel ('expression.HYPOXIA'), a phenotype ..."
    )
    on: str = Field(description="What follows: a phenotype, or the survival.")
    known: Known = Field(description="Whether the size is printed, derived from printed numbers, or assumed.")
    note: str = Field(default="", description="Where the size comes from.")
    d: float | None = Field(default=None, description="Difference of two groups in standard deviations.")
    auc: float | None = Field(default=None, gt=0, lt=1, description="Area under the ROC curve.")
    r: float | None = Field(default=None, gt=-1, lt=1, description="Correlation.")
    odds_ratio: float | None = Field(
        default=None, gt=0, description="Odds ratio of presence; of a number: per standard deviation."
    )
    counts: tuple[tuple[float, float], tuple[float, float]] | None = Field(
        default=None,
        description="[[k1, n1], [k0, n0]]: has the phenotype, of those with and without the molecule.",
    )
    means: tuple[float, float] | None = Field(
        default=None, description="Means with and without, in units of the phenotype."
    )
    p: float | None = Field(
        default=None, gt=0, lt=1, description="A printed two-sided p, from which the size is derived."
    )
    sign: Literal[1, -1] = Field(default=1, description="Direction, where `p` gives none.")
    levels: dict[str, float] | None = Field(
        default=None, description="Of classes: class to its mean in standard deviations."
    )
    hazard_ratio: float | None = Field(
        default=None, gt=0, description="On survival: per standard deviation, or with against without."
    )

    h2: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Of 'genes': share of the variance that twins share through them.",
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        given = [name for name in SIZES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"the effect of '{self.of}' on '{self.on}' needs one of {', '.join(SIZES)}")
        return self


class Finding(Settings):
    """The published finding that is looked for among the rows of an analysis."""

    analysis: Name = Field(description="Name of the analysis block.")
    feature: str = Field(
        default="",
        description="A phenotype, or the image side of the row as written in the table; '' for any.",
    )
    target: str = Field(
        description="A molecule, a set of a panel ('expression.HYPOXIA': its genes, or its row of the enrichment), or "
        "the molecular side of the row as written."
    )
    rows: dict[str, str] = Field(
        default={}, description="Further columns that the row must have, such as {test = 'log-rank'}."
    )
    table: Literal["associations", "enrichment", "module_map", "verdicts"] = Field(
        default="associations",
        description="Table of the run folder in which it stands; 'verdicts': a prediction.",
    )
    by: Literal["p", "q"] = Field(
        default="p",
        description="What the paper called significant: 'p' as printed, or 'q' corrected for its tests.",
    )
    reported: Literal["found", "none"] = Field(
        default="found", description="'none': the paper reported that there is no such association."
    )
    printed: str = Field(description="What the paper reported, in our words, with its numbers.")


class Design(Settings):
    """One paper as a study."""

    paper: str = Field(description="Key of the paper in the catalogue.")
    question: str = Field(description="The question the paper asked, as one sentence.")
    seed: int = Field(default=1, ge=0, description="Seed of everything that is drawn.")
    patients: Patients = Field(description="How many.")
    molecules: tuple[Molecule, ...] = Field(
        default=(), description="Molecules, labels and assays of the patients."
    )
    pictures: tuple[Picture, ...] = Field(
        min_length=1, description="Pictures, and what readers or programs made of them."
    )
    phenotypes: tuple[Phenotype, ...] = Field(min_length=1, description="What is planted in the pictures.")
    covariates: tuple[Covariate, ...] = Field(default=(), description="Clinical variables.")
    survival: tuple[Survival, ...] = Field(default=(), description="Times to events.")
    effects: tuple[Effect, ...] = Field(
        default=(),
        description="What is planted; what drives stands in an earlier list than what follows, or before it.",
    )
    findings: tuple[Finding, ...] = Field(
        min_length=1, description="What the paper reported, and where it stands."
    )
    draws: int = Field(
        default=100, ge=10, description="Cohorts drawn without pictures for the power of the findings."
    )
    differs: str = Field(default="", description="What the design does not do as the paper did, and why.")
    study: dict[str, Any] = Field(
        description="Analysis blocks on the study schema; names of variables stand where columns stand."
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        names = [v.name for v in self.variables()]
        if any(m.measured > self.patients.n for m in self.molecules):
            raise ValueError("a molecule cannot be measured in more patients than there are")
        if self.molecules and all(m.measured for m in self.molecules):
            raise ValueError(
                "one molecule must be measured in every patient: those without any are not linked"
            )
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"the name '{sorted(twice)[0]}' is used twice")
        pictures = {p.name for p in self.pictures}
        for phenotype in self.phenotypes:
            if phenotype.picture not in pictures:
                raise ValueError(f"'{phenotype.name}': there is no picture '{phenotype.picture}'")
        factors = {f"{m.name}.{s}" for m in self.molecules for s in m.sets}
        for effect in self.effects:
            for name in (effect.of, effect.on):
                if name not in {*names, *factors, *([GENES] if self.patients.twins else [])}:
                    raise ValueError(f"an effect names '{name}', which is no variable of the design")
        blocks = {b.get("name") for part in self.study.values() if isinstance(part, list) for b in part}
        for finding in self.findings:
            if finding.analysis not in blocks:
                raise ValueError(f"a finding names '{finding.analysis}', which is no analysis of the design")
        return self

    def variables(self) -> tuple[Molecule | Phenotype | Covariate | Survival, ...]:
        """Return everything that has a value in a patient."""
        return (*self.molecules, *self.covariates, *self.phenotypes, *self.survival)

    def phenotypes_of(self, picture: str) -> tuple[Phenotype, ...]:
        """Return the phenotypes that are planted in a picture."""
        return tuple(p for p in self.phenotypes if p.picture == picture)

    def size_known(self, finding: Finding) -> Known | None:
        """Return where the size of what a finding looks for comes from, the least known of its effects; or None."""
        sides = [
            self._variable(side.removeprefix("molecules.")) for side in (finding.feature, finding.target)
        ]
        named = {side for side in sides if side}
        beyond = {s.name for s in self.survival} | {GENES}  # what rows call by other names than the design
        known = [
            e.known
            for e in self.effects
            if named <= {e.of, e.on} and (sides[1] or finding.target == "" or beyond & {e.of, e.on})
        ]
        order: tuple[Known, ...] = ("assumed", "derived", "printed")
        return next((k for k in order if k in known), None)

    def _variable(self, name: str) -> str:
        """Return the variable, or the set of genes, that a side of a row stands for; '' for none."""
        sets = [f"{m.name}.{s}" for m in self.molecules for s in m.sets]
        gene_of = [s for s in sets if name.startswith(s) and name[len(s) :].isdigit()]
        known = {v.name for v in self.variables()} | set(sets)
        return gene_of[0] if gene_of else name if name in known else ""
