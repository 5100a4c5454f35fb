"""Models by name, as a study file names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor

from imagenomics.errors import unknown_name
from imagenomics.predict.families import FAMILIES
from imagenomics.predict.settings import PredictSettings
from imagenomics.predict.tuned import TunedClassifier, TunedRegressor
from imagenomics.prepare.settings import PrepareSettings

BASELINES = ("clinical", "volume", "majority")
MODELS = (*FAMILIES, *BASELINES)
TASKS = ("binary", "continuous")


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
    task : {"binary", "continuous"}
        Classes or numbers.
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
        A scikit-learn classifier or regressor: impute, standardise, filter, select and tune inside ``fit``.

    Raises
    ------
    InputError
        ``IGX-PRED-001``: unknown model; ``IGX-PRED-002``: unknown task.
    """
    if task not in TASKS:
        raise unknown_name("IGX-PRED-002", "task", task, TASKS)
    if name not in MODELS:
        raise unknown_name("IGX-PRED-001", "model", name, MODELS)
    if name == "majority":
        return DummyClassifier(strategy="prior") if task == "binary" else DummyRegressor()
    kind = TunedClassifier if task == "binary" else TunedRegressor
    chosen = settings if settings is not None else PredictSettings()
    if name in BASELINES:
        plain = chosen.model_copy(update={"prepare": PrepareSettings(redundancy=None, select=None)})
        return kind("elastic-net", settings=plain, seed=seed)
    return kind(name, baseline=tuple(baseline), settings=chosen, seed=seed)
