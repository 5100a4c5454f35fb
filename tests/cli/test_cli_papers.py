"""The group ``papers`` on the command line."""

import json
import subprocess
import sys

import pytest

from imagenomics.catalogue.papers.load import load_papers
from imagenomics.cli import app


@pytest.fixture(scope="module", autouse=True)
def _registered():
    app.register()


def _call(*arguments):
    return app.run(["papers", *map(str, arguments)])


def test_search_and_list(capsys):
    assert _call("search", "MGMT", "diffusion", "MRI") == 0
    assert "sunwoo2013_adc_mgmt" in capsys.readouterr().out
    assert _call("search", "KRAS", "--where", "modality=PET-FDG", "--json") == 0
    found = {entry["key"] for entry in json.loads(capsys.readouterr().out)}
    assert "kawada2012_fdg_kras" in found
    assert "rizzo2016_ct_egfr_kras_alk" not in found
    assert _call("list") == 0
    assert f"{len(load_papers())} papers" in capsys.readouterr().out


def test_nothing_found_says_which_word(capsys):
    assert _call("search", "difusion") == 0
    shown = capsys.readouterr()
    assert "no paper" in shown.out
    assert "did you mean 'diffusion'" in shown.err


def test_show_holds_recomputed_numbers(capsys):
    assert _call("show", "moon2012_ct_dti_mgmt") == 0
    shown = capsys.readouterr().out
    assert "recomputed:" in shown
    assert "ill-defined margin" in shown
    assert _call("show", "barajas2010_gbm_regional", "--json") == 0
    assert json.loads(capsys.readouterr().out)["claims"] == []


def test_lint_of_the_catalogue_and_of_new_files(capsys, tmp_path):
    assert _call("lint") == 0
    assert "nothing is wrong" in capsys.readouterr().out
    listed = tmp_path / "list.md"
    listed.write_text("*  et al., [](), **, 20\n", encoding="utf-8")
    entry = tmp_path / "x2020_y.toml"
    entry.write_text("title = 3", encoding="utf-8")
    assert _call("lint", listed, entry, "--json") == 2
    assert {p["kind"] for p in json.loads(capsys.readouterr().out)} == {"empty entry", "schema"}


def test_render_and_cite(capsys, tmp_path):
    out = tmp_path / "list.md"
    assert _call("render", "--out", out, "--date", "2026-01-01") == 0
    assert "2026-01-01" in out.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["list.md"]
    capsys.readouterr()
    assert _call("cite", "chi2013_scca") == 0
    assert "@article{chi2013_scca," in capsys.readouterr().out
    assert _call("cite", "--where", "section=background", "--format", "csl") == 0
    assert len(json.loads(capsys.readouterr().out)) == 4


def test_facets(capsys):
    assert _call("facets", "modality") == 0
    assert "MRI-DWI" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "nobody2000_x"), "IGX-CAT-001"),
        (("search", "--where", "modality"), "IGX-CAT-002"),
        (("facets", "colour"), "IGX-CAT-002"),
        (("cite", "chi2013_scca", "--format", "ris"), "IGX-CAT-009"),
        (("render", "--out", "/dev/null/list.md"), "IGX-TAB-020"),
        (("lint", "/absent/list.md"), "IGX-CAT-011"),
    ],
)
def test_bad_arguments(arguments, code, capsys):
    assert _call(*arguments) == 2
    assert code in capsys.readouterr().err


def test_a_search_from_the_shell_loads_only_its_own_verb():
    code = (
        "import sys; from imagenomics.cli import app\n"
        "try: app.main(['papers', 'search', 'MGMT'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'pandas', 'numpy', 'scipy', 'rich', 'imagenomics.settings', 'imagenomics.cli.run'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
