"""Tests of expression beside limma, edgeR, DESeq2, samr (R) and PyDESeq2: agreement, error rates, power and time.

    python benchmarks/expression_peers.py [--json] [--data DIR] [--folder KEPT] [--write PAGE]

Counts with known truth (expression_cohorts.py), each with a phenotype and one covariate; half of the cohorts without
any effect, half with a tenth of the genes planted. All tools read the same files, one process and one thread each; CPU
seconds are those of the calls, after packages are loaded and kernels compiled. R and its packages must be there;
PyDESeq2 gets an environment of its own. With --data DIR the expression of TCGA gliomas is used too (docs/data.md). What
the peers say, which takes most of the time, is kept in --folder and read again from there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from expression_cohorts import KINDS, SCENARIOS, Cohort, make_cohort, read_gliomas, write_cohort
from expression_page import page
from peer_environments import python_of, rscript_with
from scipy.stats import false_discovery_control, rankdata

from imagenomics.associate.differential.expression import library_sizes, test_expression
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.genomics.normalise import log_cpm
from imagenomics.tables.patient_table import PatientTable, describe

ALONE = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
OURS = {
    "moderated": {"method": "moderated"},
    "moderated, trend": {"method": "moderated", "trend": True},
    "voom": {"method": "voom"},
    "quasi-likelihood": {"method": "quasi-likelihood"},
    "negative-binomial": {"method": "negative-binomial"},
}
PAIRS = {
    "moderated": ["limma"],
    "moderated, trend": ["limma trend"],
    "voom": ["limma-voom"],
    "quasi-likelihood": ["edgeR QL"],
    "negative-binomial": ["DESeq2", "PyDESeq2"],
    "sam": ["samr"],
}
RATED = ["limma-voom", "edgeR QL", "edgeR QL robust", "DESeq2", "PyDESeq2"]
PYDESEQ2 = """
import sys, time, warnings
from pathlib import Path
import numpy as np, pandas as pd
from pydeseq2.dds import DeseqDataSet
from pydeseq2.default_inference import DefaultInference
from pydeseq2.ds import DeseqStats
warnings.simplefilter("ignore")
one = DefaultInference(n_cpus=1)
for path in sorted(Path(sys.argv[1]).glob("*.counts.csv")):
    counts = pd.read_csv(path, index_col=0).T
    clinical = pd.read_csv(str(path).replace(".counts.", ".patients."), index_col=0)
    start = time.process_time()
    data = DeseqDataSet(counts=counts, metadata=clinical, design="~c + x", quiet=True, inference=one)
    data.deseq2()
    contrast = np.array([c == "x" for c in data.obsm["design_matrix"].columns], dtype=float)
    tests = DeseqStats(data, contrast=contrast, independent_filter=False, quiet=True, inference=one)
    tests.run_wald_test()
    tests.summary()
    spent = time.process_time() - start
    found = tests.results_df[["pvalue", "stat"]].set_axis(["PyDESeq2:p", "PyDESeq2:statistic"], axis=1)
    found.to_csv(str(path).replace(".counts.", ".python."), index=False)
    pd.DataFrame({"PyDESeq2": [spent]}).to_csv(str(path).replace(".counts.", ".python.seconds."), index=False)
"""


def ours(cohort: Cohort, options: dict[str, object]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return p values, statistics, and the CPU seconds of normalising and testing."""
    index = pd.Index([f"P{i:05d}" for i in range(len(cohort.counts))], name="patient", dtype=object)

    def table(values: np.ndarray, **fields: str) -> PatientTable:
        names = [f"g{k}" for k in range(values.shape[1])]
        return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, **fields))

    chosen = DifferentialSettings(**{"transform": "none", "permutations": 0, **options})
    start = time.process_time()
    if chosen.method in ("moderated", "sam"):
        genes = table(log_cpm(cohort.counts, library_sizes(cohort.counts)), unit="log2 CPM")
    else:
        genes = table(cohort.counts, unit="counts")
    found = test_expression(
        table(cohort.phenotype[:, None], kind=cohort.kind),
        genes,
        covariates=None if chosen.method == "sam" else table(cohort.covariate[:, None]),
        settings=chosen,
        analysis="peers",
        seed=1,
    )
    spent = time.process_time() - start
    return found["p"].to_numpy(), found["statistic"].to_numpy(), spent


