"""Standardised uptake values from the header of a PET series, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from imagenomics.errors import InputError, short_list
from imagenomics.images.dicom.body import Body, SuvKind, distribution, missing
from imagenomics.images.dicom.decay import check_corrections, decayed_dose
from imagenomics.images.dicom.fields import number, text
from imagenomics.images.dicom.need import need
from imagenomics.images.volume import Volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PHILIPS = "Philips PET Private Group"
SUV_TYPES = {
    "": "weight",
    "BW": "weight",
    "BSA": "surface",
    "LBM": "lean-james",
    "LBMJAMES128": "lean-james",
    "LBMJANMA": "lean-janmahasatian",
}
AGREE = 1e-6  # relative difference of factors that rounding explains


@dataclass(frozen=True)
class SuvScale:
    """What turns the grey values of a PET series into SUV.

    Parameters
    ----------
    factor : float
        SUV = factor * grey value (after rescale slope and intercept).
    kind : str
        weight, lean-janmahasatian, lean-james or surface.
    unit : str
        g/ml, or cm2/ml for the body surface.
    steps : tuple of str
        How the factor was made, without any value of the patient.
    """

    factor: float
    kind: SuvKind
    unit: str
    steps: tuple[str, ...]

    def apply(self, volume: Volume) -> Volume:
        """Return the volume in SUV; how is added to its history."""
        step = f"SUV by {self.kind} ({self.unit}): " + "; ".join(self.steps)
        return volume.replace(volume.array * self.factor, step)


def suv_scale(datasets: Dataset | Sequence[Dataset], *, kind: SuvKind = "weight") -> SuvScale:
    """Return the factor from the grey values of a PET series to SUV.

    Parameters
    ----------
    datasets : Dataset or sequence of Dataset
        Headers of all images of the series (:func:`imagenomics.images.dicom.open.open_dicom` reads one). All are
        needed: the start of the scan is the earliest acquisition, and the factor must be one for all.
    kind : str
        What the dose is spread over: body ``weight``, lean body mass (``lean-janmahasatian`` or ``lean-james``),
        body ``surface``.

    Returns
    -------
    SuvScale

    Raises
    ------
    InputError
        ``IGX-IMG-130`` something is missing (injection time, dose, weight, ...); ``IGX-IMG-131`` values that cannot
        be true or contradict each other; ``IGX-IMG-132`` units or corrections that do not give SUV; ``IGX-IMG-133``
        images that would need different factors.
    FileProblem
        ``IGX-IMG-102``: a value of the header cannot be read.

    Notes
    -----
    Units BQML: amount / dose, the dose decayed to the time that the images are corrected to: the start of the scan
    (START), the injection (ADMIN), or, for one bed without correction (NONE), the frame itself. Units CNTS: the
    private factors of Philips. Units GML or CM2ML: the images are SUV already; another kind is made from them with
    weight, height and sex.

    Source
    ------
    The order in which times are trusted follows the published QIBA FDG-PET/CT profile (Kinahan et al. 2020,
    J Nucl Med).
    """
    heads = _as_list(datasets)
    if not heads:
        raise missing("an image", where="suv_scale")
    where = [_name(d) for d in heads]
    for dataset, name in zip(heads, where, strict=True):
        if text(dataset, "Modality", where=name) != "PT":
            raise InputError(
                "IGX-IMG-130",
                "not a PET image",
                where=name,
                expected="modality PT",
                remedy="name the PET series",
            )
    units = {text(d, "Units", where=w) for d, w in zip(heads, where, strict=True)}
    if len(units) != 1:
        raise _several("units", where[0])
    check = _FACTORS.get(units.pop())
    if check is None:
        raise InputError(
            "IGX-IMG-132",
            f"PET images in '{text(heads[0], 'Units', where=where[0])}' cannot be turned into SUV",
            where=where[0],
            expected=f"units {short_list(_FACTORS, 6)}",
            remedy="export the series in Bq/ml (BQML)",
        )
    factors, steps, unit = check(heads, where, kind)
    if np.ptp(factors) > AGREE * abs(factors[0]):
        raise _several("factors", where[int(np.argmax(np.abs(np.subtract(factors, factors[0]))))])
    return SuvScale(float(factors[0]), kind, unit, steps)


def _from_activity(
    heads: Sequence[Dataset], where: Sequence[str], kind: SuvKind
) -> tuple[list[float], tuple[str, ...], str]:
    for dataset, name in zip(heads, where, strict=True):
        check_corrections(dataset, where=name)
    doses, steps = decayed_dose(heads, where)
    bodies = [_body(d, w) for d, w in zip(heads, where, strict=True)]
    if len(set(bodies)) > 1:
        raise _several("weights or heights", where[0])
    amount, unit = distribution(bodies[0], kind)
    return [amount / dose for dose in doses], steps, unit


def _from_suv(
    heads: Sequence[Dataset], where: Sequence[str], kind: SuvKind
) -> tuple[list[float], tuple[str, ...], str]:
    types = {text(d, "SUVType", where=w) for d, w in zip(heads, where, strict=True)}
    if len(types) > 1 or not types <= set(SUV_TYPES):
        raise InputError(
            "IGX-IMG-132",
            f"the images are SUV of type {short_list(sorted(types))}",
            where=where[0],
            expected=f"one of {short_list(sorted(t for t in SUV_TYPES if t), 6)}",
            remedy="export the series in Bq/ml (BQML)",
        )
    written = "surface" if text(heads[0], "Units", where=where[0]) == "CM2ML" else SUV_TYPES[types.pop()]
    if written == kind:
        return [1.0], (f"the images are SUV by {kind} already",), "cm2/ml" if kind == "surface" else "g/ml"
    body = _body(heads[0], where[0])
    wanted, unit = distribution(body, kind)
    return [wanted / distribution(body, written)[0]], (f"the images are SUV by {written}",), unit  # type: ignore[arg-type]


def _from_counts(
    heads: Sequence[Dataset], where: Sequence[str], kind: SuvKind
) -> tuple[list[float], tuple[str, ...], str]:
    """Read the private factors of Philips: counts to SUV by weight (x00), else counts to Bq/ml (x09)."""
    direct = [_philips(d, 0x00, w) for d, w in zip(heads, where, strict=True)]
    if all(direct) and kind == "weight":
        return [float(v or 0) for v in direct], ("private SUV factor of Philips (7053,xx00)",), "g/ml"
    activity = [_philips(d, 0x09, w) for d, w in zip(heads, where, strict=True)]
    if all(activity):
        factors, steps, unit = _from_activity(heads, where, kind)
        scaled = [f * float(a or 0) for f, a in zip(factors, activity, strict=True)]
        return scaled, ("private activity factor of Philips (7053,xx09)", *steps), unit
    if all(direct):
        body = _body(heads[0], where[0])
        wanted, unit = distribution(body, kind)
        share = wanted / distribution(body, "weight")[0]
        return [share * float(v or 0) for v in direct], ("private SUV factor of Philips (7053,xx00)",), unit
    raise InputError(
        "IGX-IMG-132",
        "the images are in counts, and the private factors of Philips are missing or zero",
        where=where[0],
        expected="(7053,xx00) or (7053,xx09)",
        remedy="export the series in Bq/ml (BQML), or keep this private group when files are de-identified",
    )


def _philips(dataset: Dataset, element: int, where: str) -> float | None:
    try:
        value = dataset.private_block(0x7053, PHILIPS)[element].value
        return float(value) or None
    except (KeyError, TypeError, ValueError):
        return None


def _body(dataset: Dataset, where: str) -> Body:
    weight = number(dataset, "PatientWeight", where=where)
    if not weight:
        raise missing("PatientWeight", where=where)
    return Body(
        weight, number(dataset, "PatientSize", where=where) or None, text(dataset, "PatientSex", where=where)
    )


def _as_list(datasets: Dataset | Sequence[Dataset]) -> list[Dataset]:
    one = need("pydicom.dataset").Dataset
    return (
        [cast("Dataset", datasets)]
        if isinstance(datasets, one)
        else list(cast("Sequence[Dataset]", datasets))
    )


def _name(dataset: Dataset) -> str:
    name = getattr(dataset, "filename", None)
    return str(name) if isinstance(name, (str, Path)) else "data set"


def _several(what: str, where: str) -> InputError:
    return InputError(
        "IGX-IMG-133",
        f"the images of the series have different {what}",
        where=where,
        expected="one series, corrected to one time",
        remedy="give the images of one series; beds without decay correction have no common factor",
    )


_FACTORS = {"BQML": _from_activity, "CNTS": _from_counts, "GML": _from_suv, "CM2ML": _from_suv}
