"""The model families by name."""

from __future__ import annotations

from imagenomics.errors import InputError, unknown_name
from imagenomics.predict.family import Family
from imagenomics.predict.settings import PredictSettings
from imagenomics.work.seeds import integer_seed

FAMILIES = ("elastic-net", "svm", "random-forest", "boosting", "tree", "supervised-pc")
SURVIVAL_FAMILIES = ("elastic-net", "supervised-pc")  # those that know times to an event


def find_family(name: str, settings: PredictSettings, *, seed: int) -> Family:
    """Return the family called ``name`` with its grid.

    Raises
    ------
    InputError
        ``IGX-PRED-001``: no family has this name.
    """
    # Families are imported when asked for: scikit-learn's ensembles take a while to load.
    if name == "elastic-net":
        from imagenomics.predict.elastic_net import ElasticNet

        return ElasticNet(settings.elastic_net, settings.baseline_penalty)
    if name == "svm":
        from imagenomics.predict.svm import LinearSvm

        return LinearSvm(settings.svm, settings.baseline_penalty)
    if name == "random-forest":
        from imagenomics.predict.forest import RandomForest

        return RandomForest(settings.forest, integer_seed(seed, "forest"))
    if name == "boosting":
        from imagenomics.predict.boosting import Boosting

        return Boosting(settings.boosting, integer_seed(seed, "boosting"))
    if name == "tree":
        from imagenomics.predict.tree import DecisionTree

        return DecisionTree(settings.tree, integer_seed(seed, "tree"))
    if name == "supervised-pc":
        from imagenomics.predict.supervised_pc import SupervisedPc

        return SupervisedPc(settings.supervised_pc)
    raise unknown_name("IGX-PRED-001", "model family", name, FAMILIES)


def check_survival(name: str, *, where: str = "") -> None:
    """Refuse a family that does not know times to an event.

    Raises
    ------
    InputError
        ``IGX-PRED-008``.
    """
    if name not in SURVIVAL_FAMILIES:
        raise InputError(
            "IGX-PRED-008",
            f"the family '{name}' predicts classes and numbers, not times to an event",
            where=where,
            expected=f"a family that knows survival: {', '.join(SURVIVAL_FAMILIES)}",
            remedy="take one of these; or predict whether the event happens by a fixed time, as a class",
        )
