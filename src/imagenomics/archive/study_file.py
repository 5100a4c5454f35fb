"""The study file of a fetched cohort: what came, linked by the cohort's id rule, ready to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_OWN_IMAGES = """# No pictures were fetched: put your own here, or change the paths.
[[images]]
name = "picture"
path = "images/{patient}.nii.gz"
mask = "masks/{patient}.nii.gz"
"""
MODALITIES = {"CT": "CT", "MR": "MR", "PT": "PET"}


@dataclass(frozen=True)
class Parts:
    """What a fetched cohort holds.

    Parameters
    ----------
    name : str
        Title of the study.
    rule : mapping
        Id rule, as in the data catalogue: ``{"name": "tcga-patient"}``.
    modality : str or None
        DICOM modality of the pictures; None where none came.
    n_masked, n_patients : int
        Patients with a segmentation, and in all.
    mutations : bool
        Whether ``molecules/mutations.maf`` is there.
    sources : tuple of str
        Where all this is from, for the head of the file.
    """

    name: str
    rule: Mapping[str, Any]
    modality: str | None
    n_masked: int
    n_patients: int
    mutations: bool
    sources: tuple[str, ...] = ()


def study_text(parts: Parts) -> str:
    """Return the text of the study file; its paths start at its own folder."""
    blocks = [_head(parts), _patients(parts)]
    blocks.append(
        _OWN_IMAGES if parts.modality is None else _images(parts.modality, parts.n_masked, parts.n_patients)
    )
    if parts.mutations:
        blocks.append(_molecules())
        blocks.append('[[associate]]\nname = "mutations"\nfeatures = "all"\ntargets = "mutations"\n')
    return "\n".join(blocks)


def _head(parts: Parts) -> str:
    lines = [f"# {_one_line(source)}" for source in parts.sources]
    return "\n".join([*lines, f"name = {_quoted(parts.name)}", ""])


def _patients(parts: Parts) -> str:
    pattern = parts.rule.get("pattern")
    rule = f"{{ pattern = {_quoted(pattern)} }}" if pattern else _quoted(parts.rule.get("name", "exact"))
    return f'[patients]\ntable = "patients.csv"\nid = "patient"\nrule = {rule}\n'


def _images(modality: str, n_masked: int, n_patients: int) -> str:
    lines = [
        "[[images]]",
        f'name = "{modality.lower()}"',
        f'modality = "{MODALITIES.get(modality, "other")}"',
        f'path = "images/{{patient}}/{modality}"',
    ]
    from_archive = 'mask = "images/{patient}/SEG/*"'
    whole = "# Without a mask the whole picture is one region, which says little of a tumour."
    if n_masked == n_patients:
        lines.append(from_archive)
    elif n_masked:
        lines += [
            whole,
            f"# {n_masked} of {n_patients} patients have one; with this line only they are measured:",
        ]
        lines.append(f"# {from_archive}")
    else:
        lines += [whole, "# Put masks beside the pictures:", '# mask = "masks/{patient}.nii.gz"']
    return "\n".join([*lines, ""])


def _molecules() -> str:
    lines = ["[[molecules]]", 'name = "mutations"', 'kind = "maf"', 'path = "molecules/mutations.maf"']
    lines += ['sequenced = "molecules/sequenced.csv"', 'sequenced_id = "sample"', "min_mutated = 2"]
    return "\n".join([*lines, 'samples = { choose = "first" }', ""])


def _quoted(text: Any) -> str:
    """Return a text as a TOML string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007F")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
