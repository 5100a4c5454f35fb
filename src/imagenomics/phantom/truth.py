"""What is planted in the phantom cohort: the numbers, and what an honest analysis must find.

The truth, in words
-------------------
- ``TEXA``: where it is mutated, the grey values of the lesion vary over shorter distances and a little more.
  Pictures predict it; tests find it with and without adjustment for site.
- ``VOLB``: where it is mutated, the lesion is about twice as large. Tests find it, and so does volume alone.
- ``SITC``: changes nothing in any picture. But it is frequent at some sites and rare at others, and each
  site's scanner has its own contrast and noise. It looks associated until the analysis is adjusted for site.
- ``NULL1`` ... ``NULL12``: change nothing and are equally frequent at all sites.
- ``RARE1``: changes nothing and is too rare to be tested.
- ``TEXA_X`` (expression) follows the texture of the lesion itself; the other 39 genes follow nothing.
- Age and sex follow nothing. Survival follows grade and nothing else.

Mutations are drawn so that every gene is spread evenly over sites (but ``SITC``) and over the carriers of
``TEXA`` and ``VOLB``, and of many draws of an idle gene the one is kept that follows the lesions least: in so
small a cohort chance would otherwise tie some of them together. Still, a false discovery rate of .05 lets
about one in twenty of all discoveries be false, and with many true ones some may fall on a null gene.

Some patients are as incomplete as in a real study: see ``IMPERFECTIONS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

N_PATIENTS = 120
SEED = 9  # one of those with which no null gene is among the discoveries by chance
FEWEST_PATIENTS = 24
IMAGES = ("t1post", "flair")
ID = "PHANTOM-{number:0{width}d}"
SAMPLE_SUFFIX = "-S1"
SAMPLE_PATTERN = r"(?P<patient>PHANTOM-\d+)-S\d"


@dataclass(frozen=True)
class Site:
    """One hospital: how often ``SITC`` is mutated there, and what its scanner does."""

    name: str
    sitc: float  # share of patients with a mutation of SITC
    contrast: float  # lesion minus brain, in grey values (brain: 100)
    noise: float  # standard deviation in grey values


SITES = (
    Site("North", sitc=0.10, contrast=30.0, noise=3.0),
    Site("East", sitc=0.35, contrast=39.0, noise=4.5),
    Site("South", sitc=0.65, contrast=48.0, noise=6.0),
    Site("West", sitc=0.90, contrast=57.0, noise=7.5),
)
CONTRAST_SD = 7.0  # between the patients of one site

FREQUENCY: Mapping[str, float] = {
    "TEXA": 0.40,
    "VOLB": 0.35,
    **{f"NULL{i}": share for i, share in enumerate((0.45, 0.4, 0.35, 0.3, 0.3, 0.25) * 2, start=1)},
    "RARE1": 0.04,
}
EFFECTIVE_GENES = ("TEXA", "VOLB")
IDLE_GENES = ("SITC", *(gene for gene in FREQUENCY if gene not in EFFECTIVE_GENES))
CHANGES = ("R17H", "Q45*", "K88fs", "A102T", "G151V", "S210L A102T")

# Texture: the distance over which grey values of the lesion stay alike, and how much they vary.
LENGTH_MM: Mapping[bool, float] = {False: 2.6, True: 1.5}  # median without and with a mutation of TEXA
LENGTH_LOG_SD = 0.30  # between patients of one kind
TEXTURE_SD: Mapping[bool, float] = {False: 13.0, True: 14.5}
TEXTURE_SHARED = 0.6  # correlation of the texture of the two images
VOLUME_MM3: Mapping[bool, float] = {False: 1350.0, True: 2500.0}  # median without and with a mutation of VOLB
VOLUME_LOG_SD = 0.40

EXPRESSION_GENES = ("TEXA_X", *(f"EXP{i:02d}" for i in range(1, 40)))
TEXTURE_SHARE = 0.75  # correlation of TEXA_X with the (log) texture length

# What is wrong with some patients, by a word that is used in truth.json.
IMPERFECTIONS: Mapping[str, str] = {
    "no-flair-1": "has no flair image",
    "no-flair-2": "has no flair image",
    "truncated": "the t1post image is truncated in the middle and cannot be read",
    "no-molecules": "appears in no molecule table",
    "not-sequenced": "every gene of the mutation table is NS (not sequenced)",
    "no-age": "the age is missing",
}
ONLY_MOLECULES = 901  # number of a patient who has molecules, no images and no row in the clinical table

EXPECTED: Mapping[str, str] = {
    "TEXA": "associated with texture, adjusted or not; predicted from the pictures",
    "VOLB": "associated with volume and what depends on it, adjusted or not",
    "SITC": "associated when site is ignored; not when adjusted for site or permuted within site",
    "NULL1 ... NULL12": "not associated, not predicted",
    "RARE1": "not testable",
    "TEXA_X": "expression follows the texture",
    "EXP01 ... EXP39": "expression follows nothing",
}
