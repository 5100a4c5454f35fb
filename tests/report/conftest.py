import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from report_run_folder import build_folder
from report_run_names import FolderShape

from imagenomics.report.page import write_report


@pytest.fixture(scope="session")
def full_folder(tmp_path_factory):
    """A whole synthetic run folder with hostile names; tests must not change it."""
    folder = tmp_path_factory.mktemp("run")
    build_folder(folder, FolderShape(patients=60, features=60, targets=30))
    return folder


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    """A whole but small run folder; tests must not change it."""
    folder = tmp_path_factory.mktemp("small")
    build_folder(folder, FolderShape(patients=16, features=6, targets=6))
    return folder


@pytest.fixture(scope="session")
def full_page(full_folder):
    """The page of the whole folder, as text."""
    return write_report(full_folder).read_text(encoding="utf-8")


@pytest.fixture
def make_folder(tmp_path):
    """Return a function that writes a run folder of a given shape."""

    def make(**shape):
        build_folder(tmp_path, FolderShape(**shape))
        return tmp_path

    return make
