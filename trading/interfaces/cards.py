"""Role cards of a demonstration: who people are, what a role can do now, how they sign in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from signatures.models import User
from trading.domain import lifecycle, procedure
from trading.domain.procedure import ANY
from trading.enums import LotRole
from trading.interfaces.sign_ins import SignIn
from trading.models import Assignment, Lot, Membership

#: The lot's roles that each part plays, in the order of the cards.
PARTS: dict[str, frozenset[str]] = {
    "tenderer": frozenset({LotRole.TENDERER.value, LotRole.PROSPECT.value, LotRole.INVITEE.value}),
    "tenderee": frozenset({LotRole.TENDEREE.value}),
    "agency": frozenset({LotRole.AGENCY.value}),
    "guarantor": frozenset(),
    "evaluator": frozenset({LotRole.EVALUATOR.value}),
    "supervisor": frozenset({LotRole.SUPERVISOR.value}),
    "inspector": frozenset({LotRole.INSPECTOR.value}),
    "notary": frozenset({LotRole.NOTARY.value}),
    "archivist": frozenset({LotRole.ARCHIVIST.value}),
    "operator": frozenset({LotRole.OPERATOR.value}),
}


@dataclass(frozen=True)
class Person:
    """One person on a card."""

    name: str
    organisations: tuple[str, ...]
    sign_in: SignIn


@dataclass(frozen=True)
class Chance:
    """What a role can do to one lot now; ``holders`` are those who have the role there."""

    lot: Lot
    commands: tuple[str, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One role."""

    part: str
    title: str
    purpose: str
    people: tuple[Person, ...]
    chances: tuple[Chance, ...]


def titles() -> dict[str, tuple[str, str]]:
    """Part -> what it is called, and what it comes to do."""
    return {
        "tenderer": (
            _("Tenderers"),
            _("find a project, seal a bid on their own device, and are present when it opens"),
        ),
        "tenderee": (
            _("Tenderees"),
            _("publish, hold a share of the key, host the opening, award and sign the contract"),
        ),
        "agency": (_("Agency"), _("does for the tenderee what the tenderee entrusts to it")),
        "evaluator": (
            _("Evaluators"),
            _("are drawn, declare conflicts, score bids without names, and sign the report"),
        ),
        "guarantor": (
            _("Guarantor"),
            _("signs a guarantee for a bid, is told when it is opened, and answers a claim"),
        ),
        "supervisor": (
            _("Supervisors"),
            _("watch what is permitted, hold a share of the key, draw inspections and decide"),
        ),
        "inspector": (
            _("Inspectors"),
            _("are drawn too: they read the dossier and sign what they find"),
        ),
        "notary": (
            _("Notary"),
            _("another region’s platform: holds a share of the key and commits to every draw"),
        ),
        "archivist": (_("Archivist"), _("asks for the package, examines it and keeps it")),
        "operator": (
            _("Operator"),
            _("registers people and organisations, and has no power over any outcome"),
        ),
    }


def cards(sign_ins: Iterable[SignIn], *, at: datetime) -> list[Card]:
    """A card for each part that somebody plays."""
    people = _people(tuple(sign_ins))
    possible = _chances(at)
    words = titles()
    return [
        Card(
            part=part,
            title=words[part][0],
            purpose=words[part][1],
            people=tuple(people[part]),
            chances=tuple(
                Chance(lot, shown, holders)
                for lot, commands, holders_of in possible
                if (shown := _shown(lot, commands, roles))
                for holders in [
                    tuple(name for role in sorted(roles) for name in holders_of.get(role, ()))
                ]
            ),
        )
        for part, roles in PARTS.items()
        if people.get(part)
    ]


def _people(sign_ins: tuple[SignIn, ...]) -> dict[str, list[Person]]:
    names = [each.username for each in sign_ins]
    users = {user.username: user for user in User.objects.filter(username__in=names)}
    employers: dict[str, list[str]] = {}
    rows = Membership.objects.filter(user__username__in=names, until__isnull=True)
    for row in rows.select_related("user", "organisation").order_by("pk"):
        employers.setdefault(row.user.username, []).append(row.organisation.name)
    found: dict[str, list[Person]] = {}
    for each in sign_ins:
        if each.username in users:
            person = Person(
                name=users[each.username].full_name,
                organisations=tuple(employers.get(each.username, ())),
                sign_in=each,
            )
            found.setdefault(each.part, []).append(person)
    return found


def _chances(at: datetime) -> list[tuple[Lot, tuple[str, ...], dict[str, list[str]]]]:
    """Published lots with what anybody could do now, and who holds each role there."""
    lots = list(
        Lot.objects.filter(published_at__isnull=False)
        .select_related("project")
        .order_by("-published_at", "pk")
    )
    holders: dict[tuple[object, str], list[str]] = {}
    rows = Assignment.objects.filter(lot__in=lots, until__isnull=True, recused_at__isnull=True)
    # Who is invited to tender is not shown, not even here.
    rows = rows.exclude(role=LotRole.INVITEE)
    for row in rows.select_related("user", "organisation").order_by("pk"):
        name = row.organisation.name if row.organisation else row.user.full_name
        holders.setdefault((row.lot_id, row.role), []).append(name)
    everybody = frozenset().union(*PARTS.values())
    return [
        (
            lot,
            lifecycle.allowed(lot, at, everybody),
            {role: holders.get((lot.pk, role), []) for role in everybody},
        )
        for lot in lots
    ]


def _shown(lot: Lot, commands: tuple[str, ...], roles: frozenset[str]) -> tuple[str, ...]:
    """Titles of the commands that are for these roles and for this stage, not for any stage."""
    rules = procedure.of(lot)
    found = [rules.commands[name] for name in commands]
    return tuple(
        rules.title("commands", one.name)
        for one in found
        if not roles.isdisjoint(one.roles) and ANY not in one.from_
    )
