"""What a study file says about its images: one ``[[images]]`` block."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from imagenomics.errors import nearest
from imagenomics.images.bids.settings import BidsSettings
from imagenomics.images.dicom.attributes import CONFOUNDERS
from imagenomics.images.preparation.settings import AnyStep, refuse_misfits, values_of
from imagenomics.images.series_settings import BESIDE, SeriesSettings
from imagenomics.settings import BlockName, Settings

Modality = Literal["MR", "CT", "PET", "other"]
Method = Literal["none", "z-score", "white-stripe", "ratio-background", "ratio-region"]
Spacing = Literal["file", "unknown"] | tuple[float, float, float]
RegionName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
RegionChoice = tuple[int, ...] | tuple[str, ...] | Literal["any"]


def _number_to_list(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        k: (v,) if isinstance(v, int) or (isinstance(v, str) and v != "any") else v for k, v in value.items()
    }


def _no_background(value: dict[str, RegionChoice]) -> dict[str, RegionChoice]:
    for name, labels in value.items():
        if not labels or (not isinstance(labels, str) and 0 in labels):
            raise ValueError(f"region '{name}' needs at least one label, and 0 is the background")
    return value


RegionLabels = Annotated[
    dict[RegionName, RegionChoice], BeforeValidator(_number_to_list), AfterValidator(_no_background)
]
SuvKind = Literal["weight", "lean-janmahasatian", "lean-james", "surface"]
PLACEHOLDER = "patient"
MAX_VOXELS = 400_000_000  # 3.2 GB as float64
# MR intensities have no unit; CT is in Hounsfield units and PET in activity or SUV.
METHOD_OF_MODALITY: Mapping[str, Method] = {"MR": "z-score", "CT": "none", "PET": "none", "other": "none"}


class NormaliseSettings(Settings):
    """How the intensities of one image are put on a scale, from this image alone."""

    method: Method = Field(
        description="'none'; 'z-score': subtract the mean and divide by the standard deviation; "
        "'white-stripe': the same, with the numbers of normal tissue (see 'contrast'); "
        "'ratio-background': divide by the mean outside every region; "
        "'ratio-region': divide by the mean of the region named by 'region'."
    )
    floor: float | None = Field(
        default=None,
        description="Only voxels brighter than this count in the mean and standard deviation, so that air is "
        "left out. Not set: all voxels count.",
    )
    region: str | None = Field(
        default=None,
        description="One of the names in 'regions': the reference region of 'ratio-region'; with 'white-stripe' the "
        "brain, without it the voxels above 0 outside every region.",
    )
    contrast: Literal["T1", "T2"] | None = Field(
        default=None,
        description="Of 'white-stripe': 'T1' takes the last peak of the histogram for normal white matter, 'T2' (and "
        "FLAIR) its highest one.",
    )
    stripe: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Of 'white-stripe': share of the voxels that the stripe takes on each side of the peak.",
    )

    @model_validator(mode="after")
    def _keys_belong_to_their_methods(self) -> Self:
        stripe = self.method == "white-stripe"
        if not stripe and (self.method == "ratio-region") != (self.region is not None):
            raise ValueError(
                '\'region\' is needed with method = "ratio-region", and only there and with "white-stripe"'
            )
        if stripe != (self.contrast is not None):
            raise ValueError("'contrast' is needed with method = \"white-stripe\", and only there")
        return self


class DicomSettings(Settings):
    """How DICOM files of an image block are read; files of other formats do not look at it."""

    description: str | None = Field(
        default=None,
        description="Series description of the image, '*' and '?' match any text; needed where the folder of a "
        "patient holds several series.",
    )
    suv: SuvKind | None = Field(
        default=None,
        description="Turn PET into standardised uptake values by 'weight', lean mass ('lean-janmahasatian', "
        "'lean-james') or body 'surface'.",
    )
    names: Literal["label", "number"] = Field(
        default="label", description="What segments and contours are called: their label, or their number."
    )
    threshold: float | None = Field(
        default=None, gt=0, le=1, description="Share from which a voxel of a fractional segmentation counts."
    )
    between: Literal["refuse", "nearest"] = Field(
        default="refuse",
        description="Contours that lie between two slices: refuse the patient, or take the nearest slice.",
    )


class FileTable(Settings):
    """A table that names the files of each patient, where no path template fits."""

    path: str = Field(description="CSV, TSV or Parquet table with one row for each patient.")
    id: str = Field(default="patient", description="Column with the patient id, as used in the study.")
    image: str = Field(description="Column with the image file; relative paths start at the data folder.")
    mask: str | None = Field(default=None, description="Column with the mask file; not set: 'mask' is used.")


class ImageSettings(Settings):
    """One ``[[images]]`` block: which files, which regions, which geometry, which intensities."""

    name: BlockName = Field(
        description="Unique name of the image, e.g. 't1post'; first part of its feature columns.",
    )
    path: str | None = Field(
        default=None,
        description="Image file, or folder of a DICOM series, with {patient} where the patient id stands; '*' and '?' "
        "match any text, but exactly one must fit.",
    )
    mask: str | None = Field(
        default=None,
        description="Mask file, written like 'path'. Not set: the whole image is one region called 'whole'.",
    )
    table: FileTable | None = Field(
        default=None, description="Table that names the files, instead of 'path'."
    )
    bids: BidsSettings | None = Field(
        default=None, description="Which file of a BIDS folder is the image, instead of 'path'."
    )
    form: Literal["volume", "series"] = Field(
        default="volume",
        description="'volume': one 3-D image; 'series': one 4-D file of volumes over time or diffusion weighting. No "
        "[features] are measured in a series, but [[phenotypes]].",
    )
    series: SeriesSettings = Field(
        default=SeriesSettings(), description="Times or b-values of the volumes of a series."
    )
    modality: Modality = Field(
        default="other", description="MR, CT, PET or other; it decides the default of 'normalise'."
    )
    regions: RegionLabels = Field(
        default={"lesion": "any"},
        min_length=1,
        description="Region name to the mask labels that make it up (a number or a list), or 'any' for every "
        "label but 0. In DICOM masks also names of segments or contours, e.g. ['GTV-1'].",
    )
    dicom: DicomSettings = Field(
        default=DicomSettings(), description="How DICOM series, SEG and RTSTRUCT files are read."
    )
    acquisition: bool | tuple[str, ...] = Field(
        default=True,
        description="What headers and JSON sidecars say of scanner, spacing, contrast ... becomes columns "
        "<name>.acquisition.<what>, to adjust for: true for all that is written, false for nothing, or a list such "
        "as ['field_strength_t', 'slice_thickness_mm'].",
    )
    spacing: Spacing = Field(
        default="file",
        description="'file': as the file says; 'unknown': one voxel is the unit of length and all sizes are "
        "flagged; or the true voxel spacing in mm, [z, y, x], instead of a wrong one.",
    )
    geometry: Literal["same", "image", "resample-mask"] = Field(
        default="same",
        description="What to do when image and mask do not lie on the same grid. 'same': refuse the patient; "
        "'image': the voxel counts agree and the header of the mask is wrong, use the one of the image; "
        "'resample-mask': both headers are right, bring the mask to the image's grid (nearest neighbour).",
    )
    normalise: NormaliseSettings = Field(
        default=NormaliseSettings(method="none"),
        description="Intensity scale of each image. Default: z-score over the image for MR, none otherwise.",
    )
    prepare: tuple[AnyStep, ...] = Field(
        default=(),
        description="Steps between reading and normalising, in this order: kind = 'n4', 'resample', 'crop' or "
        "'register', with the settings of that kind. Each leaves a line in the history of the image.",
    )
    max_voxels: int = Field(
        default=MAX_VOXELS,
        gt=0,
        description="Files that declare more voxels are refused before memory is taken (8 bytes each).",
    )

    @model_validator(mode="before")
    @classmethod
    def _normalise_by_modality(cls, data: Any) -> Any:
        """Write the default that follows from the modality into the settings, so that it is recorded."""
        if not isinstance(data, Mapping):
            return data
        chosen = data.get("normalise")
        if chosen is None:
            modality = str(data.get("modality", cls.model_fields["modality"].default))
            # Curves are signals over a baseline: a scale of its own for each image would undo them.
            chosen = "none" if data.get("form") == "series" else METHOD_OF_MODALITY.get(modality, "none")
        return {**data, "normalise": {"method": chosen} if isinstance(chosen, str) else chosen}

    @field_validator("acquisition")
    @classmethod
    def _known_attributes(cls, value: bool | tuple[str, ...]) -> bool | tuple[str, ...]:
        known = [a.column for a in CONFOUNDERS]
        for name in () if isinstance(value, bool) else value:
            if name not in known:
                close = nearest(name, known)
                hint = f"did you mean '{close}'?" if close else f"known: {', '.join(known)}"
                raise ValueError(f"headers have no '{name}'; {hint}")
        return value

    @field_validator("spacing")
    @classmethod
    def _positive(cls, value: Spacing) -> Spacing:
        if not isinstance(value, str) and not all(0 < v < float("inf") for v in value):
            raise ValueError("a declared spacing is three positive numbers in mm, [z, y, x]")
        return value

    @field_validator("path", "mask")
    @classmethod
    def _only_patient(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                fields = [field for _, field, _, _ in string.Formatter().parse(value) if field is not None]
            except ValueError:
                raise ValueError(f"'{value}' has an open brace; write {{{{ for a brace in a name") from None
            wrong = sorted(set(fields) - {PLACEHOLDER})
            if wrong:
                raise ValueError(
                    f"'{{{wrong[0]}}}' is not known in a path; the only placeholder is {{patient}}"
                )
        return value

    @model_validator(mode="after")
    def _series_stay_raw(self) -> Self:
        if self.form == "series" and self.normalise.method != "none":
            raise ValueError("the intensities of a series are not normalised: take 'normalise' away")
        if self.form == "series" and self.prepare:
            raise ValueError(
                "'prepare' is for single volumes: prepare a series before, and take the key away"
            )
        if self.form == "volume" and self.series != SeriesSettings():
            raise ValueError("'series' is for form = \"series\" only")
        return self

    @model_validator(mode="after")
    def _one_source_of_files(self) -> Self:
        if sum(source is not None for source in (self.path, self.table, self.bids)) != 1:
            raise ValueError("give one of 'path' (with {patient}), 'table' and 'bids'")
        if self.bids is not None and self.mask is not None:
            raise ValueError("masks of a BIDS folder are declared in 'bids': mask = { suffix = ... }")
        if self.path is not None and f"{{{PLACEHOLDER}}}" not in self.path:
            raise ValueError("'path' names the same file for everybody; put {patient} where the id stands")
        reference = self.normalise.region
        if reference is not None and reference not in self.regions:
            raise ValueError(f"normalise.region '{reference}' is not one of 'regions'")
        if (reference is not None or self.normalise.method.startswith("ratio")) and not self.has_mask:
            raise ValueError(f"normalise = '{self.normalise.method}' needs a mask")
        return self

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        refuse_misfits(
            self.prepare,
            regions=tuple(self.regions),
            has_mask=self.has_mask,
            spacing=self.spacing,
            modality=self.modality,
        )
        return self

    def digest_of_values(self) -> str:
        """Return a short hash of what changes the numbers of an image: not its name and not its files."""
        parts = self.model_dump(mode="json", include={"regions", "spacing", "geometry", "normalise"})
        if (
            self.normalise.method != "white-stripe"
        ):  # keys that came later leave the digests of old settings alone
            parts["normalise"] = {k: parts["normalise"][k] for k in ("method", "floor", "region")}
        if self.prepare:
            parts["prepare"] = values_of(self.prepare)
        if self.dicom != DicomSettings():
            parts["dicom"] = self.dicom.model_dump(mode="json", exclude_defaults=True)
        if self.form == "series":
            parts["series"] = self.series.model_dump(mode="json", include={"tr_s", "frame_s"})
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def says(self, axis: str) -> bool:
        """Tell whether ``times``, ``b_values`` or ``b_vectors`` of a series are declared."""
        return self.series.says(axis) or (axis == "times" and self.reads_times) or axis in self.beside()

    def beside(self) -> dict[str, str]:
        """Return the files beside a series, by what they say; BIDS lays those of diffusion beside the image."""
        named = {key: getattr(self.series, key) for key in ("sidecar", "b_values", "b_vectors")}
        if self.bids is not None and self.bids.datatype == "dwi" and self.series.b_values is None:
            named |= {"b_values": BESIDE, "b_vectors": BESIDE}
        return {k: v for k, v in named.items() if v is not None} if self.form == "series" else {}

    def participants(self) -> tuple[str, ...]:
        """Return the table that leads from labels of a BIDS folder to patients, where one is needed."""
        if self.bids is None or self.bids.participants_id is None:
            return ()
        return (f"{self.bids.folder}/participants.tsv",)

    @property
    def reads_times(self) -> bool:
        """Whether the times of a series come from its BIDS metadata."""
        return self.bids is not None and self.form == "series" and not self.series.says("times")

    @property
    def has_mask(self) -> bool:
        """Whether the block names mask files."""
        sources = (self.mask, self.table and self.table.mask, self.bids and self.bids.mask)
        return any(source is not None for source in sources)
