"""Words of a question against the texts of an entry; the standard library only, because search must start quickly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_BETWEEN = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Return small letters and digits with one blank around each word: 'NF-kB' becomes ' nf kb '."""
    return f" {_BETWEEN.sub(' ', text.casefold())} "


def split_words(words: str | Iterable[str]) -> list[str]:
    """Return the words of a question, each as :func:`folded` leaves it, without the outer blanks."""
    text = words if isinstance(words, str) else " ".join(words)
    return [clean for word in text.split() if (clean := folded(word).strip())]


def score(
    asked: Iterable[str],
    texts: Mapping[str, str],
    weights: Mapping[str, int],
    *,
    short_forms: Mapping[str, str] | None = None,
) -> int:
    """Return how well folded texts answer: a word scores in its best group, whole words double; 0 if one is nowhere."""
    total = 0
    for word in asked:
        forms = {word, (short_forms or {}).get(word, word)}
        found = [
            weights[name] * (2 if f" {form} " in text else 1)
            for name, text in texts.items()
            for form in forms
            if f" {form}" in text
        ]
        if not found:
            return 0
        total += max(found)
    return total
