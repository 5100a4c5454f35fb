"""Published means, standard deviations and sizes of two or more groups."""

from __future__ import annotations

from collections.abc import Sequence

from imagenomics.catalogue.claims.answer import Answer, estimate_row, tested_row
from imagenomics.catalogue.claims.printed import read_printed
from imagenomics.errors import InputError


def check_groups(
    mean: Sequence[str], sd: Sequence[str], n: Sequence[int], *, printed_p: str | None = None
) -> Answer:
    """Recompute the tests that need only means, standard deviations and sizes.

    Parameters
    ----------
    mean, sd : sequences of str
        As printed, one for each group.
    n : sequence of int
    printed_p : str, optional

    Returns
    -------
    Answer
        Two groups: t and Welch with Hedges g; more: ANOVA, classical and Welch's. A rank test needs the patients.

    Raises
    ------
    InputError
        ``IGX-CLAIM-004``: different numbers of means, SD and sizes; codes of the tests for impossible numbers.
    """
    if not len(mean) == len(sd) == len(n):
        raise InputError(
            "IGX-CLAIM-004",
            f"{len(mean)} means, {len(sd)} standard deviations and {len(n)} sizes do not belong together",
            expected="one of each for every group",
        )
    m, s = ([read_printed(v, what=w).value for v in vs] for vs, w in ((mean, "mean"), (sd, "SD")))
    printed = None if printed_p is None else read_printed(printed_p, what="p value")
    from imagenomics.stats.anova import anova_from_summary
    from imagenomics.stats.t_test import standardised_difference, t_test_from_summary

    rows = []
    if len(m) == 2:
        for name, equal in (("t, pooled variance", True), ("Welch t", False)):
            found = t_test_from_summary(m, s, n, equal_variances=equal)
            rows.append(tested_row(name, "difference", found).against(printed))
        rows.append(estimate_row("", "Hedges g", standardised_difference(m, s, n)))
    else:
        for name, equal in (("ANOVA", True), ("Welch ANOVA", False)):
            variance, _ = anova_from_summary(m, s, n, equal_variances=equal)
            rows.append(tested_row(name, "eta squared", variance).against(printed))
    return Answer(
        "groups of " + ", ".join(str(v) for v in n), tuple(rows), ("a rank test needs the patients",)
    )
