"""Kernels of the elastic-net path: one solution after another along a falling penalty.

Columns that have ever been active stand first: a column that enters swaps places with the first one
outside, so that every loop runs over neighbours. One step minimises a quadratic model over the active
columns by coordinate descent on their weighted Gram matrix, the intercept eliminated. Its weights are kept
until convergence slows down: the matrix steers the way only, the end is decided by the true gradient.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MOST_STEPS = 500
MOST_SWEEPS = 10_000
SLOW = 0.2  # a step that leaves more than this share of the violation asks for a fresh Gram matrix
PRECISE = 0.01  # the quadratic model is solved to this share of the violation
FARTHEST = 4.0  # most that a log hazard moves in a step
PATIENCE = 16  # sweeps between attempts to solve the quadratic model at once

# Rows of `patients` (7, n): label, linear predictor, second and minus first derivative of its loss, step, the
# second derivatives that the Gram matrix is built with, and the log weight at risk with each patient of a Cox model.
Y, ETA, WEIGHT, RESIDUAL, STEP, STEERING, AT_RISK = range(7)
# Rows of `places` (12, p): relative penalty, minus gradient of the mean loss, coefficient, its proposed
# change, minus gradient of the smooth part of the model, squared and absolute penalty, weighted column sum,
# curvature of the model and its inverse, and for jumps the places that are not 0 and the step.
FACTOR, GRADIENT, B, CHANGE, PULL, RIDGE, LASSO, CROSS, CURVE, INVERSE, SUPPORT, JUMP = range(12)
# Entries of `scalars`: lambda, share of the absolute penalty, which loss, intercept, its step, total weight, the
# largest violation of an optimality condition that is let pass, columns whose Gram part stands.
LAMBDA, MIX, LOSS, INTERCEPT, SHIFT, TOTAL, TOLERANCE, FRESH = range(8)
SQUARED, LOGISTIC, PARTIAL = range(3)  # losses; PARTIAL: of Cox models, patients from the longest time down


@njit(cache=True, nogil=True, error_model="numpy")
def solve(X, XT, patients, places, which, square, scalars, count):  # type: ignore[no-untyped-def]
    """Solve one lambda from where the work stands; return the number of active columns and the violation left.

    ``X`` (n, p), ``XT`` (p, n), ``places`` and ``which`` (p,) (the column in each place) are reordered on
    the way. The loop over lambdas stays outside: with it in one kernel, compiling takes twice as long.
    """
    gram, work = square[0], square[1]
    before = np.inf
    violation = np.inf
    for j in range(X.shape[1]):
        places[RIDGE, j] = scalars[LAMBDA] * (1.0 - scalars[MIX]) * places[FACTOR, j]
        places[LASSO, j] = scalars[LAMBDA] * scalars[MIX] * places[FACTOR, j]
    for _ in range(MOST_STEPS):
        pull0 = _gradient(X, patients, places, scalars[LOSS])
        violation = max(abs(pull0), _violation(places, count))
        if violation <= scalars[TOLERANCE]:
            break
        for j in range(count, X.shape[1]):
            if abs(places[GRADIENT, j]) > places[LASSO, j]:
                _swap(X, XT, places, which, j, count)
                count += 1
        if violation > before and _overshot(patients, places, scalars[LOSS], count):
            _move(patients, places, scalars, count, -0.5)
            continue
        if scalars[TOTAL] == 0.0 or violation > SLOW * before:
            scalars[FRESH] = 0.0
            for i in range(X.shape[0]):
                patients[STEERING, i] = patients[WEIGHT, i]
        if scalars[FRESH] < count or scalars[TOTAL] == 0.0:
            fresh = int(scalars[FRESH])
            if scalars[LOSS] == PARTIAL:
                scalars[TOTAL] = _partial_gram(X, patients, gram, places, count)
            else:
                scalars[TOTAL] = _gram(X, patients[STEERING], gram, places[CROSS], fresh, count)
            scalars[FRESH] = count
        before = violation
        _propose(
            places, gram, work, scalars, count, pull0, max(0.1 * scalars[TOLERANCE], PRECISE * violation)
        )
        _shift(XT, patients[STEP], places, scalars, count, pull0)
        _move(patients, places, scalars, count, 1.0)
    return count, violation


@njit(cache=True, nogil=True, error_model="numpy")
def _gradient(X, patients, places, loss):  # type: ignore[no-untyped-def]
    """Write derivatives of the loss and minus the gradient of its mean; return it for the intercept."""
    n, p = X.shape
    gradient = places[GRADIENT]
    for j in range(p):
        gradient[j] = 0.0
    total = 0.0
    if loss == PARTIAL:
        _hazards(patients)
    for i in range(n):
        eta = patients[ETA, i]
        if loss == LOGISTIC:
            small = np.exp(-abs(eta))
            mean = (1.0 if eta >= 0.0 else small) / (1.0 + small)
            patients[WEIGHT, i] = max(mean * (1.0 - mean), 1e-6)
            patients[RESIDUAL, i] = patients[Y, i] - mean
        elif loss == SQUARED:
            patients[WEIGHT, i] = 1.0
            patients[RESIDUAL, i] = patients[Y, i] - eta
        share = patients[RESIDUAL, i] / n
        total += share
        row = X[i]
        for j in range(p):
            gradient[j] += share * row[j]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _hazards(patients):  # type: ignore[no-untyped-def]
    """Write the derivatives of a Cox model: martingale residuals, and expected events, ties by Efron's method."""
    n = patients.shape[1]
    _at_risk(patients, 0.0)
    hazard, last = -np.inf, n - 1  # the hazard of those with predictor 0, as a logarithm: it may be huge
    while last >= 0:
        first, deaths, tied, base = last, 0, 0.0, patients[AT_RISK, last]
        while first >= 0 and abs(patients[Y, first]) == abs(patients[Y, last]):
            if patients[Y, first] > 0.0:
                deaths += 1
                tied += np.exp(patients[ETA, first] - base)
            first -= 1
        step, own = 0.0, 0.0
        for k in range(deaths):
            step += 1.0 / (1.0 - tied * k / deaths)
            own += (1.0 - k / deaths) / (1.0 - tied * k / deaths)
        for i in range(first + 1, last + 1):
            event = patients[Y, i] > 0.0
            eta = patients[ETA, i]
            expected = np.exp(eta + hazard) + np.exp(eta - base) * (own if event else step)
            patients[WEIGHT, i] = max(expected, 1e-6)
            patients[RESIDUAL, i] = (1.0 if event else 0.0) - expected
        if deaths > 0:
            hazard = np.logaddexp(hazard, np.log(step) - base)
        last = first


