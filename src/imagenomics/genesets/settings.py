"""Settings of the tests of gene sets, and of modules."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from imagenomics.settings import Settings

Method = Literal["phenotype-permutation", "self-contained", "competitive", "preranked", "over-representation"]
MOST_DRAWS = 50_000  # of one null where the settings name no number


class EnrichSettings(Settings):
    """How sets of genes are tested against imaging phenotypes."""

    method: Method = Field(
        "phenotype-permutation",
        description="'phenotype-permutation': running sum over the ranked genes (GSEA), patients permuted; "
        "'self-contained': mean of the set's statistics, patients permuted; 'competitive': set against the other "
        "genes, with the correlation between genes (CAMERA); 'preranked': running sum, genes permuted; "
        "'over-representation': hypergeometric, the tested genes being the background",
    )
    statistic: Literal["mean", "mean-square"] = Field(
        "mean",
        description="Of the self-contained test: 'mean' finds sets that move together, 'mean-square' sets that "
        "move in any direction",
    )
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="What is done to phenotypes and genes before the linear models of the single genes: "
        "normal scores (Blom), or nothing",
    )
    weight: float = Field(1.0, ge=0, description="Exponent of the running sum; 0 counts genes alike.")
    hits: float = Field(
        0.05, gt=0, lt=1, description="q at which a gene counts as a hit in over-representation."
    )
    correlation: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Correlation between the genes of a set in the competitive test; not set: it is estimated "
        "for each set.",
    )
    min_size: int = Field(10, ge=2, description="Fewest tested genes of a set.")
    max_size: int = Field(500, ge=2, description="Most tested genes of a set.")
    permutations: int | None = Field(
        None,
        ge=19,
        description="Most draws of a permutation null; a set whose answer is clear ends sooner. Not set: as many as "
        "one set alone needs to pass the false discovery rate of the family, at most 50000",
    )
    random_sets: int = Field(
        200,
        ge=39,
        description="Random sets, of the size and correlation of the tested one, that every claim has to beat.",
    )
    fdr: Literal["bh", "by"] = Field(
        "bh",
        description="False discovery rate over all tested sets and phenotypes of a block: Benjamini-Hochberg or "
        "Benjamini-Yekutieli",
    )
    alpha: float = Field(
        0.05, gt=0, lt=1, description="q, and p against random sets, at which a set counts as enriched."
    )
    min_patients: int = Field(
        20, ge=8, description="Fewest patients with phenotype, covariates and expression for a test."
    )
    min_matched: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Smallest share of the sets' genes that the expression has; with less, ids do not match.",
    )

    def draws(self, tests: int) -> int:
        """Return the most draws of a null in a family of so many tests."""
        if self.permutations is not None:
            return self.permutations
        return int(min(MOST_DRAWS, max(999, -(-2 * tests // self.alpha))))


class ModuleSettings(Settings):
    """How genes are gathered in modules, and modules laid against imaging phenotypes."""

    method: Literal["coexpression", "metagenes"] = Field(
        "coexpression",
        description="'coexpression': clusters of correlated genes and their eigengenes (WGCNA); 'metagenes': "
        "non-negative factors",
    )
    power: int | None = Field(
        None,
        ge=1,
        le=30,
        description="Soft threshold of the co-expression network; not set: the smallest at which it is nearly "
        "scale-free",
    )
    min_module: int = Field(20, ge=3, description="Fewest genes of a module.")
    merge: float = Field(
        0.75, gt=0, le=1, description="Modules whose eigengenes correlate above this are one module."
    )
    metagenes: int = Field(8, ge=2, le=100, description="Number of metagenes.")
    random_sets: int = Field(
        200,
        ge=39,
        description="Random groups of genes, of the size and correlation of the module, that every association of a "
        "co-expression module has to beat.",
    )
    tree_depth: int = Field(
        2, ge=0, le=4, description="Depth of the module network's trees over phenotypes; 0 leaves them out."
    )
    tree_permutations: int = Field(
        999, ge=99, description="Permutations for each split of a tree of the module network."
    )

    def learner(self, *, seed: int) -> Any:
        """Return what learns modules from expression (n, p)."""
        from imagenomics.prepare.gene_modules import ModuleEigengenes
        from imagenomics.prepare.metagenes import Metagenes

        if self.method == "metagenes":
            return Metagenes(self.metagenes, seed=seed)
        return ModuleEigengenes(self.power, min_module=self.min_module, merge=self.merge)

    def estimator(self, *, seed: int) -> Any:
        """Return what learns modules from the patients' arrays of genes, inside a training part."""
        from imagenomics.prepare.gene_bags import StackedGenes

        return StackedGenes(self.learner(seed=seed))

    def learning(self) -> str:
        """Return the settings that modules depend on, as text."""
        names = ("metagenes",) if self.method == "metagenes" else ("power", "min_module", "merge")
        return " ".join([self.method, *(f"{name}={getattr(self, name)}" for name in names)])


class BrainMapSettings(Settings):
    """How a map of the brain is laid against regional gene expression."""

    null: Literal["spin", "moran"] = Field(
        "spin",
        description="Maps that are as smooth as this one and have nothing to do with genes: 'spin' (the cortex turned "
        "at random on the sphere) or 'moran' (random maps of the same Moran's I under inverse distances).",
    )
    draws: int = Field(10_000, ge=99, description="Turned or random maps.")
    correlation: Literal["spearman", "pearson"] = Field(
        "spearman", description="Of the map with a gene, over regions."
    )
    hemisphere: Literal["both", "L", "R"] = Field(
        "both",
        description="Regions of both sides, or of one: four of the six brains of the Allen atlas have samples of the "
        "left side alone.",
    )
    random_sets: int = Field(
        200,
        ge=39,
        description="Random sets, of the size and co-expression of the tested one, that every claim about a set has to "
        "beat.",
    )
    min_size: int = Field(10, ge=2, description="Fewest genes of a set with expression.")
    max_size: int = Field(500, ge=2, description="Most genes of a set.")
    min_parcels: int = Field(20, ge=8, description="Fewest regions with a value, a place and expression.")
    fdr: Literal["bh", "by"] = Field(
        "bh",
        description="False discovery rate over all genes, and over all sets, of a block: Benjamini-Hochberg or "
        "Benjamini-Yekutieli",
    )
    alpha: float = Field(
        0.05, gt=0, lt=1, description="q, and p against random sets, at which a gene or a set is supported."
    )
