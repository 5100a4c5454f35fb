"""Phenotypes of one region of one patient: shape, intensity, texture, held to IBSI reference values."""
