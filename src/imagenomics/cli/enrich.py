"""``imagenomics enrich STUDY``."""

from __future__ import annotations

from imagenomics.cli.stages import stage_command

command = stage_command("enrich")
