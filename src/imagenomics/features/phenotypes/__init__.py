"""Measurements beyond the standard families, by kind: one image and its regions in, long rows out."""
