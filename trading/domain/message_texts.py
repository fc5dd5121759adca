"""The texts of messages: TOML files, one an app, each message in every language."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from pathlib import Path

from trading.domain.procedure import LANGUAGES

Texts = dict[str, dict[str, str]]

_templates: dict[str, Texts] = {}


class FaultyMessages(RuntimeError):
    """A file of message texts that does not hold together; it stops the start."""


def _placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


def register(path: Path) -> None:
    """Read a file of texts; upper apps call it in ``AppConfig.ready()`` with their own file.

    Refuses a message that lacks a language, a subject or a body, or whose languages ask for
    different names.
    """
    for name, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
        wanted: set[str] | None = None
        for language in LANGUAGES:
            parts = texts.get(language, {})
            for part in ("subject", "body"):
                if not str(parts.get(part, "")).strip():
                    raise FaultyMessages(f"{path.name}: {name} has no {part} in {language}.")
            names = _placeholders(parts["subject"]) | _placeholders(parts["body"])
            if wanted is not None and names != wanted:
                raise FaultyMessages(
                    f"{path.name}: {name} asks for other names in {language}:"
                    f" {', '.join(sorted(names ^ wanted))}."
                )
            wanted = names
        if name in _templates and _templates[name] != texts:
            raise FaultyMessages(f"{path.name}: two messages are called {name}.")
        _templates[name] = texts


def render(name: str, values: Mapping[str, str]) -> Texts:
    """The message ``name`` in every language, with its names filled in."""
    return {
        language: {part: text.format_map(values) for part, text in parts.items()}
        for language, parts in _templates[name].items()
    }


def names() -> list[str]:
    """All messages that there are texts for."""
    return sorted(_templates)
