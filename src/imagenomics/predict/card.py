"""A fitted linear model, or one tree, as a card that a person can read and another machine can apply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.special import expit

from imagenomics.errors import InputError, short_list
from imagenomics.predict.card_tree import CardNode, tree_nodes, walk
from imagenomics.predict.elastic_net import WeightedSum
from imagenomics.predict.outside import Outside
from imagenomics.predict.tuned import TunedModel
from imagenomics.prepare.base import Task
from imagenomics.settings import Settings


class CardColumn(Settings):
    """One column of a model: how a value is made ready, and its weight."""

    name: str = Field(description="Column name, image.region.feature.")
    settings: str = Field(default="", description="Digest of the settings that made the column.")
    fill: float = Field(description="Median of the training patients, for a missing value.")
    centre: float = Field(description="Mean of the training patients.")
    scale: float = Field(gt=0, description="Standard deviation of the training patients.")
    weight: float = Field(description="Weight of the standardised value; 0 in a tree.")


class ModelCard(Settings):
    """Everything that is needed to apply a trained model, in plain numbers."""

    schema_version: str = "1"
    study: str = Field(description="Title of the study.")
    analysis: str = Field(description="Name of the prediction.")
    target: str = Field(description="What is predicted.")
    positive: str = Field(description="What a high score speaks for; '' for a number.")
    negative: str = Field(description="The other classes.")
    task: Task = Field(description="Probability, number, or log hazard of an event.")
    n: int = Field(ge=1, description="Training patients.")
    intercept: float = Field(description="Intercept.")
    columns: tuple[CardColumn, ...] = Field(
        description="Columns with a weight that is not 0, or that a tree cuts."
    )
    tree: tuple[CardNode, ...] = Field(default=(), description="Nodes of a decision tree, the root first.")

    def score(self, table: pd.DataFrame) -> pd.DataFrame:
        """Apply the model.

        Parameters
        ----------
        table : DataFrame, (n, p)
            Features by patient, made with the same settings as those of the training patients.

        Returns
        -------
        DataFrame
            By patient: ``score`` (probability of the positive class, or a number; NaN for a patient without any value
            in ``table``) and ``missing``, how many of the model's columns had no value and took the training median.

        Raises
        ------
        InputError
            ``IGX-PRED-020``: a column of the model is not there.
        """
        names = [column.name for column in self.columns]
        absent = [name for name in names if name not in table.columns]
        if absent:
            raise InputError(
                "IGX-PRED-020",
                f"{len(absent)} columns of the model are not there: {short_list(absent)}",
                where=f"model {self.analysis}",
                remedy="extract the same images, regions and features as the study that trained it",
            )
        values = table[names].to_numpy(dtype=np.float64)
        missing = np.isnan(values)
        fill, centre, scale, weight = (
            np.array([getattr(column, field) for column in self.columns])
            for field in ("fill", "centre", "scale", "weight")
        )
        filled = np.where(missing, fill, values)
        if self.tree:
            said = walk(self.tree, pd.DataFrame(filled, columns=names))
        else:
            eta = self.intercept + ((filled - centre) / scale) @ weight
            said = expit(eta) if self.task == "binary" else eta
        score = np.where(table.notna().any(axis=1), said, np.nan)
        return pd.DataFrame({"score": score, "missing": missing.sum(axis=1)}, index=table.index)


@dataclass(frozen=True)
class CardParts:
    """What a card says of how a model decides."""

    columns: tuple[CardColumn, ...]
    intercept: float = 0.0
    tree: tuple[CardNode, ...] = ()


def card_parts(model: TunedModel, settings_of: dict[str, str]) -> CardParts | None:
    """Return what a card says of a fitted model; None for one that is neither a weighted sum nor one tree."""
    fitted, chain, names = model.tuned_.model, model.tuned_.chain, list(model.columns_)
    if isinstance(fitted, WeightedSum):
        kept = {name: float(w) for name, w in zip(names, fitted.weights, strict=True) if w != 0.0}
        return CardParts(_columns(model, settings_of, kept), float(fitted.intercept))
    if isinstance(fitted, Outside) and hasattr(fitted.estimator, "tree_"):
        nodes = tree_nodes(fitted.estimator, names, centre=chain.centre, scale=chain.scale)
        cut = {node.column for node in nodes if node.column}
        return CardParts(_columns(model, settings_of, {n: 0.0 for n in names if n in cut}), tree=nodes)
    return None


def _columns(
    model: TunedModel, settings_of: dict[str, str], weights: dict[str, float]
) -> tuple[CardColumn, ...]:
    chain = model.tuned_.chain
    return tuple(
        CardColumn(
            name=name,
            settings=settings_of.get(name, ""),
            fill=float(chain.fill[k]),
            centre=float(chain.centre[k]),
            scale=float(chain.scale[k]),
            weight=weights[name],
        )
        for k, name in enumerate(model.columns_)
        if name in weights
    )
