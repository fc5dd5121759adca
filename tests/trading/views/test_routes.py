"""Every page of the floor, from the resolver: a route that nobody visits here fails the suite."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.urls import URLPattern, get_resolver, reverse

from signatures.domain import log
from tests.trading.pages import LANGUAGES, as_, read
from trading.models import Document, Exhibit

pytestmark = pytest.mark.django_db

WHO = (None, "buyer", "bidder", "supervisor", "operator")

#: Route -> its arguments on a filled house, and the statuses that a visit may get by role.
ROUTES: dict[str, tuple[Any, set[int]]] = {
    "front": (lambda house: [], {200}),
    "language": (lambda house: [], {302}),
    "sign-in": (lambda house: [], {200}),
    "sign-in-certificate": (lambda house: [], {200}),
    "sign-out": (lambda house: [], {302}),
    "certificates": (lambda house: [], {200, 403}),
    "inbox": (lambda house: [], {200, 403}),
    "message": (lambda house: [uuid4()], {403, 404}),
    "projects": (lambda house: [], {200}),
    "project": (lambda house: [house.lot.project.code], {200}),
    "lot": (lambda house: [house.lot.project.code, 1], {200}),
    "result": (lambda house: [house.lot.project.code, 1], {200}),
    "contract": (lambda house: [house.lot.project.code, 1], {200}),
    "editions": (lambda house: [house.lot.project.code, 1], {200}),
    # Nobody has published one there.
    "bill": (lambda house: [house.lot.project.code, 1], {404}),
    "questions": (lambda house: [house.lot.project.code, 1], {200, 403}),
    # An open tender has none, whoever asks.
    "invitations": (lambda house: [house.lot.project.code, 1], {404}),
    "site-visits": (lambda house: [house.lot.project.code, 1], {200}),
    # Here the award is not separated from the evaluation.
    "decision": (lambda house: [house.lot.project.code, 1], {404}),
    # This procedure sets up no framework.
    "framework": (lambda house: [house.lot.project.code, 1], {404}),
    "performance": (lambda house: [house.lot.project.code, 1], {200, 403}),
    "objections": (lambda house: [house.lot.project.code, 1], {200}),
    "complaints": (lambda house: [house.lot.project.code, 1], {200}),
    "lot-procedure": (lambda house: [house.lot.project.code, 1], {200}),
    "procedures": (lambda house: [], {200}),
    "procedure": (lambda house: ["construction"], {200}),
    "procedure-changes": (lambda house: ["procurement", "construction"], {200}),
    "document": (lambda house: [Document.objects.get(kind="notice").pk], {200}),
    "exhibit": (lambda house: [Exhibit.objects.get(kind="tender-document").pk], {200, 404}),
    "document-read": (lambda house: [Document.objects.get(kind="notice").pk], {200}),
    "exhibit-read": (lambda house: [Exhibit.objects.get(kind="tender-document").pk], {200, 404}),
    "receipt": (lambda house: [uuid4()], {404}),
    "receipt-file": (lambda house: [uuid4()], {404}),
    "receipt-pdf": (lambda house: [uuid4()], {404}),
    "draws": (lambda house: [], {200}),
    "draw": (lambda house: [uuid4()], {404}),
    "draw-bundle": (lambda house: [uuid4()], {404}),
    "draw-input": (lambda house: [uuid4()], {404}),
    # Whoever operates the platform is led to the operator's.
    "desk": (lambda house: [], {200, 302, 403}),
    "desk-figure": (lambda house: ["running"], {200, 403, 404}),
    "credit-decisions": (lambda house: [], {200}),
    "credit-decisions-desk": (lambda house: [], {200, 403}),
    "credit-decision": (lambda house: [uuid4()], {404}),
    "inspections": (lambda house: [], {200}),
    "inspection": (lambda house: [uuid4()], {404}),
    "inspection-item": (lambda house: [uuid4(), "notice.media"], {404}),
    "inspection-step": (lambda house: [uuid4(), "stop"], {404}),
    "verify": (lambda house: [], {200}),
    "demonstration": (lambda house: [], {200}),
    "own-certificate": (lambda house: [], {404}),
    "trust-lists": (lambda house: [], {200}),
    "ledger": (lambda house: [], {200}),
    "ledger-entry": (lambda house: [0], {200}),
}


def test_every_route_of_the_floor_is_visited():
    found = {
        pattern.name
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLPattern) and pattern.callback.__module__.startswith("trading.")
    }
    assert found == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_visit_answers_every_role_in_both_languages_and_writes_nothing(house, name):
    arguments, expected = ROUTES[name]
    address = reverse(name, args=arguments(house))
    before = log.size()
    for who in WHO:
        for language in LANGUAGES:
            client = as_(getattr(house, who) if who else None, language)
            answer = client.get(address)
            assert answer.status_code in expected, (who, language)
            assert read(answer) or answer.status_code == 302
    assert log.size() == before


@pytest.mark.parametrize("who", [None, "operator"])
@pytest.mark.parametrize("name", ROUTES)
def test_empty_post_is_refused_and_writes_nothing(house, name, who):
    arguments, _expected = ROUTES[name]
    before = log.size()
    client = as_(getattr(house, who) if who else None)
    answer = client.post(reverse(name, args=arguments(house)), {})
    assert answer.status_code in {302, 400, 403, 404, 405}
    assert (answer.status_code == 302) is (name == "sign-out")
    assert log.size() == before


@pytest.mark.parametrize(
    "name", [name for name, (_arguments, expected) in ROUTES.items() if expected == {200}]
)
def test_head_answers_like_get(house, name):
    arguments, _expected = ROUTES[name]
    answer = as_(None).head(reverse(name, args=arguments(house)))
    assert answer.status_code == 200
    assert read(answer) == b""
