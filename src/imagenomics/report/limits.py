"""What these results cannot say, in plain words, from the run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from imagenomics.report.folder import Results, records
from imagenomics.report.html import Child, Html, el
from imagenomics.report.survival_proportional import changing_ratios
from imagenomics.report.text import as_float, count, listed, many, short
from imagenomics.report.title import leaves_sites_out, n_patients, n_sites, seen, site_column, spoken

MOST_NAMED = 4
UNKNOWN = "unknown"
VOXEL_UNITS = "voxel-units"
Items = Iterator[tuple[str, Child]]  # what, in few words; and what it means


def limits_box(results: Results) -> Html | None:
    """Return the box of limits; None where nothing was asked of the data."""
    makers = (
        _voxels,
        _missing,
        _classes,
        _left_out,
        _baselines,
        _sites,
        _outside,
        _learned,
        changing_ratios,
        _warned,
    )
    items = [item for make in makers for item in make(results)]
    if not items:
        return None
    rows = [el("li", el("b", f"{what}. "), said) for what, said in items]
    return el("div.limits", el("h3", "What these results cannot say"), el("ul", rows))


def _voxels(results: Results) -> Items:
    """Yield that sizes are counted in voxels."""
    names = [str(b.get("name")) for b in results.blocks("images") if b.get("spacing") == UNKNOWN]
    columns = results.table("features.columns.parquet")
    flagged = int(columns["flags"].astype(str).str.contains(VOXEL_UNITS).sum()) if "flags" in columns else 0
    if not names and not flagged:
        return
    of = f" of {listed(names)}" if names else ""
    said = (
        f"The voxel size{of} is not known. Sizes and shapes are counted in voxels, not in millimetres: they can be "
        "compared between patients only if all were imaged with equal voxels."
    )
    analyses = [*results.family_blocks(), *results.blocks("train")]
    if flagged and not any(b.get("flagged") for b in analyses):
        said += (
            f" {many(flagged, 'such column is', 'such columns are')} used only where an analysis names them."
        )
    if any("volume" in (b.get("baselines") or ()) for b in results.blocks("train")):
        said += " The volume baseline is in voxels, too."
    yield "Size in voxels", said


def _missing(results: Results) -> Items:
    """Yield how many patients lack an image, and what is done about it."""
    lacking = {name: n for name, n in images_missing(results).items() if n}
    if not lacking:
        return
    total = n_patients(results)
    of = f" of {total:,}" if total else ""
    some = [f"{name} for {n:,}" for name, n in lacking.items()]
    said = [f"There is no value from {listed(some)}{of} patients: no image, or none that could be measured."]
    if results.blocks("train"):
        said.append(
            "In predictions such a value is replaced by the median of the training patients, as if the patient were "
            "average; a model may do worse for them."
        )
    if results.family_blocks():
        said.append("Association tests leave out who lacks a value, so n differs between features.")
    yield "Images missing", " ".join(said)


def images_missing(results: Results) -> dict[str, int]:
    """Return for each image the number of analysed patients without any value from it."""
    table, columns = results.table("features.parquet"), results.table("features.columns.parquet")
    if table.empty or "source" not in columns.columns:
        sides = {str(s.get("source")): as_float(s.get("missing")) for s in _sides(results)}
        return {name: int(n) for name, n in sides.items() if n}
    known = columns.loc[columns.index.intersection(table.columns), "source"].astype(str)
    declared = {str(b.get("name")) for kind in ("images", "feature_tables") for b in results.blocks(kind)}
    known = (
        known[known.isin(declared)] if declared else known
    )  # what is made from them lacks the same patients
    return {
        source: int(table[list(names)].isna().all(axis=1).sum())
        for source, names in known.groupby(known, sort=False).groups.items()
    }


def _sides(results: Results) -> list[Mapping[str, Any]]:
    found = results.document("flow.json").get("sides")
    return [s for s in found if isinstance(s, dict)] if isinstance(found, list) else []


def _classes(results: Results) -> Items:
    """Yield the size of the smaller class of each target, the smallest first."""
    sizes = class_sizes(results)
    if not sizes:
        return
    ordered = sorted(sizes.items(), key=lambda item: (item[1][0], item[0]))
    shown = [f"{short(name, 48)} {few:,} of {n:,}" for name, (few, n) in ordered[:MOST_NAMED]]
    left = len(ordered) - MOST_NAMED
    more = f" ({many(left, 'further target')} with more)" if left > 0 else ""
    yield (
        "Small classes",
        f"Patients in the smaller class (of survival: with the event): {'; '.join(shown)}{more}. This number, not that "
        "of all patients, limits what can be found; where it is small, a handful of patients can move the results.",
    )


def class_sizes(results: Results) -> dict[str, tuple[int, int]]:
    """Return target -> (patients of its smaller class, patients), of predictions and of binary targets tested.

    Of survival those with the event count, few or many.
    """
    sizes: dict[str, tuple[int, int]] = {}
    targets: dict[str, str] = {}  # analysis -> what it predicts
    frame = results.table("performance.parquet")
    for target, own in frame[~frame["split"].astype(str).str.startswith("site:")].groupby(
        frame["analysis"].astype(str), sort=False
    ):
        n, positive = as_float(own["n"].max()), as_float(own.get("n_positive", pd.Series(dtype=float)).max())
        if n is not None and positive is not None:
            targets[str(target)] = str(own["target"].iloc[0])
            followed = (own["metric"].astype(str) == "c_index").any()
            sizes[str(target)] = (int(positive if followed else min(positive, n - positive)), int(n))
    molecules, columns = results.table("molecules.parquet"), results.table("molecules.columns.parquet")
    tested = set(results.table("associations.parquet")["target"].astype(str))
    for name in molecules.columns:
        if str(name) in tested and "kind" in columns and columns["kind"].get(name) == "binary":
            values = molecules[name].dropna()
            sizes[str(name)] = (int(min((values == 1).sum(), (values == 0).sum())), len(values))
    twice = {analysis for analysis, target in targets.items() if sizes[analysis] == sizes.get(target)}
    return {spoken(results, n): size for n, size in sizes.items() if n not in twice or n == targets[n]}


def _left_out(results: Results) -> Items:
    """Yield who did not enter an analysis."""
    frame = results.table("left_out.csv")
    if frame.empty:
        return
    counted = frame.groupby(["analysis", "reason"], sort=False).size().reset_index(name="n")
    counted = counted.sort_values("n", ascending=False, kind="stable")
    said = [
        f"{row['n']:,} in {short(spoken(results, str(row['analysis'])), 40)} ({short(str(row['reason']), 60)})"
        for row in records(counted.head(MOST_NAMED))
    ]
    left = len(counted) - MOST_NAMED
    more = f" and {many(left, 'further group')}" if left > 0 else ""
    yield (
        "Not all patients in all analyses",
        f"Left out: {listed(said) if not more else ', '.join(said)}{more}.",
    )


def _baselines(results: Results) -> Items:
    """Yield that the clinical baseline cannot bend."""
    frame = results.table("performance.parquet")
    if not (frame["model"].astype(str) == "clinical").any():
        return
    columns = results.table("clinical.columns.parquet")
    names = [str(c) for c in columns.index[columns["role"] == "clinical"]] if "role" in columns else []
    followed = {b.get(k) for b in results.blocks("train") if b.get("event") for k in ("target", "event")}
    names = [name for name in names if name not in followed]
    of = f" ({listed(names)})" if 0 < len(names) <= 6 else ""
    yield (
        "Simple baselines",
        f"The clinical baseline is linear in its variables{of} and knows only those that the study declares. An "
        f"effect of age that bends, or a variable that is not declared, can look like a gain of the {seen(results)}.",
    )


def _sites(results: Results) -> Items:
    n = n_sites(results)
    if n > 1:
        yield from _several_sites(results, n)
    elif n == 1:
        yield (
            "One site",
            "All patients are from one site. Whether scanners and patients elsewhere give the same is unknown.",
        )
    else:
        yield (
            "No site declared",
            "The study does not say where patients were imaged. What differs between hospitals or scanners cannot be "
            "told from biology, and no site was left out to test it.",
        )


def _several_sites(results: Results, n: int) -> Items:
    column = site_column(results)
    sizes = results.table("clinical.parquet")[column].dropna().value_counts()
    open_to = [str(b.get("name")) for b in results.family_blocks() if "site" not in (b.get("adjust") or ())]
    if open_to:
        yield (
            "Sites",
            f"The tests of {listed(open_to)} are not adjusted for site: what differs between the {n} sites "
            f"(the largest has {count(sizes.max())} patients, the smallest {count(sizes.min())}) may show as an "
            "association.",
        )


def _outside(results: Results) -> Items:
    """Yield that no patient from elsewhere was asked."""
    blocks = results.blocks("train")
    if blocks:
        sites = " and from leaving out one site at a time" if leaves_sites_out(results) else ""
        yield (
            "No patients from elsewhere",
            f"Every number of a prediction comes from cross-validation within this cohort{sites}; no external test set "
            "was used. Expect lower values in other hospitals.",
        )
    elif results.family_blocks():
        yield "Not replicated", "The associations were not tested again in patients of another cohort."


def _learned(results: Results) -> Items:
    names = [str(b.get("name")) for b in results.blocks("learned")]
    if names and results.family_blocks():
        yield (
            "Learned from all",
            f"For the association tests {listed(names)} were learned from all patients; in predictions only from "
            "those of the training part.",
        )


def _warned(results: Results) -> Items:
    warnings, failures = results.table("warnings.csv"), results.table("failures.csv")
    said = [
        many(len(frame), word) for frame, word in ((warnings, "warning"), (failures, "failure")) if len(frame)
    ]
    if said:
        link = el("a", "listed below", attrs={"href": "#quality"})
        yield "Read also", [f"The run gave {listed(said)}, ", link, "."]
