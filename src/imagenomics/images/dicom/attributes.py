"""What an index of series tells, column by column, and which columns are confounders of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number"]


@dataclass(frozen=True)
class Attribute:
    """One column that is read from the header.

    Parameters
    ----------
    column : str
        Name in the index; it ends with the unit where the number has one.
    keyword : str
        DICOM keyword.
    kind : str
        text or number.
    unit : str
        Unit of the number.
    confounder : bool
        True where the value describes how the picture was made, not who is in it.
    """

    column: str
    keyword: str
    kind: Kind = "text"
    unit: str = ""
    confounder: bool = False


def _made_by(column: str, keyword: str, kind: Kind = "number", unit: str = "") -> Attribute:
    return Attribute(column, keyword, kind, unit, True)


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("patient_id", "PatientID"),
    Attribute("study_uid", "StudyInstanceUID"),
    Attribute("series_uid", "SeriesInstanceUID"),
    Attribute("modality", "Modality"),
    Attribute("sop_class_uid", "SOPClassUID"),
    Attribute("series_number", "SeriesNumber", "number"),
    Attribute("description", "SeriesDescription"),
    Attribute("protocol", "ProtocolName"),
    Attribute("body_part", "BodyPartExamined"),
    Attribute("image_type", "ImageType"),
    Attribute("study_date", "StudyDate"),
    Attribute("series_date", "SeriesDate"),
    Attribute("series_time", "SeriesTime"),
    Attribute("acquisition_date", "AcquisitionDate"),
    Attribute("acquisition_time", "AcquisitionTime"),
    Attribute("frame_of_reference_uid", "FrameOfReferenceUID"),
    Attribute("burned_in", "BurnedInAnnotation"),
    Attribute("rows", "Rows", "number"),
    Attribute("columns", "Columns", "number"),
    Attribute("photometric", "PhotometricInterpretation"),
    Attribute("bits_stored", "BitsStored", "number"),
    _made_by("manufacturer", "Manufacturer", "text"),
    _made_by("model", "ManufacturerModelName", "text"),
    _made_by("software", "SoftwareVersions", "text"),
    _made_by("kernel", "ConvolutionKernel", "text"),
    _made_by("reconstruction", "ReconstructionMethod", "text"),
    _made_by("slice_thickness_mm", "SliceThickness", unit="mm"),
    _made_by("spacing_between_slices_mm", "SpacingBetweenSlices", unit="mm"),
    _made_by("reconstruction_diameter_mm", "ReconstructionDiameter", unit="mm"),
    _made_by("kvp", "KVP", unit="kV"),
    _made_by("tube_current_ma", "XRayTubeCurrent", unit="mA"),
    _made_by("exposure_mas", "Exposure", unit="mAs"),
    _made_by("gantry_tilt_degrees", "GantryDetectorTilt", unit="degree"),
    _made_by("contrast_agent", "ContrastBolusAgent", "text"),
    _made_by("contrast_route", "ContrastBolusRoute", "text"),
    _made_by("contrast_volume_ml", "ContrastBolusVolume", unit="ml"),
    Attribute("contrast_start_time", "ContrastBolusStartTime"),
    _made_by("field_strength_t", "MagneticFieldStrength", unit="T"),
    _made_by("echo_time_ms", "EchoTime", unit="ms"),
    _made_by("repetition_time_ms", "RepetitionTime", unit="ms"),
    _made_by("inversion_time_ms", "InversionTime", unit="ms"),
    _made_by("flip_angle_degrees", "FlipAngle", unit="degree"),
    _made_by("echo_train_length", "EchoTrainLength"),
    _made_by("scanning_sequence", "ScanningSequence", "text"),
    _made_by("sequence_variant", "SequenceVariant", "text"),
    _made_by("acquisition_type", "MRAcquisitionType", "text"),
    _made_by("coil", "ReceiveCoilName", "text"),
    _made_by("units", "Units", "text"),
    _made_by("decay_correction", "DecayCorrection", "text"),
    _made_by("attenuation_correction", "AttenuationCorrectionMethod", "text"),
    _made_by("scatter_correction", "ScatterCorrectionMethod", "text"),
)
# Measured on the slices themselves; see index.py.
MEASURED: tuple[Attribute, ...] = (
    _made_by("spacing_z_mm", "", unit="mm"),
    _made_by("spacing_y_mm", "", unit="mm"),
    _made_by("spacing_x_mm", "", unit="mm"),
    _made_by("plane", "", "text"),
    _made_by("contrast_delay_s", "", unit="s"),
)
CONFOUNDERS: tuple[Attribute, ...] = tuple(a for a in (*ATTRIBUTES, *MEASURED) if a.confounder)
