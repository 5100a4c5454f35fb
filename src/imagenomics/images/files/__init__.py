"""File formats of volumes: NIfTI and NRRD headers and their numbers, and which files are DICOM."""