def cohorts(options: argparse.Namespace) -> list[Cohort]:
    gliomas = read_gliomas(options.data)
    known = [name for name in SCENARIOS if name != "gliomas" or gliomas is not None]
    shared = {"patients": options.patients, "genes": options.genes, "gliomas": gliomas}
    return [
        make_cohort(scenario, kind, share=share, seed=seed, **shared)
        for scenario in known
        for kind in KINDS
        for share in (0.0, 0.1)
        for seed in range(options.repeats)
    ]


def by_peers(made: list[Cohort], folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, float], str]:
    """Return each cohort's p values and statistics by R and PyDESeq2, the seconds of the last, and R's versions."""
    stamp = folder / "versions.txt"
    if not stamp.exists():
        for cohort in made:
            write_cohort(cohort, folder)
        script = Path(__file__).with_suffix(".R")
        command = [rscript_with("limma", "edgeR", "DESeq2"), str(script), str(folder)]
        said = subprocess.run(command, env=ALONE, check=True, capture_output=True, text=True).stdout
        command = [python_of("PyDESeq2"), "-c", PYDESEQ2, str(folder)]
        subprocess.run(command, env=ALONE, check=True, capture_output=True)
        stamp.write_text(said.strip(), encoding="utf-8")
    for cohort in made:
        kept = pd.read_csv(folder / f"{cohort.name}.counts.csv", index_col=0)
        if not np.array_equal(kept.to_numpy().T, cohort.counts):
            raise SystemExit(f"{folder} holds other cohorts: name another folder")
    tables = {
        c.name: pd.concat([pd.read_csv(folder / f"{c.name}.{by}.csv") for by in ("r", "python")], axis=1)
        for c in made
    }
    last = made[-1].name
    seconds = pd.concat([pd.read_csv(folder / f"{last}.{by}.seconds.csv") for by in ("r", "python")], axis=1)
    return tables, {str(k): float(v) for k, v in seconds.iloc[0].items()}, stamp.read_text()


def called(p: np.ndarray) -> np.ndarray:
    """Return which genes have a Benjamini-Hochberg q of .05 or less."""
    known = np.isfinite(p)
    out = np.zeros(p.size, dtype=bool)
    out[known] = false_discovery_control(p[known]) <= 0.05
    return out


