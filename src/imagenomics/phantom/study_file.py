"""The study file of the phantom cohort."""

from __future__ import annotations

from imagenomics.phantom.truth import SAMPLE_PATTERN

STUDY = """\
# A synthetic cohort with a planted truth (see truth.json): no patient stands behind any row or image.
name = "SYNTHETIC PHANTOM COHORT: which planted genes do the pictures show?"
synthetic = true

[patients]
table = "clinical.csv"
id = "patient"
site = { column = "site" }

[patients.clinical]
age = "age"
sex = "sex"

[[images]]
name = "t1post"
modality = "MR"
path = "images/{patient}_t1post.nii.gz"
mask = "images/{patient}_mask.nii.gz"

[[images]]
name = "flair"
modality = "MR"
path = "images/{patient}_flair.nii.gz"
mask = "images/{patient}_mask.nii.gz"

# Slices are three times as thick as pixels are wide, so textures are measured within slices.
[features]
families = ["volume", "shape", "intensity", "glcm", "glrlm", "ngtdm"]
aggregations = ["2D_comb"]

# The molecule tables name samples (PHANTOM-001-S1); the pattern says which part is the patient.
[[molecules]]
name = "mutations"
kind = "mutation-matrix"
path = "mutations.tsv"
id = "sample"
rule = { pattern = '@PATTERN@' }

[[molecules]]
name = "expression"
kind = "expression"
path = "expression.tsv"
id = "sample"
rule = { pattern = '@PATTERN@' }
unit = "log2"

# Coarser tuning and fewer permutations than the defaults, so that the demo ends soon.
[predict]
inner_folds = 3
prepare = { select = 30 }
elastic_net = { l1_ratios = [0.5], n_lambdas = 8 }

[[associate]]
name = "adjusted"
features = "all"
targets = "mutations"
adjust = ["age", "sex", "site"]
permutations = 200

# The same without adjustment, to show what the site alone can do: SITC looks associated here.
[[associate]]
name = "unadjusted"
features = "all"
targets = "mutations"
permutations = 200

[[associate]]
name = "expression"
features = "all"
targets = "expression"
adjust = ["age", "sex", "site"]
permutations = 200

[[train]]
name = "TEXA"
target = "mutations.TEXA"
positive = "mutated"
repeats = 3
models = ["svm"]

# Only sites differ: the null exchanges patients within sites, so what the sites alone explain is no evidence.
[[train]]
name = "SITC"
target = "mutations.SITC"
positive = "mutated"
repeats = 3
models = []

# A gene that changes nothing: an honest analysis finds no evidence.
[[train]]
name = "NULL1"
target = "mutations.NULL1"
positive = "mutated"
repeats = 3
models = []
"""


def study_text() -> str:
    """Return the study file as text."""
    return STUDY.replace("@PATTERN@", SAMPLE_PATTERN)
