"""The data sets of the catalogue by key, with their defaults, from the index."""

from __future__ import annotations

from imagenomics.catalogue.entries import Entry, read_index
from imagenomics.errors import unknown_name

# Defaults of datasets/models.py that the index leaves out; a test holds the two together.
DEFAULTS: Entry = {
    "organ": [],
    "kind": "paired",
    "modality": [],
    "assay": [],
    "ids": {},
    "counts": {},
    "licence": [],
    "dois": [],
    "urls": [],
    "overlaps": [],
}
PARTS: dict[str, Entry] = {
    "images": {"collection": None, "place": None, "verified": "memory"},
    "molecules": {
        "gdc_project": None,
        "cbioportal": None,
        "geo": [],
        "dbgap": None,
        "place": None,
        "verified": "memory",
    },
    "ids": {"rule": {"name": "exact"}, "example": None, "note": None},
    "counts": {
        "total": None,
        "radiology": None,
        "slides": None,
        "both": None,
        "by_modality": {},
        "approximate": False,
        "unit": "patients",
        "release": None,
        "verified": "memory",
    },
}


def load_datasets() -> dict[str, Entry]:
    """Return all data sets by key, each with all fields of its model.

    Raises
    ------
    FileProblem
        ``IGX-CAT-008``: the index is absent or broken.
    """
    whole = {}
    for key, entry in read_index("datasets").items():
        full = {**DEFAULTS, **entry}
        whole[key] = {**full, **{name: {**part, **full[name]} for name, part in PARTS.items()}}
    return whole


def load_dataset(key: str) -> Entry:
    """Return one data set.

    Raises
    ------
    InputError
        ``IGX-CAT-012``: no data set has this key.
    """
    datasets = load_datasets()
    if key not in datasets:
        raise unknown_name("IGX-CAT-012", "data set", key, datasets)
    return datasets[key]
