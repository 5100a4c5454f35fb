"""Quality figures of the images, and pictures of those that are worth a look."""

from __future__ import annotations

import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.gallery import picture_figure
from imagenomics.report.html import Html, el
from imagenomics.report.pictures import read_gallery
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, listed, many, number

MOST_PICTURES = 12
BUDGET = 1_200_000  # bytes of pictures in this section
HINT = (
    "The figures are taken from each image as it was read, before any preparation. A flag is a hint to look at the "
    "image: nothing was left out because of it, and no feature knows of it."
)
FLAGS = {
    "cut": "region on the border of the image",
    "spacing": "unusual voxel spacing",
    "noisy": "unusually noisy",
    "clipped": "values cut off at an extreme",
    "few-slices": "region in few slices",
    "empty-slices": "empty slices",
    "stripes": "brightness jumps between slices",
}
MEASURES = {
    "snr": "signal-to-noise ratio",
    "noise_sd": "noise (standard deviation, units of the image)",
    "contrast_to_noise": "contrast-to-noise ratio of the region",
    "clipped_share": "share of the foreground at the largest value",
    "region_clipped_share": "share of the region at an extreme value",
    "edge_share": "share of the region's surface on the border of the image",
    "region_slices": "slices with the region",
    "spacing_z_mm": "voxel spacing z, mm",
    "spacing_y_mm": "voxel spacing y, mm",
    "spacing_x_mm": "voxel spacing x, mm",
    "stripes": "brightness jump between slices",
    "foreground_share": "share of the image that is foreground",
}


def image_quality_section(results: Results) -> Html:
    """Return the hint, how often each flag was given, the distributions, the flagged images and their pictures."""
    if not results.has("quality.csv"):
        return el("p.absent", "No table of image quality was written in this run folder.")
    quality = results.table("quality.csv")
    if quality.empty:
        return el("p.absent", "The quality of no image was measured.")
    flagged = quality[quality["flags"] != ""]
    lead = f"{many(len(quality), 'image')} measured, {many(len(flagged), 'image')} with a flag. {HINT}"
    return el(
        "div", el("p.lead", lead), _counts(quality), _distributions(results), _flagged(results, flagged)
    )


def _counts(quality: pd.DataFrame) -> Html:
    """Say for each image block how many images have each flag."""
    said = []
    for image, part in quality.groupby("image", sort=True):
        flags = pd.Series(
            [flag for text in part["flags"] for flag in str(text).split("|") if flag], dtype=object
        )
        shown = [
            f"{FLAGS.get(str(flag), str(flag))} ({n:,})" for flag, n in flags.value_counts(sort=True).items()
        ]
        words = listed(shown) if shown else "no flag"
        said.append(el("li", el("b", str(image)), f", {many(len(part), 'image')}: {words}."))
    return el("ul.quality-counts", said)


def _distributions(results: Results) -> Html | None:
    frame = results.table("quality_summary.csv")
    frame = frame[frame["measure"].isin(list(MEASURES))]
    if frame.empty:
        return None
    order = list(MEASURES)
    place = [order.index(name) for name in frame["measure"]]
    shown = frame.assign(place=place, title=frame["measure"].map(MEASURES))
    shown = shown.sort_values(["image", "place"], kind="stable")
    columns = [
        Column("image", "image", breaks=True),
        Column("title", "figure"),
        Column("n", "n", count, numeric=True),
        Column("lowest", "lowest", number, numeric=True),
        Column("p5", "5%", number, numeric=True, hint="5th percentile"),
        Column("median", "median", number, numeric=True),
        Column("p95", "95%", number, numeric=True, hint="95th percentile"),
        Column("highest", "highest", number, numeric=True),
    ]
    table = data_table(shown, columns, caption="How the figures are distributed over the patients.")
    return el("details.block", el("summary", "Distribution of the figures"), table)


def _flagged(results: Results, flagged: pd.DataFrame) -> Html:
    title = el("h3", "Worth a look")
    if flagged.empty:
        return el("div", title, el("p.absent", "No image was flagged."))
    flags = pd.to_numeric(flagged["n_flags"], errors="coerce").fillna(0)
    edges = (
        pd.to_numeric(flagged["edge_share"], errors="coerce").fillna(0)
        if "edge_share" in flagged
        else flags * 0
    )
    worst = flagged.assign(n=flags, edge=edges).sort_values(
        ["n", "edge", "image", "patient"], ascending=[False, False, True, True], kind="stable"
    )
    columns = [
        Column("patient", "patient", breaks=True),
        Column("image", "image", breaks=True),
        Column("reasons", "why"),
        Column("snr", "signal to noise", number, numeric=True),
        Column("contrast_to_noise", "contrast to noise", number, numeric=True),
    ]
    words = f"{many(len(worst), 'image')} with a flag, most flags first; all figures are in quality.csv."
    table = data_table(worst, columns, caption=words, search=True, most=200)
    return el("div", title, _pictures(results, worst), table)


def _pictures(results: Results, worst: pd.DataFrame) -> Html | None:
    wanted = list(zip(worst["patient"], worst["image"], strict=True))[:MOST_PICTURES]
    gallery = read_gallery(results, BUDGET, only=wanted)
    if not gallery.pictures:
        return None
    flags = {key: str(text).split("|") for key, text in zip(wanted, worst["flags"], strict=False)}
    regions = sorted({name for p in gallery.pictures for name in p.contours})
    figures = [
        picture_figure(p, regions, note=listed([FLAGS.get(f, f) for f in flags[p.patient, p.image]]))
        for p in gallery.pictures
    ]
    return el("div.gallery.worst", figures, attrs={"data-worst": True})
