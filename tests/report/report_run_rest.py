"""Flow, losses, labels, failures, warnings, pictures and the record of the run folder."""

import numpy as np
import pandas as pd
from PIL import Image
from report_run_names import CLOSING, IMAGE_TAG, IMAGES, LONG, SCRIPT

from imagenomics.tables.write import write_csv, write_json


def write_flow(folder, shape):
    n = shape.patients
    steps = [
        {"label": "patients declared in labels_joined.csv", "n": n + 31, "removed": []},
        {
            "label": "with an image and a mask",
            "n": n + 9,
            "removed": [
                {"reason": "no image found", "n": 19},
                {"reason": "image found, mask missing", "n": 3},
            ],
        },
        {"label": "with molecules", "n": n + 2, "removed": [{"reason": "not in mutations", "n": 7}]},
        {"label": "measured and analysed", "n": n, "removed": [{"reason": f"empty mask {SCRIPT}", "n": 2}]},
    ]
    sides = {
        "patients": {"read": n + 31, "matched": n + 31, "lost": 0},
        "t1post": {"read": n + 11, "matched": n + 9, "lost": 2},
        "mutations": {"read": 812, "matched": n + 2, "lost": 810 - n},
    }
    notes = ["5 patients have no interval between imaging and surgery"]
    write_json(
        folder / "flow.json",
        {"schema_version": "1", "unit": "patient", "steps": steps, "sides": sides, "notes": notes},
    )


def write_stability(folder, columns):
    low = np.linspace(-0.4, 0.99, len(columns))
    table = pd.DataFrame(
        {
            "feature": list(columns.index),
            **{c: list(columns[c]) for c in ("source", "region", "family", "flags")},
            "icc": low + 0.01,
            "ci_low": low,
            "ci_high": 1.0,
            "form": "ICC(1,1)",
            "n": 30,
            "k": 5,
            "basis": "all patients of the study (descriptive)",
        }
    )
    write_csv(folder / "stability.csv", table)


def write_quality(folder, shape, patients):
    losses = [
        ("", "mutations", f"TCGA-ZZ-{i:04d}", "only mutations", "not in t1post", "") for i in range(180)
    ]
    losses += [
        (f"TCGA-AA-{i:04d}", "patients", f"TCGA-AA-{i:04d}", "partial", "no image found", "")
        for i in range(19)
    ]
    losses += [(patients[0], "t1post", IMAGE_TAG, "dropped", f"empty mask {SCRIPT}", LONG)]
    columns = ["patient", "source", "id_as_written", "category", "reason", "detail"]
    write_csv(folder / "losses.csv", pd.DataFrame(losses, columns=columns))
    left_out = [
        ("idh", patients[-1], "label not known"),
        (SCRIPT, patients[-1], f"age {IMAGE_TAG} not known"),
    ]
    write_csv(folder / "left_out.csv", pd.DataFrame(left_out, columns=["analysis", "patient", "reason"]))
    mappings = [
        ("classes", "IDH.status", "Mutant", "Mutant", "as written", 84),
        ("classes", "IDH.status", " mutant", "Mutant", "declared", 2),
        ("classes", "IDH.status", "n/a", "", "missing", 2),
        ("classes", SCRIPT, "-1", "", "missing", 1),
    ]
    columns = ["source", "column", "written", "mapped", "how", "n"]
    write_csv(folder / "mappings.csv", pd.DataFrame(mappings, columns=columns))
    left_out = [("mutations", f"GENE{i}", "mutated in fewer than 5 patients", i % 5) for i in range(40)]
    columns = ["source", "column", "reason", "n"]
    write_csv(folder / "columns_left_out.csv", pd.DataFrame(left_out, columns=columns))
    conflicts = [("classes", patients[0], SCRIPT, "second.csv", IMAGE_TAG, "Mutant")]
    columns = ["block", "patient", "column", "source", "value", "taken"]
    write_csv(folder / "conflicts.csv", pd.DataFrame(conflicts, columns=columns))
    derived = [
        ("glioma.IDH", f"IDH1 R132 {SCRIPT}", "mutations", "", 84, 2, "IDH1 was not sequenced (2)"),
        ("sig.HYPOXIA", "gsva of 190 of 200 genes", "rna", "cohort", 86, 0, ""),
    ]
    columns = ["column", "rule", "inputs", "learned", "called", "not_called", "why"]
    write_csv(folder / "derived.csv", pd.DataFrame(derived, columns=columns))
    failures = [
        (
            "TCGA-DU-0001",
            "extract",
            f"roi_nifti/{CLOSING}.nii.gz",
            "the mask is empty",
            "IGX-FEAT-003",
            "draw the lesion",
        ),
        (
            "TCGA-DU-0002",
            "extract",
            "roi_nifti/x.nii.gz",
            "file ends after 12 of 30 MB",
            "IGX-IMG-004",
            "copy it again",
        ),
    ]
    write_csv(
        folder / "failures.csv",
        pd.DataFrame(failures, columns=["patient", "stage", "file", "error", "code", "remedy"]),
    )
    warned = [
        ("extract", "TCGA-DU-0003", "IGX-IMG-W", f"spacing is not declared {SCRIPT}", "give spacing_mm")
    ] * min(3, shape.patients)
    _write_image_quality(folder, patients)
    write_csv(
        folder / "warnings.csv",
        pd.DataFrame(warned, columns=["stage", "patient", "code", "message", "remedy"]),
    )


