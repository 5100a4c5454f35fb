"""The declared model, where it is one tree: its cuts as a list of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report.html import Html, el
from imagenomics.report.text import as_float, fixed, many, number
from imagenomics.report.wording import Wording

DEEPEST = 12


def tree_rules(card: Mapping[str, Any], wording: Wording) -> Html | None:
    """Return the tree of a model card in words, from its root."""
    nodes = card.get("tree")
    known = [n for n in nodes if isinstance(n, Mapping)] if isinstance(nodes, list) else []
    if not known:
        return None
    positive = str(card.get("positive") or "")
    note = el("p.note", "Cuts of the tree that was fitted to all patients, in the units of the features.")
    return el(
        "details",
        el("summary", "How the declared tree decides"),
        note,
        el("ul.tree", _node(known, 0, "all patients", (positive, wording), 0)),
    )


def _node(
    nodes: Sequence[Mapping[str, Any]], place: int, words: str, said: tuple[str, Wording], depth: int
) -> Html:
    """Return one node and those below it; a card that leads in a circle ends at a depth."""
    node = nodes[place] if 0 <= place < len(nodes) else {}
    positive, wording = said
    value = as_float(node.get("value"))
    share = f"{fixed(value)} {positive}" if positive else f"mean {number(value)}"
    head = el("span", f"{words}: {share} ({many(int(as_float(node.get('n')) or 0), 'patient')})")
    column = str(node.get("column") or "")
    if not column or depth >= DEEPEST:
        return el("li", head)
    name, at = wording.name(column), number(as_float(node.get("at")))
    below = [
        _node(nodes, _place(node.get(side)), f"{name} {sign} {at}", said, depth + 1)
        for side, sign in (("low", "≤"), ("high", ">"))
    ]
    return el("li", head, el("ul", below))


def _place(value: Any) -> int:
    return value if isinstance(value, int) else -1
