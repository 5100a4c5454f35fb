"""Models by name, as a study file names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from sklearn.dummy import DummyClassifier, DummyRegressor

from imagenomics.errors import unknown_name
from imagenomics.predict.families import FAMILIES, check_survival
from imagenomics.predict.settings import PredictSettings
from imagenomics.predict.tuned import TunedClassifier, TunedRegressor, TunedSurvival
from imagenomics.prepare.base import Task
from imagenomics.prepare.settings import PrepareSettings

BASELINES = ("clinical", "volume", "majority")
MODELS = (*FAMILIES, *BASELINES)
KINDS = {"binary": TunedClassifier, "continuous": TunedRegressor, "survival": TunedSurvival}
TASKS: tuple[Task, ...] = get_args(Task)


def build_model(
    name: str,
    *,
    task: str,
    settings: PredictSettings | None = None,
    seed: int = 0,
    baseline: Iterable[Any] = (),
) -> Any:
    """Build the estimator that a study file calls ``name``.

    Parameters
    ----------
    name : str
        A family ("elastic-net", "svm", "random-forest", "boosting", "tree", "supervised-pc") on image columns;
        "clinical" or "volume", the elastic net on the few columns it is given, without filter or selection; or
        "majority", which says the same of every patient.
    task : {"binary", "continuous", "survival"}
        Classes, numbers, or times to an event (signed, see :mod:`imagenomics.stats.signed_times`).
    settings : PredictSettings, optional
        Preparation, grids and inner folds.
    seed : int
        Seed of everything that is drawn.
    baseline : iterable
        Names of clinical or volume columns that stand beside image columns (for the increments): they
        bypass filter and selection and are penalised lightly.

    Returns
    -------
    estimator
        A scikit-learn classifier or regressor, or one of log hazards: impute, standardise, filter, select and
        tune inside ``fit``.

    Raises
    ------
    InputError
        ``IGX-PRED-001``: unknown model; ``IGX-PRED-002``: unknown task; ``IGX-PRED-008``: a family that does not know
        survival.
    """
    if task not in TASKS:
        raise unknown_name("IGX-PRED-002", "task", task, TASKS)
    if name not in MODELS:
        raise unknown_name("IGX-PRED-001", "model", name, MODELS)
    if name == "majority":
        return _majority(task)
    if task == "survival" and name in FAMILIES:
        check_survival(name)
    kind = KINDS[task]
    chosen = settings if settings is not None else PredictSettings()
    if name in BASELINES:
        plain = chosen.model_copy(update={"prepare": PrepareSettings(redundancy=None, select=None)})
        return kind("elastic-net", settings=plain, seed=seed)
    return kind(name, baseline=tuple(baseline), settings=chosen, seed=seed)


def _majority(task: str) -> Any:
    if task == "survival":
        return DummyRegressor(strategy="constant", constant=0.0)
    return DummyClassifier(strategy="prior") if task == "binary" else DummyRegressor()
