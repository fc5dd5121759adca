"""From a plan to the record of its draw: which lots, how likely, which inspectors, who conflicts.

Pure but for reading rows; the record is built inside the act that opens the draw, so nobody
chooses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import Malformed, Refused
from signatures.models import User
from trading import access
from trading.domain import drawing
from trading.domain.draws import VERSION
from trading.enums import InspectionState, LotRole, OrganisationKind
from trading.models import Assignment, Draw, Inspection, InspectionPlan, Lot, Membership

PURPOSE = "inspections"
PROJECTS, INSPECTORS = "projects", "inspectors"
OVER = (InspectionState.CLOSED, InspectionState.STOPPED)
MOST_WEIGHT = 1000
MOST_RULES = 100

_SCOPE = ("categories", "stages", "since", "until")
#: What a rule of weight may look at, and the form of what it compares with.
_MATCHES = {
    "category": re.compile(r"[a-z][a-z0-9-]{0,39}"),
    "stage": re.compile(r"[A-Z][A-Z0-9-]{0,39}"),
    "tenderee": re.compile(r"org:[0-9a-f-]{36}"),
    "agency": re.compile(r"org:[0-9a-f-]{36}"),
    "lot": re.compile(r"lot:[0-9a-f-]{36}"),
    "estimate-from": re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2})?"),
}
_RULE = ("match", "add", "reason")


def check_scope(value: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's scope: ``categories`` and ``stages`` (lists; all where empty), ``since`` and
    ``until`` (publication of the lot, canonical times); raises :class:`Malformed`."""
    fields = jcs.require_fields(dict(value), (), optional=_SCOPE, where="scope", error=Malformed)
    for name in ("categories", "stages"):
        names = fields.get(name, [])
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise Malformed(_("The scope's %(name)s are a list.") % {"name": name})
    for name in ("since", "until"):
        if name in fields:
            jcs.parse_timestamp(fields[name])
    return dict(fields)


def check_weights(rules: Sequence[Any]) -> list[dict[str, Any]]:
    """The rules of weight: ``{"match": {…}, "add": 1 to 1000, "reason": text}`` each.

    ``match`` names ``category``, ``stage``, ``tenderee``, ``agency``, ``lot`` or
    ``estimate-from``; all of them must fit. Raises :class:`Malformed`.
    """
    if len(rules) > MOST_RULES:
        raise Malformed(_("A plan has at most %(most)d rules of weight.") % {"most": MOST_RULES})
    found = []
    for number, rule in enumerate(rules, 1):
        where = f"weights[{number}]"
        fields = dict(jcs.require_fields(rule, _RULE, where=where, error=Malformed))
        match, add, reason = fields["match"], fields["add"], fields["reason"]
        known = isinstance(match, dict) and match and all(
            name in _MATCHES and isinstance(text, str) and _MATCHES[name].fullmatch(text)
            for name, text in match.items()
        )
        if not known:
            raise Malformed(
                _("A rule of weight compares: %(names)s.") % {"names": ", ".join(_MATCHES)},
                code="bad-weight",
            )
        if type(add) is not int or not 1 <= add <= MOST_WEIGHT:
            raise Malformed(
                _("A rule adds a weight of 1 to %(most)d.") % {"most": MOST_WEIGHT},
                code="bad-weight",
            )
        if not isinstance(reason, str) or not 1 <= len(reason.strip()) <= 200:
            raise Malformed(_("A rule of weight says why it is one."), code="bad-weight")
        found.append(fields)
    return found


def weight_of(lot: Lot, rules: Iterable[Mapping[str, Any]]) -> int:
    """1, and what every rule that fits the lot adds."""
    return 1 + sum(int(rule["add"]) for rule in rules if _fits(lot, rule["match"]))


def _fits(lot: Lot, match: Mapping[str, str]) -> bool:
    project = lot.project
    facts = {
        "category": project.category,
        "stage": lot.stage,
        "tenderee": project.tenderee.urn,
        "agency": "" if project.agency is None else project.agency.urn,
        "lot": lot.urn,
    }
    for name, wanted in match.items():
        if name == "estimate-from":
            if lot.estimate is None or lot.estimate < _amount(wanted):
                return False
        elif facts[name] != wanted:
            return False
    return True


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern admits amounts only
        raise Malformed(f"{text!r} is not an amount.") from None


def lots(plan: InspectionPlan, *, at: datetime) -> list[Lot]:
    """The published lots in the plan's scope that no inspection is under way on."""
    scope = plan.scope
    rows = Lot.objects.filter(published_at__lte=at).select_related(
        "project", "project__tenderee", "project__agency"
    )
    if scope.get("categories"):
        rows = rows.filter(project__category__in=scope["categories"])
    if scope.get("stages"):
        rows = rows.filter(stage__in=scope["stages"])
    if "since" in scope:
        rows = rows.filter(published_at__gte=jcs.parse_timestamp(scope["since"]))
    if "until" in scope:
        rows = rows.filter(published_at__lt=jcs.parse_timestamp(scope["until"]))
    busy = Inspection.objects.exclude(state__in=OVER).values("lot_id")
    return list(rows.exclude(pk__in=busy).order_by("pk"))


