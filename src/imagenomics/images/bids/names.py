"""What the name of a BIDS file says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENTITIES = (
    "sub", "ses", "sample", "task", "tracksys", "acq", "nuc", "voi", "ce", "trc", "stain", "rec", "dir", "run",
    "mod", "echo", "flip", "inv", "mt", "part", "proc", "hemi", "space", "split", "recording", "chunk", "seg",
    "res", "den", "label", "desc", "atlas", "model", "subset", "cohort", "tpl", "feature", "stat", "from", "to",
    "mode", "roi", "scale", "thresh",
)  # fmt: skip
_PAIR = re.compile(r"(?P<key>[A-Za-z0-9]+)-(?P<value>[A-Za-z0-9+.]+)")


@dataclass(frozen=True)
class BidsName:
    """The parts of a BIDS file name: entities in the order written, suffix and ending."""

    path: Path
    entities: Mapping[str, str]
    suffix: str
    ending: str

    @property
    def session(self) -> str:
        """Return the session label, or ''."""
        return self.entities.get("ses", "")

    @property
    def run(self) -> str:
        """Return the run label, or ''."""
        return self.entities.get("run", "")

    def fits(self, wanted: Mapping[str, str | None]) -> bool:
        """Tell whether the name says all that is wanted (None: it must not say it)."""
        return all(self.entities.get(key) == value for key, value in wanted.items())


def parse_bids_name(path: Path) -> BidsName | str:
    """Read the name of a file, or say why it is no BIDS name of the folder that it lies in.

    Parameters
    ----------
    path : Path
        The file; its folders ``sub-...`` and ``ses-...`` must agree with its name.
    """
    stem, _, ending = path.name.partition(".")
    *pairs, suffix = stem.split("_")
    entities: dict[str, str] = {}
    for pair in pairs:
        found = _PAIR.fullmatch(pair)
        if found is None:
            return f"'{pair}' is no entity (key-value)"
        if found["key"] in entities:
            return f"the entity '{found['key']}' stands there twice"
        entities[found["key"]] = found["value"]
    folders = path.parts[:-1]
    start = max((i for i, part in enumerate(folders) if part.startswith("sub-")), default=len(folders))
    for key in ("sub", "ses"):
        folder = next((p.removeprefix(f"{key}-") for p in folders[start:] if p.startswith(f"{key}-")), None)
        if folder is not None and folder != entities.get(key):
            return f"the folder says {key}-{folder}, the name says {key}-{entities.get(key, '(nothing)')}"
    return BidsName(path, entities, suffix, f".{ending}")


def label_order(label: str) -> tuple[int, int, str]:
    """Return the key that sorts labels: none first, numbers by their value, then other labels."""
    if not label:
        return 0, 0, ""
    return (1, int(label), label) if label.isdigit() else (2, 0, label)
