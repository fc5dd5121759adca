"""Text that is searched for its parts: two characters of Chinese are a word, and no blank ends it.

On PostgreSQL an index holds every character and every pair of characters of the text, and every
three where one is a digit or a Latin letter (``trading_grams``, made by a migration; ``pg_trgm``
would index no word of two characters). Other databases read the text. Both find the same rows:
the index only says where to look.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


def normal(*parts: str) -> str:
    """What is searched, one part a line: full-width and half-width forms and cases are alike."""
    return "\n".join(
        " ".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in parts
    )


#: Codes and numbers are made of so few characters that most pairs of them are nearly everywhere.
_OF_CODES = re.compile("[0-9a-z]")


def grams(word: str) -> list[str]:
    """By what a word is looked up: three neighbouring characters where one is a digit or a Latin
    letter, pairs of all others, as few as cover it; or its one character."""
    threes = {at for at in range(len(word) - 2) if _OF_CODES.search(word, at, at + 3)}
    pairs = set(range(len(word) - 1)) - threes - {at + 1 for at in threes}
    found = {word[at : at + 3] for at in _cover(threes, 3)}
    found |= {word[at : at + 2] for at in _cover(pairs, 2)}
    return sorted(found) or [word]


def _cover(places: set[int], width: int) -> set[int]:
    """Of each unbroken run of places every so many and its last: more would be asked in vain."""
    chosen, first = set(), 0
    for place in sorted(places):
        first = first if place - 1 in places else place
        if (place - first) % width == 0 or place + 1 not in places:
            chosen.add(place)
    return chosen


class SearchText(models.TextField):
    """Text made by :func:`normal`."""


@SearchText.register_lookup
class Has(models.Lookup):
    """Rows whose text has the word in it; every row is read."""

    lookup_name = "has"
    prepare_rhs = False

    def as_sql(
        self, compiler: Any, connection: BaseDatabaseWrapper, function: str = "instr"
    ) -> tuple[str, list[Any]]:
        text, params = self.process_lhs(compiler, connection)
        return f"{function}({text}, %s) > 0", [*params, self.rhs]

    def as_postgresql(
        self, compiler: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        return self.as_sql(compiler, connection, function="strpos")


@SearchText.register_lookup
class Holds(Has):
    """The same rows, looked up in the index where there is one."""

    lookup_name = "holds"

    def as_postgresql(
        self, compiler: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        read, again = super().as_postgresql(compiler, connection)
        text, params = self.process_lhs(compiler, connection)
        looked_up = f"trading_grams({text}) @> %s::text[]"
        return f"({looked_up} AND {read})", [*params, grams(str(self.rhs)), *again]
