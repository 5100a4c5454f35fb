"""Sets as places among the tested genes, and what is said when names do not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError, short_list

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
KINDS = {  # how identifiers of a kind look
    "Ensembl genes": re.compile(r"^ENS[A-Z]*G\d{6,}(\.\d+)?$"),
    "Entrez numbers": re.compile(r"^\d+$"),
    "RefSeq": re.compile(r"^N[MR]_\d+"),
}


@dataclass(frozen=True)
class SetIndex:
    """Sets of genes as one list of places.

    Parameters
    ----------
    names : tuple of str, (K,)
    members : int array, (M,)
        Places of the genes of all sets, one set after the other.
    starts : int array, (K + 1,)
        Where each set starts in ``members``.
    """

    names: tuple[str, ...]
    members: IntArray
    starts: IntArray

    @classmethod
    def of(cls, sets: Mapping[str, IntArray]) -> SetIndex:
        """Build the index from places by name."""
        sizes = [len(places) for places in sets.values()]
        members = np.concatenate([*sets.values(), np.empty(0, dtype=np.int64)]).astype(np.int64)
        return cls(tuple(sets), members, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))

    @property
    def sizes(self) -> IntArray:
        """Number of genes of each set, (K,)."""
        return np.diff(self.starts)

    def set(self, k: int) -> IntArray:
        """Return the places of set ``k``."""
        return self.members[self.starts[k] : self.starts[k + 1]]

    def take(self, keep: npt.NDArray[np.intp]) -> SetIndex:
        """Return these sets only, in this order."""
        if len(keep) == len(self.names) and np.array_equal(keep, np.arange(len(keep))):
            return self
        sizes = self.sizes[keep]
        parts = [self.set(int(k)) for k in keep]
        members = np.concatenate([*parts, np.empty(0, dtype=np.int64)]).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return SetIndex(tuple(self.names[int(k)] for k in keep), members, starts)

    def among(self, keep: npt.NDArray[np.bool_]) -> SetIndex:
        """Return the sets among the genes that stay (G,), places counted anew."""
        if keep.all():
            return self
        place = np.cumsum(keep) - 1
        stays = keep[self.members]
        before = np.concatenate([[0], np.cumsum(stays)])
        return SetIndex(self.names, place[self.members[stays]].astype(np.int64), before[self.starts])

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum over the genes of each set: ``values`` (B, G) -> (B, K)."""
        if not len(self.names):
            return np.zeros((len(values), 0))
        padded = np.concatenate([values[:, self.members], np.zeros((len(values), 1))], axis=1)
        sums = np.add.reduceat(padded, self.starts[:-1], axis=1)
        return np.where(self.sizes > 0, sums, 0.0)


def locate_sets(
    sets: Mapping[str, Sequence[str]], genes: Sequence[str], *, min_matched: float, where: str
) -> SetIndex:
    """Return the places of each set's genes among ``genes``; genes that are not there are left out.

    Raises
    ------
    InputError
        ``IGX-SETS-003``: fewer of the sets' genes than ``min_matched`` are there, most likely because the two sides
        use different identifiers; ``IGX-SETS-004``: no set is given; ``IGX-SETS-005``: a gene has two columns.
    """
    if not sets:
        raise InputError("IGX-SETS-004", "there is no gene set to test", where=where)
    place = {gene: i for i, gene in enumerate(genes)}
    if len(place) < len(genes):
        twice = sorted({g for g in genes if list(genes).count(g) > 1}) if len(genes) < 5000 else []
        raise InputError(
            "IGX-SETS-005",
            f"{len(genes) - len(place)} genes have more than one column: {short_list(twice)}",
            where=where,
            expected="one column for each gene",
            remedy="name one expression block as `molecules`; take one row of each gene",
        )
    named = {gene for members in sets.values() for gene in members}
    share = len(named & set(place)) / max(len(named), 1)
    if share < min_matched or not share:
        raise _no_match(named, place, share, where)
    found = {
        name: np.array(sorted({place[g] for g in members if g in place}), dtype=np.int64)
        for name, members in sets.items()
    }
    return SetIndex.of(found)


def _no_match(named: set[str], place: Mapping[str, int], share: float, where: str) -> InputError:
    ours, theirs = kind_of(place), kind_of(named)
    upper = {gene.upper() for gene in place}
    plain = {gene.partition(".")[0] for gene in place}
    folded = len({gene.upper() for gene in named} & upper) / max(len(named), 1)
    if ours != theirs:
        remedy = f"the expression has {ours} and the sets have {theirs}: map one side to the other"
    elif folded > 2 * share and folded > 0.02:
        remedy = (
            f"upper and lower case differ ({folded:.0%} would match): are these genes of another species?"
        )
    elif len({g.partition(".")[0] for g in named} & plain) / max(len(named), 1) > 2 * share:
        remedy = "version numbers differ (ENSG00000141510.12): take them off"
    else:
        remedy = (
            "take sets for this panel of genes, or lower `min_matched` where the panel is small on purpose"
        )
    return InputError(
        "IGX-SETS-003",
        f"{share:.1%} of the {len(named)} genes of the sets are among the {len(place)} genes of the expression",
        where=f"{where}: expression {short_list(sorted(place))}; sets {short_list(sorted(named))}",
        expected="gene identifiers of one kind on both sides",
        remedy=remedy,
    )


def kind_of(names: Mapping[str, int] | set[str]) -> str:
    """Return which kind of identifier most of the names are."""
    sample = sorted(names)[:: max(1, len(names) // 200)]
    for kind, pattern in KINDS.items():
        if sum(bool(pattern.match(name)) for name in sample) > len(sample) / 2:
            return kind
    return "gene symbols"
