"""Declared steps between reading an image and normalising it; each leaves a line in the image's history."""
