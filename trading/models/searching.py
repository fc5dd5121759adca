"""Text that is searched for its parts: two characters of Chinese are a word, and no blank ends it.

On PostgreSQL an index holds every character and every pair of characters of the text, and every
three where one is a digit or a Latin letter (``trading_grams``, made by a migration; ``pg_trgm``
would index no word of two characters). Other databases read the text. Both find the same rows:
the index only says where to look.
"""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper


def normal(*parts: str) -> str:
    """What is searched, one part a line: full-width and half-width forms and cases are alike."""
    return "\n".join(
        " ".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in parts
    )


#: Codes and numbers are made of so few characters that most pairs of them are nearly everywhere.
_OF_CODES = re.compile("[0-9a-z]")


def grams(word: str, everywhere: frozenset[str] = frozenset()) -> list[str]:
    """By what a word is looked up: three neighbouring characters where one is a digit or a Latin
    letter, and of all others as few pairs as cover them; or its one character. What stands
    everywhere is left out, unless nothing else is there."""
    threes = {at for at in range(len(word) - 2) if _OF_CODES.search(word, at, at + 3)}
    pairs = set(range(len(word) - 1)) - threes - {at + 1 for at in threes}
    # Digits repeat: of threes that only cover a number, ten times the rows may have all.
    found = {word[at : at + 3] for at in threes}
    found |= {word[at : at + 2] for at in _cover(pairs)}
    return sorted(found - everywhere or found) or [word]


def _cover(places: set[int]) -> set[int]:
    """Of each unbroken run of places every second and its last: more would be asked in vain."""
    chosen, first = set(), 0
    for place in sorted(places):
        first = first if place - 1 in places else place
        if (place - first) % 2 == 0 or place + 1 not in places:
            chosen.add(place)
    return chosen


#: A gram that more of all rows have than this cuts few away, and its list is among the longest.
EVERYWHERE = 0.5
#: Seconds for which is known what stands everywhere; it changes over months.
KNOWN = 600.0
_STATISTICS = """
SELECT gram
FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS one(gram, share)
WHERE schemaname = current_schema() AND tablename = 'project_searchable'
    AND gram IS NOT NULL AND share > %s
"""
#: Database -> until when it is known, and what.
_everywhere: dict[str, tuple[float, frozenset[str]]] = {}


def everywhere() -> frozenset[str]:
    """The grams that most rows have, by what the database last counted: a city's name, 工程."""
    if connection.vendor != "postgresql":
        return frozenset()
    name = str(connection.settings_dict["NAME"])
    until, found = _everywhere.get(name, (0.0, frozenset()))
    if time.monotonic() >= until:
        with connection.cursor() as cursor:
            cursor.execute(_STATISTICS, [EVERYWHERE])
            found = frozenset(gram for (gram,) in cursor.fetchall())
        _everywhere[name] = time.monotonic() + KNOWN, found
    return found


@dataclass(frozen=True)
class Words:
    """Words that a text must all have; ``everywhere`` needs not be looked up."""

    words: tuple[str, ...]
    everywhere: frozenset[str] = frozenset()

    @property
    def grams(self) -> list[str]:
        return sorted({gram for word in self.words for gram in grams(word, self.everywhere)})


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
    """Rows whose text has all the :class:`Words`, looked up in the index where there is one, in
    one go: it is quick where they are seldom together."""

    lookup_name = "holds"

    def as_sql(
        self, compiler: Any, connection: BaseDatabaseWrapper, function: str = "instr"
    ) -> tuple[str, list[Any]]:
        text, params = self.process_lhs(compiler, connection)
        words = self.rhs.words
        read = " AND ".join([f"{function}({text}, %s) > 0"] * len(words))
        return f"({read})", [each for word in words for each in (*params, word)]

    def as_postgresql(
        self, compiler: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        read, again = super().as_postgresql(compiler, connection)
        text, params = self.process_lhs(compiler, connection)
        return f"(trading_grams({text}) @> %s::text[] AND {read})", [
            *params, self.rhs.grams, *again
        ]
