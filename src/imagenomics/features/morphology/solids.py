"""Convex hull, smallest oriented box and smallest ellipsoid around a cloud of points."""

from __future__ import annotations

import numpy as np
from numba import njit

SERIES_TERMS = 20  # terms of the series of an ellipsoid's area, as IBSI prescribes
ELLIPSOID_TOLERANCE = 1e-6  # how far a point may lie outside, as a share of its squared distance
ELLIPSOID_STEPS = 1000  # in each round
ELLIPSOID_ROUNDS = 100


def convex_hull(points_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return the hull's corners (h, 3), outward face normals scaled to face areas (f, 3), volume and area."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points_mm)
    corners = points_mm[hull.simplices]
    twice = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return (
        points_mm[hull.vertices],
        hull.equations[:, :3] * (0.5 * twice)[:, None],
        float(hull.volume),
        float(hull.area),
    )


def diameter(points: np.ndarray) -> float:
    """Return the largest distance between two points (h, 3)."""
    return float(np.sqrt(_largest_squared(points)))


@njit(cache=True, nogil=True)
def _largest_squared(points: np.ndarray) -> float:
    largest = 0.0
    for i in range(points.shape[0]):
        for j in range(i):
            dz, dy, dx = points[i, 0] - points[j, 0], points[i, 1] - points[j, 1], points[i, 2] - points[j, 2]
            largest = max(largest, dz * dz + dy * dy + dx * dx)
    return largest


def ellipsoid_area(axes: np.ndarray) -> float:
    """Compute the surface of an ellipsoid as IBSI does.

    Parameters
    ----------
    axes : array of float64, (3,)
        Semi-axes in descending order; the first is positive.

    Source
    ------
    Image biomarker standardisation initiative reference manual, area density (approximate enclosing
    ellipsoid): a series in Legendre polynomials, here with the powers multiplied in so that equal axes do
    no harm. It takes both eccentricities against the longest axis and is then exact for a ball only (30%
    too large for axes 5, 5, 2); the published reference values were made with it, so it stays.
    """
    a, b, c = (float(v) for v in axes)
    if b == 0:
        return 0.0
    alpha2, beta2 = 1 - (b / a) ** 2, 1 - (c / a) ** 2
    middle, product = 0.5 * (alpha2 + beta2), alpha2 * beta2
    before, term, total = 1.0, middle, 1.0
    for k in range(1, SERIES_TERMS + 1):
        total += term / (1 - 4 * k**2)
        before, term = term, ((2 * k + 1) * middle * term - k * product * before) / (k + 1)
    return 4 * np.pi * a * b * total


def smallest_box(corners: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Return the edges (3,) of the box of least volume that lies flush with one face of the hull.

    The box's volume cannot be less than its height times the hull's shadow along the face's normal, so faces
    are tried in the order of that bound until no other can win.
    """
    area = np.linalg.norm(normals, axis=1)
    units = normals[area > 1e-9 * area.max()] / area[area > 1e-9 * area.max(), None]
    units = np.unique(np.round(units * np.where(_leading(units) < 0, -1.0, 1.0)[:, None], 9), axis=0)
    heights = np.empty(len(units))
    shadows = np.empty(len(units))
    for first in range(0, len(units), 512):
        block = slice(first, first + 512)
        along = corners @ units[block].T
        heights[block] = along.max(axis=0) - along.min(axis=0)
        shadows[block] = 0.5 * np.abs(units[block] @ normals.T).sum(axis=1)
    bound = heights * shadows
    best, edges = np.inf, np.zeros(3)
    for k in np.argsort(bound, kind="stable"):
        if bound[k] >= best:
            break
        width, length = _smallest_rectangle(_project(corners, units[k]))
        if heights[k] * width * length < best:
            best, edges = heights[k] * width * length, np.array([heights[k], width, length])
    return edges


def _leading(units: np.ndarray) -> np.ndarray:
    """Return the first component of each normal that is not zero, to tell a normal from its opposite."""
    clear = np.abs(units) > 1e-9
    leading: np.ndarray = units[np.arange(len(units)), clear.argmax(axis=1)]
    return leading


def _project(points: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Return the points in the plane across ``normal``, in ascending order."""
    helper = np.eye(3)[np.abs(normal).argmin()]
    first = np.cross(normal, helper)
    first /= np.linalg.norm(first)
    flat = points @ np.stack([first, np.cross(normal, first)], axis=1)
    ordered: np.ndarray = np.ascontiguousarray(flat[np.lexsort((flat[:, 1], flat[:, 0]))])
    return ordered


@njit(cache=True, nogil=True)
def _smallest_rectangle(points: np.ndarray) -> tuple[float, float]:
    n = points.shape[0]
    ring = np.empty((2 * n + 2, 2), np.float64)
    size = 0
    for turn in range(2):
        start = size
        for m in range(n):
            k = m if turn == 0 else n - 1 - m
            while size - start >= 2:
                ax, ay = ring[size - 1, 0] - ring[size - 2, 0], ring[size - 1, 1] - ring[size - 2, 1]
                bx, by = points[k, 0] - ring[size - 2, 0], points[k, 1] - ring[size - 2, 1]
                if ax * by - ay * bx > 0:
                    break
                size -= 1
            ring[size, 0] = points[k, 0]
            ring[size, 1] = points[k, 1]
            size += 1
        size -= 1  # the last point starts the other side
    best, width, length = np.inf, 0.0, 0.0
    for k in range(size):
        ex, ey = ring[(k + 1) % size, 0] - ring[k, 0], ring[(k + 1) % size, 1] - ring[k, 1]
        norm = np.sqrt(ex * ex + ey * ey)
        if norm == 0:
            continue
        ex, ey = ex / norm, ey / norm
        low, high, far = np.inf, -np.inf, 0.0
        for j in range(size):
            dx, dy = ring[j, 0] - ring[k, 0], ring[j, 1] - ring[k, 1]
            low = min(low, dx * ex + dy * ey)
            high = max(high, dx * ex + dy * ey)
            far = max(far, abs(dy * ex - dx * ey))
        if (high - low) * far < best:
            best, width, length = (high - low) * far, high - low, far
    return width, length


def smallest_ellipsoid(points: np.ndarray) -> np.ndarray:
    """Return the semi-axes (3,), descending, of the ellipsoid of least volume around points (h, 3).

    Source
    ------
    Khachiyan 1996, with the away steps of Todd and Yildirim 2007.
    """
    centred = points - points.mean(axis=0)
    scale = float(np.abs(centred).max())
    lifted = np.column_stack([centred / scale, np.ones(len(points))])
    weights = np.full(len(points), 1.0 / len(points))
    for _ in range(ELLIPSOID_ROUNDS):
        # The inverse is made afresh in each round, so that the rounding of its updates does not add up.
        spread = (lifted[:, :, None] * lifted[:, None, :] * weights[:, None, None]).sum(axis=0)
        if _move_weights(lifted, np.linalg.inv(spread), weights):
            break
    inside = lifted[:, :3]
    centre = (weights[:, None] * inside).sum(axis=0)
    around = inside - centre
    covariance = (around[:, :, None] * around[:, None, :] * weights[:, None, None]).sum(axis=0)
    axes: np.ndarray = np.sqrt(3 * np.linalg.eigvalsh(covariance)[::-1]) * scale
    return axes


@njit(cache=True, nogil=True)
def _move_weights(lifted: np.ndarray, inverse: np.ndarray, weights: np.ndarray) -> bool:
    # Makes the determinant of sum(w q q') grow: each step moves weight to the point furthest out, or away
    # from the point furthest in, and follows the distances by a rank-one update.
    n, d = lifted.shape
    distance = np.zeros(n)
    for i in range(n):
        for a in range(d):
            for b in range(d):
                distance[i] += lifted[i, a] * inverse[a, b] * lifted[i, b]
    for _ in range(ELLIPSOID_STEPS):
        far, near = 0, -1
        for i in range(n):
            if distance[i] > distance[far]:
                far = i
            if weights[i] > 0 and (near < 0 or distance[i] < distance[near]):
                near = i
        above, below = distance[far] / d - 1, 1 - distance[near] / d
        if max(above, below) < ELLIPSOID_TOLERANCE:
            return True
        which = far if above > below else near
        reach = distance[which]
        move = (reach - d) / (d * (reach - 1))
        if which == near:
            move = max(move, -weights[near] / (1 - weights[near]))
        towards = np.zeros(d)
        for a in range(d):
            for b in range(d):
                towards[a] += inverse[a, b] * lifted[which, b]
        share = move / (1 - move + move * reach)
        for a in range(d):
            for b in range(d):
                inverse[a, b] = (inverse[a, b] - share * towards[a] * towards[b]) / (1 - move)
        for i in range(n):
            along = 0.0
            for a in range(d):
                along += lifted[i, a] * towards[a]
            distance[i] = (distance[i] - share * along * along) / (1 - move)
            weights[i] *= 1 - move
        weights[which] = max(weights[which] + move, 0.0)
    return False
