"""What is to be fetched of a public cohort, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from imagenomics.archive import cbioportal, gdc
from imagenomics.archive.images import Downloader
from imagenomics.archive.web import Web

Source = Literal["cbioportal", "gdc", "none"]


@dataclass(frozen=True)
class Cohort:
    """What is to be fetched, as the data catalogue says it.

    Parameters
    ----------
    key, name : str
    rule : mapping
        Id rule of the cohort.
    collection : str or None
        Collection of the Imaging Data Commons.
    gdc_project, cbioportal : str or None
        Where its molecules are.
    licence : tuple of str
    """

    key: str
    name: str
    rule: Mapping[str, Any] = field(default_factory=lambda: {"name": "exact"})
    collection: str | None = None
    gdc_project: str | None = None
    cbioportal: str | None = None
    licence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """How it is fetched.

    Parameters
    ----------
    patients : int or None
        How many; None: all.
    modality : str or None
        DICOM modality; None: the radiology that most patients have.
    description : str or None
        Only series whose description fits, such as ``*t1*post*``; case does not matter.
    molecules : str
        'cbioportal', 'gdc' or 'none'.
    images : bool
        False: no pictures.
    index : path or None
        Index of the archive; None: that of the installed package.
    web : Web
    downloader : callable or None
        None: that of the idc-index package.
    gdc_server, cbioportal_server : str
    """

    patients: int | None = None
    modality: str | None = None
    description: str | None = None
    molecules: Source = "cbioportal"
    images: bool = True
    index: Path | None = None
    web: Web = field(default_factory=Web)
    downloader: Downloader | None = None
    gdc_server: str = gdc.SERVER
    cbioportal_server: str = cbioportal.SERVER
