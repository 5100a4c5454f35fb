"""How many values of PyRadiomics' published baselines ours meet, by case and class.

    python benchmarks/pyradiomics_table.py --data DIR [--json] [--write docs/reference/pyradiomics.md]

DIR holds the folder `pyradiomics-cases` as docs/data.md describes it. Cases whose image is not there (the two lung CT)
are left out. With --write the page is made anew.
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path

import pandas as pd

import imagenomics
from imagenomics.features.pyradiomics.cases import compare_cases

PAGE = """# PyRadiomics: which values match

Made by `python benchmarks/pyradiomics_table.py --data DIR --write docs/reference/pyradiomics.md` on {date} with
imagenomics {version}: the preset `pyradiomics` with the settings in the head of each published baseline (PyRadiomics,
`data/baseline/`), beside the values there. Matched: relative difference at most 1e-6. PyRadiomics' own tests allow 3%;
{near} of {total} values are within it.

| case | {classes} |
|---|{rule}
{rows}

{total} values, {matched} matched; the largest difference of a matched one is {largest:.1e}. Not matched:

{off}

These four belong to one mesh, and why its baseline differs is not known to us.

## What the names promise

Families and features are called as in PyRadiomics (`pyradiomics-glcm`, `original_glcm_Contrast`), and `ibsi` is empty:
where PyRadiomics and IBSI agree, the feature of IBSI's own family carries the tag. What differs:

- Grey levels: bins lie between multiples of `binWidth` and are numbered from the region's lowest, so that a level means
  another intensity in each patient. Our default is a fixed number of bins.
- First order: kurtosis is not the excess (3 for a normal distribution); entropy and uniformity are those of the grey
  levels; energies know a shift of the intensities (`energy_shift`, 0 unless asked for).
- Shape: the covariance behind the axes is divided by n (IBSI's tables: n - 1). The mesh parts or joins voxels across a
  face's diagonal by one corner of each cube, so that it can have gaps, and its volume then depends on where the
  bounding box begins ([decision 0021](../decisions/0021-mesh-of-pyradiomics.md)).
- Textures: the mean over 13 directions (`3D_avg`), `3D_comb` for `weightingNorm = 'no_weighting'`, `2_5D_avg` for
  `force2D`. One grey level gives numbers (correlation 1, coarseness a million, ...), which are flagged `few-levels`.
- Resampling: new voxels share the first corner, masks take the nearest voxel, decimals are cut off where the image was
  stored as whole numbers (`round_intensities = "truncate"`, to be asked for).
- `normalize` divides by the standard deviation with n - 1; `normalise = "z-score"` of an image block has n.

Settings of a PyRadiomics parameter file are translated by
`imagenomics.features.pyradiomics.parameters.settings_from_pyradiomics`; what is not offered (other distances,
`gldm_a`, distance weighting, `resegmentMode = 'relative'`, filters) is refused by name.
"""


def table(rows: pd.DataFrame) -> dict[str, dict[str, list[int]]]:
    """Return matched and all values by case and class."""
    found: dict[str, dict[str, list[int]]] = {}
    for (case, family), part in rows.groupby(["case", "family"], sort=False):
        matched = int((part["status"] == "matched").sum())
        found.setdefault(case, {})[family.removeprefix("pyradiomics-")] = [matched, len(part)]
    return dict(sorted(found.items()))


def page(rows: pd.DataFrame) -> str:
    found = table(rows)
    classes = list(dict.fromkeys(name for parts in found.values() for name in parts))
    lines = []
    for case, parts in found.items():
        cells = [f"{parts[c][0]} of {parts[c][1]}" if c in parts else "" for c in classes]
        lines.append(f"| {case} | " + " | ".join(cells) + " |")
    off = rows[rows["status"] != "matched"]
    return PAGE.format(
        date=datetime.date.today().isoformat(),
        version=imagenomics.__version__,
        near=int((rows["difference"] <= 0.03).sum()),
        total=len(rows),
        classes=" | ".join(classes),
        rule="---|" * len(classes),
        rows="\n".join(lines),
        matched=int((rows["status"] == "matched").sum()),
        largest=rows.loc[rows["status"] == "matched", "difference"].max(),
        off="\n".join(
            f"- {r.case} `{r.feature}`: {r.value:.10g}, baseline {r.reference:.10g} ({r.difference:.1e})"
            for r in off.itertuples()
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rows = compare_cases(options.data / "pyradiomics-cases")
    if options.write:
        options.write.write_text(page(rows), encoding="utf-8")
    found = table(rows)
    if options.json:
        off = rows[rows["status"] != "matched"]
        print(json.dumps({"values": found, "not_matched": off.to_dict(orient="records")}))
        return
    for case, parts in found.items():
        print(case, "  ".join(f"{name} {a}/{b}" for name, (a, b) in parts.items()))


if __name__ == "__main__":
    main()
