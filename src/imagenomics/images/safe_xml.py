"""XML from strangers: read without entities, without document types, within limits.

The standard library's parser is used as it is; what makes XML dangerous (entities that multiply or fetch files)
needs a document type declaration, so that a file with one is refused where the declaration begins.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from imagenomics.errors import FileProblem, InputError

MAX_BYTES = 16_000_000
MAX_DEPTH = 100
MARK = "\x1f"  # between namespace and name; cannot stand in either


def read_xml(path: Path, *, max_bytes: int = MAX_BYTES) -> Element:
    """Read an XML file as a tree whose names have no namespaces.

    Parameters
    ----------
    path : Path
        An XML file.
    max_bytes : int
        Refuse larger files before they are read.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001`` absent; ``IGX-IMG-180`` not XML, or damaged.
    InputError
        ``IGX-IMG-181`` a document type declaration; ``IGX-IMG-182`` too large, or nested too deeply.
    """
    path = Path(path)
    content = _content(path, max_bytes)
    builder = _Builder(path)
    parser = expat.ParserCreate(namespace_separator=MARK)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    try:
        parser.Parse(content, True)
        root: Element = builder.tree.close()
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        if isinstance(error, InputError):
            raise
        raise FileProblem(
            "IGX-IMG-180",
            f"this is no XML file, or it is damaged ({error})",
            where=str(path),
            remedy="export or download the file again",
        ) from error
    return root


def _content(path: Path, max_bytes: int) -> bytes:
    if not path.is_file():
        raise FileProblem("IGX-IMG-001", "file not found", where=str(path), remedy="check the path")
    size = path.stat().st_size
    if size > max_bytes:
        raise _too_much(path, f"the file has {size:,} bytes", f"at most {max_bytes:,}")
    return path.read_bytes()


class _Builder:
    """Builds the tree and counts how deep it is."""

    def __init__(self, path: Path) -> None:
        self.tree = TreeBuilder()
        self._path = path
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_much(self._path, f"elements are nested {self._depth} deep", f"at most {MAX_DEPTH}")
        self.tree.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(_local(name))

    def refuse(self, *_: object) -> None:
        raise InputError(
            "IGX-IMG-181",
            "the file declares a document type, which may hide entities that multiply or fetch other files",
            where=str(self._path),
            expected="plain XML",
            remedy="remove the <!DOCTYPE ...> declaration if you trust the file",
        )


def _local(name: str) -> str:
    return name.rpartition(MARK)[2]


def _too_much(path: Path, what: str, expected: str) -> InputError:
    return InputError(
        "IGX-IMG-182", what, where=str(path), expected=expected, remedy="look at what this file is"
    )
