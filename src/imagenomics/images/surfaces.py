"""Values and labels per vertex of the cortex: GIFTI, FreeSurfer and CIFTI files, with the medial wall known.

Left and right hemisphere of a CIFTI file, and its voxels, are parts of one array; a GIFTI or FreeSurfer file is one
part. A place is a vertex number of the whole mesh, so that files with and without the medial wall can be joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imagenomics.errors import FileProblem, InputError, nearest

WALL = (
    "unknown",
    "corpuscallosum",
    "medialwall",
    "medial_wall",
    "medial wall",
    "???",
    "background+freesurfer_defined",
)
STRUCTURES = {
    "CortexLeft": "left cortex",
    "CortexRight": "right cortex",
    "CIFTI_STRUCTURE_CORTEX_LEFT": "left cortex",
    "CIFTI_STRUCTURE_CORTEX_RIGHT": "right cortex",
}
CIFTI = (".dscalar.nii", ".dtseries.nii", ".dlabel.nii")
LABEL_INTENT = 1002
MESH_INTENTS = (1008, 1009)  # points and triangles: the surface itself, no values on it


@dataclass(frozen=True, eq=False)
class Part:
    """One structure of the file: ``size`` places in the whole mesh, those of the rows ``start`` to ``stop``."""

    structure: str
    size: int
    start: int
    stop: int
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class SurfaceValues:
    """Values (k, n) of k maps at n places, with the name of each map."""

    values: np.ndarray
    maps: tuple[str, ...]
    parts: tuple[Part, ...]
    source: str


@dataclass(frozen=True, eq=False)
class SurfaceLabels:
    """A label (n,) at each place and the name of each label; ``wall`` are the labels that are no cortex."""

    labels: np.ndarray
    names: Mapping[int, str]
    parts: tuple[Part, ...]
    source: str

    @property
    def wall(self) -> frozenset[int]:
        """Return the labels whose names say that they are no region (medial wall, unknown, unlabelled)."""
        unnamed = {int(v) for v in np.unique(self.labels)} - set(self.names)
        return frozenset(unnamed | {k for k, name in self.names.items() if name.lower() in WALL})


def read_surface_values(path: Path) -> SurfaceValues:
    """Read values per vertex.

    Parameters
    ----------
    path : Path
        ``.shape.gii``, ``.func.gii``; ``.dscalar.nii``, ``.dtseries.nii``; ``.mgh``, ``.mgz``, or a FreeSurfer
        curvature file such as ``lh.thickness``.

    Raises
    ------
    FileProblem
        ``IGX-IMG-220``: absent or unreadable.
    InputError
        ``IGX-IMG-221``: no values per vertex in it.
    """
    path = Path(path)
    if path.name.endswith(CIFTI):
        image = _load(path)
        return SurfaceValues(
            _cifti_values(image, path), _map_names(image), _cifti_parts(image, path), str(path)
        )
    if path.suffix == ".gii":
        image = _load(path)
        arrays = [a for a in image.darrays if a.intent not in (*MESH_INTENTS, LABEL_INTENT)]
        values = _stack([a.data for a in arrays], path)
        maps = tuple(a.meta.get("Name", "") or f"map{i}" for i, a in enumerate(arrays))
        return SurfaceValues(values, maps, (_whole_mesh(image, values.shape[1], path),), str(path))
    flat = np.asarray(_freesurfer_values(path), dtype=np.float64)
    values = flat.reshape(flat.shape[0], -1).T if flat.ndim > 1 else flat[None]
    maps = tuple(f"map{i}" for i in range(len(values)))
    return SurfaceValues(values, maps, (_whole_mesh(None, values.shape[1], path),), str(path))


def read_surface_labels(path: Path) -> SurfaceLabels:
    """Read a parcellation: ``.label.gii``, ``.dlabel.nii`` or a FreeSurfer ``.annot``.

    Raises
    ------
    FileProblem
        ``IGX-IMG-220``: absent or unreadable.
    InputError
        ``IGX-IMG-222``: no labels in it, or labels that are no whole numbers.
    """
    path = Path(path)
    if path.name.endswith(".dlabel.nii"):
        image = _load(path)
        names = {int(k): str(v[0]) for k, v in image.header.get_axis(0).label[0].items()}
        return SurfaceLabels(
            _whole_numbers(_cifti_values(image, path)[0], path), names, _cifti_parts(image, path), str(path)
        )
    if path.suffix == ".gii":
        image = _load(path)
        arrays = [a for a in image.darrays if a.intent == LABEL_INTENT]
        if not arrays:
            raise _no_labels("no array of labels", path)
        names = {int(k): str(v) for k, v in image.labeltable.get_labels_as_dict().items()}
        labels = _whole_numbers(np.asarray(arrays[0].data), path)
        return SurfaceLabels(labels, names, (_whole_mesh(image, labels.size, path),), str(path))
    labels, names = _annotation(path)
    return SurfaceLabels(labels, names, (_whole_mesh(None, labels.size, path),), str(path))


def _load(path: Path) -> Any:
    import nibabel

    _check_present(path)
    try:
        return nibabel.load(path)
    except Exception as error:
        raise _unreadable(path, error) from error


def _check_present(path: Path) -> None:
    if not path.is_file():
        near = nearest(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else None
        raise FileProblem(
            "IGX-IMG-220",
            "surface file not found",
            where=str(path),
            remedy=f"did you mean '{near}'?" if near else "check the path",
        )


def _unreadable(path: Path, error: Exception) -> FileProblem:
    return FileProblem(
        "IGX-IMG-220",
        f"the file cannot be read ({type(error).__name__}: {error})",
        where=str(path),
        expected="GIFTI (.gii), CIFTI-2 (.dscalar.nii, .dtseries.nii, .dlabel.nii) or a FreeSurfer surface file",
        remedy="copy or export the file again",
    )


def _freesurfer_values(path: Path) -> np.ndarray:
    import nibabel

    if path.suffix in (".mgh", ".mgz"):
        return np.asarray(_load(path).dataobj).squeeze()
    _check_present(path)
    try:
        values = np.asarray(nibabel.freesurfer.read_morph_data(path))
    except Exception as error:
        raise _unreadable(path, error) from error
    # nibabel gives back what is there, also of a file that was cut off: compare with what the header announces.
    with open(path, "rb") as file:
        start = file.read(7)
    announced = int.from_bytes(start[3:7] if start[:3] == b"\xff\xff\xff" else start[:3], "big")
    if announced != values.size:
        raise _unreadable(path, ValueError(f"{values.size} of {announced} values are there"))
    return values


def _annotation(path: Path) -> tuple[np.ndarray, dict[int, str]]:
    import nibabel

    _check_present(path)
    try:
        labels, _, names = nibabel.freesurfer.read_annot(path)
    except Exception as error:
        raise _unreadable(path, error) from error
    decoded = [n.decode("utf-8", "replace") if isinstance(n, bytes) else str(n) for n in names]
    return np.asarray(labels, dtype=np.int64), dict(enumerate(decoded))


def _stack(arrays: list[Any], path: Path) -> np.ndarray:
    flat = [np.asarray(a, dtype=np.float64) for a in arrays]
    if not flat or any(a.ndim != 1 or a.size != flat[0].size for a in flat):
        raise InputError(
            "IGX-IMG-221",
            "the file holds no values per vertex"
            if not flat
            else "its arrays are not one number for each vertex",
            where=str(path),
            expected="arrays of equal length, one number for each vertex",
            remedy="name the file with the values (.shape.gii, .func.gii), not the mesh (.surf.gii) or the labels",
        )
    return np.stack(flat)


def _whole_mesh(image: Any, size: int, path: Path) -> Part:
    said = ""
    if image is not None:
        metas = [image.meta, *(a.meta for a in image.darrays)]
        said = next(
            (m["AnatomicalStructurePrimary"] for m in metas if m.get("AnatomicalStructurePrimary")), ""
        )
    structure = STRUCTURES.get(said) or _side_in_name(path.name)
    return Part(structure, size, 0, size, np.arange(size))


def _side_in_name(name: str) -> str:
    for side, signs in (("left", ("lh.", "hemi-L", ".L.")), ("right", ("rh.", "hemi-R", ".R."))):
        if name.startswith(signs[0]) or any(sign in name for sign in signs[1:]):
            return f"{side} cortex"
    return ""


def _cifti_values(image: Any, path: Path) -> np.ndarray:
    try:
        values = np.asarray(image.dataobj, dtype=np.float64)
    except Exception as error:
        raise _unreadable(path, error) from error
    if values.ndim != 2:
        what = f"the file has {values.ndim} axes"
        raise InputError("IGX-IMG-221", what, where=str(path), expected="maps (or time) by grayordinates")
    return values


def _map_names(image: Any) -> tuple[str, ...]:
    axis = image.header.get_axis(0)
    names = getattr(axis, "name", None)
    return tuple(map(str, names)) if names is not None else tuple(f"time{i}" for i in range(len(axis)))


def _cifti_parts(image: Any, path: Path) -> tuple[Part, ...]:
    axis = image.header.get_axis(1)
    if not hasattr(axis, "iter_structures"):
        raise InputError(
            "IGX-IMG-221",
            "its columns are parcels, not grayordinates",
            where=str(path),
            remedy="name the dense file",
        )
    parts = []
    for name, rows, model in axis.iter_structures():
        stop = len(axis) if rows.stop is None else rows.stop
        if model.volume_shape is not None and name not in model.nvertices:
            places = np.ravel_multi_index(tuple(model.voxel.T), model.volume_shape)
            size = int(np.prod(model.volume_shape))
        else:
            places, size = model.vertex, model.nvertices[name]
        structure = STRUCTURES.get(name, name.removeprefix("CIFTI_STRUCTURE_").lower())
        parts.append(Part(structure, size, rows.start, stop, np.asarray(places, dtype=np.int64)))
    return tuple(parts)


def _whole_numbers(values: np.ndarray, path: Path) -> np.ndarray:
    if values.ndim != 1 or not np.array_equal(values, np.rint(values)):
        raise _no_labels("its values are no whole numbers", path)
    return values.astype(np.int64)


def _no_labels(what: str, path: Path) -> InputError:
    return InputError(
        "IGX-IMG-222",
        f"the file is no parcellation: {what}",
        where=str(path),
        expected="one label for each vertex and a table of label names",
        remedy="name the label file (.label.gii, .dlabel.nii, .annot)",
    )
