"""Penalised Cox models beside R: glmnet 4.1-6 (elastic net) and survival 3.5-3 (ridge, ties by Efron).

The data are made up (penalised_cox.csv: 60 patients, 33 events, no equal times, where Efron's and Breslow's ties are
the same). R: glmnet(X, Surv(time, event), family = "cox", alpha, lambda, standardize = FALSE, thresh = 1e-14) and, with
times rounded up to fifths (9 distinct times of events), coxph(Surv(ceiling(5 * time), event) ~ ridge(X, theta = 3,
scale = FALSE)).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.predict.penalised_path import solve_path
from imagenomics.stats.signed_times import sign_times

DATA = pd.read_csv(Path(__file__).with_name("penalised_cox.csv"))
X = DATA.filter(like="x").to_numpy()
LAMBDAS = np.array([0.2, 0.05, 0.01])
GLMNET = {
    0.5: [
        [0.5867841095, 0.8427266872, 0.9571896775],
        [-0.2799552679, -0.6159597161, -0.8585223636],
        [0.0, -0.3593410445, -0.5795752199],
        [0.0, 0.1197562458, 0.2020064636],
        [0.0, -0.0686257099, -0.2546452351],
        [0.0395910098, 0.1929411472, 0.2716908641],
        [0.0, -0.0329523328, -0.0552466585],
        [0.0, 0.0, 0.0565528074],
    ],
    1.0: [
        [0.5318660406, 0.8795925453, 0.9600491336],
        [-0.1234132191, -0.5457368111, -0.8474577485],
        [0.0, -0.2574345246, -0.5637676105],
        [0.0, 0.0212831828, 0.1805451319],
        [0.0, 0.0, -0.2281024426],
        [0.0, 0.0833102559, 0.2442607971],
        [0.0, 0.0, -0.0366634537],
        [0.0, 0.0, 0.0355250330],
    ],
}
RIDGE = [
    *(0.81705068817, -0.49289983460, -0.44627889539, 0.14712262556),
    *(-0.14896506165, 0.36834149511, -0.05550202772, 0.04957083267),
]


@pytest.mark.parametrize("mix", sorted(GLMNET))
def test_elastic_net_is_that_of_glmnet(mix):
    y = sign_times(DATA["time"], DATA["event"])
    own = solve_path(X, y, LAMBDAS, mix=mix, loss="partial")
    other = np.array(GLMNET[mix]).T
    np.testing.assert_allclose(own.coefficients, other, atol=2e-5)
    assert ((own.coefficients == 0) == (other == 0)).all()
    exact = solve_path(X, y, LAMBDAS, mix=mix, loss="partial", tolerance=1e-9)
    np.testing.assert_allclose(exact.coefficients, other, atol=5e-7)


def test_ridge_with_ties_is_that_of_coxph():
    y = sign_times(np.ceil(5 * DATA["time"]), DATA["event"])
    own = solve_path(X, y, np.array([3 / 60]), mix=0.0, loss="partial", tolerance=1e-9)
    np.testing.assert_allclose(own.coefficients[0], RIDGE, atol=1e-8)
