"""Runs that are killed, starved of disk, or lose a worker: nothing that was done is lost."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

RESULTS = ("features.parquet", "associations.parquet", "verdicts.json", "failures.csv", "flow.json")
CHILD = """
import sys
from pathlib import Path
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

if __name__ == "__main__":
    study = load_study(sys.argv[1], overrides=sys.argv[4:])
    options = JobOptions(Path(sys.argv[2]), int(sys.argv[3]), progress=Progress(shown=False))
    print(run_plan(study.plan, study.root, options, last="nulls").folder)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("script") / "child.py"
    path.write_text(CHILD)
    return path


def _start(script, study, out, quick, *, workers=1, **options):
    command = [sys.executable, str(script), str(study), str(out), str(workers), *quick]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def _kill_when(process, out, count):
    """Kill the process as soon as the store holds ``count`` results."""
    while process.poll() is None:
        if sum(1 for _ in (out / "store").rglob("*.zip")) >= count:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    process.communicate()
    return process.returncode


def _finish(script, study, out, quick):
    process = _start(script, study, out, quick)
    _, errors = process.communicate()
    assert process.returncode == 0, errors


def _same(left, right):
    for name in RESULTS:
        assert (left / name).read_bytes() == (right / name).read_bytes(), name


@pytest.fixture(scope="module")
def whole(script, phantom, quick, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "run"
    _finish(script, phantom, out, quick)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 17, 41])
def test_killed_after_the_kth_result_and_resumed(script, phantom, quick, whole, tmp_path, k):
    out = tmp_path / "run"
    _kill_when(_start(script, phantom, out, quick), out, k)
    kept = {p: p.stat().st_mtime_ns for p in (out / "store").rglob("*.zip")}
    assert len(kept) >= k
    _finish(script, phantom, out, quick)
    _same(out, whole)
    assert all(p.stat().st_mtime_ns == t for p, t in kept.items())
    assert not list(out.rglob("*.part"))


@pytest.mark.slow
@pytest.mark.parametrize("k", range(2, 66, 5))
def test_killed_at_many_moments(script, phantom, quick, whole, tmp_path, k):
    out = tmp_path / "run"
    _kill_when(_start(script, phantom, out, quick), out, k)
    _finish(script, phantom, out, quick)
    _same(out, whole)


@pytest.mark.slow
def test_interrupted_runs_resume_and_count_no_crash(script, phantom, quick, whole, tmp_path):
    out = tmp_path / "run"
    for count in (5, 5, 5):
        process = _start(script, phantom, out, quick)
        while process.poll() is None and sum(1 for _ in (out / "store").rglob("*.zip")) < count:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        process.communicate()
    _finish(script, phantom, out, quick)
    _same(out, whole)


@pytest.mark.slow
def test_a_file_size_limit_stops_the_run_with_its_reason_and_nothing_is_lost(
    script, phantom, quick, whole, tmp_path
):
    out = tmp_path / "run"

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = _start(script, phantom, out, quick, preexec_fn=limit)
    _, errors = process.communicate()
    assert process.returncode != 0
    assert "IGX-TAB-020" in errors
    assert "resumes" in errors
    assert not list(out.rglob("*.part"))
    _finish(script, phantom, out, quick)
    _same(out, whole)


