"""Pictures with the outlines of what was measured, so that a person sees it."""

from __future__ import annotations

from collections.abc import Sequence

from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.pictures import Gallery, Picture, read_gallery
from imagenomics.report.text import listed, many
from imagenomics.report.title import seen

FIRST = 24  # pictures shown before 'show all', and in print
N_COLOURS = 6


def gallery_section(results: Results) -> Html:
    """Return the section of pictures."""
    if not results.has("panels/index.json"):
        return el("p.absent", "No pictures were written in this run folder.")
    gallery = read_gallery(results)
    if not gallery.pictures:
        words = {"images": "There is no picture to show."}
        none = words.get(seen(results), "No picture was opened: the features come from tables.")
        return el("div", el("p.absent", none), _remarks(gallery))
    regions = sorted({name for p in gallery.pictures for name in p.contours})
    n_patients = len({p.patient for p in gallery.pictures})
    lead = (
        f"{many(len(gallery.pictures), 'picture')} of {many(n_patients, 'patient')}: the slice in which the "
        "measured region is largest, with its outline."
    )
    figures = [picture_figure(p, regions, beyond=i >= FIRST) for i, p in enumerate(gallery.pictures)]
    return el(
        "div",
        el("p.lead", lead),
        _controls(gallery.pictures, regions),
        el("div.gallery", figures, attrs={"data-gallery": True}),
        _more(len(figures)),
        _remarks(gallery),
    )


def _controls(pictures: Sequence[Picture], regions: Sequence[str]) -> Html:
    images = list(dict.fromkeys(p.image for p in pictures))
    options = [
        el("option", "all images", attrs={"value": ""}),
        [el("option", i, attrs={"value": i}) for i in images],
    ]
    keys = [el(f"li.region.c{i % N_COLOURS}", name) for i, name in enumerate(regions)]
    field = el("input", attrs={"type": "search", "data-panel-filter": True, "placeholder": "patient"})
    toggle = el("input", attrs={"type": "checkbox", "checked": True, "data-panel-contours": True})
    return el(
        "div.controls",
        el("label.screen-only", el("span", "Patient"), field),
        el("label.screen-only", el("span", "Image"), el("select", options, attrs={"data-panel-image": True}))
        if len(images) > 1
        else None,
        el("label.check.screen-only", toggle, el("span", "outlines")),
        el("ul.regions", keys),
        el("span.found", attrs={"data-panel-found": True}),
    )


def picture_figure(picture: Picture, regions: Sequence[str], *, beyond: bool = False, note: str = "") -> Html:
    """Return one picture with its outlines and its caption; what was done to it is seen when it is enlarged."""
    ratio = picture.width / (picture.height * picture.aspect) if picture.height else 1.0
    view = f"-0.5 -0.5 {picture.width:g} {picture.height:g}"  # whole numbers are the centres of pixels
    outlines = [
        el(f"path.c{regions.index(name) % N_COLOURS}", attrs={"d": "".join(map(_closed, lines))})
        for name, lines in picture.contours.items()
        if lines
    ]
    words = f"{picture.image} of patient {picture.patient}"
    frame = el(
        "span.frame",
        el("img", attrs={"src": picture.source, "alt": words, "loading": "lazy", "decoding": "async"}),
        el("svg", outlines, attrs={"viewBox": view, "preserveAspectRatio": "none", "aria-hidden": "true"}),
        attrs={"style": f"aspect-ratio:{ratio:.3f}"},
    )
    button = el(
        "button.open", el("span.stage", frame), attrs={"type": "button", "aria-label": f"Enlarge {words}"}
    )
    caption = el(
        "figcaption",
        el("b", picture.patient),
        el("span", picture.image),
        el("small", note or picture.caption),
        el("ol.steps", [el("li", step) for step in picture.history]) if picture.history else None,
    )
    data = {"data-patient": picture.patient, "data-image": picture.image}
    return el("figure.panel.beyond" if beyond else "figure.panel", button, caption, attrs=data)


def _closed(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


def _more(n: int) -> Html | None:
    if n <= FIRST:
        return None
    button = el("button.more", f"Show all {n:,} pictures", attrs={"type": "button", "data-panel-more": True})
    said = f"The first {FIRST} of {n:,} pictures are printed; the page on screen has all of them."
    return el("div", el("p.screen-only", button), el("p.note.print-only", said))


def _remarks(gallery: Gallery) -> Html | None:
    said = []
    if gallery.reduced:
        said.append("Pictures were made smaller for this page; the originals are in panels/.")
    if gallery.left_out:
        said.append(
            f"{many(gallery.left_out, 'further picture')} did not fit on the page; they are in panels/."
        )
    if gallery.refused:
        more = f" and {len(gallery.refused) - 5} more" if len(gallery.refused) > 5 else ""
        shown = listed(list(gallery.refused[:5]), last="and" if not more else ",")
        said.append(f"{many(len(gallery.refused), 'picture')} cannot be shown [IGX-REP-004]: {shown}{more}.")
    return el("p.note", " ".join(said)) if said else None
