"""Statistics tables of FreeSurfer subjects."""
