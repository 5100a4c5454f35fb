"""``imagenomics extract``: the extract stage of a study, or one picture with its mask."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagenomics.cli.options import (
    AsJson,
    Changes,
    Data,
    Out,
    RetryFailed,
    Scheduler,
    Seed,
    Workers,
    print_json,
)
from imagenomics.cli.stages import do_stage
from imagenomics.errors import InputError


def command(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="A study file, instead of one picture.", show_default=False),
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="One picture (NIfTI or NRRD).", show_default=False)
    ] = None,
    mask: Annotated[Path | None, typer.Option(help="Its mask.", show_default=False)] = None,
    label: Annotated[int | None, typer.Option(help="Mask label of the region; default: all but 0.")] = None,
    preset: Annotated[str, typer.Option(help="Feature settings by name.")] = "default",
    maps: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FEATURE[,FEATURE]",
            help="Write maps of these features around each voxel into the folder --out, instead of a table.",
            show_default=False,
        ),
    ] = None,
    radius_mm: Annotated[
        float | None, typer.Option(help="Reach of a map's neighbourhood, a ball.", show_default=False)
    ] = None,
    radius_voxels: Annotated[
        int | None, typer.Option(help="Reach of a map's neighbourhood, a cube.", show_default=False)
    ] = None,
    out: Out = None,
    data: Data = None,
    changes: Changes = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    seed: Seed = None,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
) -> int:
    """Measure pictures: those of a study, or one picture with its mask (one row per value, CSV)."""
    if (study is None) == (image is None):
        raise InputError("IGX-CLI-001", "give either a STUDY, or --image with --mask", where="extract")
    if maps is None and (radius_mm is not None or radius_voxels is not None):
        raise InputError("IGX-CLI-001", "a radius is for --map", where="extract")
    if study is not None and maps is not None:
        raise InputError(
            "IGX-CLI-001",
            "--map is for one picture",
            where="extract",
            remedy="give --image and --mask; in a study: a [[phenotypes]] block of kind 'feature-map'",
        )
    if study is not None:
        return do_stage(
            "extract",
            study,
            out=out,
            data=data,
            changes=changes,
            workers=workers,
            scheduler=scheduler,
            seed=seed,
            retry_failed=retry_failed,
            as_json=as_json,
        )
    if image is None or mask is None:
        raise InputError("IGX-CLI-001", "--image needs --mask", where="extract")
    if maps is not None:
        return _write_maps(image, mask, maps, out, (radius_mm, radius_voxels), preset, label, as_json)
    from imagenomics.runs.single import extract_case
    from imagenomics.tables.write import write_csv

    table = extract_case(image, mask, preset_name=preset, label=label)
    if as_json:
        print_json(table.to_dict(orient="records"))
    elif out is not None:
        write_csv(out, table)
    else:
        sys.stdout.write(table.to_csv(index=False))
    return 0


def _write_maps(
    image: Path,
    mask: Path,
    maps: str,
    out: Path | None,
    radii: tuple[float | None, int | None],
    preset: str,
    label: int | None,
    as_json: bool,
) -> int:
    if out is None:
        raise InputError("IGX-CLI-001", "--map needs --out, the folder for its files", where="extract")
    from imagenomics.runs.single_maps import map_case

    table = map_case(
        image,
        mask,
        out,
        features=[name.strip() for name in maps.split(",") if name.strip()],
        radius_mm=radii[0],
        radius_voxels=radii[1],
        preset_name=preset,
        label=label,
    )
    if as_json:
        print_json(table.to_dict(orient="records"))
    else:
        sys.stdout.write(table.to_csv(index=False))
    return 0
