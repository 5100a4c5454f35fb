"""What was measured in the images besides their features, in words of a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.folder import Results
from imagenomics.report.text import listed

UNSAID = ("kind", "atlas", "labels", "confounds")


def phenotype_sentences(results: Results) -> str:
    """Return one sentence for each ``[[phenotypes]]`` block: what, in which image, and with which settings."""
    return " ".join(_sentence(block) for block in results.blocks("phenotypes"))


def _sentence(block: Mapping[str, Any]) -> str:
    measure = block.get("measure")
    settings = measure if isinstance(measure, Mapping) else {}
    others = block.get("others")
    named = [f"{role} = {name}" for role, name in others.items()] if isinstance(others, Mapping) else []
    beside = f" together with {listed(named)}" if named else ""
    moved = " (resampled to its grid)" if block.get("geometry") == "resample" else ""
    said = [f"{key.replace('_', ' ')} {_word(value)}" for key, value in _plain(settings)]
    how = f" ({', '.join(said)})" if said else ""
    return (
        f"The phenotypes “{block.get('name')}” are measures of kind {settings.get('kind', 'unknown')} in the image "
        f"{block.get('image')}{beside}{moved}{how}."
    )


def _plain(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return settings that are one word or number, those of inner models included."""
    found: list[tuple[str, Any]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found += [(f"{key} {inner}", v) for inner, v in _plain(value)]
        elif key not in UNSAID and isinstance(value, (str, int, float)):
            found.append((key, value))
    return found


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