@njit(cache=True, nogil=True, error_model="numpy")
def _at_risk(patients, back):  # type: ignore[no-untyped-def]
    """Write the log weight at risk with each patient, ``back`` steps ago; return minus the log likelihood."""
    n = patients.shape[1]
    top, total = -np.inf, 0.0
    for i in range(n):
        eta = patients[ETA, i] - back * patients[STEP, i]
        if eta > top:
            total = total * np.exp(top - eta) + 1.0
            top = eta
        else:
            total += np.exp(eta - top)
        patients[AT_RISK, i] = top + np.log(total)
    loss, last = 0.0, n - 1
    while last >= 0:
        first, deaths, tied = last, 0, 0.0
        while first >= 0 and abs(patients[Y, first]) == abs(patients[Y, last]):
            if patients[Y, first] > 0.0:
                less = patients[AT_RISK, last] - (patients[ETA, first] - back * patients[STEP, first])
                deaths += 1
                tied += np.exp(-less)
                loss += less
            first -= 1
        for k in range(deaths):
            loss += np.log(1.0 - tied * k / deaths)
        last = first
    return loss


@njit(cache=True, nogil=True, error_model="numpy")
def _violation(places, count):  # type: ignore[no-untyped-def]
    """Return the largest violation of an optimality condition; set the pulls."""
    worst = 0.0
    for j in range(places.shape[1]):
        b = places[B, j]
        pull = places[GRADIENT, j] - places[RIDGE, j] * b
        places[PULL, j] = pull
        if b != 0.0 and j < count:
            worst = max(worst, abs(pull - places[LASSO, j] * np.sign(b)))
        else:
            worst = max(worst, abs(pull) - places[LASSO, j])
    return worst


@njit(cache=True, nogil=True, error_model="numpy")
def _swap(X, XT, places, which, j, u):  # type: ignore[no-untyped-def]
    """Let the column in place ``j`` and the one in place ``u`` change places."""
    for i in range(X.shape[0]):
        X[i, j], X[i, u] = X[i, u], X[i, j]
        XT[j, i], XT[u, i] = XT[u, i], XT[j, i]
    for k in range(places.shape[0]):
        places[k, j], places[k, u] = places[k, u], places[k, j]
    which[j], which[u] = which[u], which[j]


