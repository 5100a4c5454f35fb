"""Link medical images with the genes of the same patients."""

__version__ = "0.1.0"
