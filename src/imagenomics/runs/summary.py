"""What a run says at its end: verdicts in words, counts, and where the page is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from imagenomics.resample.metrics import CHANCE
from imagenomics.verdicts.decimals import beside_chance


@dataclass(frozen=True)
class Summary:
    """The outcome of a run.

    Parameters
    ----------
    folder : Path
        The run folder.
    page : Path or None
        ``report.html``, when it was asked for.
    steps : list of dict
        The patient flow.
    verdicts : list of dict
        As in ``verdicts.json``.
    failures, warnings : int
        Rows of ``failures.csv`` and ``warnings.csv``.
    too_many_failures : bool
        More images failed than the study tolerates (exit code 3).
    gene_sets : list of dict
        ``analysis, tested, supported`` of each family of gene sets; ``supported`` names sets.
    """

    folder: Path
    page: Path | None
    steps: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    failures: int
    warnings: int
    too_many_failures: bool = False
    gene_sets: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the summary in plain JSON types."""
        return {
            "folder": str(self.folder),
            "page": None if self.page is None else str(self.page),
            "flow": self.steps,
            "verdicts": self.verdicts,
            "gene_sets": self.gene_sets,
            "failures": self.failures,
            "warnings": self.warnings,
            "too_many_failures": self.too_many_failures,
        }

    def text(self) -> str:
        """Return the summary as lines for a terminal."""
        lines = [f"{step['n']:6d}  {step['label']}" for step in self.steps]
        lines += [_verdict_line(verdict) for verdict in self.verdicts if verdict["kind"] != "association"]
        lines += _association_lines(self.verdicts)
        lines += [_set_line(row) for row in self.gene_sets]
        if self.failures or self.warnings:
            lines.append(f"{self.failures} failures (failures.csv), {self.warnings} warnings (warnings.csv)")
        if self.too_many_failures:
            lines.append("more images failed than the study tolerates (max_failed)")
        lines.append(f"page: {self.page}" if self.page else f"run folder: {self.folder}")
        return "\n".join(lines)


def summarise(folder: Path, *, page: Path | None) -> Summary:
    """Read the summary of a run from its folder."""
    flow = _json(folder / "flow.json")
    verdicts = _json(folder / "verdicts.json")
    return Summary(
        folder=folder,
        page=page,
        steps=list(flow.get("steps", [])),
        verdicts=list(verdicts.get("verdicts", [])),
        failures=_rows(folder / "failures.csv"),
        warnings=_rows(folder / "warnings.csv"),
        gene_sets=_gene_sets(folder / "enrichment.parquet"),
    )


def _gene_sets(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    frame = pd.read_parquet(path, columns=["analysis", "set", "p", "verdict"])
    return [
        {
            "analysis": str(name),
            "tested": int(own.loc[own["p"].notna(), "set"].nunique()),
            "supported": sorted(set(own.loc[own["verdict"] == "supported", "set"])),
        }
        for name, own in frame.groupby("analysis", sort=False)
    ]


def _set_line(row: Mapping[str, Any]) -> str:
    found = row["supported"]
    shown = ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
    return f"{'gene sets':>18}  {row['analysis']}: {len(found)} of {row['tested']} sets supported {shown}".rstrip()


def _json(path: Path) -> Mapping[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def _rows(path: Path) -> int:
    return len(pd.read_csv(path, dtype=str)) if path.is_file() else 0


def _verdict_line(verdict: Mapping[str, Any]) -> str:
    value = verdict["estimate"]
    shown = "" if value is None else f"  {verdict['estimate_name']} {value:.2f}"
    if value is not None and verdict["ci_low"] is not None:
        chance = CHANCE.get(verdict["estimate_name"], 0.0) if verdict["kind"] == "prediction" else 0.0
        low, high = (beside_chance(verdict[end], chance) for end in ("ci_low", "ci_high"))
        shown += f" [{low}, {high}]"
    return f"{verdict['verdict']:>18}  {verdict['kind']}: {verdict['analysis']} ({verdict['model']}){shown}"


def _association_lines(verdicts: list[dict[str, Any]]) -> list[str]:
    rows = [v for v in verdicts if v["kind"] == "association"]
    lines = []
    for analysis in dict.fromkeys(v["analysis"] for v in rows):
        own = [v for v in rows if v["analysis"] == analysis]
        found = [str(v["target"]) for v in own if v["verdict"] == "supported"]
        shown = ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
        lines.append(
            f"{'associations':>18}  {analysis}: {len(found)} of {len(own)} targets supported {shown}".rstrip()
        )
    return lines
