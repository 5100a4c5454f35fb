"""The values that tell the volumes of a 4-D series apart: time points, b-values, echoes, phases, reconstructions."""

from __future__ import annotations

from collections.abc import Mapping

from imagenomics.images.dicom.fields import several
from imagenomics.images.dicom.groups import Layers

# In the order in which they are tried: what the standard made for the purpose comes before clock times.
SPLITTERS = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "DiffusionBValue",
    "DiffusionGradientOrientation",
    "EchoTime",
    "EffectiveEchoTime",
    "EchoNumbers",
    "FlipAngle",
    "InversionTime",
    "InversionTimes",
    "NominalPercentageOfCardiacPhase",
    "NominalCardiacTriggerDelayTime",
    "TriggerTime",
    "FrameReferenceTime",
    "TemporalPositionTimeOffset",
    "ComplexImageComponent",
    "FrameType",
    "ImageType",
    "ConvolutionKernel",
    "KVP",
    "StackID",
    "AcquisitionNumber",
    "FrameAcquisitionDateTime",
    "AcquisitionDateTime",
    "AcquisitionTime",
    "ContentTime",
    "ImageOrientationPatient",
)
# Before the standard had an attribute, two makers kept the b-value in a private one: (group, creator, element).
PRIVATE_B_VALUES = ((0x0019, "SIEMENS MR HEADER", 0x0C), (0x0043, "GEMS_PARM_01", 0x39))
GE_OFFSET = 1_000_000_000  # GE adds it to some b-values

Value = float | str | tuple[float, ...]


def splitting_values(layers: Layers) -> Mapping[str, object]:
    """Return the splitting values that one frame has, by keyword."""
    found: dict[str, object] = {}
    for keyword in SPLITTERS:
        value = layers.value(keyword)
        if value is not None:
            found[keyword] = plain(value)
    if "DiffusionBValue" not in found:
        b_value = _private_b_value(layers)
        if b_value is not None:
            found["DiffusionBValue"] = b_value
    return found


def plain(value: object) -> Value:
    """Return a value of pydicom as a number, a tuple of numbers or a text."""
    parts = list(several(value))
    try:
        found = tuple(float(p) for p in parts)
    except (TypeError, ValueError):
        return "\\".join(str(p) for p in parts)
    return found[0] if len(found) == 1 else found


def _private_b_value(layers: Layers) -> float | None:
    dataset = layers.datasets[-1]
    for group, creator, element in PRIVATE_B_VALUES:
        try:
            value = dataset.private_block(group, creator)[element].value
            first = float(next(iter(several(value))))
        except (KeyError, TypeError, ValueError, StopIteration):
            continue
        return first % GE_OFFSET if creator.startswith("GEMS") else first
    return None
