"""Chromosome arms of the human genome: where each begins and ends, and which of them can be measured."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imagenomics.genomics.settings_mutations import Genome

# Mb, end of the p arm, begin of the q arm, end of the chromosome. GRCh37: centromeric bands (acen) of the UCSC table
# cytoBand; GRCh38: the UCSC table centromeres.
_GRCH37 = """
1 121.5 128.9 249.250621;2 90.5 96.8 243.199373;3 87.9 93.9 198.022430;4 48.2 52.7 191.154276
5 46.1 50.7 180.915260;6 58.7 63.3 171.115067;7 58.0 61.7 159.138663;8 43.1 48.1 146.364022
9 47.3 50.7 141.213431;10 38.0 42.3 135.534747;11 51.6 55.7 135.006516;12 33.3 38.2 133.851895
13 16.3 19.5 115.169878;14 16.1 19.1 107.349540;15 15.8 20.7 102.531392;16 34.6 38.6 90.354753
17 22.2 25.8 81.195210;18 15.4 19.0 78.077248;19 24.4 28.6 59.128983;20 25.6 29.4 63.025520
21 10.9 14.3 48.129895;22 12.2 17.9 51.304566;X 58.1 63.0 155.270560
"""
_GRCH38 = """
1 122.026459 124.932724 248.956422;2 92.188145 94.090557 242.193529;3 90.772458 93.655574 198.295559
4 49.712061 51.743951 190.214555;5 46.485900 50.059807 181.538259;6 58.553888 59.829934 170.805979
7 58.169653 61.528020 159.345973;8 44.033744 45.877265 145.138636;9 43.389635 45.518558 138.394717
10 39.686682 41.593521 133.797422;11 51.078348 54.425074 135.086622;12 34.769407 37.185252 133.275309
13 16.0 18.051248 114.364328;14 16.0 18.173523 107.043718;15 17.083673 19.725254 101.991189
16 36.311158 38.265669 90.338345;17 22.813679 26.616164 83.257441;18 15.460899 20.861206 80.373285
19 24.498980 27.190874 58.617616;20 26.436232 30.038348 64.444167;21 10.864560 12.915808 46.709983
22 12.954788 15.054318 50.818468;X 58.605579 62.412542 156.040895
"""
ACROCENTRIC = ("13", "14", "15", "21", "22")  # their short arms hold no unique sequence
_ARM = re.compile(r"(?:chr)?([0-9]{1,2}|X)([pq])", re.IGNORECASE)
_BAND = re.compile(r"((?:chr)?(?:[0-9]{1,2}|X)[pq])(?:[0-9.]+|ter|cen)?(?:-.*)?", re.IGNORECASE)


def _read(text: str) -> Mapping[str, tuple[int, int]]:
    arms: dict[str, tuple[int, int]] = {}
    for entry in text.replace("\n", ";").split(";"):
        if entry.strip():
            name, p_end, q_begin, end = entry.split()
            if name not in ACROCENTRIC:
                arms[f"{name}p"] = (0, round(float(p_end) * 1e6))
            arms[f"{name}q"] = (round(float(q_begin) * 1e6), round(float(end) * 1e6))
    return arms


ARMS: Mapping[Genome, Mapping[str, tuple[int, int]]] = {"GRCh37": _read(_GRCH37), "GRCh38": _read(_GRCH38)}
ARM_NAMES = tuple(ARMS["GRCh38"])


def arm_name(text: str) -> str | None:
    """Return the arm that a text names (``1p``, ``chr7q``, ``10Q``), None where it names none that is measured."""
    match = _ARM.fullmatch(text.strip())
    name = f"{match[1].upper()}{match[2].lower()}" if match else ""
    return name if name in ARM_NAMES else None


def arm_of_band(text: str) -> str | None:
    """Return the arm of a cytogenetic band (``1p36.33`` is on 1p), None where the text is no band."""
    match = _BAND.fullmatch(text.strip())
    return arm_name(match[1]) if match else None


def arms_of(text: str) -> tuple[str, ...]:
    """Return the arms of a chromosome or arm: ``7`` is 7p and 7q, ``21`` is 21q, ``1p`` is 1p; () for neither."""
    arm = arm_name(text)
    if arm is not None:
        return (arm,)
    chromosome = text.strip().lower().removeprefix("chr").upper()
    return tuple(name for name in ARM_NAMES if name[:-1] == chromosome)
