"""What the verdict on a prediction, or on a gain, is made from."""

from __future__ import annotations

from dataclasses import dataclass

NAN = float("nan")


@dataclass(frozen=True)
class Evidence:
    """One declared question with its numbers.

    Parameters
    ----------
    analysis, target, model : str
        Which question. A gain names both models, such as ``image+clinical vs clinical``.
    n : int
        Patients.
    positives, negatives : int or None
        Class counts, or those with and without the event; None for a target that is a number.
    estimate : float
        Held-out performance, or its gain.
    estimate_name : str
        ``auc``, ``r2``, ``spearman``, ``balanced_accuracy``, ``c_index``.
    ci_low, ci_high : float
        Interval of the estimate.
    tested : float
        The statistic that the null is compared with (one repeat; for a gain, of the combined model).
    null_p : float
        P value of the permutation null; NaN where the target is not testable.
    null_centre, null_spread : float
        Mean and standard deviation of the null draws of the statistic (of its gain, for a gain).
    source : str
        What is predicted from: ``images``, ``readings``, ``features`` (of tables) or ``genes``.
    called : str
        Name of what is predicted in sentences; '' for that of the analysis.
    untestable : str
        Why the question cannot be tested (see :func:`imagenomics.verdicts.testable.check_testable`); '' if
        it can.
    """

    analysis: str
    target: str
    model: str
    n: int
    positives: int | None = None
    negatives: int | None = None
    estimate: float = NAN
    estimate_name: str = "auc"
    ci_low: float = NAN
    ci_high: float = NAN
    tested: float = NAN
    null_p: float = NAN
    null_centre: float = NAN
    null_spread: float = NAN
    source: str = "images"
    called: str = ""
    untestable: str = ""

    @property
    def title(self) -> str:
        """What is predicted, as sentences call it."""
        return self.called or self.analysis
