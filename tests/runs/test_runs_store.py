import signal
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.runs.payload import decode, encode
from imagenomics.runs.store import Store, Unit, make_key
from imagenomics.runs.units import Workshop
from imagenomics.work.executor import SerialExecutor


def _double(unit, log):
    with open(log, "a") as handle:
        handle.write(f"{unit.data}\n")
    if unit.data == 2:
        raise InputError("IGX-TEST-002", "two is refused", where="two.nii")
    return {"table": pd.DataFrame({"x": [unit.data * 2]}), "note": {"n": unit.data}}


def _units(numbers):
    return {str(n): Unit("double", 1, "{}", upstream=(str(n),), data=n) for n in numbers}


@pytest.fixture
def shop(tmp_path):
    return Workshop(Store(tmp_path / "store"), SerialExecutor())


def test_payload_round_trip_is_byte_equal():
    payload = {"frame": pd.DataFrame({"a": [1.0, None]}), "picture": b"\x00\xff", "plain": {"k": [1, "x"]}}
    content = encode(payload)
    back = decode(content)
    assert encode(back) == content
    assert back["picture"] == payload["picture"]
    assert back["plain"] == payload["plain"]


def test_units_are_done_once_and_failures_are_kept(shop, tmp_path):
    log = tmp_path / "log"
    first = shop.do(_units([1, 2, 3]), _double, label="double", shared={"log": log})
    again = shop.do(_units([1, 2, 3]), _double, label="double", shared={"log": log})
    assert log.read_text().split() == ["1", "2", "3"]
    for results in (first, again):
        assert {n: p["table"]["x"].item() for n, p in results.payloads.items()} == {"1": 2, "3": 6}
        assert results.failures["2"].code == "IGX-TEST-002"
        assert results.failures["2"].item == "2"


def test_retry_failed_tries_only_failures_again(shop, tmp_path):
    log = tmp_path / "log"
    shop.do(_units([1, 2]), _double, label="double", shared={"log": log})
    Workshop(shop.store, shop.executor, retry_failed=True).do(
        _units([1, 2]), _double, label="double", shared={"log": log}
    )
    assert log.read_text().split() == ["1", "2", "2"]


def test_changed_content_or_settings_change_the_key(tmp_path):
    file = tmp_path / "a"
    file.write_text("one")
    key = Unit("s", 1, "{}", {"image": file}).key()
    renamed = file.rename(tmp_path / "b")
    assert Unit("s", 1, "{}", {"image": renamed}).key() == key
    renamed.write_text("two")
    others = {
        Unit("s", 1, "{}", {"image": renamed}).key(),
        Unit("s", 2, "{}", {"image": renamed}).key(),
        Unit("s", 1, "{ }", {"image": renamed}).key(),
        Unit("s", 1, "{}", {"mask": renamed}).key(),
        make_key("s", 1, "{}", []),
    }
    assert len(others | {key}) == 6


def test_a_missing_input_is_a_failure_row(shop, tmp_path):
    units = {"p": Unit("s", 1, "{}", {"image": tmp_path / "absent.nii"})}
    results = shop.do(units, _double, label="double", shared={"log": tmp_path / "log"})
    assert results.failures["p"].code == "IGX-RUN-001"
    assert "absent.nii" in results.failures["p"].where


def test_a_damaged_result_is_made_again(shop, tmp_path):
    log = tmp_path / "log"
    (key,) = shop.do(_units([1]), _double, label="double", shared={"log": log}).keys.values()
    path = shop.store.folder / "double" / key[:2] / f"{key}.zip"
    path.write_bytes(path.read_bytes()[:40])
    assert shop.store.load("double", key) is None
    assert shop.do(_units([1]), _double, label="double", shared={"log": log}).payloads["1"]["note"] == {
        "n": 1
    }


CRASH = """
import os, sys
from pathlib import Path
from imagenomics.runs.store import Store, Unit
from imagenomics.runs.units import Workshop
from imagenomics.work.executor import SerialExecutor

def crash(unit):
    if unit.data == "bad":
        os.kill(os.getpid(), 9)
    return {"ok": True}

shop = Workshop(Store(Path(sys.argv[1])), SerialExecutor())
units = {n: Unit("crash", 1, n, data=n) for n in ("a", "bad", "c")}
results = shop.do(units, crash, label="crash")
print(sorted(results.payloads), {n: f.code for n, f in results.failures.items()})
"""


def test_a_unit_that_crashes_the_process_cannot_stop_a_run_for_ever(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(CRASH), str(tmp_path / "store")]
    for _ in range(2):
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    third = subprocess.run(command, check=True, capture_output=True, text=True)
    assert third.stdout.strip() == "['a', 'c'] {'bad': 'IGX-RUN-002'}"


def test_an_interrupt_is_no_crash(shop):
    def interrupt(unit):
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            shop.do(_units([1]), interrupt, label="stop")
    assert not list(shop.store.folder.rglob("*.started"))


def test_a_result_that_cannot_be_written_stops_the_run_and_says_so(tmp_path):
    blocked = tmp_path / "store"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(FileProblem, match="IGX-TAB-020"):
        Workshop(Store(blocked), SerialExecutor()).do(
            _units([1]), _double, label="double", shared={"log": tmp_path / "log"}
        )
