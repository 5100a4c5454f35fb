"""What a measure may look at: the picture of one patient, its regions, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.series4d import Series4D
from imagenomics.images.volume import Volume

Regions = Mapping[str, np.ndarray]
Picture = Volume | Series4D


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture of one patient.

    Parameters
    ----------
    picture : Volume or Series4D
        Intensities and their grid.
    regions : mapping of str to array of bool, (z, y, x)
        All regions of the image by name.
    measured : mapping of str to array of bool, (z, y, x)
        Those that are measured: all but the ones that the measure names as surroundings.
    patient : str
        Whose picture it is.
    others : mapping of str to Volume or Series4D
        Further pictures of the patient on the same grid, by what the measure calls them.
    files : mapping of str to Path
        Files that the measure names (an atlas, confounds), by the field that names them.
    resample : bool
        Whether a label map that lies on another grid may be brought to this one.
    """

    picture: Picture
    regions: Regions
    measured: Regions
    patient: str = ""
    others: Mapping[str, Picture] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    resample: bool = False

    @property
    def volume(self) -> Volume:
        """The picture as one volume (``IGX-FEAT-160`` where it is a series)."""
        if not isinstance(self.picture, Volume):
            raise _wrong_form("a series of volumes", "one volume", self.picture.source)
        return self.picture

    @property
    def series(self) -> Series4D:
        """The picture as a series (``IGX-FEAT-160`` where it is one volume)."""
        if not isinstance(self.picture, Series4D):
            raise _wrong_form("one volume", "a series of volumes", self.picture.source)
        return self.picture

    def region(self, name: str | None) -> np.ndarray | None:
        """Return a region that the measure names, None where it names none."""
        return None if name is None else self.regions[name]


def other_volume(scene: Scene, role: str) -> Volume:
    """Return a further picture that is one volume (``IGX-FEAT-160``, ``IGX-FEAT-161``)."""
    found = _other(scene, role)
    if not isinstance(found, Volume):
        raise _wrong_form(f"'{role}' is a series of volumes", "one volume", found.source)
    return found


def other_series(scene: Scene, role: str) -> Series4D:
    """Return a further picture that is a series (``IGX-FEAT-160``, ``IGX-FEAT-161``)."""
    found = _other(scene, role)
    if not isinstance(found, Series4D):
        raise _wrong_form(f"'{role}' is one volume", "a series of volumes", found.source)
    return found


def _other(scene: Scene, role: str) -> Picture:
    if role not in scene.others:
        raise InputError(
            "IGX-FEAT-161",
            f"the measure needs another picture, '{role}'",
            where=scene.picture.source,
            expected=f"others = {{ {role} = <picture> }}",
            remedy=f"give the picture that '{role}' stands for",
        )
    return scene.others[role]


def _wrong_form(found: str, expected: str, where: str) -> InputError:
    return InputError(
        "IGX-FEAT-160",
        f"the measure cannot use this picture: {found}",
        where=where,
        expected=expected,
        remedy='series are declared with form = "series" in their [[images]] block, other images without it',
    )
