"""Where every page of the address table is visited, and what its visitors may expect there.

A page without arguments is visited by itself; one with arguments says on what data, in one of this
folder's modules: ``PLACES`` holds routes with their visits, ``NO_PAGES`` what is no page and why.
A module that stands here is found by itself. A route that no module knows fails the crawl.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.browser.places.place import Place, others
from tests.browser.stage import Stage

#: Whoever operates the platform sees its desk; nobody else does.
OPERATOR = "operator"


@cache
def _tables() -> tuple[Mapping[str, tuple[Place, ...]], Mapping[str, str]]:
    """What all modules of this folder say; no route stands in two of them."""
    known: dict[str, tuple[Place, ...]] = {}
    no_pages: dict[str, str] = {}
    for each in iter_modules(__path__):
        module = import_module(f"{__name__}.{each.name}")
        for table, own in (
            (known, getattr(module, "PLACES", {})),
            (no_pages, getattr(module, "NO_PAGES", {})),
        ):
            twice = (known.keys() | no_pages.keys()) & own.keys()
            assert not twice, f"{each.name} places again: {sorted(twice)}"
            table.update(own)
    return known, no_pages


@cache
def routes() -> dict[str, URLPattern]:
    """Every route by its name; those of the programming interface have tests of their own."""
    found: dict[str, URLPattern] = {}

    def walk(resolver: URLResolver) -> None:
        for one in resolver.url_patterns:
            if isinstance(one, URLPattern):
                found[one.name or str(one.pattern)] = one
            elif one.namespace is None:
                walk(one)

    walk(get_resolver())
    return found


def places(name: str) -> tuple[Place, ...]:
    """The visits of a route; a page without arguments that nobody placed is open to everybody."""
    known, _no_pages = _tables()
    if name in known:
        return known[name]
    if name.startswith(OPERATOR):
        return (Place(statuses=others(403, OPERATOR), empty=True),)
    return (Place(empty=True),)


def visits() -> Iterator[tuple[str, Place]]:
    """Every page that can be placed, with each of its visits."""
    known, no_pages = _tables()
    for name, pattern in routes().items():
        if name in known or (name not in no_pages and not pattern.pattern.converters):
            for place in places(name):
                yield name, place


def unplaced() -> set[str]:
    """Pages with arguments of which nobody said where to visit them."""
    known, no_pages = _tables()
    return {
        name
        for name, pattern in routes().items()
        if pattern.pattern.converters and name not in known and name not in no_pages
    }


def gone() -> set[str]:
    """What the tables name and the platform no longer has."""
    known, no_pages = _tables()
    return (set(known) | set(no_pages)) - set(routes())


def address(name: str, place: Place, stage: Stage) -> str:
    return reverse(name, args=place.arguments(stage)) + place.query
