"""Texture beyond grey-level matrices: spectra, fractals, local patterns and orientations of one region."""
