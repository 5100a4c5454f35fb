"""Who is in two kinds of pictures, or in two data sets: as the catalogue says, and as the installed index counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from imagenomics.archive.idc import RADIOLOGY, SLIDES, count_both, index_release, read_index
from imagenomics.catalogue.entries import Entry
from imagenomics.cohort.ids import build_parser
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError


@dataclass(frozen=True)
class Shared:
    """Patients of two groups.

    Parameters
    ----------
    first, second : str
        What the groups are: modalities of one data set, or two data sets.
    n_first, n_second, n_both : int
        Patients.
    source : str
        'catalogue', or the release that was counted.
    """

    first: str
    second: str
    n_first: int
    n_second: int
    n_both: int
    source: str

    def document(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)

    def text(self) -> str:
        """Return the row in words."""
        counts = f"{self.n_first} and {self.n_second} patients, {self.n_both} in both"
        return f"{self.first} / {self.second}: {counts} ({self.source})"


def stated_overlap(entry: Entry) -> list[Shared]:
    """Return what the catalogue says of radiology and slides of one data set."""
    counts = entry["counts"]
    if counts["both"] is None:
        return []
    source = f"catalogue, {counts['release'] or counts['verified']}"
    return [Shared("radiology", "slides", counts["radiology"], counts["slides"], counts["both"], source)]


def counted_overlap(entry: Entry) -> list[Shared]:
    """Count patients of each pair of modalities of one data set in the installed index.

    Raises
    ------
    InputError
        ``IGX-CAT-014``: its pictures are not in the archive; ``IGX-ARCH-001`` to ``-003`` as the index says.
    """
    series = read_index([collection_of(entry)])
    source = f"idc-index-data {index_release()}"
    both = count_both(series)
    rows = [Shared("radiology", "slides", both["radiology"], both["slides"], both["both"], source)]
    patients = series.groupby("Modality")["PatientID"].agg(set).to_dict()
    kinds = [kind for kind in sorted((*RADIOLOGY, SLIDES, "SEG", "RTSTRUCT")) if kind in patients]
    for i, first in enumerate(kinds):
        for second in kinds[i + 1 :]:
            one, other = patients[first], patients[second]
            rows.append(Shared(first, second, len(one), len(other), len(one & other), source))
    return rows


def shared_patients(first: Entry, second: Entry) -> tuple[Shared, list[str]]:
    """Count the patients whose id, read by each data set's rule, is in both; return their ids, too.

    Equal ids are the same patient only where both archives take them from one source; a data set that renames its
    patients shares none here, whatever it holds: see the overlaps of its entry.
    """
    sides = []
    for entry in (first, second):
        ids = sorted(read_index([collection_of(entry)])["PatientID"].unique())
        parse = build_parser(IdRule.model_validate(entry["ids"]["rule"]), known=ids)
        sides.append({found.patient for found in map(parse, ids) if found.patient})
    both = sorted(sides[0] & sides[1])
    source = f"idc-index-data {index_release()}"
    return Shared(first["key"], second["key"], len(sides[0]), len(sides[1]), len(both), source), both


def collection_of(entry: Entry) -> str:
    """Return the collection of a data set in the archive (``IGX-CAT-014`` where it is elsewhere)."""
    images = entry["images"]
    if images["archive"] != "idc":
        place = images["place"] or "no pictures"
        raise InputError(
            "IGX-CAT-014",
            f"the pictures of {entry['key']} are not in the Imaging Data Commons",
            where=place,
            remedy=f"`imagenomics datasets show {entry['key']}` says where they are",
        )
    return str(images["collection"])
