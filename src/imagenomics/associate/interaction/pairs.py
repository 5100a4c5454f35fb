"""Does a pair go together differently along a third column: one test of the difference, and each stratum beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.choose import kind_group, rules_of, transform, uses_models
from imagenomics.associate.codes import IS_MODIFIER, OK
from imagenomics.associate.frame import Placed, make_frame, put_together
from imagenomics.associate.inputs import Inputs, read_inputs
from imagenomics.associate.interaction.frame import Tables, left_out_strata, stratum_frame
from imagenomics.associate.interaction.linear import LinearProducts
from imagenomics.associate.interaction.logistic import LogisticProducts
from imagenomics.associate.interaction.modifier import Coded, Modifier, check_strata, code_modifier
from imagenomics.associate.interaction.settings import InteractionSettings
from imagenomics.associate.interaction.strata import usable_strata
from imagenomics.associate.interaction.tables import TableProducts
from imagenomics.associate.logistic_tables import LogisticModel
from imagenomics.associate.outcome import Engine, Observer
from imagenomics.associate.pairs import alike_in, invalid, rectangles, refuse, scheme_of
from imagenomics.associate.permute import family_p
from imagenomics.associate.sides import Side, check_table
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Draws(NamedTuple):
    """How permutations are drawn: from which seed, within which strata (by patient), and by whom."""

    seed: int
    strata: pd.Series | None = None
    executor: Executor = SerialExecutor()


@dataclass(frozen=True)
class Interactions:
    """What a family of effect modification found.

    Parameters
    ----------
    associations : DataFrame
        Columns of every family: one test of the difference per pair.
    strata : DataFrame
        The test of each pair in each stratum alone, and in all strata with one common effect.
    """

    associations: pd.DataFrame
    strata: pd.DataFrame


def test_interactions(
    features: PatientTable,
    targets: PatientTable,
    *,
    modifier: Modifier,
    covariates: PatientTable | None = None,  # noqa: PT028
    settings: InteractionSettings,
    analysis: str,
    draws: Draws,
) -> Interactions:
    """Test for every pair whether its effect differs along a modifier, and show the effect in each stratum.

    The kinds of the two columns choose the test of the difference. One of them numeric: the products with the modifier
    in a linear model of the feature (of the target, where the feature is not numeric). Two binary columns without
    covariates in strata: Breslow and Day's test with Tarone's correction. Else the likelihood ratio of the products in
    a logistic or multinomial model. Every model holds the modifier, the column and the covariates by themselves.

    Parameters
    ----------
    features, targets : PatientTable
        F and T columns of any kind.
    modifier : Modifier
    covariates : PatientTable, optional
        What the models adjust for.
    settings : InteractionSettings
    analysis : str
    draws : Draws

    Returns
    -------
    Interactions
        ``q`` and ``p_maxt`` of ``associations`` are those of the differences alone. A stratum enters a pair with
        ``min_patients`` patients and ``min_group`` in every group; reasons name those that do not.

    Raises
    ------
    InputError
        ``IGX-ASSOC-011``: fewer than two strata; ``IGX-ASSOC-012``: too many; ``IGX-ASSOC-014``: no target but the
        modifier; those of ``test_pairs``.

    Assumes
    -------
    Covariates have the same effect in all strata; linear models: residuals of equal spread in all of them.

    Source
    ------
    Gelman & Stern 2006, American Statistician 60:328 (why strata are not compared by their p values); Freedman & Lane
    1983, JBES 1:292; Tarone 1985, Biometrika 72:91.
    """
    ids, small = _patients(features, targets, modifier, covariates, settings)
    some = None if covariates is None else covariates.patients(ids)
    read = read_inputs(features.patients(ids), targets.patients(ids), covariates=some, strata=draws.strata)
    coded = code_modifier(modifier, ids, transform=settings.transform)
    with one_thread():
        usable = usable_strata(read.features, read.targets, coded, rules_of(settings))
        inputs = read._replace(
            features=transform(read.features, settings), targets=transform(read.targets, settings)
        )
        placed, engines = _observe(inputs, coded, usable, modifier.name, settings)
        shape = len(inputs.targets.names), len(inputs.features.names)
        whole = put_together(placed, shape)
    compared = whole.compared(shape)
    p_maxt = family_p(
        compared,
        engines,
        inputs.strata,
        draws=settings.permutations,
        seed=draws.seed,
        analysis=analysis,
        executor=draws.executor,
    )
    rows = make_frame(
        whole,
        (inputs.features, inputs.targets),
        labels={
            "analysis": analysis,
            "stratum": "" if draws.strata is None else str(draws.strata.name or "strata"),
            "unit": "patient",
        },
        fdr=settings.fdr,
        rules=rules_of(settings),
        p_maxt=p_maxt,
        permutation=""
        if p_maxt is None
        else scheme_of([alike_in(whole, ~np.isnan(compared), patients=len(ids))]),
    )
    rows = left_out_strata(rows, usable, coded, small)
    shown = stratum_frame(
        Tables(features.patients(ids), targets.patients(ids), some),
        modifier=modifier,
        coded=coded,
        sides=(read.features, read.targets),
        usable=usable,
        settings=settings,
        analysis=analysis,
    )
    return Interactions(rows, shown)


test_interactions.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _patients(
    features: PatientTable,
    targets: PatientTable,
    modifier: Modifier,
    covariates: PatientTable | None,
    settings: InteractionSettings,
) -> tuple[pd.Index, dict[str, int]]:
    """Return the patients of the strata that are large enough, and the sizes of the small strata."""
    check_table(features, what="features")
    check_table(targets, what="targets")
    if set(map(str, targets.columns.index)) <= {modifier.name}:
        raise InputError(
            "IGX-ASSOC-014",
            f"the only target is the modifier, '{modifier.name}'",
            expected="targets whose effect may differ along the modifier",
            remedy="name other targets, or another column in by",
        )
    ids = features.values.index.intersection(targets.values.index)
    if covariates is not None:
        ids = ids.intersection(covariates.values.index[covariates.values.notna().all(axis=1)])
    groups = check_strata(modifier, ids.sort_values(), fewest=settings.min_patients, most=settings.max_levels)
    small = {name: len(part) for name, part in groups.items() if name and len(part) < settings.min_patients}
    kept = [part for name, part in groups.items() if name not in small]
    return kept[0].append(kept[1:]).sort_values(), small


def _observe(
    inputs: Inputs, coded: Coded, usable: BoolArray, name: str, settings: InteractionSettings
) -> tuple[list[Placed], list[Engine]]:
    """Test all pairs, one rectangle of kinds after the other; return the engines that can be permuted."""
    placed: list[Placed] = []
    engines: list[Engine] = []
    for t_places in _apart(inputs.targets, name):
        for f_places in _apart(inputs.features, name):
            f, t = inputs.features.take(f_places), inputs.targets.take(t_places)
            refused = IS_MODIFIER if name in (*f.names, *t.names) else invalid(f, t)
            if refused != OK:
                placed.append(Placed(refuse(f, t, refused), t_places, f_places, False))
                continue
            engine = _engine(
                f, t, inputs=inputs, coded=coded, usable=usable[np.ix_(t_places, f_places)], settings=settings
            )
            placed.append(Placed(engine.observe(), t_places, f_places, isinstance(engine, Engine)))
            if isinstance(engine, Engine):
                engines.append(engine)
    return placed, engines


def _apart(side: Side, name: str) -> list[npt.NDArray[np.intp]]:
    """Return the places of the columns of each kind, those of the modifier by themselves."""
    itself = np.array([column == name for column in side.names])
    parts = [
        part for places in rectangles(side) for part in (places[~itself[places]], places[itself[places]])
    ]
    return [part for part in parts if part.size]


def _engine(
    f: Side, t: Side, *, inputs: Inputs, coded: Coded, usable: BoolArray, settings: InteractionSettings
) -> Observer:
    """Return what tests the products of features of one kind and targets of one kind."""
    pair = {str(kind_group(f)[0]), str(kind_group(t)[0])}
    rules, confidence = rules_of(settings), settings.confidence
    if "numeric" in pair:
        return LinearProducts(
            f,
            t,
            modifier=coded,
            usable=usable,
            design=inputs.design,
            rules=rules,
            confidence=confidence,
            strata=inputs.strata,
        )
    if pair == {"binary"} and coded.scores is None and not uses_models(settings, inputs.design):
        return TableProducts(f, t, modifier=coded, usable=usable, rules=rules, confidence=confidence)
    return LogisticProducts(
        f,
        t,
        modifier=coded,
        usable=usable,
        design=inputs.design,
        rules=rules,
        confidence=confidence,
        model=LogisticModel(settings.inference, settings.separation),
    )
