"""Why a pair was or was not tested: small integers inside, sentences in the table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

OK = 0
FEW = 1
SMALL_GROUP = 2
FEATURE_CONSTANT = 3
TARGET_CONSTANT = 4
FEATURE_EXPLAINED = 5
TARGET_EXPLAINED = 6
NO_DF = 7
FIRTH = 8
FEATURE_INVALID = 9
TARGET_INVALID = 10
FEW_EXPECTED = 11
SEPARATED = 12
NO_MAXIMUM = 13
MANY_COVARIATES = 14
RARE_VALUES = 15
NO_SPREAD = 16
NO_GROUP_SPREAD = 17
NO_SIDE = 18
FEW_DF = 19
NO_REPEATS = 20
NO_WITHIN = 21
UNITS_CATEGORICAL = 22
IS_MODIFIER = 23
FEW_STRATA = 24
NO_PRODUCT = 25
FEW_PER_TERM = 26
NOT_PROPORTIONAL = 27
LAST = NOT_PROPORTIONAL
TESTED = (OK, FIRTH, NOT_PROPORTIONAL)

# The other side of a code that names one, for engines that hold features and targets the other way round.
SWAPPED: Mapping[int, int] = {
    FEATURE_CONSTANT: TARGET_CONSTANT,
    TARGET_CONSTANT: FEATURE_CONSTANT,
    FEATURE_EXPLAINED: TARGET_EXPLAINED,
    TARGET_EXPLAINED: FEATURE_EXPLAINED,
}


_IS_TESTED = np.array([code in TESTED for code in range(LAST + 1)])


def is_tested(code: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return which pairs have a test, by their codes."""
    return np.asarray(_IS_TESTED[code], dtype=np.bool_)


def statuses() -> dict[int, str]:
    """Return the status of each code."""
    return {code: "ok" if code in TESTED else "not testable" for code in range(LAST + 1)}


def reasons(*, patients: int, group: int, per_term: int) -> dict[int, str]:
    """Return the sentence of each code.

    Parameters
    ----------
    patients, group, per_term : int
        The smallest numbers that the settings allow.
    """
    return {
        OK: "",
        FEW: f"fewer than {patients} patients have both values",
        SMALL_GROUP: f"the smallest group has fewer than {group} patients",
        FEATURE_CONSTANT: "the feature is constant among the complete cases",
        TARGET_CONSTANT: "the target is constant among the complete cases",
        FEATURE_EXPLAINED: "the covariates explain the feature completely among the complete cases",
        TARGET_EXPLAINED: "the covariates explain the target completely among the complete cases",
        NO_DF: "no residual degrees of freedom",
        FEATURE_INVALID: "the feature has values that its kind does not allow",
        TARGET_INVALID: "the target has values that its kind does not allow",
        FEW_EXPECTED: "an expected count is below 5; pool rare levels",
        SEPARATED: "the groups separate: the odds ratio has no finite estimate, and separation = 'refuse'",
        NO_MAXIMUM: "the model found no maximum",
        RARE_VALUES: "almost all patients have the same value, so that the tail of the test cannot be trusted; "
        "make the column binary, or leave it out",
        NO_SPREAD: "the numeric column does not vary inside the groups",
        NO_GROUP_SPREAD: "the numeric column does not vary inside one of the groups, as Welch's analysis of "
        "variance needs it to; choose 'anova' or 'kruskal'",
        NO_SIDE: "a test of several groups has no side; test the pair in a block with side = 'two-sided'",
        FEW_DF: "fewer than 4 degrees of freedom: too few patients tell the two columns' values apart",
        NO_REPEATS: "no patient has two units with both values",
        NO_WITHIN: "the response does not vary inside any patient, so that a mixed model has no error to compare "
        "with; use units = 'cluster-robust'",
        UNITS_CATEGORICAL: "columns of several categories are not tested in units inside patients; make them binary",
        IS_MODIFIER: "the column is the modifier itself",
        FEW_STRATA: f"fewer than two strata have {patients} patients with both values and {group} in every group",
        NO_PRODUCT: "the product with the modifier adds nothing to the model: too few combinations of values occur",
        FEW_PER_TERM: f"the response is worth fewer than {per_term} patients per term of the model",
        NOT_PROPORTIONAL: "proportional odds are doubtful: the odds ratio differs between the levels (p below 0.01)",
        FIRTH: "the groups separate: Firth's penalised likelihood, with its profile interval",
        MANY_COVARIATES: f"the smaller group has fewer than {per_term} patients per term of the logistic model",
    }
