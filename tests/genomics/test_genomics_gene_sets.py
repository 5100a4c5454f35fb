import os
from pathlib import Path

import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.genomics.gene_sets import read_gmt

FOLDER = os.environ.get("IMAGENOMICS_TEST_DATA", "")


def test_sets_keep_the_order_of_the_file_and_each_gene_once(tmp_path):
    path = tmp_path / "s.gmt"
    path.write_text("B\thttp://x\tTP53\tEGFR\tTP53\n\nA\t\tIDH1,1.0\tIDH2,0.5\t\n")
    found = read_gmt(path)
    assert list(found) == ["B", "A"]
    assert found == {"B": ("TP53", "EGFR"), "A": ("IDH1", "IDH2")}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("A\tx\n", "names no gene"),
        ("A x TP53\n", "names no gene"),
        ("\tx\tTP53\n", "without a name"),
        ("A\tx\tTP53\nA\tx\tEGFR\n", "stands twice"),
        ("\n", "no gene set"),
    ],
)
def test_broken_lines_are_named(tmp_path, text, word):
    path = tmp_path / "s.gmt"
    path.write_text(text)
    with pytest.raises(InputError, match="IGX-GEN-021") as error:
        read_gmt(path)
    assert word in str(error.value)


def test_an_absent_file_is_a_file_problem(tmp_path):
    with pytest.raises(FileProblem, match="IGX-GEN-020"):
        read_gmt(tmp_path / "none.gmt")
    (tmp_path / "bad.gmt").write_bytes(b"\xff\xfe\x00A")
    with pytest.raises(FileProblem, match="IGX-GEN-020"):
        read_gmt(tmp_path / "bad.gmt")


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set")
def test_the_hallmarks_are_fifty_sets_of_up_to_200_genes():
    found = read_gmt(Path(FOLDER) / "genesets" / "h.all.v7.0.symbols.gmt")
    assert len(found) == 50
    assert max(map(len, found.values())) == 200
    assert len(found["HALLMARK_HYPOXIA"]) == 200
