import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.resample.sequential import DrawsFailed, NullJob, SequentialP, run_nulls
from imagenomics.resample.settings import NullSettings
from imagenomics.work.executor import SerialExecutor
from imagenomics.work.seeds import generator


def _draw(number, *, seed, shift=0.0):
    return float(generator(seed, "draw", number).normal()) + shift


def one_null(draw, observed, settings, **arguments):
    jobs = {"null": NullJob(observed, settings, arguments)}
    return run_nulls(draw, jobs, executor=SerialExecutor())["null"]


def _fails(number):
    if number == 13:
        raise ValueError("a draw that cannot be done")
    return 0.0


def test_stops_at_the_tenth_exceedance_with_h_over_l():
    state = SequentialP(1.0, maximum=100, exceedances=3)
    for value in [0.0, 1.0, 2.0, 0.5, 1.0 - 1e-12, 5.0]:
        state.add(value)
    assert state.done
    assert (state.p, len(state.draws)) == (3 / 5, 5)


def test_at_the_maximum_the_usual_permutation_p():
    state = SequentialP(10.0, maximum=19, exceedances=10)
    for _ in range(25):
        state.add(0.0)
    assert (state.p, len(state.draws)) == (1 / 20, 19)
    assert np.isnan(SequentialP(0.0, maximum=5).p)


def test_ties_count_and_a_missing_draw_counts_against():
    state = SequentialP(0.75, maximum=4, exceedances=10)
    for value in [0.75 - 1e-10, 0.75 - 1e-8, np.nan, 0.7]:
        state.add(value)
    assert state.above == 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 40), st.floats(-1, 3))
def test_any_block_size_gives_the_same(seed, block, observed):
    results = [
        one_null(_draw, observed, NullSettings(maximum=60, exceedances=5, block=size), seed=seed)
        for size in (block, 7)
    ]
    assert results[0].p == results[1].p
    assert np.array_equal(results[0].draws, results[1].draws)
    assert results[0].exceedances == results[1].exceedances


def test_p_values_are_valid_under_the_null():
    """P(p <= a) is at most a, for the stopped and for the full ones."""
    rng = np.random.default_rng(6)
    p = []
    for _ in range(2000):
        state = SequentialP(rng.normal(), maximum=99, exceedances=10)
        while not state.done:
            state.add(rng.normal())
        p.append(state.p)
    for level in (0.05, 0.1, 0.3):
        bound = level + 3.3 * np.sqrt(level * (1 - level) / 2000)
        assert np.mean(np.array(p) <= level) <= bound
        assert np.mean(np.array(p) <= level) >= level - 3.3 * np.sqrt(level * (1 - level) / 2000) - 0.011


def test_a_failed_draw_is_the_answer_of_its_null_alone():
    settings = NullSettings(maximum=50)
    jobs = {"broken": NullJob(1.0, settings), "early": NullJob(-1.0, settings)}
    found = run_nulls(_fails, jobs, executor=SerialExecutor())
    assert isinstance(found["broken"], DrawsFailed)
    assert re.search(r"IGX-RES-008[\s\S]*cannot be done[\s\S]*draw 13", str(found["broken"]))
    assert found["early"].p == 1.0
    with pytest.raises(InputError, match="IGX-RES-014"):
        one_null(_draw, np.nan, NullSettings(), seed=1)


def test_company_changes_no_null():
    settings = NullSettings(maximum=60, exceedances=5)
    values = {f"n{k}": 0.6 * k for k in range(12)}
    jobs = {name: NullJob(value, settings, {"seed": 3}) for name, value in values.items()}
    together = run_nulls(_draw, jobs, executor=SerialExecutor())
    for name, value in values.items():
        alone = one_null(_draw, value, settings, seed=3)
        assert together[name].p == alone.p
        assert np.array_equal(together[name].draws, alone.draws)


@pytest.mark.parametrize("block", [1, 5, 50])
def test_a_failed_draw_behind_the_end_does_not_count(block):
    settings = NullSettings(maximum=50, exceedances=10, block=block)
    result = one_null(_fails, -1.0, settings)
    assert result.p == 1.0
    assert len(result.draws) == 10


def test_spread_of_the_draws():
    result = one_null(_draw, 9.0, NullSettings(maximum=50), seed=1)
    assert result.spread == pytest.approx(np.std(result.draws, ddof=1))
    assert result.centre == pytest.approx(result.draws.mean())