@pytest.mark.slow
def test_a_full_disk_stops_the_run_with_its_reason(script, phantom, quick, whole, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(mount)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        out = mount / "run"
        process = _start(script, phantom, out, quick)
        _, errors = process.communicate()
        assert process.returncode != 0
        assert "IGX-TAB-020" in errors
        subprocess.run(["mount", "-o", "remount,size=50m", str(mount)], check=True)
        _finish(script, phantom, out, quick)
        _same(out, whole)
    finally:
        subprocess.run(["umount", str(mount)], check=False)


def _children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as handle:
            found += [int(child) for child in handle.read().split()]
    return found + [grand for child in found for grand in _children(child)]


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_a_killed_worker_costs_nothing(script, phantom, quick, whole, tmp_path):
    out = tmp_path / "run"
    process = _start(script, phantom, out, quick, workers=2)
    killed = False
    while process.poll() is None:
        if not killed and sum(1 for _ in (out / "store" / "extract").rglob("*.zip")) >= 3:
            workers = [pid for pid in _children(process.pid) if _is_worker(pid)]
            if workers:
                os.kill(workers[0], signal.SIGKILL)
                killed = True
        time.sleep(0.005)
    _, errors = process.communicate()
    assert killed
    assert process.returncode == 0, errors
    _same(out, whole)


def _is_worker(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as handle:
            return "spawn_main" in handle.read()
    except OSError:
        return False


def test_broken_pictures_are_rows_and_the_rest_goes_on(phantom, run_quick, tmp_path):
    import shutil

    import numpy as np
    import SimpleITK as sitk

    study = shutil.copytree(phantom.parent, tmp_path / "cohort") / "study.toml"
    images = study.parent / "images"

    def edit(patient, change, name="t1post"):
        path = images / f"PHANTOM-{patient:03d}_{name}.nii.gz"
        volume = sitk.ReadImage(str(path))
        array = sitk.GetArrayFromImage(volume)
        changed = sitk.GetImageFromArray(change(array))
        if changed.GetSize() == volume.GetSize():
            changed.CopyInformation(volume)
        sitk.WriteImage(changed, str(path))

    (images / "PHANTOM-002_t1post.nii.gz").write_bytes(b"")
    (images / "PHANTOM-003_t1post.nii.gz").write_bytes(b"no image at all")
    edit(4, lambda a: np.full_like(a, np.nan, dtype=np.float32))
    edit(5, lambda a: a[:, ::2], name="mask")
    edit(6, np.zeros_like, name="mask")
    edit(7, np.zeros_like)
    edit(8, lambda a: np.where(np.cumsum(a.ravel()).reshape(a.shape) <= 5, a, 0).astype(a.dtype), name="mask")
    summary = run_quick(study, tmp_path / "run", last="extract")
    failures = pd.read_csv(summary.folder / "failures.csv", dtype=str).set_index("patient")
    broken = [f"PHANTOM-{i:03d}" for i in range(2, 9)]
    assert set(broken) <= set(failures.index)
    assert failures.loc[broken, "error"].str.len().gt(10).all()
    assert failures.loc[broken, "remedy"].notna().all()
    features = pd.read_parquet(summary.folder / "features.parquet")
    assert features.loc[broken].isna().all(axis=None)
    assert features.drop(index=list(failures.index)).notna().any(axis=1).all()
    assert summary.too_many_failures
    traces = json.loads((summary.folder / "failures.json").read_text())["failures"]
    assert len(traces) == len(failures)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ("featurs.min_voxels=3", "IGX-SET-001", "did you mean 'features'"),
        ("features.min_voxel=3", "IGX-SET-001", "did you mean 'min_voxels'"),
        ("images=[]", "IGX-SET-001", "needs pictures"),
        ("associate.adjusted.targets=mutatons", "IGX-RUN-041", "did you mean 'mutations'"),
        ("associate.adjusted.adjust=['aeg']", "IGX-RUN-042", "did you mean 'age'"),
        ("associate.adjusted.features=t2.*", "IGX-RUN-040", "unknown feature"),
        ("patients.table=clincal.csv", "IGX-TAB-010", "did you mean 'clinical.csv'"),
        ("patients.id=patent", "IGX-COHORT-004", "did you mean 'patient'"),
        ("molecules.mutations.rule='exact'", "IGX-LINK-001", "PHANTOM-001-S1"),
    ],
)
def test_a_wrong_study_is_refused_with_the_remedy(phantom, run_quick, tmp_path, change, code, words):
    from imagenomics.errors import ImagenomicsError

    with pytest.raises(ImagenomicsError, match=code) as caught:
        run_quick(phantom, tmp_path / "run", last="associate", overrides=[change])
    assert words in str(caught.value)
