"""The table of associations: one row for every pair, in the order of the targets, then of the features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.codes import FIRTH, OK, TESTED, is_tested, reasons, statuses
from imagenomics.associate.outcome import Block, Rules
from imagenomics.associate.sides import Side
from imagenomics.stats.multiplicity import false_discovery, false_discovery_of

FloatArray = npt.NDArray[np.float64]
NO_PERMUTATION = "no permutation p: there is none for this model"
NUMBERS = ("effect", "ci_low", "ci_high", "statistic", "p", "neg_log10_p", "se")
TYPES: Mapping[str, type[np.generic]] = {
    **dict.fromkeys(NUMBERS, np.float64),
    "n": np.int32,
    "df": np.float32,
    "df_factor": np.float32,
}
COLUMNS = (
    "analysis",
    "feature",
    "target",
    "target_kind",
    "stratum",
    "test",
    "unit",
    "n",
    "effect",
    "effect_name",
    "ci_low",
    "ci_high",
    "statistic",
    "p",
    "neg_log10_p",
    "q",
    "p_maxt",
    "status",
    "reason",
    "df",
    "df_factor",
    "se",
    "permutation",
)
IN_CACHE = 2**15  # pairs whose p values are looked through at once
OF_TARGET = ("target_pairs", "target_tests", "target_p")  # beside rows that are not all there


@dataclass(frozen=True)
class Placed:
    """A block with the places of its targets and features in the whole table."""

    block: Block
    targets: npt.NDArray[np.intp]
    features: npt.NDArray[np.intp]
    permuted: bool

    def bare(self) -> Placed:
        """Return the same without the block's numbers: what it is called and says."""
        arrays = [f.name for f in fields(self.block) if isinstance(getattr(self.block, f.name), np.ndarray)]
        nothing: dict[str, Any] = dict.fromkeys(arrays, np.empty((0, 0)))
        return replace(self, block=replace(self.block, **nothing))


@dataclass(frozen=True)
class Whole:
    """All blocks put together: one array per column, (T x F,) with the targets outermost."""

    numbers: Mapping[str, npt.NDArray[Any]]
    code: npt.NDArray[np.int8]
    place: npt.NDArray[np.integer]  # which block each row comes from
    blocks: Sequence[Placed]

    def at(self, rows: npt.NDArray[np.intp]) -> Whole:
        """Return these rows alone."""
        numbers = {name: column[rows] for name, column in self.numbers.items()}
        return Whole(numbers, self.code[rows], self.place[rows], self.blocks)

    @property
    def permuted(self) -> npt.NDArray[np.bool_]:
        """Return which rows come from a block that can be permuted."""
        return np.array([block.permuted for block in self.blocks], dtype=np.bool_)[self.place]

    def compared(self, shape: tuple[int, int]) -> FloatArray:
        """Return the -log10 p that draws are compared with, of all pairs (T, F); NaN where there are none."""
        own = np.where(self.permuted & ~np.isnan(self.numbers["p"]), self.numbers["neg_log10_p"], np.nan)
        out = own.reshape(shape).copy()
        for placed in self.blocks:
            if placed.block.neg_log10_drawn is not None:
                out[np.ix_(placed.targets, placed.features)] = placed.block.neg_log10_drawn
        return np.where(np.isnan(own), np.nan, out.reshape(-1))


@dataclass(frozen=True)
class Kept:
    """Which rows of a family its table holds, and what it says of the others."""

    places: npt.NDArray[np.intp]  # of the rows among all pairs (T x F)
    p: FloatArray  # of all pairs (T x F,)
    of_target: Mapping[str, npt.NDArray[Any]]  # ``OF_TARGET``, by row


def put_together(blocks: Sequence[Placed], shape: tuple[int, int]) -> Whole:
    """Put the blocks at their places in the (T, F) rectangle; a single block is taken as it is.

    A pair that was not tested has its n and its reason, and no other number.
    """
    arrays: dict[str, npt.NDArray[Any]]
    if len(blocks) == 1:
        block = blocks[0].block
        arrays = {name: getattr(block, name).reshape(-1) for name in TYPES}
        code, place = block.code.reshape(-1), np.zeros(block.code.size, dtype=np.int8)
    else:
        rectangles = {name: np.empty(shape, dtype=kind) for name, kind in TYPES.items()}
        codes, places = np.zeros(shape, dtype=np.int8), np.zeros(shape, dtype=np.int8)
        for k, placed in enumerate(blocks):
            where = np.ix_(placed.targets, placed.features)
            for name, rectangle in rectangles.items():
                rectangle[where] = getattr(placed.block, name)
            codes[where] = placed.block.code
            places[where] = k
        arrays = {name: rectangle.reshape(-1) for name, rectangle in rectangles.items()}
        code, place = codes.reshape(-1), places.reshape(-1)
    if code.any():
        tested = is_tested(code)
        arrays |= {
            name: np.where(tested, arrays[name], np.nan).astype(TYPES[name]) for name in TYPES if name != "n"
        }
    return Whole(arrays, code, place, blocks)


