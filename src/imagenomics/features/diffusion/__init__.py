"""Diffusion of a region: apparent diffusion coefficient and tensor, with the noise floor in sight."""
