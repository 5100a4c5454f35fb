"""Small DICOM masks made by hand, attribute by attribute, so that each attribute can also be made wrong."""

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from imagenomics.images.volume import Volume

FRAME_UID = "1.2.3.4"
SERIES_UID = "1.2.3.5"
SEG, LABELMAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


def turned(angles=(0.3, -0.2, 0.5)):
    """A rotation, row-major, from three angles."""
    a, b, c = angles
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return tuple((about_x @ about_y @ about_z).ravel())


def image(shape=(5, 12, 9), *, spacing=(3.0, 0.8, 1.25), direction=None, **more):
    direction = direction or (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)
    return Volume(np.zeros(shape), spacing, (-12.5, 30.0, 7.25), direction, source="image.nii", **more)


def dataset(**attributes):
    made = Dataset()
    for name, value in attributes.items():
        setattr(made, name, Sequence(value) if name.endswith("Sequence") else value)
    return made


def save(made, path, sop_class):
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3.9"
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def contour(points_mm, kind="CLOSED_PLANAR"):
    return dataset(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(points_mm),
        ContourData=[f"{v:.10g}"[:16] for v in np.ravel(points_mm)],
    )


def structure_set(rois, *, frame_uid=FRAME_UID, series_uid=SERIES_UID):
    """A structure set; ``rois``: name -> list of contours."""
    series = dataset(SeriesInstanceUID=series_uid)
    study = dataset(RTReferencedSeriesSequence=[series])
    return dataset(
        Modality="RTSTRUCT",
        ReferencedFrameOfReferenceSequence=[
            dataset(FrameOfReferenceUID=frame_uid, RTReferencedStudySequence=[study])
        ],
        StructureSetROISequence=[
            dataset(ROINumber=k + 1, ROIName=name, ReferencedFrameOfReferenceUID=frame_uid)
            for k, name in enumerate(rois)
        ],
        ROIContourSequence=[
            dataset(ReferencedROINumber=k + 1, ContourSequence=contours)
            for k, contours in enumerate(rois.values())
        ],
    )


def frame_group(volume, z, number, *, flip=False):
    """Functional groups of the frame of slice ``z``; flipped, its rows run from the last to the first."""
    n = volume.array.shape[1]
    position = volume.grid.to_mm(np.array([[z, n - 1 if flip else 0, 0]]))[0]
    return dataset(
        PlanePositionSequence=[dataset(ImagePositionPatient=[f"{v:.8f}"[:16] for v in position])],
        SegmentIdentificationSequence=[dataset(ReferencedSegmentNumber=number)],
    )


def segmentation(volume, frames, *, kind="BINARY", labels=("lesion", "organ"), flip=False, most=255):
    """A SEG; ``frames``: list of (slice, segment number, pixels)."""
    axes = np.reshape(volume.direction, (3, 3))
    down = -axes[:, 1] if flip else axes[:, 1]
    pixels = np.array([p[::-1] if flip else p for _, _, p in frames])
    made = dataset(
        Modality="SEG",
        SegmentationType=kind,
        FrameOfReferenceUID=FRAME_UID,
        ReferencedSeriesSequence=[dataset(SeriesInstanceUID=SERIES_UID)],
        Rows=pixels.shape[1],
        Columns=pixels.shape[2],
        NumberOfFrames=len(frames),
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        PixelRepresentation=0,
        SegmentSequence=[
            dataset(
                SegmentNumber=k + 1,
                SegmentLabel=label,
                SegmentedPropertyTypeCodeSequence=[
                    dataset(CodeValue=f"{100 + k}", CodingSchemeDesignator="SCT", CodeMeaning=label)
                ],
            )
            for k, label in enumerate(labels)
        ],
        SharedFunctionalGroupsSequence=[
            dataset(
                PlaneOrientationSequence=[
                    dataset(ImageOrientationPatient=[f"{v:.12f}"[:16] for v in (*axes[:, 0], *down)])
                ],
                PixelMeasuresSequence=[dataset(PixelSpacing=[*volume.spacing_mm[1:]], SliceThickness=3.0)],
            )
        ],
        PerFrameFunctionalGroupsSequence=[frame_group(volume, z, n, flip=flip) for z, n, _ in frames],
    )
    if kind == "BINARY":
        made.BitsAllocated = made.BitsStored = 1
        data = np.packbits(pixels.astype(np.uint8).ravel(), bitorder="little").tobytes()
    else:
        made.BitsAllocated = made.BitsStored = 8
        data = pixels.astype(np.uint8).tobytes()
    if kind == "FRACTIONAL":
        made.MaximumFractionalValue = most
        made.SegmentationFractionalType = "PROBABILITY"
    made.HighBit = made.BitsStored - 1
    made.PixelData = data + b"\0" * (len(data) % 2)
    return made