@njit(cache=True, nogil=True, error_model="numpy")
def _gram(X, weight, gram, cross, fresh, count):  # type: ignore[no-untyped-def]
    """Add the columns from ``fresh`` on to the weighted Gram matrix, four rows at a time; return the weight."""
    n = X.shape[0]
    for u in range(fresh, count):
        cross[u] = 0.0
        for v in range(u + 1):
            gram[u, v] = 0.0
    total = 0.0
    for i in range(0, n, 4):
        i1, i2, i3 = min(i + 1, n - 1), min(i + 2, n - 1), min(i + 3, n - 1)
        w0 = weight[i] / n
        w1 = weight[i1] / n if i + 1 < n else 0.0
        w2 = weight[i2] / n if i + 2 < n else 0.0
        w3 = weight[i3] / n if i + 3 < n else 0.0
        total += w0 + w1 + w2 + w3
        r0, r1, r2, r3 = X[i], X[i1], X[i2], X[i3]
        for u in range(fresh, count):
            a0, a1, a2, a3 = w0 * r0[u], w1 * r1[u], w2 * r2[u], w3 * r3[u]
            cross[u] += a0 + a1 + a2 + a3
            line = gram[u]
            for v in range(u + 1):
                line[v] += a0 * r0[v] + a1 * r1[v] + a2 * r2[v] + a3 * r3[v]
    for u in range(fresh, count):
        for v in range(u + 1):
            gram[u, v] -= cross[u] * cross[v] / total
            gram[v, u] = gram[u, v]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _partial_gram(X, patients, gram, places, count):  # type: ignore[no-untyped-def]
    """Write the second derivatives of a Cox model by the active columns; there is no intercept to eliminate."""
    n = X.shape[0]
    _gram(X, patients[WEIGHT], gram, places[CROSS], 0, count)
    weight = patients[WEIGHT].sum() / n
    for u in range(count):
        for v in range(u + 1):
            gram[u, v] += places[CROSS, u] * places[CROSS, v] / weight
        gram[u, u] *= 1.0 + 1e-11  # of columns that order all events next to nothing would be left
    at_risk, tied_sum, mean = places[SUPPORT], places[JUMP], places[CURVE]
    at_risk[:] = 0.0
    base, first = 0.0, 0
    while first < n:
        stop, deaths, tied = first, 0, 0.0
        while stop < n and abs(patients[Y, stop]) == abs(patients[Y, first]):
            stop += 1
        before, base = base, patients[AT_RISK, stop - 1]
        for u in range(count):
            at_risk[u] *= np.exp(before - base)
            tied_sum[u] = 0.0
        for i in range(first, stop):
            share = np.exp(patients[ETA, i] - base)
            event = 1.0 if patients[Y, i] > 0.0 else 0.0
            deaths, tied = deaths + int(event), tied + event * share
            for u in range(count):
                at_risk[u] += share * X[i, u]
                tied_sum[u] += event * share * X[i, u]
        for k in range(deaths):
            left = k / deaths
            for u in range(count):
                mean[u] = (at_risk[u] - left * tied_sum[u]) / (1.0 - left * tied)
                for v in range(u + 1):
                    gram[u, v] -= mean[u] * mean[v] / n
        first = stop
    for u in range(count):
        places[CROSS, u] = 0.0
        for v in range(u):
            gram[v, u] = gram[u, v]
    return weight


@njit(cache=True, nogil=True, error_model="numpy")
def _propose(places, gram, work, scalars, count, pull0, enough):  # type: ignore[no-untyped-def]
    """Minimise the quadratic model by coordinate descent; leave the changes of the coefficients."""
    pull, change, lasso, curve = places[PULL], places[CHANGE], places[LASSO], places[CURVE]
    for u in range(count):
        pull[u] -= places[CROSS, u] * pull0 / scalars[TOTAL]
        change[u] = 0.0
        curve[u] = gram[u, u] + places[RIDGE, u]
        places[INVERSE, u] = 1.0 / curve[u]
    for sweep in range(MOST_SWEEPS):
        if sweep % PATIENCE == PATIENCE - 1:
            _jump(places, gram, work, count)
        largest = 0.0
        for u in range(count):
            now = places[B, u] + change[u]
            target = curve[u] * now + pull[u]
            new = 0.0
            if target > lasso[u]:
                new = (target - lasso[u]) * places[INVERSE, u]
            elif target < -lasso[u]:
                new = (target + lasso[u]) * places[INVERSE, u]
            move = new - now
            if move != 0.0:
                change[u] += move
                line = gram[u]
                for v in range(count):
                    pull[v] -= move * line[v]
                pull[u] -= move * places[RIDGE, u]
                largest = max(largest, abs(move) * curve[u])
        if largest <= enough:
            break


