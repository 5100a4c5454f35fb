"""The group ``datasets`` on the command line."""

import json

import pytest

from imagenomics.cli import app


@pytest.fixture(scope="module", autouse=True)
def _registered():
    app.register()


def _call(*arguments):
    return app.run(["datasets", *map(str, arguments)])


def test_search_show_and_overlap(capsys):
    assert _call("search", "lung", "CT", "--where", "images=open") == 0
    assert "tcga-luad" in capsys.readouterr().out
    assert _call("list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) >= 65
    assert _call("show", "tcga-luad") == 0
    assert "31 with both" in capsys.readouterr().out
    assert _call("overlap", "tcga-luad") == 0
    assert "31 in both" in capsys.readouterr().out
    assert _call("overlap", "tcga-gbm", "brats21-mgmt", "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"]
    assert _call("overlap", "adni", "ppmi") == 0
    assert "nothing is known" in capsys.readouterr().out


def test_lint_and_render(capsys, tmp_path):
    assert _call("lint") == 0
    assert _call("render", "--out", tmp_path / "d.md", "--date", "2026-01-01") == 0
    assert "| `tcga-luad` |" in (tmp_path / "d.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "tcga-laud"), "IGX-CAT-012"),
        (("search", "--where", "organ=moon"), "IGX-CAT-013"),
        (("overlap", "adni", "--live"), "IGX-CAT-014"),
    ],
)
def test_bad_arguments(arguments, code, capsys):
    assert _call(*arguments) == 2
    assert code in capsys.readouterr().err
