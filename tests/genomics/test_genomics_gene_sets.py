import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.genomics.gene_sets import read_gmt


def test_sets_are_read_in_order_each_gene_once(tmp_path):
    file = tmp_path / "sets.gmt"
    file.write_text("A\thttp://x\tTP53\tEGFR\tTP53\t\nB\t\tMYC\n\n", encoding="utf-8")
    assert read_gmt(file) == {"A": ("TP53", "EGFR"), "B": ("MYC",)}


@pytest.mark.parametrize(
    "text", ["", "A desc TP53 EGFR\n", "A\tdesc\n", "A\tdesc\tTP53\nA\tdesc\tMYC\n", "\tdesc\tTP53\n"]
)
def test_what_is_no_gmt_is_refused(tmp_path, text):
    file = tmp_path / "sets.gmt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="IGX-SETS-002"):
        read_gmt(file)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(FileProblem, match="IGX-SETS-001"):
        read_gmt(tmp_path / "no.gmt")
