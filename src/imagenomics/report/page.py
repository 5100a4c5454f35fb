"""The page: all sections in one file that opens from disk without a network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from imagenomics.report.agreement import agreement_section
from imagenomics.report.associations import association_section, needs_plotly
from imagenomics.report.flow import flow_section
from imagenomics.report.folder import Results, read_folder
from imagenomics.report.gallery import gallery_section
from imagenomics.report.gene_sets import gene_set_section
from imagenomics.report.html import Child, Html, el
from imagenomics.report.image_quality import image_quality_section
from imagenomics.report.methods import methods_section
from imagenomics.report.predictions import prediction_section
from imagenomics.report.quality import quality_section
from imagenomics.report.record import record_section
from imagenomics.report.stability import stability_part
from imagenomics.report.survival import survival_section
from imagenomics.report.title import head, is_synthetic, page_title
from imagenomics.report.verdicts import verdict_section
from imagenomics.tables.write import write_text

STYLES = ("page.css", "parts.css", "charts.css", "print.css")
SCRIPTS = ("page.js", "gallery.js", "save.js")
CHART_SCRIPTS = ("charts.js", "heatmap.js", "points.js")


@dataclass(frozen=True)
class Section:
    """One section of the page: its anchor, its title, and what fills it."""

    anchor: str
    title: str
    make: Callable[[Results], Html | None]  # None: the study does not declare it


def _pictures(results: Results) -> Html:
    """Return the pictures, and how far what was measured in them can be repeated."""
    return el("div", gallery_section(results), stability_part(results))


SECTIONS = (
    Section("verdicts", "Verdicts", verdict_section),
    Section("patients", "Patients", flow_section),
    Section("pictures", "Pictures", _pictures),
    Section("image-quality", "Image quality", image_quality_section),
    Section("agreement", "Agreement", agreement_section),
    Section("associations", "Associations", association_section),
    Section("survival", "Survival", survival_section),
    Section("gene-sets", "Gene sets and modules", gene_set_section),
    Section("predictions", "Predictions", prediction_section),
    Section("quality", "Labels, failures, warnings", quality_section),
    Section("methods", "Methods", methods_section),
    Section("record", "Run record", record_section),
)


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a run folder, from the files of that folder alone.

    Parameters
    ----------
    folder : Path
        A run folder (``docs/reference/run_folder.md``); every file may be absent, its section then says so; what the
        study does not declare has no section.

    Returns
    -------
    Path
        The page. Equal folders give equal pages.

    Raises
    ------
    FileProblem
        ``IGX-REP-001`` no run folder; ``IGX-TAB-020`` the page cannot be written.
    """
    page = folder / "report.html"
    write_text(page, build_page(read_folder(folder)))
    return page


def build_page(results: Results) -> str:
    """Return the whole page as text."""
    scripts = [_asset(name) for name in SCRIPTS]
    if needs_plotly(results):
        scripts = [_plotly(), *(_asset(name) for name in CHART_SCRIPTS), *scripts]
    title = ("Synthetic: " if is_synthetic(results) else "") + page_title(results)
    document = el(
        "html",
        el(
            "head",
            el("meta", attrs={"charset": "utf-8"}),
            _policy(scripts),
            el("meta", attrs={"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            el("meta", attrs={"name": "color-scheme", "content": "light dark"}),
            el("title", title),
            el("style", Html("\n".join(_asset(name) for name in STYLES))),
        ),
        el("body", _body(results), [el("script", Html(s)) for s in scripts]),
        attrs={"lang": "en"},
    )
    return f"<!DOCTYPE html>\n{document}\n"


def _body(results: Results) -> list[Child]:
    made = [(s, content) for s in SECTIONS if (content := s.make(results)) is not None]
    links = [el("li", el("a", s.title, attrs={"href": f"#{s.anchor}"})) for s, _ in made]
    contents = el("nav.contents", el("p", "Contents"), el("ol", links), attrs={"aria-label": "Contents"})
    sections = [el("section", el("h2", s.title), content, attrs={"id": s.anchor}) for s, content in made]
    label = el("span.ribbon", "SYNTHETIC DATA") if is_synthetic(results) else None
    foot = "Made by imagenomics from the run folder alone; this page loads nothing from a network."
    no_script = el(
        "noscript",
        el(
            "p.alert",
            "Scripts are off: tables and small charts are complete, interactive charts are not drawn.",
        ),
    )
    main = el("main", head(results), no_script, sections, el("footer", foot))
    return [label, el("div.layout", contents, main), el("dialog.zoom", attrs={"id": "zoom"})]


def _policy(scripts: list[str]) -> Html:
    """Return the rule that lets only this page's own scripts run and nothing be loaded."""
    allowed = " ".join(f"'sha256-{_digest(s)}'" for s in scripts)
    rule = f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {allowed}"
    return el("meta", attrs={"http-equiv": "Content-Security-Policy", "content": rule})


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _asset(name: str) -> str:
    return files("imagenomics.report").joinpath("assets", name).read_text(encoding="utf-8")


def _plotly() -> str:
    return files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