def make_frame(
    whole: Whole,
    sides: tuple[Side, Side],
    *,
    labels: Mapping[str, str],
    fdr: str,
    rules: Rules,
    p_maxt: FloatArray | None,
    permutation: str,
    kept: Kept | None = None,
) -> pd.DataFrame:
    """Return the table of associations.

    Parameters
    ----------
    whole : Whole
        All rows of the table.
    sides : (Side, Side)
        Features and targets.
    labels : mapping
        ``analysis``, ``stratum`` and ``unit``, the same in every row.
    fdr : str
        How q is made (``bh`` or ``by``).
    rules : Rules
        What the reasons of refused pairs say.
    p_maxt : array, (T x F,), or None
        Family-wise p values where there are any.
    permutation : str
        ``maxT``, ``minP`` or nothing.
    kept : Kept, optional
        Where ``whole`` has some of the pairs alone (:func:`trim`): the table then has the columns ``OF_TARGET``, too.

    Returns
    -------
    DataFrame
        The columns ``COLUMNS``; names are categories, so that millions of rows stay small.
    """
    features, targets = sides
    shape = len(targets.names), len(features.names)
    rows = whole.code.size
    if kept is None:
        q = false_discovery(whole.numbers["p"], fdr) if rows else np.empty(0)
        feature = np.broadcast_to(np.arange(shape[1], dtype=_codes_of(shape[1])), shape).reshape(-1)
        target = np.broadcast_to(np.arange(shape[0], dtype=_codes_of(shape[0]))[:, None], shape).reshape(-1)
    else:
        target, feature = np.divmod(kept.places, shape[1])
        q = false_discovery_of(kept.p, kept.places, fdr)
        p_maxt = None if p_maxt is None else p_maxt[kept.places]
    kinds = sorted(set(targets.kinds))
    kind = np.array([kinds.index(k) for k in targets.kinds], dtype=np.int8)
    done = None if p_maxt is None else (~np.isnan(p_maxt)).astype(np.int8)
    status = statuses()
    columns: dict[str, Any] = {name: _constant(text, rows) for name, text in labels.items()}
    columns |= dict(whole.numbers)
    columns |= {
        "feature": _names(feature, features.names),
        "target": _names(target, targets.names),
        "target_kind": _category(kind[target] if len(kinds) > 1 else None, kinds, rows=rows),
        "test": _tests(whole),
        "effect_name": _by_block(whole, [placed.block.effect_name for placed in whole.blocks]),
        "q": q,
        "p_maxt": np.full(rows, np.nan) if p_maxt is None else p_maxt,
        "status": _category(whole.code, [status[code] for code in sorted(status)]),
        "reason": _reasons(whole, rules, permuted=done is not None),
        "permutation": _category(done, ["", permutation], rows=rows),
    }
    of_target = {} if kept is None else dict(kept.of_target)
    return pd.DataFrame({name: columns[name] for name in COLUMNS} | of_target, copy=False)


