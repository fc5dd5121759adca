"""Statutes as people cite them: short names from the procedure files, in their language."""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import get_language

from signatures.paper.document import Words
from trading.domain import catalogue, grounds, procedure
from trading.models import Lot

_STATE = "中华人民共和国"


@lru_cache(maxsize=8)
def _names(language: str) -> dict[str, str]:
    """Abbreviation -> name, over all procedures and the catalogue; English readers know them."""
    if not language.startswith("zh"):
        return {}
    sources = [procedure.load(name).sources for name in procedure.names()]
    return {
        short: texts["zh-hans"].removeprefix(_STATE)
        for each in (catalogue.load().sources, *sources)
        for short, texts in each.items()
        if "zh-hans" in texts
    }


def law(lot: Lot, where: str) -> str:
    """The article of something in the lot's own procedure, as people cite it.

    ``where``: ``grounds.<name>``, ``steps.<command>``, or a row with an article, ``days.<name>``,
    ``figures.<name>``, ``flags.<name>``; nothing for a row that the procedure has not.
    """
    section, _dot, name = where.partition(".")
    if section == "grounds":
        return cited(grounds.of(lot, name))
    if section == "steps":
        return cited(grounds.by_step(lot, name))
    row = getattr(procedure.of(lot), section).get(name)
    return "" if row is None else cited(row.article)


def printed(rule: str) -> Words:
    """The same on paper: the statute's name in Chinese, its abbreviation in English."""
    return Words(cited(rule, "zh-hans"), rule)


def cited(rule: str, language: str = "") -> str:
    """A rule such as ``TBL 24`` with the statute's name where the language prefers it."""
    names = _names(language or get_language() or "")
    if not names:
        return rule
    pattern = r"\b(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")\b"
    return re.sub(pattern, lambda match: names[match.group(1)], rule)
