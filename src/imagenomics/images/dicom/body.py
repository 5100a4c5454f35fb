"""What the tracer is diluted in: body weight, lean body mass, body surface, from weight and height."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imagenomics.errors import InputError
from imagenomics.images.settings import SuvKind as SuvKind

# Heights are metres in DICOM; the second range catches centimetres that were written instead.
HEIGHTS_M = (0.2, 2.6)
WEIGHTS_KG = (0.005, 650.0)


@dataclass(frozen=True)
class Body:
    """What the header says of the patient's body.

    Parameters
    ----------
    weight_kg : float
        Body weight.
    height_m : float or None
        Body height; only some kinds need it.
    sex : str
        M, F or anything else for not known.
    """

    weight_kg: float
    height_m: float | None = None
    sex: str = ""


def distribution(body: Body, kind: SuvKind) -> tuple[float, str]:
    """Return the amount that activity per dose is multiplied by, and the unit of the SUV.

    Parameters
    ----------
    body : Body
        Weight, height and sex.
    kind : str
        ``weight``: g; ``lean-janmahasatian``, ``lean-james``: lean body mass, g; ``surface``: cm2.

    Raises
    ------
    InputError
        ``IGX-IMG-130``: height or sex is needed and missing; ``IGX-IMG-131``: not of a human body, or outside of
        what the formula is made for.

    Source
    ------
    Du Bois & Du Bois 1916, Arch Intern Med (surface); James 1976, Research on obesity, and Janmahasatian et al.
    2005, Clin Pharmacokinet (lean body mass).
    """
    check_range("weight", body.weight_kg, WEIGHTS_KG, "kg")
    if kind == "weight":
        return body.weight_kg * 1000.0, "g/ml"
    if body.height_m is None:
        raise _missing("PatientSize", kind)
    check_range("height", body.height_m, HEIGHTS_M, "m")
    if kind == "surface":
        square_m = 0.007184 * body.weight_kg**0.425 * (body.height_m * 100.0) ** 0.725
        return square_m * 1e4, "cm2/ml"
    if body.sex not in ("M", "F"):
        raise _missing("PatientSex", kind)
    lean = _LEAN[kind](body.weight_kg, body.height_m, body.sex == "M")
    if not 0.2 * body.weight_kg < lean <= body.weight_kg:
        raise InputError(
            "IGX-IMG-131",
            f"the lean body mass comes out as {lean:.4g} kg of {body.weight_kg:g} kg",
            expected="a fifth to all of the body weight",
            remedy="the formula of James fails in obesity: use 'lean-janmahasatian', or check weight and height",
        )
    return lean * 1000.0, "g/ml"


def check_range(what: str, value: float, limits: tuple[float, float], unit: str) -> None:
    """Refuse a value that cannot be one of a patient (``IGX-IMG-131``)."""
    if limits[0] <= value <= limits[1]:
        return
    raise InputError(
        "IGX-IMG-131",
        f"the {what} in the header cannot be true in {unit}",
        expected=f"{limits[0]:g} to {limits[1]:g} {unit}",
        remedy="it may be written in another unit: correct the header, or give the value yourself",
    )


def _janmahasatian(weight: float, height: float, male: bool) -> float:
    index = weight / height**2
    base, slope = (6680.0, 216.0) if male else (8780.0, 244.0)
    return 9270.0 * weight / (base + slope * index)


def _james(weight: float, height: float, male: bool) -> float:
    ratio = weight / (height * 100.0)
    linear, square = (1.10, 128.0) if male else (1.07, 148.0)
    return linear * weight - square * ratio**2


_LEAN: Mapping[str, Callable[[float, float, bool], float]] = {
    "lean-janmahasatian": _janmahasatian,
    "lean-james": _james,
}


def missing(what: str, *, where: str) -> InputError:
    """Build the message for what SUV need and the header lacks (``IGX-IMG-130``)."""
    return InputError(
        "IGX-IMG-130",
        f"SUV need '{what}', which is missing, empty or 0",
        where=where,
        expected="the values that the scanner wrote",
        remedy="use the series as it came from the scanner (de-identification often removes it), or images in SUV",
    )


def _missing(keyword: str, kind: str) -> InputError:
    return InputError(
        "IGX-IMG-130",
        f"SUV by '{kind}' needs '{keyword}', which the header does not have",
        remedy="add it, or use the SUV by body weight",
    )