def trim(whole: Whole, shape: tuple[int, int], *, keep_p: float) -> tuple[Whole, Kept]:
    """Return the rows of a trimmed table: p of at most ``keep_p``, and of each target the smallest.

    Of pairs that were not tested one of each target and code stays, as an example of the reason.
    """
    p, code = whole.numbers["p"].reshape(shape), whole.code.reshape(shape)
    step = max(IN_CACHE // max(shape[1], 1), 1)
    keep, of_target = [], []
    for start in range(0, shape[0], step):
        some = slice(start, start + step)
        keep.append(_kept(p[some], code[some], keep_p=keep_p) + start * shape[1])
        of_target.append(_of_targets(p[some]))
    places = np.concatenate(keep)
    columns = {name: np.concatenate([own[name] for own in of_target]) for name in OF_TARGET}
    some_rows = replace(whole.at(places), blocks=[placed.bare() for placed in whole.blocks])
    own = {name: column[places // shape[1]] for name, column in columns.items()}
    return some_rows, Kept(places, whole.numbers["p"], own)


def join(parts: Sequence[tuple[Whole, Kept]]) -> tuple[Whole, Kept]:
    """Return the trimmed rows of consecutive targets as those of one family."""
    wholes, kept = [whole for whole, _ in parts], [own for _, own in parts]
    pairs = np.cumsum([0, *(own.p.size for own in kept)])
    blocks = np.cumsum([0, *(len(whole.blocks) for whole in wholes)])
    whole = Whole(
        {name: np.concatenate([w.numbers[name] for w in wholes]) for name in TYPES},
        np.concatenate([w.code for w in wholes]),
        np.concatenate([w.place + start for w, start in zip(wholes, blocks, strict=False)]),
        [placed for w in wholes for placed in w.blocks],
    )
    places = np.concatenate([own.places + start for own, start in zip(kept, pairs, strict=False)])
    of_target = {name: np.concatenate([own.of_target[name] for own in kept]) for name in OF_TARGET}
    return whole, Kept(places, np.concatenate([own.p for own in kept]), of_target)


def _kept(p: FloatArray, code: npt.NDArray[np.int8], *, keep_p: float) -> npt.NDArray[np.intp]:
    """Return the places of the rows that stay, of some targets (T, F)."""
    known = ~np.isnan(p)
    keep = np.asarray(known & (p <= keep_p))
    best = np.where(known, p, np.inf).argmin(axis=1)
    keep[np.arange(len(p)), best] = True
    for value in np.unique(code[~known]).tolist():
        example = ~known & (code == value)
        some = np.flatnonzero(example.any(axis=1))
        keep[some, example[some].argmax(axis=1)] = True
    return np.flatnonzero(keep)


def _of_targets(p: FloatArray) -> dict[str, npt.NDArray[Any]]:
    """Return pairs, tested pairs and Simes' p of each of some targets, over all of its features."""
    ordered = np.sort(p, axis=1)
    T, F = p.shape
    tests = np.asarray((~np.isnan(p)).sum(axis=1))
    with np.errstate(invalid="ignore"):
        steps = ordered * (tests[:, None] / np.arange(1.0, F + 1.0))
    least = np.fmin.reduce(steps, axis=1) if F else np.full(T, np.nan)
    pairs = np.full(T, F, dtype=np.int32)
    return dict(zip(OF_TARGET, (pairs, tests.astype(np.int32), np.minimum(least, 1.0)), strict=True))


def _reasons(whole: Whole, rules: Rules, *, permuted: bool) -> Any:
    sentences = reasons(patients=rules.patients, group=rules.group, per_term=rules.per_term)
    texts = [sentences[code] for code in sorted(sentences)]
    table = np.tile(np.arange(len(texts)), (max(len(whole.blocks), 1), 1))
    for k, placed in enumerate(whole.blocks):
        drawn = placed.block.drawn if placed.permuted else NO_PERMUTATION
        notes = [placed.block.note, drawn if permuted else ""]
        for code in TESTED:
            table[k, code] = len(texts)
            texts.append("; ".join(note for note in [sentences[code], *notes] if note))
    if len(whole.blocks) == 1 and not whole.code.any():
        return _constant(texts[table[0, OK]], whole.code.size)
    codes = table[0][whole.code] if len(whole.blocks) < 2 else table[whole.place, whole.code]
    return _category(codes, texts)


def _tests(whole: Whole) -> Any:
    """Return the name of the test of each row: that of its block, or of what its block falls back on."""
    names = [placed.block.test for placed in whole.blocks]
    fallen = whole.code == FIRTH
    if not fallen.any():
        return _by_block(whole, names)
    names += [placed.block.fallback for placed in whole.blocks]
    return _category(whole.place + np.where(fallen, len(whole.blocks), 0), names)


def _by_block(whole: Whole, names: Sequence[str]) -> Any:
    return _category(None if len(names) == 1 else whole.place, names, rows=whole.place.size)


def _category(codes: npt.NDArray[np.integer] | None, names: Sequence[str], *, rows: int = 0) -> Any:
    """Return names by code as a categorical column of the names that occur; equal names become one.

    Without codes all ``rows`` have the first name.
    """
    if codes is None or not codes.any():
        return _constant(names[0] if len(names) else "", rows if codes is None else codes.size)
    used = np.flatnonzero(np.bincount(codes, minlength=len(names))).tolist()
    known = list(dict.fromkeys(names[k] for k in used))
    if known == list(names):
        return pd.Categorical.from_codes(codes, pd.Index(known), validate=False)
    place = np.zeros(max(len(names), 1), dtype=np.int32)
    for k in used:
        place[k] = known.index(names[k])
    return pd.Categorical.from_codes(place[codes], pd.Index(known), validate=False)


def _names(codes: npt.NDArray[np.integer], names: Sequence[str]) -> Any:
    """Return the names of columns, each of which occurs."""
    return pd.Categorical.from_codes(codes, pd.Index(list(names)), validate=False)


def _codes_of(count: int) -> type[np.signedinteger]:
    """Return the smallest integers that pandas uses for so many names."""
    return np.int8 if count < 128 else np.int16 if count < 32768 else np.int32


def _constant(text: str, rows: int) -> Any:
    return pd.Categorical.from_codes(np.zeros(rows, dtype=np.int8), pd.Index([text]), validate=False)