@njit(cache=True, nogil=True, error_model="numpy")
def _jump(places, gram, work, count):  # type: ignore[no-untyped-def]
    """Go to the minimum over the coefficients that are not 0, or as far as the first of them becomes 0.

    Sweeps creep where columns are nearly collinear; with signs kept the model is a linear system
    (Cholesky).
    """
    size = 0
    support = places[SUPPORT]
    for u in range(count):
        if places[B, u] + places[CHANGE, u] != 0.0:
            support[size] = u
            size += 1
    step = places[JUMP]
    for a in range(size):
        u = int(support[a])
        step[a] = places[PULL, u] - places[LASSO, u] * np.sign(places[B, u] + places[CHANGE, u])
        for c in range(a + 1):
            total = gram[u, int(support[c])] + (places[RIDGE, u] if c == a else 0.0)
            for k in range(c):
                total -= work[a, k] * work[c, k]
            if c < a:
                work[a, c] = total / work[c, c]
            elif total <= 1e-10 * places[CURVE, u]:
                return  # nearly singular: leave it to the sweeps
            else:
                work[a, a] = np.sqrt(total)
        for k in range(a):
            step[a] -= work[a, k] * step[k]
        step[a] /= work[a, a]
    share = 1.0
    for a in range(size - 1, -1, -1):
        for k in range(a + 1, size):
            step[a] -= work[k, a] * step[k]
        step[a] /= work[a, a]
    for a in range(size):
        now = places[B, int(support[a])] + places[CHANGE, int(support[a])]
        if now * (now + step[a]) < 0.0:
            share = min(share, -now / step[a])
    for a in range(size):
        u = int(support[a])
        places[CHANGE, u] += share * step[a]
        for v in range(count):
            places[PULL, v] -= share * step[a] * gram[u, v]
        places[PULL, u] -= share * step[a] * places[RIDGE, u]


@njit(cache=True, nogil=True, error_model="numpy")
def _shift(XT, step, places, scalars, count, pull0):  # type: ignore[no-untyped-def]
    """Turn the changes of the coefficients into those of intercept and linear predictor, not too long ones."""
    shift = pull0
    for u in range(count):
        shift -= places[CROSS, u] * places[CHANGE, u]
    scalars[SHIFT] = shift / scalars[TOTAL]
    for i in range(step.size):
        step[i] = scalars[SHIFT]
    for u in range(count):
        change = places[CHANGE, u]
        if change != 0.0:
            column = XT[u]
            for i in range(step.size):
                step[i] += change * column[i]
    far = np.abs(step).max() if scalars[LOSS] == PARTIAL else 0.0
    if far > FARTHEST:  # further the quadratic model means nothing
        step *= FARTHEST / far
        places[CHANGE, :count] *= FARTHEST / far
        scalars[SHIFT] *= FARTHEST / far


@njit(cache=True, nogil=True, error_model="numpy")
def _move(patients, places, scalars, count, share):  # type: ignore[no-untyped-def]
    """Go ``share`` of the proposed step; going back (-0.5) also halves what counts as the step."""
    left = 1.0 + share if share < 0.0 else 1.0
    for i in range(patients.shape[1]):
        patients[ETA, i] += share * patients[STEP, i]
        patients[STEP, i] *= left
    for u in range(count):
        places[B, u] += share * places[CHANGE, u]
        places[CHANGE, u] *= left
    scalars[INTERCEPT] += share * scalars[SHIFT]
    scalars[SHIFT] *= left


@njit(cache=True, nogil=True, error_model="numpy")
def _overshot(patients, places, loss, count):  # type: ignore[no-untyped-def]
    """Say whether the objective rose with the last step (the violation alone may rise on a good step)."""
    n = patients.shape[1]
    rise = 0.0
    if loss == PARTIAL:
        rise -= _at_risk(patients, 1.0)
        rise += _at_risk(patients, 0.0)  # last, because the Gram matrix is built with it
    for i in range(n):
        y, new = patients[Y, i], patients[ETA, i]
        old = new - patients[STEP, i]
        if loss == LOGISTIC:
            rise += max(new, 0.0) + np.log1p(np.exp(-abs(new))) - y * new
            rise -= max(old, 0.0) + np.log1p(np.exp(-abs(old))) - y * old
        elif loss == SQUARED:
            rise += 0.5 * (y - new) ** 2 - 0.5 * (y - old) ** 2
    rise /= n
    for u in range(count):
        new = places[B, u]
        old = new - places[CHANGE, u]
        rise += places[LASSO, u] * (abs(new) - abs(old)) + 0.5 * places[RIDGE, u] * (new * new - old * old)
    return rise > 1e-13
