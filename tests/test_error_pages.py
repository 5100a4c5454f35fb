"""Every error code has a page, and every page a code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_codes_and_pages_are_the_same():
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    raised = set(re.findall(r"\"(IGX-[A-Z0-9]+-\d{3})\"", source))
    named = set(re.findall(r"IGX-[A-Z0-9]+-\d{3}", source))
    pages = {path.stem for path in (ROOT / "docs" / "errors").glob("IGX-*.md")}
    assert raised - pages == set()
    assert pages - named == set()
