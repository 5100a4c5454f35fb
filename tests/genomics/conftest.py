import pytest

from imagenomics.genomics.derive.labels import count_calls, derive_labels
from imagenomics.genomics.derive.settings import read_derive
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block


@pytest.fixture
def load(tmp_path):
    """Write a text to a file and read it as a block."""

    def call(text, *, patients=None, name="m", file="t.tsv", **settings):
        path = tmp_path / file
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        block = read_block({"name": name, "path": file, **settings}, where="[[molecules]]")
        return load_molecules(block, path=path, patients=patients, resolve=lambda other: tmp_path / other)

    return call


@pytest.fixture
def derive(tmp_path):
    """Derive labels from tables; returns the table of one block and the counts of its calls."""

    def call(tables, *, patients=None, name="d", **settings):
        block = read_derive({"name": name, **settings}, where="[[derive]]")
        found = derive_labels([block], tables, patients=patients, resolve=lambda other: tmp_path / other)
        table = found[name]
        counts, _ = count_calls(found, table.table.values.index)
        return table, counts.set_index("column")

    return call
