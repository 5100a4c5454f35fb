"""The words of the data catalogue's facets, with the other words by which people look for them."""

from __future__ import annotations

from imagenomics.catalogue.papers.vocabulary import ASSAYS as PAPER_ASSAYS

MODALITIES = {
    "ANN": "annotations",
    "CR": "radiography x-ray",
    "CT": "computed tomography",
    "DX": "radiography x-ray",
    "DXA": "bone density",
    "EEG": "electroencephalography",
    "MEG": "magnetoencephalography",
    "MG": "mammography",
    "MR": "mri magnetic resonance",
    "MR-DTI": "mri diffusion tensor",
    "MR-fMRI": "functional mri",
    "NM": "spect scintigraphy",
    "PT": "pet positron emission",
    "RF": "fluoroscopy",
    "RTSTRUCT": "contours",
    "SEG": "segmentation masks",
    "SM": "slides histology pathology whole-slide wsi",
    "US": "ultrasound",
    "XA": "angiography",
}
ASSAYS = {
    **PAPER_ASSAYS,
    "exome": "wes sequencing",
    "panel": "targeted sequencing",
    "summary-statistics": "gwas results",
}
