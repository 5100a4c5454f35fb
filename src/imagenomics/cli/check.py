"""``imagenomics check STUDY``: what would happen."""

from __future__ import annotations

import sys
from typing import Any

from imagenomics.cli.options import AsJson, Changes, Data, Seed, StudyFile, Workers, print_json


def command(
    study: StudyFile,
    data: Data = None,
    changes: Changes = None,
    workers: Workers = 1,
    seed: Seed = None,
    as_json: AsJson = False,
) -> int:
    """Say what a run would do: patients, features, tests, time and memory. Reads headers and a few masks."""
    from dataclasses import asdict

    from imagenomics.runs.check import check_study
    from imagenomics.study.load import load_study

    overrides = [*(changes or []), *([] if seed is None else [f"seed={seed}"])]
    loaded = load_study(study, data=data, overrides=overrides)
    report = asdict(check_study(loaded.plan, loaded.root))
    if as_json:
        print_json(report)
    else:
        sys.stdout.write("\n".join(_lines(report, workers)) + "\n")
    return 0


def _lines(report: dict[str, Any], workers: int) -> list[str]:
    lines = ["patients"]
    for step in report["steps"]:
        lines.append(f"{step['n']:8d}  {step['label']}")
        lines += [f"{-lost['n']:8d}  {lost['reason']}" for lost in step["removed"]]
    for image in report["images"]:
        spacing = ", ".join(f"{' x '.join(map(str, s['zyx']))} mm ({s['n']})" for s in image["spacings_mm"])
        spacing = spacing if image["spacing_known"] else "not known, lengths in voxels"
        volumes = f"series of up to {image['volumes']} volumes; " if "volumes" in image else ""
        lines.append(
            f"image {image['image']}: {image['found']} found, {image['missing']} missing; "
            f"{volumes}{image['features']} features; spacing z y x {spacing}"
        )
        if image["repeats"]:
            lines.append(
                f"    {image['repeats']} perturbed copies of each: {image['repeat_columns']} columns of repetitions"
            )
        if image["repeats_of"]:
            lines.append(f"    repeats {image['repeats_of']}: its features are that image's repetitions")
        made = ", ".join(f"{name} ({text})" for name, text in image["acquisition"].items())
        lines.append(f"    {image['image']}.acquisition: {made or 'nothing is known'}")
        if image["prepare"]:
            lines.append(f"      first {', then '.join(image['prepare'])}")
    for row in report["phenotypes"]:
        with_others = "".join(f", {role} = {name}" for role, name in row.get("others", {}).items())
        lines.append(
            f"phenotypes {row['phenotypes']} ({row['kind']}): {row['features']} features in {row['found']} of "
            f"{row['image']}{with_others}"
        )
    for row in report["deltas"]:
        dated = "" if row["dated"] == row["patients"] else f", {row['dated']} with the days between"
        lines.append(
            f"deltas {row['deltas']}: {row['features']} features of change from {row['first']} to {row['second']} in "
            f"{row['patients']} patients with both{dated}"
        )
    for row in report["molecules"]:
        lines.append(
            f"molecules {row['molecules']} ({row['kind']}): {row['columns']} columns, {row['patients']} patients"
        )
    for row in report["derived"]:
        why = f": {row['why']}" if row["why"] else ""
        lines.append(f"derived {row['column']}: {row['called']} called, {row['not_called']} not called{why}")
    for row in report["analyses"]:
        lines.append(_analysis_line(row))
    for problem in report["problems"]:
        lines.append(
            f"will fail: {problem['patient']} {problem['file']}: [{problem['code']}] {problem['error']}"
        )
        if problem["remedy"]:
            lines.append(f"           {problem['remedy']}")
    lines += [f"note: {note}" for note in report["notes"]]
    minutes = report["seconds"] / 60 / workers
    shown = f"{minutes:.0f} minutes" if minutes >= 1.5 else f"{minutes * 60:.0f} seconds"
    memory = report["memory_bytes"] / 1e9
    unknown = [
        name
        for name, there in (
            ("preparation", any(image["prepare"] for image in report["images"])),
            ("what is learned from several patients", any("seconds" not in r for r in report["phenotypes"])),
        )
        if there
    ]
    besides = f"; the time of {' and '.join(unknown)} is not estimated" if unknown else ""
    return [*lines, f"about {shown} with {workers} worker(s); about {memory:.1f} GB for each{besides}"]


def _analysis_line(row: dict[str, Any]) -> str:
    if row["kind"] == "agreement":
        return f"agreement {row['analysis']}: {row['features']} features of {row['of']}, given {row['readers']} times"
    if row["kind"] == "association":
        return (
            f"associate {row['analysis']}: {row['features']} features x {row['targets']} targets = "
            f"{row['tests']} tests, {row['permutations']} permutations"
        )
    if row["kind"] == "survival":
        others = f", {row['competing']} competing" if row["competing"] else ""
        return (
            f"survival {row['analysis']}: {row['tests']} tests, {row['n']} patients followed "
            f"(median {row['median_follow_up']:.3g} {row['unit']}), {row['events']} events{others}, "
            f"{row['censored']} censored"
        )
    if row["kind"] == "enrichment":
        return (
            f"enrich {row['analysis']}: {row['features']} features x {row['testable']} of {row['sets']} sets "
            f"({row['matched']:.0%} of their genes are in the expression of {row['genes']} genes), {row['method']}, "
            f"up to {row['permutations']} draws, {row['random_sets']} random sets for each"
        )
    if row["kind"] == "modules":
        beside = (
            f", {row['random_sets']} random groups for each finding"
            if row["method"] == "coexpression"
            else ""
        )
        counted = f"{row['genes']} genes, {row['method']}, against {row['features']} features"
        return f"modules {row['analysis']}: {counted}{beside}"
    if row["kind"] == "brain map":
        return (
            f"brain_maps {row['analysis']}: {row['regions']} regions, {row['genes']} genes, {row['sets']} sets, "
            f"{row['draws']} draws ({row['null']})"
        )
    classes = ", ".join(f"{n} of class {name}" for name, n in row["classes"].items())
    if row["task"] == "survival":
        events, censored = row["classes"].values()
        classes = f"{events} events, {censored} censored"
    by = f", from {row['predictors']}" if row["predictors"] else ""
    return f"train {row['analysis']}: {row['target']}{by}, n = {row['n']}{': ' + classes if classes else ''}"
