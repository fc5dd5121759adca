"""The texts of messages: TOML files, one an app, each message in every language.

What a message is told is a name in braces, ``{until}``. What its lot's procedure calls something is
``{says[winner]}``, ``{low[winner]}`` where it does not begin a sentence, and ``{dates[deadline]}``:
the words of the file (``trading.domain.paper_words``), so that nobody who buys land is a 中标人.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections import ChainMap
from pathlib import Path
from typing import Any

from trading.domain import paper_words
from trading.domain.procedure import LANGUAGES, Procedure

Texts = dict[str, dict[str, str]]

_templates: dict[str, Texts] = {}


class FaultyMessages(RuntimeError):
    """A file of message texts that does not hold together; it stops the start."""


#: Where the words of a procedure stand in a text.
_WORDED = re.compile(r"(says|low|dates)\[([a-z_-]+)\]")


def _placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


def words(name: str) -> set[str]:
    """The words of the lot's procedure that a message asks for, in some language."""
    parts = (text for each in _templates[name].values() for text in each.values())
    return {
        found[2]
        for text in parts
        for each in _placeholders(text)
        if (found := _WORDED.fullmatch(each)) and found[1] != "dates"
    }


def register(path: Path) -> None:
    """Read a file of texts; upper apps call it in ``AppConfig.ready()`` with their own file.

    Refuses a message that lacks a language, a subject or a body, or whose languages ask for
    different names, and one that asks for a word that no procedure says.
    """
    for name, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
        wanted: set[str] | None = None
        for language in LANGUAGES:
            parts = texts.get(language, {})
            for part in ("subject", "body"):
                if not str(parts.get(part, "")).strip():
                    raise FaultyMessages(f"{path.name}: {name} has no {part} in {language}.")
            names = _placeholders(parts["subject"]) | _placeholders(parts["body"])
            worded = {each for each in names if _WORDED.fullmatch(each)}
            names -= worded
            for each in sorted(worded):
                section, word = _WORDED.fullmatch(each).groups()  # type: ignore[union-attr]
                if section != "dates" and word not in paper_words.ALWAYS | paper_words.SEALED:
                    raise FaultyMessages(f"{path.name}: {name} asks for {word}; nothing says it.")
            if wanted is not None and names != wanted:
                raise FaultyMessages(
                    f"{path.name}: {name} asks for other names in {language}:"
                    f" {', '.join(sorted(names ^ wanted))}."
                )
            wanted = names
        if name in _templates and _templates[name] != texts:
            raise FaultyMessages(f"{path.name}: two messages are called {name}.")
        _templates[name] = texts


def render(name: str, values: dict[str, str], rules: Procedure | None = None) -> Texts:
    """The message ``name`` in every language, with its names filled in.

    ``rules`` is the edition whose words a message on a lot speaks (``paper_words.of``).
    """
    found = {}
    for language, parts in _templates[name].items():
        known: dict[str, Any] = {}
        if rules is not None:
            said = rules.texts[language][paper_words.SECTION]
            known["says"] = said
            known["low"] = {word: text[:1].lower() + text[1:] for word, text in said.items()}
            known["dates"] = rules.texts[language].get("dates", {})
        names = ChainMap[str, Any](known, values)
        found[language] = {part: text.format_map(names) for part, text in parts.items()}
    return found


def names() -> list[str]:
    """All messages that there are texts for."""
    return sorted(_templates)
