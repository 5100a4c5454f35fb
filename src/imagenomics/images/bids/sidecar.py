"""The metadata of a BIDS file by the inheritance principle: what lies nearer to the file counts more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imagenomics.errors import short_list
from imagenomics.images.bids.names import BidsName


def read_metadata(root: Path, name: BidsName) -> tuple[str, str]:
    """Return the metadata of one file as JSON text with sorted keys, and what is wrong ('' for nothing).

    Parameters
    ----------
    root : Path
        The BIDS folder; sidecars are looked for from there down to the folder of the file.
    name : BidsName
        The file.

    Assumes
    -------
    At one level at most one JSON file applies, as the standard asks; where two do, none of that level is used.
    """
    merged: dict[str, Any] = {}
    wrong: list[str] = []
    for folder in _levels(root, name.path.parent):
        found = [p for p in sorted(folder.glob(f"*{name.suffix}.json")) if _applies(p, name)]
        if len(found) > 1:
            wrong.append(f"{len(found)} sidecars apply in one folder: {short_list(p.name for p in found)}")
            continue
        for path in found:
            content = _read(path)
            if isinstance(content, str):
                wrong.append(content)
            else:
                merged |= content
    return json.dumps(merged, sort_keys=True, ensure_ascii=False), "; ".join(wrong)


def _levels(root: Path, folder: Path) -> list[Path]:
    inner = folder.relative_to(root).parts
    return [root.joinpath(*inner[:i]) for i in range(len(inner) + 1)]


def _applies(sidecar: Path, name: BidsName) -> bool:
    """Tell whether the sidecar says nothing that the file does not say."""
    *pairs, suffix = sidecar.name.removesuffix(".json").split("_")
    said = {f"{key}-{value}" for key, value in name.entities.items()}
    return suffix == name.suffix and set(pairs) <= said


def _read(path: Path) -> dict[str, Any] | str:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        return f"{path.name} cannot be read ({error})"
    return content if isinstance(content, dict) else f"{path.name} holds no object"
