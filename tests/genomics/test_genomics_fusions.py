import numpy as np
import pytest

from imagenomics.errors import InputError

TEXT = "sample,five,three,both\np1,EML4,ALK,EML4--ALK\np1,EML4,ALK,EML4::ALK\np2,KIAA1549,BRAF,KIAA1549-BRAF\np3,,,\n"
TWO = {"kind": "fusions", "file": "f.csv", "five_prime": "five", "three_prime": "three"}


@pytest.mark.parametrize("columns", [{"five_prime": "five", "three_prime": "three"}, {"fusion": "both"}])
def test_genes_with_any_partner_and_pairs_in_order(load, columns):
    found = load(
        TEXT,
        kind="fusions",
        file="f.csv",
        genes=["ALK", "RET"],
        pairs=["KIAA1549--BRAF", "BRAF--KIAA1549"],
        **columns,
    )
    values = found.table.values
    assert values["m.ALK"].tolist() == [1, 0, 0]
    assert values["m.RET"].tolist() == [0, 0, 0]
    assert values["m.KIAA1549--BRAF"].tolist() == [0, 1, 0]
    assert values["m.BRAF--KIAA1549"].tolist() == [0, 0, 0]
    assert len(found.changes) == 2
    assert any("no row names 'RET'" in note for note in found.notes)
    assert any("declare `tested`" in note for note in found.notes)


def test_who_was_not_tested_has_no_value(load, tmp_path):
    (tmp_path / "t.csv").write_text("sample\np1\np2\np3\np4\n")
    found = load(TEXT, **TWO, genes=["ALK"], tested="t.csv", patients=["p1", "p4", "p5"])
    assert np.array_equal(found.table.values["m.ALK"], [1, 0])
    assert "p5" in set(found.losses["patient"])


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"three_prime": "3p", "genes": ["ALK"]}, "IGX-GEN-049"),
        ({"five_prime": None, "three_prime": None, "fusion": "five", "genes": ["ALK"]}, "IGX-GEN-049"),
        ({}, "IGX-SET-001"),
        ({"pairs": ["ALK"]}, "IGX-SET-001"),
        ({"three_prime": None, "genes": ["ALK"]}, "IGX-SET-001"),
        ({"fusion": "both", "genes": ["ALK"]}, "IGX-SET-001"),
        ({"genes": ["ALK"], "tested_id": "x"}, "IGX-SET-001"),
    ],
)
def test_fusions_that_cannot_be_read(load, settings, code):
    with pytest.raises(InputError, match=code):
        load(TEXT, **{**TWO, **settings})
