"""What the terms of a bid are called on pages; one without a word goes by its own name."""

from __future__ import annotations

from collections.abc import Mapping

from trading.domain import paper_words
from trading.models import Lot


def label(lot: Lot, name: str) -> str:
    """A term's name for people, in their language and in the words of the lot's procedure."""
    if paper_words.has(lot, name):
        return paper_words.word(lot, name)
    return name.replace("_", " ")


def labelled(lot: Lot, terms: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """``(name for people, text)``, in the order of the terms' own names."""
    return tuple((label(lot, name), text) for name, text in sorted(terms.items()))
