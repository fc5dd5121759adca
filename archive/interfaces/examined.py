"""The four examinations of a package, as they were filed with it, for people to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from archive.domain import layout
from archive.models import ArchivePackage
from signatures import store
from signatures.domain import jcs
from trading.interfaces.timeline import Badge

EXAMINATIONS = "metadata/examinations.json"
#: Findings of one item that a page lists; the package holds all.
SHOWN = 50

_TITLES: dict[str, Promise] = {
    "authenticity": gettext_lazy("Authenticity"),
    "completeness": gettext_lazy("Completeness"),
    "usability": gettext_lazy("Usability"),
    "safety": gettext_lazy("Safety"),
}
_BADGES: dict[str, tuple[str, Promise]] = {
    "pass": ("good", pgettext_lazy("examination", "passed")),
    "fail": ("bad", pgettext_lazy("examination", "failed")),
    "not-checked": ("unsure", pgettext_lazy("examination", "not checked")),
}


def badge(outcome: str) -> Badge:
    """An outcome as a status; what was not checked never looks like a pass."""
    shape, word = _BADGES[outcome]
    return Badge(shape, str(word))


@dataclass(frozen=True)
class Found:
    """One finding: about which file of the package, by which tool."""

    path: str
    evidence: str
    tool: str
    badge: Badge


@dataclass(frozen=True)
class Item:
    """One item of an examination; ``findings`` that did not pass stand first."""

    code: str
    title: str
    badge: Badge
    findings: tuple[Found, ...]
    rest: int


@dataclass(frozen=True)
class Group:
    """One of the four examinations."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Examined:
    """All four, when and on what occasion they were made, and how many items came out how."""

    at: datetime
    groups: tuple[Group, ...]
    passed: int
    failed: int
    unchecked: int

    @property
    def badge(self) -> Badge:
        """The whole in one status: passed only where every item did."""
        if self.failed:
            return badge("fail")
        return badge("not-checked" if self.unchecked else "pass")


def of(package: ArchivePackage) -> Examined | None:
    """The examinations in a package's own metadata; none where the store no longer has them."""
    item = layout.load(package.layout).item(EXAMINATIONS)
    if not store.exists(item.sha256):
        return None
    value = jcs.loads(store.read(item.sha256))
    outcomes = [each["outcome"] for each in value["items"]]
    return Examined(
        at=jcs.parse_timestamp(value["at"]),
        groups=tuple(_group(name, value["items"]) for name in _TITLES),
        passed=outcomes.count("pass"),
        failed=outcomes.count("fail"),
        unchecked=outcomes.count("not-checked"),
    )


def _group(name: str, items: Iterable[dict[str, Any]]) -> Group:
    own = (each for each in items if each["examination"] == name)
    return Group(title=str(_TITLES[name]), items=tuple(_item(each) for each in own))


def _item(value: dict[str, Any]) -> Item:
    titles = value["title"]
    order = ("fail", "not-checked", "pass")
    findings = sorted(value["findings"], key=lambda each: order.index(each["outcome"]))
    return Item(
        code=value["item"],
        title=titles.get(get_language() or "", titles["en"]),
        badge=badge(value["outcome"]),
        findings=tuple(
            Found(
                path=each["path"],
                evidence=each["evidence"],
                tool=f"{each['tool']} {each['version']}".strip(),
                badge=badge(each["outcome"]),
            )
            for each in findings[:SHOWN]
        ),
        rest=max(0, len(findings) - SHOWN),
    )
