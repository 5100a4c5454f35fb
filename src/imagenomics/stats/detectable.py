"""The smallest effect that a design shows with a wanted probability: for each classical test, from its sizes alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from imagenomics.errors import InputError
from imagenomics.stats.counts import whole_numbers
from imagenomics.stats.fisher import fisher

NAN = float("nan")
HALVINGS = 60


def detectable_difference(n1: int, n0: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest difference of two means, in SD, that a two-sided t test shows; NaN for less than 3 patients.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: sizes that are no counts; ``IGX-STAT-042``: alpha or power outside 0 and 1.

    Source
    ------
    Cohen 1988, Statistical Power Analysis, chapter 2 (noncentral t).
    """
    _check(alpha, power, n1, n0)
    df = n1 + n0 - 2
    if min(n1, n0) < 1 or df < 1:
        return NAN
    return _noncentral_t(df, alpha, power) * float(np.sqrt(1.0 / n1 + 1.0 / n0))


def detectable_paired_difference(n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest mean of n paired differences, in their SD, that a two-sided t test shows.

    Raises as :func:`detectable_difference`; NaN for fewer than 2 pairs.
    """
    _check(alpha, power, n)
    return NAN if n < 2 else _noncentral_t(n - 1, alpha, power) / float(np.sqrt(n))


def detectable_f(sizes: list[int], *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest spread of k means (Cohen's f: SD of the means over SD within) that an ANOVA shows.

    Raises as :func:`detectable_difference`; NaN with fewer than two groups, or no patient to spare.
    """
    _check(alpha, power, *sizes)
    n, k = sum(sizes), len(sizes)
    if k < 2 or n <= k or min(sizes) < 1:
        return NAN
    critical = special.fdtri(k - 1, n - k, 1.0 - alpha)
    strength = _solve(lambda x: 1.0 - special.ncfdtr(k - 1, n - k, x, critical), power, 1e4)
    return float(np.sqrt(strength / n))


def detectable_share(n1: int, n0: int, share0: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest larger share in the first group that Fisher's exact test tells from ``share0``.

    Parameters
    ----------
    n1, n0 : int
        Group sizes.
    share0 : float
        Share in the second group.
    alpha, power : float

    Returns
    -------
    float
        A share above ``share0``; NaN where even 1 would not do. Exact: all tables are counted.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: sizes that are no counts; ``IGX-STAT-042``: a probability outside 0 and 1.
    """
    _check(alpha, power, n1, n0)
    if not 0.0 <= share0 <= 1.0:
        raise _impossible(f"a share of {share0:g}")
    if min(n1, n0) < 1:
        return NAN
    a, c = np.arange(n1 + 1)[:, None], np.arange(n0 + 1)[None, :]
    rejects = fisher((a, n1 - a, c, n0 - c)) <= alpha * (1.0 + 1e-12)
    second = _binomial(n0, share0)

    def shown(share: float) -> float:
        return float(_binomial(n1, share) @ rejects @ second)

    if shown(1.0) < power or share0 >= 1.0:
        return NAN
    low, high = share0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if shown(middle) >= power else (middle, high)
    return high


def detectable_hazard_ratio(
    events: int, *, share: float | None = None, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest hazard ratio above 1 that a two-sided log-rank or Cox test shows with so many events.

    The information is the number of events times the variance of the column; covariates that follow the column, and
    strata, take some of it away. NaN without events.

    Parameters
    ----------
    events : int
        Deaths, or whatever is the event.
    share : float, optional
        Share of the patients in one of two groups. None: a continuous column, and the ratio is per standard deviation.

    Source
    ------
    Schoenfeld 1983, Biometrics 39:499; Hsieh & Lavori 2000, Controlled Clinical Trials 21:552.
    """
    _check(alpha, power, events)
    if share is not None and not 0.0 < share < 1.0:
        raise _impossible(f"a share of {share:g}")
    variance = 1.0 if share is None else share * (1.0 - share)
    z = special.ndtri(1.0 - alpha / 2.0) + special.ndtri(power)
    return float(np.exp(z / np.sqrt(events * variance))) if events else NAN


def equivalence_p(estimate: float, error: float, margin: float, *, df: float = float("inf")) -> float:
    """Return the p value of the claim that an effect is smaller than a margin on both sides (two one-sided tests).

    Parameters
    ----------
    estimate, error : float
        Effect and its standard error: a difference of means, or Fisher's z of a correlation.
    margin : float
        The smallest effect that would matter, above 0, on the same scale.
    df : float
        Degrees of freedom of the standard error; infinite for a normal one.

    Returns
    -------
    float
        Small p: the effect lies within the margin. A large p of the usual test is no such evidence.

    Raises
    ------
    InputError
        ``IGX-STAT-046``: standard error or margin not above 0.

    Source
    ------
    Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15:657.
    """
    if not (error > 0.0 and margin > 0.0):
        raise InputError(
            "IGX-STAT-046", "a standard error or a margin is not above 0", expected="numbers above 0"
        )
    nearer = (margin - abs(estimate)) / error
    return float(special.ndtr(-nearer) if np.isinf(df) else special.stdtr(df, -nearer))


def _noncentral_t(df: float, alpha: float, power: float) -> float:
    critical = special.stdtrit(df, 1.0 - alpha / 2.0)

    def shown(x: float) -> float:
        # far tails come back as NaN; they are nothing
        below, beyond = np.nan_to_num([special.nctdtr(df, x, critical), special.nctdtr(df, x, -critical)])
        return float(1.0 - below + beyond)

    return _solve(shown, power, 1000.0)


def _solve(rising: Callable[[float], float], wanted: float, top: float) -> float:
    low, high = 0.0, top
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if rising(middle) >= wanted else (middle, high)
    return 0.5 * (low + high)


def _binomial(n: int, p: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    k = np.arange(n + 1)
    log_p = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(np.exp(log_p + special.xlogy(k, p) + special.xlog1py(n - k, -p)), dtype=np.float64)


def _check(alpha: float, power: float, *sizes: int) -> None:
    whole_numbers(sizes, what="group sizes")
    for name, value in (("level", alpha), ("power", power)):
        if not 0.0 < value < 1.0:
            raise _impossible(f"a {name} of {value:g}")


def _impossible(what: str) -> InputError:
    return InputError("IGX-STAT-042", f"{what} is impossible", expected="a number between 0 and 1")
