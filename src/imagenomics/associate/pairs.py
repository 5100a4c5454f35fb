"""Which feature goes with which target: every pair of columns of two tables, tested on its own patients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.choose import (
    as_declared,
    choose_engine,
    kind_group,
    mark_responses,
    rules_of,
    transform,
    uses_models,
)
from imagenomics.associate.codes import (
    FEATURE_INVALID,
    NO_SIDE,
    OK,
    RARE_VALUES,
    TARGET_INVALID,
)
from imagenomics.associate.frame import Kept, Placed, Whole, join, make_frame, put_together, trim
from imagenomics.associate.inputs import Inputs, read_inputs
from imagenomics.associate.outcome import Block, Engine, common_counts, refused
from imagenomics.associate.permute import family_p, step_down_p
from imagenomics.associate.rare import split_rare
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.sides import Side
from imagenomics.errors import InputError, short_list
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AT_ONCE = 2_000_000  # pairs whose numbers are held together where only some of them get a row
UNEVEN = ("Fisher exact", "Welch's")  # first words of tests whose p is no function of the statistic alone


def test_pairs(
    features: PatientTable,
    targets: PatientTable,
    *,
    covariates: PatientTable | None = None,  # noqa: PT028
    strata: pd.Series | None = None,  # noqa: PT028
    settings: AssociateSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,  # noqa: PT028
) -> pd.DataFrame:
    """Test every feature against every target, and say how likely such a result is in the whole family.

    The patients are those of both tables (with covariates: those who have them all); each pair uses the ones
    among them who have both values. The kinds of the two columns choose the test (``choose_engine``).

    Parameters
    ----------
    features, targets : PatientTable
        F and T columns of any kind.
    covariates : PatientTable, optional
        What the models adjust for; every column of it.
    strata : Series, optional
        Stratum by patient (a site): permutations keep patients in theirs; a patient without one stays in
        place. P and q do not use it: give the site as a covariate too, where it may confound.
    settings : AssociateSettings
    analysis : str
        Name of the family; it also names the random streams.
    seed : int
    executor : Executor, optional
        Does the permutations; results do not depend on it.

    Returns
    -------
    DataFrame
        T x F rows, the targets outermost, none left out unless ``keep_p`` says so. ``p_maxt`` is single-step
        (unless ``max_t`` says otherwise) and covers all pairs of the call: maxT where all share test and n (then the
        largest statistic has the smallest p), else minP on the raw p; logistic, ordinal and count models flip signs of
        scores. ``q`` covers all tested pairs. ``stratum`` names the strata of the permutations.

    Raises
    ------
    InputError
        ``IGX-ASSOC-001`` to ``IGX-ASSOC-008``, ``IGX-ASSOC-010``; see their pages.
    ArgumentTypeError
        ``IGX-ASSOC-002``: not a patient table.

    Assumes
    -------
    Patients are independent; linear models: residuals of equal spread, close to normal after the scores.

    Source
    ------
    Westfall & Young 1993, Resampling-Based Multiple Testing; Freedman & Lane 1983, JBES 1:292; Hemerik, Goeman & Finos
    2020, JRSS B 82:841 (flips).
    """
    inputs = _read(features, targets, covariates=covariates, strata=strata, settings=settings)
    with one_thread():
        parts = [_observe_part(inputs, start, settings) for start in _starts(inputs, settings)]
    some = [(part.whole, part.kept) for part in parts if part.kept is not None]
    whole, kept = join(some) if some else (parts[0].whole, None)
    p_maxt, permutation = None, ""
    if settings.permutations:
        step_down = settings.max_t == "step-down"
        places = [place for part in parts for place in part.places]
        adjust = partial(step_down_p, places=places) if step_down else family_p
        p_maxt = adjust(
            np.concatenate([part.observed for part in parts]),
            [engine for part in parts for engine in part.engines],
            inputs.strata,
            draws=settings.permutations,
            seed=seed,
            analysis=analysis,
            executor=executor or SerialExecutor(),
        )
        permutation = scheme_of([part.alike for part in parts]) + (" (step-down)" if step_down else "")
    stratum = "" if strata is None else str(strata.name or "strata")
    return make_frame(
        whole,
        (inputs.features, as_declared(inputs.targets)),
        labels={"analysis": analysis, "stratum": stratum, "unit": "patient"},
        fdr=settings.fdr,
        rules=rules_of(settings),
        p_maxt=p_maxt,
        permutation=permutation,
        kept=kept,
    )


test_pairs.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _read(
    features: PatientTable,
    targets: PatientTable,
    *,
    covariates: PatientTable | None,
    strata: pd.Series | None,
    settings: AssociateSettings,
) -> Inputs:
    """Return the tables as arrays over the patients that all of them know, in the order of their ids."""
    read = read_inputs(features, targets, covariates=covariates, strata=strata)
    if covariates is not None and read.design.adjusted and settings.chosen:
        raise InputError(
            "IGX-ASSOC-010",
            f"{', '.join(settings.chosen)} chooses a test that takes no covariates",
            where=f"covariates {short_list(map(str, covariates.columns.index))}",
            remedy="leave out the choice, so that models adjust for the covariates, or the covariates",
        )
    read = read._replace(
        features=mark_responses(read.features, settings),
        targets=mark_responses(read.targets, settings, counts=True),
    )
    if uses_models(settings, read.design):
        sides = transform(read.features, settings), transform(read.targets, settings)
        return read._replace(features=sides[0], targets=sides[1])
    return read


class Alike(NamedTuple):
    """In what tested pairs differ that decides how draws are compared."""

    tests: frozenset[str]
    complete: bool  # all of them have all patients
    factors: frozenset[float]  # degrees of freedom of the factor tested


class Part(NamedTuple):
    """What is found for some consecutive targets."""

    whole: Whole
    kept: Kept | None
    engines: Sequence[Engine]  # that can be permuted
    places: Sequence[
        npt.NDArray[np.intp]
    ]  # where their pairs stand in the whole table, (T, F); for the step-down
    observed: FloatArray  # -log10 p that draws are compared with, empty without draws
    alike: Alike


def _starts(inputs: Inputs, settings: AssociateSettings) -> range:
    """Return the first target of each part: one part, but where only some rows stay, so that memory does not grow."""
    T, F = len(inputs.targets.names), len(inputs.features.names)
    step = T if settings.keep_p == 1.0 else AT_ONCE // max(F, 1)
    return range(0, max(T, 1), max(step, 1))


def _observe_part(inputs: Inputs, start: int, settings: AssociateSettings) -> Part:
    step = _starts(inputs, settings).step
    targets = np.arange(start, min(start + step, len(inputs.targets.names)))
    some = inputs._replace(targets=inputs.targets.take(targets))
    placed, engines = _observe(some, settings)
    F, shape = len(inputs.features.names), (targets.size, len(inputs.features.names))
    whole = put_together(placed, shape)
    observed, alike = np.empty(0), Alike(frozenset(), True, frozenset())
    if settings.permutations:
        observed = whole.compared(shape)
        alike = alike_in(whole, ~np.isnan(observed), patients=inputs.strata.size)
    stepwise = [part for part in placed if part.permuted] if settings.max_t == "step-down" else []
    places = [(start + part.targets)[:, None] * F + part.features for part in stepwise]
    kept = None
    if settings.keep_p < 1.0 and whole.code.size:
        whole, kept = trim(whole, shape, keep_p=settings.keep_p)
    return Part(whole, kept, engines, places, observed, alike)


def _observe(inputs: Inputs, settings: AssociateSettings) -> tuple[list[Placed], list[Engine]]:
    """Test all pairs, one rectangle of kinds after the other; return the engines that can be permuted."""
    placed: list[Placed] = []
    engines: list[Engine] = []
    for t_places in rectangles(inputs.targets):
        for f_places in rectangles(inputs.features):
            f, t = inputs.features.take(f_places), inputs.targets.take(t_places)
            if invalid(f, t) != OK:
                placed.append(Placed(refuse(f, t, invalid(f, t)), t_places, f_places, False))
                continue
            for part in split_rare(f, t, min_group=settings.min_group):
                some_f, some_t = f.take(part.features), t.take(part.targets)
                engine = (
                    None
                    if part.rare
                    else choose_engine(some_f, some_t, design=inputs.design, settings=settings)
                )
                why = RARE_VALUES if part.rare else NO_SIDE
                block = engine.observe() if engine else refuse(some_f, some_t, why)
                places = t_places[part.targets], f_places[part.features]
                placed.append(Placed(block, *places, isinstance(engine, Engine)))
                if isinstance(engine, Engine):
                    engines.append(engine)
    return placed, engines


def rectangles(side: Side) -> Sequence[npt.NDArray[np.intp]]:
    """Return the places of the columns of each kind that can be used, and of those that cannot."""
    groups = kind_group(side)
    places = [np.flatnonzero((groups == group) & side.allowed) for group in dict.fromkeys(groups)]
    places.append(np.flatnonzero(~side.allowed))
    return [place for place in places if place.size]


def invalid(features: Side, targets: Side) -> int:
    """Return why a rectangle cannot be tested by any test, or ``OK``."""
    if not targets.allowed.all():
        return TARGET_INVALID
    return OK if features.allowed.all() else FEATURE_INVALID


def refuse(features: Side, targets: Side, code: int) -> Block:
    """Return a rectangle of which no pair is tested, for one reason."""
    n = common_counts(features.values, targets.values)
    return refused("", n, np.full(n.shape, code, dtype=np.int8))


def alike_in(whole: Whole, tested: npt.NDArray[np.bool_], *, patients: int) -> Alike:
    """Return in what the tested pairs of a table differ."""
    n, factor = whole.numbers["n"][tested], whole.numbers["df_factor"][tested]
    return Alike(
        frozenset(whole.blocks[k].block.test for k in np.unique(whole.place[tested])),
        bool((n == patients).all()),
        frozenset(np.unique(factor[~np.isnan(factor)]).tolist()),
    )


def scheme_of(parts: Sequence[Alike]) -> str:
    """Return maxT where all tested pairs share test, degrees of freedom and all patients; else minP."""
    tests = frozenset[str]().union(*(part.tests for part in parts))
    factors = frozenset[float]().union(*(part.factors for part in parts))
    same = len(tests) == 1 and all(part.complete for part in parts) and len(factors) < 2
    return "maxT" if same and not any(test.startswith(UNEVEN) for test in tests) else "minP"
