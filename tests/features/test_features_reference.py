"""How our values are held against a printed table."""

from __future__ import annotations

import pandas as pd
import pytest

from imagenomics.errors import FileProblem
from imagenomics.features.reference import compare_with_reference, half_of_last_digit


@pytest.mark.parametrize(
    ("text", "half"),
    [("2.15", 0.005), ("0.0411", 0.00005), ("567", 0.5), ("50", 0.5), ("100", 0.5), ("1200", 5), ("1490", 5)],
)
def test_half_of_the_last_digit(text, half):
    assert half_of_last_digit(text) == pytest.approx(half)


@pytest.mark.parametrize(
    ("text", "half"), [("6.98E-05", 0.5e-7), ("-18000000", 50_000), ("125256", 0.5), ("-0.50", 0.005)]
)
def test_half_of_the_last_digit_of_other_spellings(text, half):
    assert half_of_last_digit(text) == pytest.approx(half)


def test_each_row_of_the_reference_gets_a_status(tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text(
        "reference value;tolerance;tag\n556;4;a\n556;4;b\n2.15;0;c\n2.15;0;d\n;;e\n1;0;f\n1;0;g\n",
        encoding="utf-8",
    )
    ours = pd.DataFrame(
        {
            "ibsi": ["a", "b", "c", "d", "e", "g", ""],
            "value": [560.4, 561.0, 2.1549, 2.1551, 7.0, float("nan"), 1.0],
        }
    )
    compared = compare_with_reference(ours, path)
    assert compared.set_index("tag")["status"].to_dict() == {
        "a": "matched",
        "b": "mismatched",
        "c": "matched",
        "d": "mismatched",
        "e": "unreferenced",
        "f": "absent",
        "g": "mismatched",
    }


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("tag;value\na;1\n", encoding="utf-8")
    with pytest.raises(FileProblem) as refused:
        compare_with_reference(pd.DataFrame({"ibsi": [], "value": []}), path)
    assert refused.value.code == "IGX-FEAT-010"
