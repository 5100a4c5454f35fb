"""The run record: what was run, on what, with which versions, and how long it took."""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from imagenomics import __version__
from imagenomics.runs.folder import RunFolder
from imagenomics.runs.link import Linked, molecule_files
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import file_digest

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "numba",
    "SimpleITK",
    "statsmodels",
    "pyarrow",
    "plotly",
)


def write_record(
    plan: Plan, linked: Linked, folder: RunFolder, *, seconds: dict[str, float], workers: int
) -> None:
    """Write ``record.json``; the only file of a run that knows the time and the machine."""
    folder.write_json(
        "record",
        {
            "study": plan.name,
            "synthetic": plan.synthetic,
            "plan": plan.model_dump(mode="json"),
            "seed": plan.seed,
            "patients": len(linked.patients),
            "imagenomics": __version__,
            "python": sys.version.split()[0],
            "platform": platform.platform(),
            "libraries": {name: _version(name) for name in LIBRARIES},
            "workers": workers,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": seconds,
            "inputs": _inputs(plan, linked),
        },
    )


def recorded_plan(folder: RunFolder) -> dict[str, Any] | None:
    """Return the plan that the files of a run folder were made by, None where there is no record."""
    try:
        return dict(json.loads((folder.path / "record.json").read_text("utf-8"))["plan"])
    except (OSError, ValueError, KeyError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _inputs(plan: Plan, linked: Linked) -> dict[str, Any]:
    """Return the digest of every table, and how many image files each block had."""
    tables = {plan.patients.table, *(p for block in plan.molecules for p in molecule_files(block))}
    tables |= {block.path for block in plan.feature_tables}
    return {
        "tables": {name: file_digest(linked.root / name) for name in sorted(tables)},
        "images": {name: len(found.cases) for name, found in linked.files.items()},
    }
