"""The page that says what a design may hold, made from the settings and the kinds of pictures."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from imagenomics.designs.models import (
    Covariate,
    Design,
    Effect,
    Finding,
    Molecule,
    Patients,
    Phenotype,
    Picture,
    Survival,
)
from imagenomics.designs.pictures.kinds import GIVEN, KINDS, READINGS
from imagenomics.settings import Settings

PARTS: Mapping[str, type[Settings]] = {
    "": Design,
    "[patients]": Patients,
    "[[molecules]]": Molecule,
    "[[pictures]]": Picture,
    "[[phenotypes]]": Phenotype,
    "[[covariates]]": Covariate,
    "[[survival]]": Survival,
    "[[effects]]": Effect,
    "[[findings]]": Finding,
}
HEAD = """# Designs

Made by `python -m imagenomics.designs.reference`. A design is one paper as a study:
`src/imagenomics/designs/data/<key>.toml`. Analysis blocks stand under `[[study.associate]]`, `[[study.survival]]` and
so on, as in a [study file](study_file.md), with names of variables where columns stand; a survival `OS` makes the
columns `OS_time` and `OS_event`, and a panel `expression` with sets the file `expression.gmt`. Each analysis block is
run once as written and once, as `<name>-today`, with the defaults of the package.
"""


def designs_page() -> str:
    """Return the page in Markdown."""
    lines = [
        HEAD,
        "## Kinds of pictures",
        "",
        "| kind | what it is | quantity | meaning | unit |",
        "|---|---|---|---|---|",
    ]
    for name, kind in KINDS.items():
        for k, (quantity, what) in enumerate(kind.quantities.items()):
            first = (f"`{name}`", kind.words) if not k else ("", "")
            lines.append(f"| {first[0]} | {first[1]} | `{quantity}` | {what.words} | {what.unit} |")
    lines.append(
        f"| `{READINGS}` | what people read: several readers, each with an error of his own | | levels, or a number | |"
    )
    lines.append(
        f"| `{GIVEN}` | columns that another program measured, such as spectroscopy | | a number | |"
    )
    for section, model in PARTS.items():
        lines += ["", f"## {section or 'Top level'}", "", "| key | default | meaning |", "|---|---|---|"]
        for key, field in model.model_fields.items():
            default = "required" if field.is_required() else f"`{field.default!r}`"
            lines.append(f"| `{key}` | {default} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(designs_page())
