import os
import time

import pytest

from imagenomics.errors import InputError
from imagenomics.work.cluster import open_executor


def _square(item, offset=0):
    if item == 3:
        raise InputError("IGX-TEST-001", "three is refused", where="item", remedy="use four")
    return item * item + offset


def _die(item, where):
    if item == "killer":
        os.kill(os.getpid(), 9)
    if item == "once":
        flag = where / "once"
        if not flag.exists():
            flag.write_text("x")
            os.kill(os.getpid(), 9)
    time.sleep(0.01)
    return item


@pytest.fixture(scope="module")
def two_workers():
    with open_executor(workers=2) as executor:
        yield executor


def test_serial_and_cluster_give_the_same(two_workers):
    items = {str(i): i for i in range(6)}
    with open_executor() as serial:
        one = serial.map(_square, items, label="square", shared={"offset": 1})
    many = two_workers.map(_square, items, label="square", shared={"offset": 1})
    assert one.results == many.results == {str(i): i * i + 1 for i in range(6) if i != 3}
    for outcome in (one, many):
        (failure,) = outcome.failures
        assert (failure.item, failure.code, failure.where, failure.remedy) == (
            "3",
            "IGX-TEST-001",
            "item",
            "use four",
        )
        assert "three is refused" in failure.trace


def test_a_worker_death_costs_its_own_item(two_workers, tmp_path):
    items = {name: name for name in ["a", "b", "killer", "c", "once", "d", "e"]}
    outcome = two_workers.map(_die, items, label="die", shared={"where": tmp_path})
    assert list(outcome.results) == ["a", "b", "c", "once", "d", "e"]
    (failure,) = outcome.failures
    assert (failure.item, failure.code) == ("killer", "IGX-WORK-002")


def test_no_items(two_workers):
    assert two_workers.map(_square, {}, label="nothing").results == {}


def test_bad_worker_count():
    with pytest.raises(InputError, match="IGX-WORK-010"), open_executor(workers=0):
        pass


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer():
    with pytest.raises(InputError, match="IGX-WORK-011"), open_executor(scheduler="tcp://127.0.0.1:9"):
        pass
