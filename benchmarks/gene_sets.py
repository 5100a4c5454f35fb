"""The running sums beside gseapy (where it is installed), in one run: same ranking, sets and number of draws.

gseapy is measured as it is called, ``prerank`` with one thread. Ours is the kernel alone on as many permuted rankings,
and ``enrich_ranking``, which draws only as long as an answer is not clear.

    python benchmarks/gene_sets.py [--json] [--genes 10000] [--sets 50] [--draws 1000]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time

import numpy as np
import pandas as pd

from imagenomics.genesets.preranked import enrich_ranking
from imagenomics.genesets.running_sum import RunningSum
from imagenomics.genesets.set_index import locate_sets


def clock(function, *arguments, **options) -> tuple[float, object]:
    start = time.perf_counter()
    result = function(*arguments, **options)
    return time.perf_counter() - start, result


def whole_null(values, index, draws, seed=1):
    random = np.random.default_rng(seed)
    permuted = np.stack([random.permutation(values) for _ in range(draws)])
    return RunningSum().score(permuted, index)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--genes", type=int, default=10_000)
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    genes = [f"g{i}" for i in range(options.genes)]
    ranking = pd.Series(random.standard_normal(options.genes), index=genes)
    sizes = random.integers(15, 200, options.sets)
    sets = {
        f"s{k}": [genes[i] for i in random.choice(options.genes, m, replace=False)]
        for k, m in enumerate(sizes)
    }
    index = locate_sets(sets, genes, min_matched=0.0, where="benchmark")
    whole_null(ranking.to_numpy(), index, 2)  # compiled before the clock runs
    found = vars(options) | {
        "kernel_s": clock(whole_null, ranking.to_numpy(), index, options.draws)[0],
        "enrich_ranking_s": clock(enrich_ranking, ranking, sets, permutations=options.draws)[0],
    }
    if importlib.util.find_spec("gseapy") is not None:
        import gseapy

        found["gseapy_s"], peer = clock(
            gseapy.prerank,
            rnk=ranking,
            gene_sets=sets,
            min_size=15,
            max_size=500,
            permutation_num=options.draws,
            threads=1,
            seed=1,
            no_plot=True,
            outdir=None,
        )
        es = pd.Series(RunningSum().score(ranking.to_numpy()[None], index)[0], index=index.names)
        theirs = peer.res2d.set_index("Term")["ES"].astype(float)
        found["largest_difference_of_es"] = float((es[theirs.index] - theirs).abs().max())
        found["gseapy"] = gseapy.__version__
    del found["json"]
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:>28} {value}")


if __name__ == "__main__":
    main()
