"""Tables that list the strongest pairs alone: the same numbers, all pairs counted, the same verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate import pairs
from imagenomics.associate.frame import COLUMNS, OF_TARGET
from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.report.families import Family
from imagenomics.tables.frames import stack
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

N, F, T = 60, 12, 20


def tables(seed: int = 1) -> tuple[PatientTable, PatientTable]:
    random = np.random.default_rng([31, seed])
    index = pd.Index([f"P{i:02d}" for i in range(N)], name="patient", dtype=object)
    x, y = random.standard_normal((N, F)), random.standard_normal((N, T))
    y[:, 0] += x[:, 0]
    x[random.random(x.shape) < 0.05] = np.nan
    x[:, 3] = 1.0
    y[5:, 7] = np.nan
    y = np.column_stack([y, y[:, 0] > 0])
    names = [f"x{k}" for k in range(F)], [f"y{k}" for k in range(T + 1)]
    described = pd.concat([describe(names[1][:-1]), describe(names[1][-1:], kind="binary")])
    return (
        PatientTable(pd.DataFrame(x, index=index, columns=names[0]), describe(names[0])),
        PatientTable(pd.DataFrame(y, index=index, columns=names[1]), described),
    )


def run(keep_p: float, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=50, keep_p=keep_p, **options)
    return test_pairs(*tables(), settings=settings, analysis="scan", seed=1)


@pytest.mark.parametrize("fdr", ["bh", "by"])
def test_kept_rows_are_those_of_the_whole_table(fdr):
    whole, some = run(1.0, fdr=fdr), run(0.05, fdr=fdr)
    assert list(whole.columns) == list(COLUMNS)
    assert list(some.columns) == [*COLUMNS, *OF_TARGET]
    both = whole.astype({"feature": str, "target": str}).merge(
        some[["feature", "target"]].astype(str), on=["feature", "target"]
    )
    pd.testing.assert_frame_equal(
        both.astype(dict.fromkeys(("feature", "target", "status", "reason", "test"), str)),
        some[list(COLUMNS)].astype(dict.fromkeys(("feature", "target", "status", "reason", "test"), str)),
        check_categorical=False,
        check_dtype=False,
    )
    assert ((whole["p"] <= 0.05).sum(), whole["q"].min()) == ((some["p"] <= 0.05).sum(), some["q"].min())
    tested = whole[whole["p"].notna()]
    best = tested.loc[tested.groupby("target", observed=True)["p"].idxmin()]
    assert set(best["feature"].astype(str) + best["target"].astype(str)) <= set(
        some["feature"].astype(str) + some["target"].astype(str)
    )


@pytest.mark.parametrize("fdr", ["bh", "by"])
def test_all_pairs_are_counted_and_judged(fdr):
    whole, some = run(1.0, fdr=fdr), run(0.01, fdr=fdr)
    settings = VerdictSettings()
    verdicts = [association_verdicts(t, settings=settings, fdr=fdr) for t in (whole, some)]
    assert len(verdicts[0]) == T + 1
    for one, other in zip(*verdicts, strict=True):
        assert one == pytest.approx(other, nan_ok=True)
    assert {v["verdict"] for v in verdicts[1]} == {"supported", "no evidence found", "not testable"}
    tested = some[some["p"].notna()]
    family = Family("scan", "", some, tested, tested[tested["q"] <= 0.05], ())
    assert family.counts == (F * (T + 1), int(whole["p"].notna().sum()))


def test_a_reason_of_each_target_stays():
    whole, some = run(1.0), run(1e-6)
    for frame in (whole, some):
        frame[["target", "reason"]] = frame[["target", "reason"]].astype(str)
    refused = [set(map(tuple, t.loc[t["p"].isna(), ["target", "reason"]].to_numpy())) for t in (whole, some)]
    assert refused[0] == refused[1]


@pytest.mark.parametrize("max_t", ["single-step", "step-down"])
def test_parts_of_a_scan_are_one_family(max_t, monkeypatch):
    at_once = run(0.05, max_t=max_t)
    monkeypatch.setattr(pairs, "AT_ONCE", 3 * F)  # three targets in a part
    in_parts = run(0.05, max_t=max_t)
    texts = dict.fromkeys(at_once.select_dtypes("category").columns, str)
    pd.testing.assert_frame_equal(in_parts.astype(texts), at_once.astype(texts), rtol=1e-11)


def test_families_with_and_without_all_rows_stand_in_one_table():
    whole, some = run(1.0), run(0.05)
    table = stack([whole, some])
    assert len(table) == len(whole) + len(some)
    assert table["target_tests"].isna().sum() == len(whole)
    verdicts = association_verdicts(
        table.assign(analysis=["all"] * len(whole) + ["some"] * len(some)), settings=VerdictSettings()
    )
    assert [v["null_p"] for v in verdicts[: T + 1]] == pytest.approx(
        [v["null_p"] for v in verdicts[T + 1 :]], nan_ok=True
    )


@pytest.mark.parametrize("keep_p", [0.0, 1.5])
def test_bad_input(keep_p):
    with pytest.raises((InputError, ValueError), match="keep_p"):
        AssociateSettings(keep_p=keep_p)