def _write_image_quality(folder, patients):
    rows = [(p, "t1post", 0, "", "", 15 + k % 7, 0.0) for k, p in enumerate(patients)]
    rows[0] = (patients[0], "t1post", 2, "cut|spacing", f"12% of the surface {SCRIPT}; {LONG}", 16, 0.12)
    rows[-1] = (patients[-1], "t1post", 1, f"new-{IMAGE_TAG}", "a flag of a later version", 3, 0.0)
    columns = ["patient", "image", "n_flags", "flags", "reasons", "snr", "edge_share"]
    write_csv(folder / "quality.csv", pd.DataFrame(rows, columns=columns))
    summary = [("t1post", "snr", len(rows), 3, 15, 18, 21, 21), ("t1post", "unheard", 1, 1, 1, 1, 1, 1)]
    columns = ["image", "measure", "n", "lowest", "p5", "median", "p95", "highest"]
    write_csv(folder / "quality_summary.csv", pd.DataFrame(summary, columns=columns))


def write_panels(folder, rng, patients):
    size, entries = 192, []
    y, x = np.mgrid[0:size, 0:size]
    for k, patient in enumerate(patients):
        cx, cy, r = rng.uniform(70, 120), rng.uniform(70, 120), rng.uniform(14, 34)
        head = ((x - 96) ** 2 / 74**2 + (y - 96) ** 2 / 88**2) < 1
        for image in IMAGES:
            blob = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r**2))
            noise = rng.normal(0, 12, (24, 24)).repeat(8, axis=0).repeat(8, axis=1) + rng.normal(
                0, 5, (size, size)
            )
            picture = head * (70 + noise + 110 * blob * (1 if image == "t1post" else 0.7))
            file = folder / "panels" / f"{k:04d}-{image}.png"
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(file)
            angle = np.linspace(0, 2 * np.pi, 40)
            wave = r * (1.3 + 0.12 * np.sin(5 * angle + k))
            line = np.column_stack([cx + wave * np.cos(angle), cy + wave * np.sin(angle)]).round(1).tolist()
            entries.append(
                {
                    "patient": patient,
                    "image": image,
                    "file": f"{k:04d}-{image}.png",
                    "width": size,
                    "height": size,
                    "slice": 12,
                    "n_slices": 24,
                    "contours": {"lesion": [line]},
                    "note": "" if k % 40 else "mask moved onto the image grid",
                    "history": [f"read {k}.nii.gz", f"z-score {SCRIPT}"],
                }
            )
    write_json(folder / "panels" / "index.json", {"schema_version": "1", "panels": entries})


def run_record(shape):
    associate = [
        {
            "name": "drivers-unadjusted",
            "features": "all",
            "targets": ["mutations", "expression"],
            "adjust": [],
            "within": "site",
        },
        {
            "name": "drivers",
            "features": "all",
            "targets": ["mutations", "expression"],
            "adjust": ["age", "gender", "site"],
            "within": "site",
        },
    ]
    train = [
        {
            "name": n,
            "target": t,
            "positive": p,
            "leave_site_out": True,
            "primary": "elastic-net",
            "folds": 5,
            "repeats": 5,
            "baselines": ["clinical", "volume"],
        }
        for n, t, p in (
            ("idh", "classes.IDH.status", "Mutant"),
            ("mgmt", "classes.MGMT.status", "Methylated"),
            ("tert", "mutations.TERT", None),
        )
    ]
    study = {
        "name": "Lower-grade glioma: what of the genome does the MRI show?" + SCRIPT * shape.hostile,
        "patients": {"table": "labels_joined.csv", "id": "patient"},
        "images": [{"name": n, "path": f"roi/{{patient}}_{n}.nii.gz"} for n in IMAGES],
        "molecules": [
            {"name": "mutations", "kind": "mutation-matrix"},
            {"name": "expression", "kind": "matrix"},
        ],
        "associate": associate,
        "train": train,
        "seed": 7,
        "alpha": 0.05,
        "synthetic": True,
    }
    return {
        "schema_version": "1",
        "study": study["name"],
        "plan": study,
        "seed": 7,
        "synthetic": True,
        "patients": shape.patients,
        "finished": "2026-03-01T10:07:12+00:00",
        "imagenomics": "0.1.0",
        "python": "3.11.2",
        "platform": "Linux",
        "workers": 2,
        "libraries": {"numpy": "2.4.0", "scikit-learn": "1.9.0", "numba": None},
        "inputs": {
            "tables": {f"roi/{CLOSING}" if shape.hostile else "labels.csv": "9f" * 32},
            "images": {"t1post": 120, "flair": 120},
        },
        "seconds": {"link": 0.4, "extract": 201.5, "associate": 3.2, "train": 88.1, "nulls": 95.0},
    }
