import os
import time

import pytest

from imagenomics.errors import InputError
from imagenomics.work.cluster import _Bundles, open_executor


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


def test_short_items_travel_together_and_a_death_still_costs_one(two_workers, tmp_path):
    items = {f"i{k:03d}": f"i{k:03d}" for k in range(120)}
    items["killer"] = "killer"
    items |= {f"j{k:03d}": f"j{k:03d}" for k in range(120)}
    seen: list[str] = []
    outcome = two_workers.map(
        _die, items, label="die", shared={"where": tmp_path}, each=lambda name, _: seen.append(name)
    )
    assert list(outcome.results) == [name for name in items if name != "killer"]
    assert sorted(seen) == sorted(outcome.results)
    assert [failure.item for failure in outcome.failures] == ["killer"]


def test_bundles_follow_the_time_of_items_and_shrink_at_the_end():
    bundles = _Bundles({str(k): k for k in range(200)}, tasks=8)
    assert len(bundles.next()) == 1  # nothing is known yet
    bundles.took(0.05)
    assert len(bundles.next()) == 8
    bundles.took(0.001)
    assert len(bundles.next()) <= 9  # a quick one does not make the long ones forgotten
    bundles.took(3.0)
    assert len(bundles.next()) == 1
    for _ in range(100):
        bundles.took(0.001)
    sizes = []
    while chosen := bundles.next():
        sizes.append(len(chosen))
    assert max(sizes) == 16
    assert sizes[-1] == 1
    assert sum(sizes) == 200 - 1 - 8 - 8 - 1
