"""Inherited variants against imaging phenotypes: arrays and frames, no files."""
