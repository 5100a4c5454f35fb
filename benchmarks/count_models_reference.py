"""Negative binomial models of PyDESeq2 on made-up counts: the numbers that tests/reference holds ours to.

    python benchmarks/count_models_reference.py

writes tests/reference/pydeseq2_counts.csv: one row per gene with its counts (P0 ...), PyDESeq2's dispersions, and for
group (given age) and age (given group) log2 fold change and standard error. Cook's distances and filters are off.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from peer_environments import python_of

TABLE = Path(__file__).parents[1] / "tests" / "reference" / "pydeseq2_counts.csv"
SCRIPT = """
import sys
import numpy as np, pandas as pd
from pydeseq2.dds import DeseqDataSet
from pydeseq2.ds import DeseqStats

rng = np.random.default_rng(42)
n, g = 30, 120
depth = rng.uniform(0.5, 2.0, n)
base = np.exp(rng.normal(4.0, 1.5, g))
alpha = 0.05 + 2.0 / base * np.exp(rng.normal(0, 0.3, g))
group = (np.arange(n) % 2).astype(float)
age = np.round(rng.normal(0, 1, n), 3)
effect = np.where(np.arange(g) < 8, 1.0, 0.0)
mean = depth[:, None] * base * np.exp(effect * group[:, None] + 0.1 * age[:, None])
ids = [f"P{i}" for i in range(n)]
genes = [f"g{k}" for k in range(g)]
counts = pd.DataFrame(rng.negative_binomial(1 / alpha, 1 / (1 + alpha * mean)), index=ids, columns=genes)
clinical = pd.DataFrame({"age": age, "group": group}, index=ids)
rows = pd.concat([clinical.T, counts.T])
for name, design in (("group", "~age + group"), ("age", "~group + age")):
    data = DeseqDataSet(counts=counts, metadata=clinical, design=design, refit_cooks=False, quiet=True)
    data.deseq2()
    contrast = np.array([c == name for c in data.obsm["design_matrix"].columns], dtype=float)
    tests = DeseqStats(data, contrast=contrast, cooks_filter=False, independent_filter=False, quiet=True)
    tests.run_wald_test()
    tests.summary()
    rows.loc[genes, f"lfc_{name}"] = tests.results_df["log2FoldChange"]
    rows.loc[genes, f"se_{name}"] = tests.results_df["lfcSE"]
for column, kind in (("own", "genewise_dispersions"), ("trend", "fitted_dispersions"), ("final", "dispersions")):
    rows.loc[genes, column] = data.var[kind]
rows.rename_axis("gene").to_csv(sys.argv[1])
"""

if __name__ == "__main__":
    done = subprocess.run(
        [python_of("PyDESeq2"), "-c", SCRIPT, str(TABLE)], check=True, capture_output=True, text=True
    )
    print(TABLE)
