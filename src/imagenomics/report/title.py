"""The head of the page: what was studied, in whom, when, and whether the patients are real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.folder import Results
from imagenomics.report.html import Child, Html, el
from imagenomics.report.text import listed, many
from imagenomics.verdicts.source import feature_source


def page_title(results: Results) -> str:
    """Return the study's name."""
    names = (results.study.get("name"), results.document("record.json").get("study"))
    return next((n.strip() for n in names if isinstance(n, str) and n.strip()), "") or "Study without a name"


def head(results: Results) -> Html:
    """Return title, summary, date, the label of synthetic data and the files that could not be read."""
    return el(
        "header.top",
        el("p.eyebrow", "imagenomics report"),
        el("h1", page_title(results)),
        el("p.lead", cohort_line(results)),
        el("p.dateline", _dateline(results)),
        _synthetic(results),
        _problems(results),
    )


def is_synthetic(results: Results) -> bool:
    """Tell whether record or study say that the patients are made up."""
    record = results.document("record.json")
    return any(bool(source.get("synthetic")) for source in (record, results.study))


def cohort_line(results: Results) -> str:
    """Return patients, images, features, molecules and sites in one sentence."""
    n = n_patients(results)
    parts = [many(n, "patient") if n is not None else "An unknown number of patients"]
    images = [str(b.get("name")) for b in results.blocks("images")]
    if images:
        parts.append(f"{many(len(images), 'image')} ({listed(images)})")
    molecules = results.table("molecules.parquet")
    if results.has("features.parquet"):
        kind = {"images": "image feature", "readings": "feature read"}.get(seen(results), "feature")
        plural = "features read" if kind == "feature read" else None
        parts.append(many(n_features(results), kind, plural))
    if molecules.shape[1]:
        parts.append(many(molecules.shape[1], "molecular variable"))
    sites = n_sites(results)
    if sites:
        parts.append(many(sites, "site"))
    return f"{', '.join(parts)}."


def n_patients(results: Results) -> int | None:
    """Return the number of patients analysed."""
    steps = results.entries("flow.json", "steps")
    if steps and isinstance(steps[-1].get("n"), int):
        return int(steps[-1]["n"])
    return len(results.table("features.parquet")) if results.has("features.parquet") else None


def seen(results: Results) -> str:
    """Return what features come from; see :func:`imagenomics.verdicts.source.feature_source`."""
    tables = [str(b.get("kind")) for b in results.blocks("feature_tables")]
    return feature_source(images=bool(results.blocks("images")), tables=tables)


def n_features(results: Results) -> int:
    """Return the number of image features; one that was measured several times counts once."""
    names, columns = results.table("features.parquet").columns, results.table("features.columns.parquet")
    if "flags" not in columns.columns:
        return len(names)
    flags = columns["flags"].reindex(names).fillna("").astype(str)
    return sum("repetition" not in f.split("|") for f in flags)


def n_sites(results: Results) -> int:
    """Return the number of sites among the patients analysed; 0 where none is declared."""
    clinical = results.table("clinical.parquet")
    column = site_column(results)
    return int(clinical[column].dropna().nunique()) if column else 0


def leaves_sites_out(results: Results) -> bool:
    """Tell whether any model was tested at a site that it was not trained at."""
    splits = results.table("performance.parquet")["split"].astype(str)
    return bool(splits.str.startswith("site:").any())


def site_column(results: Results) -> str | None:
    """Return the name of the column that holds the site."""
    columns = results.table("clinical.columns.parquet")
    values = results.table("clinical.parquet")
    if "role" in columns.columns:
        named = [str(c) for c in columns.index[columns["role"] == "site"] if c in values.columns]
        if named:
            return named[0]
    return "site" if "site" in values.columns else None


def run_date(results: Results) -> str | None:
    """Return the day on which the run ended (or began), as written in its record."""
    record = results.document("record.json")
    found = record.get("finished")
    return found[:10] if isinstance(found, str) and found else None


def _dateline(results: Results) -> Child:
    number = results.document("record.json").get("imagenomics")
    date = run_date(results)
    parts = [f"Run of {date}" if date else None, f"imagenomics {number}" if number else None]
    said = [p for p in parts if p]
    return " · ".join(said) if said else "The run folder has no record of when it was made."


def _synthetic(results: Results) -> Html | None:
    if not is_synthetic(results):
        return None
    words = "These patients are made up. Nothing on this page says anything about medicine."
    return el("p.synthetic", el("strong", "SYNTHETIC DATA"), el("span", words), attrs={"role": "note"})


def _problems(results: Results) -> Html | None:
    if not results.problems:
        return None
    rows = [el("li", el("code", p.file), f" {p.text} [{p.code}]") for p in results.problems]
    return el(
        "div.alert",
        el("strong", "Parts of this run folder cannot be shown"),
        el("ul", rows),
        attrs={"role": "note"},
    )


def target_title(results: Results, analysis: str, target: str) -> str:
    """Return the target with the class that a high score speaks for (``classes.IDH: mutant``), or the endpoint."""
    endpoint = next((b.get("endpoint") for b in results.blocks("train") if _of_survival(b, analysis)), None)
    if endpoint:
        return str(endpoint)
    shown, level = target or analysis, class_names(results, analysis)[0]
    return f"{shown}: {level}" if level else shown


def spoken(results: Results, analysis: str) -> str:
    """Return what an analysis is called in a sentence: its name, after the endpoint where it predicts survival."""
    endpoint = next((b.get("endpoint") for b in results.blocks("train") if _of_survival(b, analysis)), None)
    return f"{endpoint} ({analysis})" if endpoint else analysis


def class_names(results: Results, analysis: str) -> tuple[str, str]:
    """Return what 1 and 0 mean, from the model card, else from the study; '' where neither says it."""
    card = next((c for c in results.cards if c.get("analysis") == analysis), {})
    if any(_of_survival(b, analysis) for b in results.blocks("train")):
        return "", ""
    if card.get("positive"):
        return str(card["positive"]), str(card.get("negative") or "")
    name, _, each = analysis.partition("=")
    block = next((b for b in results.blocks("train") if b.get("name") in (analysis, name)), {})
    declared = str(block.get("positive") or "")
    return each or (declared if declared != "each" else ""), ""


def _of_survival(block: Mapping[str, Any], analysis: str) -> bool:
    return bool(block.get("event")) and str(block.get("name")) == analysis
