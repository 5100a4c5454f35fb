"""Gray's test is that of cmprsk.

R 4.2.2, cmprsk 2.2-11: `Rscript benchmarks/gray_reference.R tests/reference` writes the cohorts and what
cuminc(...)$Tests says of them.
"""

from pathlib import Path

import pandas as pd
import pytest

from imagenomics.stats.cumulative_incidence import gray_test

FOLDER = Path(__file__).parent
PATIENTS = pd.read_csv(FOLDER / "r_gray_patients.csv")
FOUND = pd.read_csv(FOLDER / "r_gray_found.csv", skipinitialspace=True)


@pytest.mark.parametrize("row", list(FOUND.itertuples(index=False)), ids=lambda r: f"{r.cohort}-{r.cause}")
def test_statistic_and_p_are_those_of_cmprsk(row):
    rows = PATIENTS[PATIENTS["cohort"] == row.cohort]
    time, cause, group, stratum = (rows[c].to_numpy() for c in ("time", "cause", "group", "stratum"))
    found = gray_test(time, cause, group, of=row.cause, strata=stratum)
    assert found.df == row.df
    assert found.statistic == pytest.approx(row.statistic, rel=1e-10)
    assert found.p == pytest.approx(row.p, rel=1e-10)