@dataclass(frozen=True)
class Inspector:
    """Somebody who may be drawn, and the supervisor for whom they act."""

    user: User
    organisation: str


def inspectors(urns: Iterable[str], *, at: datetime) -> list[Inspector]:
    """The people of these URNs; each must act for a verified supervisor.

    Raises :class:`Refused` (``not-an-inspector``).
    """
    found = []
    for urn in urns:
        user = User.objects.filter(pk=urn.removeprefix("user:"), is_active=True).first()
        offices = [
            one
            for one in access.organisations_of(user, at)
            if OrganisationKind.SUPERVISOR.value in one.kinds and access.is_verified(one, at)
        ]
        if user is None or not offices:
            raise Refused(
                _("Inspectors act for a verified supervisor; one of these does not."),
                code="not-an-inspector",
            )
        found.append(Inspector(user, min(one.urn for one in offices)))
    return found


def conflicting(lot_rows: Sequence[Lot], people: Sequence[Inspector]) -> dict[str, list[str]]:
    """Lot's URN -> URNs of the people who may not inspect it.

    Whoever was ever assigned to the lot, or acts for an organisation that was or for its tenderee
    or agency. Supervision is no conflict, nor is the key share that the supervisor holds for it:
    they are what inspectors are there for; whoever recused themselves from it has one.
    """
    users = {one.user.pk: one.user.urn for one in people}
    offices: dict[Any, set[str]] = {}
    memberships = Membership.objects.filter(user__in=users, until__isnull=True)
    for office, member in memberships.values_list("organisation_id", "user_id"):
        offices.setdefault(office, set()).add(users[member])
    found: dict[str, set[str]] = {}
    assigned = (
        Assignment.objects.filter(lot__in=[lot.pk for lot in lot_rows])
        .exclude(role__in=(LotRole.SUPERVISOR, LotRole.INSPECTOR), recused_at__isnull=True)
        .exclude(role=LotRole.TRUSTEE, organisation__isnull=False, recused_at__isnull=True)
        .filter(Q(user__in=users) | Q(organisation__in=offices))
    )
    for row in assigned.select_related("lot"):
        there = found.setdefault(row.lot.urn, set())
        if row.user_id is not None:
            there.add(users[row.user_id])
        else:
            there |= offices.get(row.organisation_id, set())
    for lot in lot_rows:
        for organisation in (lot.project.tenderee_id, lot.project.agency_id):
            if organisation in offices:
                found.setdefault(lot.urn, set()).update(offices[organisation])
    return {urn: sorted(names) for urn, names in found.items()}


def number_of(plan: InspectionPlan, available: int) -> int:
    """How many lots to draw: the plan's share, rounded up, at least ``at_least``, at most all."""
    return min(available, max(plan.at_least, -(-available * plan.share // 100)))


def record(
    plan: InspectionPlan, *, parties: Sequence[str], before: Draw | None, at: datetime
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The record of the plan's draw and the aliases that hide its inspectors.

    Raises :class:`Refused` where there is nothing to draw from.
    """
    lot_rows = lots(plan, at=at)
    if not lot_rows:
        raise Refused(_("No published lot falls within the plan's scope."), code="empty-scope")
    people = inspectors(plan.inspectors, at=at)
    aliases = drawing.make_aliases(one.user.urn for one in people)
    names = {hidden["id"]: alias for alias, hidden in aliases.items()}
    conflicts = {
        lot: sorted(names[one] for one in there)
        for lot, there in conflicting(lot_rows, people).items()
    }
    projects = [
        {
            "id": lot.urn,
            "weight": weight_of(lot, plan.weights),
            "stratum": PROJECTS,
            "organisation": lot.project.tenderee.urn,
        }
        for lot in lot_rows
    ]
    drawn = [
        {
            "id": names[one.user.urn],
            "weight": 1,
            "stratum": INSPECTORS,
            "organisation": one.organisation,
        }
        for one in people
    ]
    value: dict[str, Any] = {
        "id": drawing.new_id(),
        "version": VERSION,
        "purpose": drawing.purpose_of(PURPOSE, before),
        "parties": sorted(parties),
        "candidates": [*projects, *sorted(drawn, key=lambda each: str(each["id"]))],
        "avoid": {"candidates": [], "organisations": []},
        "quota": {PROJECTS: number_of(plan, len(lot_rows))},
        "alternates": {PROJECTS: 0},
        "max_per_organisation": None,
        "once": False,
        "assign": {
            "to": PROJECTS,
            "from": INSPECTORS,
            "quota": plan.per_lot,
            "alternates": plan.alternates,
            "conflicts": conflicts,
        },
    }
    return value, aliases
