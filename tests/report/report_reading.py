"""Reads a page as a browser would: elements, attributes, text, scripts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"img", "input", "meta", "br", "hr", "link", "col", "wbr"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str | None]
    text: str = ""


@dataclass
class Reading:
    elements: list[Element] = field(default_factory=list)
    text: str = ""
    open_at_end: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)

    def of(self, *tags):
        return [e for e in self.elements if e.tag in tags]


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.reading = Reading()
        self._open = []

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.reading.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        if not self._open or self._open[-1].tag != tag:
            self.reading.crossed.append(tag)
        else:
            self._open.pop()

    def handle_data(self, data):
        if self._open:
            self._open[-1].text += data
        if not self._open or self._open[-1].tag not in ("script", "style"):
            self.reading.text += data

    def close(self):
        super().close()
        self.reading.open_at_end = [e.tag for e in self._open]


def read_page(text: str) -> Reading:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.reading
