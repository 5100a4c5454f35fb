"""How many tags of the IBSI-1 tables our values meet: the digital phantom, and the CT phantom in five configurations.

    python benchmarks/ibsi1_table.py --data DIR [--json] [--write docs/reference/ibsi1.md]

DIR holds the folder `ibsi` as docs/data.md describes it. A value meets its reference when it differs by at most the
tolerance plus half of the last printed digit (docs/decisions/0001). With --write the page is made anew.
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path

import pandas as pd

import imagenomics
from imagenomics.features.extract import extract_region
from imagenomics.features.reference import compare_with_reference
from imagenomics.features.settings import preset
from imagenomics.images.read import read_mask, read_volume

DIGITAL = ("ibsi_1_digital_phantom", "ibsi_1_dig_phantom.csv")
CT = "ibsi_1_ct_radiomics_phantom"
STATES = ("matched", "mismatched", "absent", "unreferenced")
PAGE = """# IBSI-1: which tags match

Made by `python benchmarks/ibsi1_table.py --data DIR --write docs/reference/ibsi1.md` on {date} with imagenomics
{version}. *Mapped* are the tags of the reference table that we compute; a value matches when it differs from the
consensus by at most the tolerance plus half of the last printed digit
([decision 0001](../decisions/0001-how-a-printed-reference-is-met.md)).
Reference values: Zwanenburg et al. 2020, Radiology 295:328, in the tables of the MIRP project.

| preset | tags in the table | with a value | mapped | matched | mismatched | without a value |
|---|---|---|---|---|---|---|
{rows}

In the configurations A to E, 60 tags of each table describe image and mask between the steps (family `diagnostics`).
Tags without a value: {without}. We compute them too; nothing can be said about them here.

By family (matched of tags with a value):

{families}

What matches is a tag under the settings of its configuration, not a preset as a whole: an extraction carries a tag in
its column `ibsi` only where definition and settings conform.
"""


def compare(ibsi: Path, name: str) -> pd.DataFrame:
    phantom, table = DIGITAL if name == "ibsi-digital" else (CT, f"ibsi_1_chest_config_{name[-1]}.csv")
    folder = ibsi / phantom / "nifti"
    volume = read_volume(folder / "image" / "phantom.nii.gz")
    mask = read_mask(folder / "mask" / "mask.nii.gz").array > 0
    features = extract_region(volume.array, mask, spacing_mm=volume.spacing_mm, settings=preset(name))
    rows = compare_with_reference(features, ibsi / "reference_values" / table)
    family = features[features["ibsi"] != ""].set_index("ibsi")["family"]
    return rows.assign(family=rows["tag"].map(family))


def summary(rows: pd.DataFrame) -> dict[str, object]:
    counts = {state: int((rows["status"] == state).sum()) for state in STATES}
    valued = rows[rows["status"] != "unreferenced"]
    by_family = valued.groupby("family", sort=False)["status"].agg(
        lambda s: [int((s == "matched").sum()), len(s)]
    )
    return {
        "tags": len(rows),
        "valued": len(valued),
        "mapped": int((valued["status"] != "absent").sum()),
        **counts,
        "families": by_family.to_dict(),
        "mismatched_tags": valued.loc[valued["status"] == "mismatched", "tag"].tolist(),
        "unreferenced_tags": rows.loc[rows["status"] == "unreferenced", "tag"].tolist(),
    }


def page(found: dict[str, dict]) -> str:
    rows = "\n".join(
        f"| `{name}` | {f['tags']} | {f['valued']} | {f['mapped']} | {f['matched']} | {f['mismatched']} "
        f"| {f['unreferenced']} |"
        for name, f in found.items()
    )
    families = list(dict.fromkeys(family for f in found.values() for family in f["families"]))
    head = "| family | " + " | ".join(f"`{name}`" for name in found) + " |\n|---"
    lines = [head + "|---" * len(found) + "|"]
    for family in families:
        cells = [f["families"].get(family) for f in found.values()]
        lines.append(f"| {family} | " + " | ".join(f"{c[0]} of {c[1]}" if c else "" for c in cells) + " |")
    without = sorted({tag for f in found.values() for tag in f["unreferenced_tags"]})
    return PAGE.format(
        date=datetime.date.today().isoformat(),
        version=imagenomics.__version__,
        rows=rows,
        families="\n".join(lines),
        without=", ".join(f"`{tag}`" for tag in without),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    names = ["ibsi-digital", *(f"ibsi-{letter}" for letter in "abcde")]
    found = {name: summary(compare(options.data / "ibsi", name)) for name in names}
    if options.write:
        options.write.write_text(page(found), encoding="utf-8")
    if options.json:
        print(json.dumps(found))
        return
    for name, f in found.items():
        print(f"{name}: {f['matched']} matched of {f['mapped']} mapped of {f['valued']} with a value", end="")
        print(f", {f['unreferenced']} without", *f["mismatched_tags"])


if __name__ == "__main__":
    main()
