"""Writing the phantom cohort to a folder: images, tables, study file and the planted truth."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem, InputError
from imagenomics.phantom import truth
from imagenomics.phantom.cohort import draw_cohort
from imagenomics.phantom.molecules import expression_rows, mutation_rows
from imagenomics.phantom.pictures import SPACING_MM, Lesion, draw_pictures
from imagenomics.phantom.study_file import study_text
from imagenomics.tables.write import plain
from imagenomics.work.seeds import generator

CLINICAL = ("age", "sex", "site", "grade", "survival_months", "death")
STUDY, TRUTH = "study.toml", "truth.json"
KEPT_OF_TRUNCATED = 0.6


def make_phantom(folder: Path, *, n_patients: int = truth.N_PATIENTS, seed: int = truth.SEED) -> Path:
    """Write a synthetic cohort with a known truth (see :mod:`imagenomics.phantom.truth`).

    Parameters
    ----------
    folder : Path
        New or empty folder, or one that holds this very cohort already.
    n_patients : int
        Patients with pictures, at least 24. The planted effects are sized for 120.
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    Path
        The study file. Beside it: ``truth.json``, ``clinical.csv``, ``mutations.tsv``, ``expression.tsv`` and
        ``images/``.

    Raises
    ------
    InputError
        ``IGX-PHAN-001``: too few patients.
    FileProblem
        ``IGX-PHAN-002``: the folder holds something else; ``IGX-PHAN-003``: it cannot be written to.
    """
    folder = Path(folder)
    if n_patients < truth.FEWEST_PATIENTS:
        raise InputError(
            "IGX-PHAN-001",
            f"{n_patients} patients are too few for the planted effects and gaps",
            expected=f"at least {truth.FEWEST_PATIENTS}",
            remedy=f"leave n_patients out to have {truth.N_PATIENTS}",
        )
    _check_folder(folder, n_patients, seed)
    cohort = draw_cohort(n_patients, seed=seed)
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        _write_truth(folder, cohort, seed)
        for patient, row in cohort.iterrows():
            _write_pictures(folder / "images", str(patient), row, seed)
        _write_tables(folder, cohort, seed)
        (folder / STUDY).write_text(study_text(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileProblem(
            "IGX-PHAN-003",
            f"the phantom cannot be written ({error.strerror or error})",
            where=str(folder),
            remedy="choose a folder that can be written to, with 10 MB free",
        ) from error
    return folder / STUDY


def _check_folder(folder: Path, n_patients: int, seed: int) -> None:
    """Refuse a folder that holds anything but this very cohort: leftover files would become strays in it."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        made = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
        same = (made.get("seed"), made.get("n_patients")) == (seed, n_patients)
    except (OSError, ValueError):
        same = False
    if not same:
        raise FileProblem(
            "IGX-PHAN-002",
            "the folder holds other files",
            where=str(folder),
            expected="a new or empty folder, or the same phantom cohort",
            remedy="name a new folder",
        )


def _write_pictures(folder: Path, patient: str, row: pd.Series, seed: int) -> None:
    lesion = Lesion(**{name: float(row[name]) for name in Lesion.__dataclass_fields__})
    images, mask = draw_pictures(lesion, generator(seed, "phantom", "pictures", patient))
    (folder / f"{patient}_mask.nii.gz").write_bytes(nifti_bytes(mask))
    for name, image in images.items():
        if name == "flair" and row["imperfection"].startswith("no-flair"):
            continue
        content = nifti_bytes(image)
        if name == "t1post" and row["imperfection"] == "truncated":
            content = content[: int(KEPT_OF_TRUNCATED * len(content))]
        (folder / f"{patient}_{name}.nii.gz").write_bytes(content)


def nifti_bytes(array: np.ndarray) -> bytes:
    """Return an array (z, y, x) as the bytes of a ``.nii.gz`` file without a time stamp."""
    z, y, x = SPACING_MM
    affine = np.diag([-x, -y, z, 1.0])  # NIfTI counts to the right and front, SimpleITK to the left and back
    image = nib.Nifti1Image(array.transpose(2, 1, 0), affine)
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)


def _write_tables(folder: Path, cohort: pd.DataFrame, seed: int) -> None:
    clinical = cohort[list(CLINICAL)].astype({"age": object})
    clinical.loc[cohort["imperfection"] == "no-age", "age"] = "NA"
    tables = {
        "clinical.csv": (clinical.reset_index(), ","),
        "mutations.tsv": (mutation_rows(cohort, seed=seed), "\t"),
        "expression.tsv": (expression_rows(cohort, seed=seed), "\t"),
    }
    for name, (table, separator) in tables.items():
        text = table.to_csv(index=False, sep=separator, lineterminator="\n")
        (folder / name).write_bytes(text.encode("utf-8"))


def _write_truth(folder: Path, cohort: pd.DataFrame, seed: int) -> None:
    genes = [*truth.EFFECTIVE_GENES, *truth.IDLE_GENES]
    lesion = list(Lesion.__dataclass_fields__)
    flawed = cohort["imperfection"][cohort["imperfection"] != ""]
    data = {
        "about": "SYNTHETIC PHANTOM COHORT. No patient stands behind any row or image.",
        "seed": seed,
        "n_patients": len(cohort),
        "expected": truth.EXPECTED,
        "effects": {
            "TEXA": {
                "texture_length_mm": _by_status(truth.LENGTH_MM),
                "texture_sd": _by_status(truth.TEXTURE_SD),
            },
            "VOLB": {"volume_mm3": _by_status(truth.VOLUME_MM3)},
            "TEXA_X": {"correlation_with_minus_log_texture_length": truth.TEXTURE_SHARE},
        },
        "sites": {s.name: {"SITC": s.sitc, "contrast": s.contrast, "noise": s.noise} for s in truth.SITES},
        "imperfections": {str(p): truth.IMPERFECTIONS[word] for p, word in flawed.items()},
        "patients": {
            str(patient): {"site": row["site"], "mutated": [g for g in genes if row[g]]}
            | {name: round(float(row[name]), 4) for name in lesion}
            for patient, row in cohort.iterrows()
        },
    }
    text = json.dumps(plain(data), indent=1, sort_keys=True) + "\n"
    (folder / TRUTH).write_text(text, encoding="utf-8", newline="\n")


def _by_status(values: Mapping[bool, float]) -> dict[str, float]:
    return {"wild type": values[False], "mutated": values[True]}