def rates(made: list[Cohort], tables: dict[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Return shares of p <= .05 and <= .001 without effects, and power and false discoveries with them."""
    rows = []
    for scenario in dict.fromkeys(c.name.split("_")[0] for c in made):
        some = [c for c in made if c.name.split("_")[0] == scenario]
        found: dict[str, list[tuple[Cohort, np.ndarray]]] = {}
        for cohort in some:
            for method, options in OURS.items():
                if method not in ("moderated", "moderated, trend"):
                    found.setdefault(f"ours: {method}", []).append((cohort, ours(cohort, options)[0]))
            for method in RATED:
                p = tables[cohort.name][f"{method}:p"].to_numpy(float)
                found.setdefault(method, []).append((cohort, p))
        rows += [{"scenario": scenario.replace("-", " "), "method": m, **_rates(v)} for m, v in found.items()]
    return rows


def _rates(pairs: list[tuple[Cohort, np.ndarray]]) -> dict[str, float]:
    quiet = [(c, p[np.isfinite(p)]) for c, p in pairs if not c.planted.any()]
    loud = [(c, called(p)) for c, p in pairs if c.planted.any()]
    out = {
        f"p<={limit} ({kind})": float(
            np.mean(np.concatenate([p for c, p in quiet if c.kind == kind]) <= limit)
        )
        for kind in KINDS
        for limit in (0.05, 0.001)
    }
    hits = np.array([[(yes & c.planted).sum(), yes.sum(), c.planted.sum()] for c, yes in loud]).sum(axis=0)
    return {
        **out,
        "power": float(hits[0] / hits[2]),
        "false discoveries": float(1 - hits[0] / max(hits[1], 1)),
    }


def agreement(made: list[Cohort], tables: dict[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Return how near our statistics and p are to those of each peer, over the cohorts."""
    rows = []
    for method, peers in PAIRS.items():
        options = OURS.get(method, {"method": "sam", "permutations": 100})
        for peer in peers:
            kept = [c for c in made if f"{peer}:p" in tables[c.name]]
            parts = [_near(c, ours(c, options), tables[c.name], peer) for c in kept]
            if parts:
                rows.append({"ours": method, "peer": peer, "cohorts": len(parts), **_over(parts)})
    return rows


def _near(
    cohort: Cohort, found: tuple[np.ndarray, np.ndarray, float], table: pd.DataFrame, peer: str
) -> dict[str, float]:
    p, statistic = found[:2]
    theirs, other = table[f"{peer}:p"].to_numpy(float), table[f"{peer}:statistic"].to_numpy(float)
    statistic = np.square(statistic) if peer.startswith("edgeR") else statistic  # theirs is F
    both = np.isfinite(p) & np.isfinite(theirs)
    ranks = np.corrcoef(rankdata(p[both]), rankdata(theirs[both]))[0, 1]
    return {
        "statistic": float(np.abs(statistic - other)[both].max()),
        "p": float(np.abs(p - theirs)[both].max()),
        "ratio of p": float(np.abs(p / theirs - 1)[both & (theirs > 1e-300)].max()),
        "rank correlation of p": float(ranks),
        "called by ours": float(called(p).sum()),
        "called by peer": float(called(theirs).sum()),
        "called by both": float((called(p) & called(theirs)).sum()),
    }


def _over(parts: list[dict[str, float]]) -> dict[str, float]:
    rule = {"rank correlation of p": min, "statistic": max, "p": max, "ratio of p": max}
    return {name: rule.get(name, sum)(part[name] for part in parts) for name in parts[0]}


def measure(options: argparse.Namespace) -> dict[str, object]:
    made = cohorts(options)
    simple = [c for c in made if c.name.startswith("negative-binomial")]
    sam = [Cohort(f"{c.name}_sam", *list(vars(c).values())[1:]) for c in simple if c.name.endswith("_0")]
    timed = make_cohort(
        "negative binomial",
        "binary",
        patients=options.patients,
        genes=options.timed_genes,
        share=0.1,
        seed=99,
        gliomas=None,
    )
    with tempfile.TemporaryDirectory() as short:
        folder = options.folder or Path(short)
        folder.mkdir(parents=True, exist_ok=True)
        tables, seconds, versions = by_peers([*made, *sam, timed], folder)
    own = {}
    for method, chosen in OURS.items():
        ours(made[0], chosen)  # compile
        own[method] = ours(timed, chosen)[2]
    return {
        **{k: v for k, v in vars(options).items() if k not in ("json", "write", "data", "folder")},
        "timed_genes_kept": timed.counts.shape[1],
        "versions": versions,
        "rates": rates(made, tables),
        "agreement": agreement([*simple, *sam], tables),
        "seconds": {"ours": own, "peers": seconds},
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--write", type=Path)
    for name, default in {"patients": 60, "genes": 600, "repeats": 2, "timed-genes": 8000}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    figures = measure(options)
    if options.write:
        options.write.write_text(page(figures), encoding="utf-8")
    print(json.dumps(figures, indent=1) if options.json else page(figures))


if __name__ == "__main__":
    main()
