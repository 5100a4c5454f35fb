import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "molecules.md"


def test_the_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    spaces: dict[str, object] = {}
    for block in blocks:
        if "# needs the extra" not in block:
            exec(compile(block, "molecules.md", "exec"), spaces)
    calls = spaces["calls"].set_index("column")
    assert calls.at["mgmt.promoter", "called"] + calls.at["mgmt.promoter", "not_called"] == 3
    assert spaces["derived"]["mgmt"].table.values["mgmt.promoter"].tolist()[:2] == [1, 0]


def test_every_kind_is_in_the_tables():
    from imagenomics.genomics.derive.settings import DERIVED_KINDS
    from imagenomics.genomics.settings import KINDS

    text = DOCS.read_text(encoding="utf-8")
    for kind in (*KINDS, *DERIVED_KINDS):
        assert f"| `{kind}` |" in text


def test_blocks_of_the_page_are_valid():
    import tomllib

    from imagenomics.genomics.derive.settings import read_derive
    from imagenomics.genomics.settings import read_block

    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert any("[[molecules]]" in text for text in blocks)
    for text in blocks:
        study = tomllib.loads(text)
        for block in study.get("molecules", []):
            read_block(block, where="docs")
        for block in study.get("derive", []):
            read_derive(block, where="docs")
