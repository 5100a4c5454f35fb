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
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "numba", "SimpleITK", "pyarrow")


def write_record(
    plan: Plan,
    linked: Linked,
    folder: RunFolder,
    *,
    seconds: dict[str, float],
    workers: int,
    made_of: dict[str, str],
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
            "inputs": _inputs(linked),
            "made_of": made_of,
        },
    )


def recorded_origin(folder: RunFolder) -> dict[str, str]:
    """Return what the files of a run folder were made of: plan, tables and images by key; {} without a record."""
    try:
        return dict(json.loads((folder.path / "record.json").read_text("utf-8"))["made_of"])
    except (OSError, ValueError, KeyError):
        return {}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _inputs(linked: Linked) -> dict[str, Any]:
    """Return the digest of every table, and how many image files each block had."""
    return {
        "tables": linked.digests,
        "images": {name: len(found.cases) for name, found in linked.files.items()},
    }
