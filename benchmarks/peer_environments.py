"""Environments of the systems we are compared with: one each, made on first use in a cache folder.

    python benchmarks/peer_environments.py [NAME ...]

prints the Python of each, or why it could not be made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(os.environ.get("IMAGENOMICS_PEERS", Path.home() / ".cache" / "imagenomics-peers"))
# The Python each needs ("" = this one) and what is installed. PyRadiomics has no wheel for 3.10 or later, and its
# source does not build there; 3.1.0 has a wheel for 3.9.
PEERS = {
    "PyRadiomics": ("3.9", ["numpy<2", "pyradiomics==3.1.0"]),
    "pictologics": ("3.12", ["pictologics"]),
    "MIRP": ("", ["mirp"]),
    "lifelines": ("", ["lifelines==0.30.0"]),
    "PyDESeq2": ("", ["pydeseq2==0.5.4"]),
}


class NoEnvironment(Exception):
    """Why an environment could not be made."""


def rscript_with(*packages: str) -> str:
    """Return the ``Rscript`` on the path, which is to have these packages; they are not installed here."""
    found = shutil.which("Rscript")
    if found is None:
        raise NoEnvironment("there is no Rscript here: install R")
    for package in packages:
        _run([found, "-e", f"suppressMessages(library({package}))"])
    return found


def python_of(name: str) -> str:
    """Return the Python of a peer's environment, making it where it is not there."""
    version, packages = PEERS[name]
    folder = CACHE / f"{name.lower()}-{version or sys.version_info[0]}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, version)
        _run([str(python), "-m", "pip", "install", "--quiet", *packages])
        (folder / "complete").touch()
    return str(python)


def _make(folder: Path, version: str) -> None:
    if not version:
        _run([sys.executable, "-m", "venv", str(folder)])
    elif shutil.which("uv"):
        _run(["uv", "venv", "--quiet", "--seed", "--python", version, str(folder)])
    else:
        _run([_interpreter(version), "-m", "venv", str(folder)])


def _interpreter(version: str) -> str:
    found = shutil.which(f"python{version}")
    for path in sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")):
        found = str(path)
    if found is None:
        raise NoEnvironment(f"there is no Python {version} here: install it, or uv, which brings one")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise NoEnvironment(f"{' '.join(command[:4])}: {lines[-1]}")


if __name__ == "__main__":
    for peer in sys.argv[1:] or PEERS:
        try:
            print(peer, python_of(peer))
        except NoEnvironment as error:
            print(peer, "not made:", error)
