"""What a finished run shows, as the table in README.md: verdicts beside their baselines, negatives included.

    python benchmarks/readme_run.py RUN [--write README.md]

Reads ``verdicts.json``, ``performance.parquet``, ``flow.json`` and ``record.json`` of a run folder and prints Markdown;
``--write`` puts it between the marks ``<!-- real-run -->`` and ``<!-- /real-run -->`` of a file.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pandas as pd

BEGIN, END = "<!-- real-run -->", "<!-- /real-run -->"


def summary(run: Path) -> str:
    verdicts = pd.DataFrame(json.loads((run / "verdicts.json").read_text())["verdicts"])
    record = json.loads((run / "record.json").read_text())
    parts = [predictions(verdicts, pd.read_parquet(run / "performance.parquet")), gains(verdicts)]
    parts += [associations(verdicts, name) for name in associated(verdicts)]
    minutes = sum(record["seconds"].values()) / 60
    parts.append(
        f"Run of {record['finished'][:10]} with imagenomics {record['imagenomics']}, seed {record['seed']}, "
        f"{record['workers']} workers, {minutes:.0f} minutes; made by `python benchmarks/readme_run.py RUN`."
    )
    return "\n\n".join(parts)


def predictions(verdicts: pd.DataFrame, performance: pd.DataFrame) -> str:
    auc = performance[(performance["metric"] == "auc") & (performance["split"] == "cross-validation")]
    auc = auc.pivot_table(index="analysis", columns="model", values="estimate")
    lines = [
        "| predicted | n | AUC of the images [95% interval] | clinical alone | volume alone | p, adjusted | verdict |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for row in verdicts[verdicts["kind"] == "prediction"].itertuples():
        beside = [f"{auc.at[row.analysis, name]:.2f}" for name in ("clinical", "volume")]
        lines.append(
            f"| {row.analysis} | {row.n:.0f} | {row.estimate:.2f} [{row.ci_low:.2f}, {row.ci_high:.2f}] | "
            f"{beside[0]} | {beside[1]} | {row.null_p_adjusted:.2g} | {row.verdict} |"
        )
    return "\n".join(lines)


def gains(verdicts: pd.DataFrame) -> str:
    rows = verdicts[verdicts["kind"] == "increment"]
    held = rows[rows["verdict"] == "supported"]
    if held.empty:
        return (
            f"Whether images add to the clinical variables or to the volume was asked {len(rows)} times: "
            "no evidence found in any."
        )
    named = ", ".join(f"{r.analysis} ({r.model})" for r in held.itertuples())
    return f"Of {len(rows)} gains over clinical variables or volume, {len(held)} are supported: {named}."


def associated(verdicts: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(verdicts.loc[verdicts["kind"] == "association", "analysis"]))


def associations(verdicts: pd.DataFrame, name: str) -> str:
    rows = verdicts[(verdicts["kind"] == "association") & (verdicts["analysis"] == name)]
    held = rows.loc[rows["verdict"] == "supported", "target"]
    named = ", ".join(f"`{target}`" for target in held) or "none"
    return f"Associations, {name}: {len(held)} of {len(rows)} targets are supported ({named})."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    text = summary(options.run)
    if options.write is None:
        print(text)
        return
    page = options.write.read_text()
    block = f"{BEGIN}\n{text}\n{END}"
    options.write.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: block, page, flags=re.DOTALL))


if __name__ == "__main__":
    main()
