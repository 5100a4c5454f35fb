import re
from pathlib import Path

import pandas as pd
import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
def test_the_python_example_of_the_readme_runs(phantom, tmp_path, monkeypatch, capsys):
    (tmp_path / "images").symlink_to(phantom.parent / "images")
    clinical = pd.read_csv(phantom.parent / "clinical.csv", dtype={"patient": str})
    clinical[["patient", "age", "site"]].to_csv(tmp_path / "clinical.csv", index=False)
    mutations = pd.read_csv(phantom.parent / "mutations.tsv", sep="\t", dtype=str)
    mutations["patient"] = mutations["sample"].str.removesuffix("-S1")
    mutations["IDH1"] = (mutations["TEXA"] != "WT").astype(int)
    mutations[["patient", "IDH1"]].to_csv(tmp_path / "genes.csv", index=False)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    exec(compile(code, str(README), "exec"), {})
    shown = capsys.readouterr().out
    assert "IDH1" in shown
    assert "IGX-IMG-004" in shown


def test_files_that_the_readme_names_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
