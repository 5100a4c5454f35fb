"""Maps of where lesions lie against molecules: arrays and frames, no files."""
