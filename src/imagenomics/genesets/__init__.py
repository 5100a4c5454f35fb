"""Gene sets and modules against imaging phenotypes: arrays and frames, no files."""
