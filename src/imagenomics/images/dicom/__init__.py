"""DICOM in: series to volumes, an index of folders, SUV, and what identifies a patient."""
