"""The tests of 2 x 2 tables that a study can choose, each as a log p and a statistic."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.one_sided import Direction
from imagenomics.associate.settings import TableTest
from imagenomics.stats.chi_square import chi_square_2x2
from imagenomics.stats.fisher import fisher
from imagenomics.stats.tails import log_sf_chi2

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Cells = tuple[IntArray, IntArray, IntArray, IntArray]
NAMES: dict[TableTest, str] = {
    "fisher": "Fisher exact",
    "fisher-mid-p": "Fisher exact (mid-p)",
    "chi-square": "chi-square (2 x 2)",
    "chi-square-yates": "chi-square (2 x 2, Yates)",
}
SMALLEST = 1e-300  # p values below it have underflown


def is_chi_square(test: TableTest) -> bool:
    """Tell whether the test takes its p value from the chi-square distribution."""
    return test in ("chi-square", "chi-square-yates")


def chi_square_statistic(cells: Cells, test: TableTest) -> FloatArray:
    """Return Pearson's statistic of 2 x 2 tables; NaN where a margin is empty."""
    return chi_square_2x2(cells, yates=test == "chi-square-yates").statistic


def chi_square_log_p(cells: Cells, test: TableTest) -> FloatArray:
    """Return log p; 0 where a margin is empty."""
    return log_sf_chi2(np.nan_to_num(chi_square_statistic(cells, test)), 1.0)


def exact_log_p(cells: Cells, test: TableTest, direction: Direction) -> FloatArray:
    """Return log p of Fisher's exact or mid-p test, each different table done once."""
    flat = np.stack([cell.ravel() for cell in cells], axis=1)
    tables, place = np.unique(flat, axis=0, return_inverse=True)
    columns = (tables[:, 0], tables[:, 1], tables[:, 2], tables[:, 3])
    p = fisher(columns, side=direction, mid_p=test == "fisher-mid-p")
    return np.asarray(np.log(np.maximum(p, SMALLEST))[place.ravel()].reshape(cells[0].shape))


def smallest_expected(cells: Cells) -> FloatArray:
    """Return the smallest expected count of each table."""
    a, b, c, d = cells
    rows, columns = np.minimum(a + b, c + d), np.minimum(a + c, b + d)
    return np.asarray(rows * columns / np.maximum(a + b + c + d, 1), dtype=np.float64)
