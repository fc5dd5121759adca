"""A tenderer's desk: what is open, the lots it takes part in, contracts that wait for its seal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.models import SigningField, User
from trading import access
from trading.domain import (
    candidates,
    contracts,
    invitations,
    prequalification,
    procedure,
    registry,
)
from trading.domain.documents import FIRST_FETCH
from trading.enums import LotRole, LotState, OrganisationKind
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Desk, Figure, Row, Task
from trading.interfaces.timeline import Badge, Standing
from trading.models import (
    Assignment,
    Award,
    Contract,
    Exhibit,
    Invitation,
    Lot,
    Organisation,
    Qualification,
)

#: What every verified tenderer is on every lot: somebody who may become its tenderer.
ROLE = LotRole.PROSPECT.value
BID = "bidding.register-statement"
DEADLINE, SHOWN = "deadline", "candidates-until"


def build(person: User, at: datetime) -> Desk:
    """The desk of somebody who acts for a verified tenderer."""
    offices = [
        each
        for each in access.organisations_of(person, at)
        if OrganisationKind.TENDERER in each.kinds and access.is_verified(each, at)
    ]
    own = own_lots(offices)
    tasks = sorted(
        [
            *_invitations(offices, at),
            *_unfetched(offices, at),
            *_contracts(offices, at),
            *_dates(own, at),
        ],
        key=lambda task: task.order,
    )
    return Desk(
        title=_("Tenderer's desk"),
        organisations=tuple(each.name for each in offices),
        figures=tuple(_figures(own, offices, at)),
        tasks=tuple(tasks),
        views=(),
        ways=((_("Find a project"), reverse("projects")),),
    )


def own_lots(offices: list[Organisation]) -> QuerySet[Lot]:
    """The lots whose documents these tenderers fetched, the ones that moved last first."""
    held = Assignment.objects.filter(
        organisation__in=offices, role=LotRole.TENDERER, until__isnull=True
    )
    return (
        Lot.objects.filter(pk__in=held.values("lot_id"))
        .select_related("project")
        .order_by("-stage_since", "-pk")
    )


def _figures(
    own: QuerySet[Lot], offices: list[Organisation], at: datetime
) -> Iterable[Figure]:
    now = jcs.timestamp(at)
    lots = Lot.objects.select_related("project").order_by("-stage_since", "-pk")
    running = own.filter(state=LotState.ACTIVE)
    offered = lots.filter(
        Q(stage="DOCUMENTS", **{"dates__documents-until__gt": now})
        | Q(stage="APPLICATION", **{"dates__prequalification-until__gt": now}),
        state=LotState.ACTIVE,
        published_at__lte=at,
    ).exclude(pk__in=own.values("pk"))
    offered = offered.filter(
        Q(stage="APPLICATION") | ~Q(procedure__name__in=_closed_procedures()) | _let_in(offices)
    )
    won = own.filter(pk__in=Award.objects.filter(winner__in=offices).values("lot_id"))
    yield _of_lots("offered", _("documents on offer"), _("not fetched by you yet"), offered)
    yield _of_lots(
        "bidding", _("before the deadline"), _("you fetched the documents"),
        running.filter(dates__deadline__gt=now),
    )
    yield _of_lots(
        "after", _("after the deadline"), _("opening to award"),
        running.filter(dates__deadline__lte=now),
    )
    yield _of_lots("won", _("awarded to you"), "", won)


def _of_lots(name: str, label: str, note: str, lots: QuerySet[Lot]) -> Figure:
    return Figure(
        name=name,
        label=label,
        count=lots.count(),
        note=note,
        rows=lambda: [_row(lot) for lot in lots[:MOST]],
    )


def _row(lot: Lot) -> Row:
    return Row(
        when=lot.stage_since,
        title=_title(lot),
        address=reverse("lot", args=[lot.project.code, lot.number]),
        note=lot.project.code,
        badge=Standing.of(lot).badge,
    )


def _title(lot: Lot) -> str:
    return f"{lot.project.title} {lot.title}"


def _closed_procedures() -> list[str]:
    """The procedures in which only the invited, or the qualified, fetch the tender documents."""
    return [
        name
        for name in procedure.names()
        if invitations.is_invited(rules := procedure.load(name))
        or prequalification.is_prequalified(rules)
    ]


def _let_in(offices: list[Organisation]) -> Q:
    """The lots of such procedures whose documents these tenderers may fetch."""
    accepted = Invitation.objects.filter(organisation__in=offices, accepted=True)
    qualified = Qualification.objects.filter(organisation__in=offices, qualified=True)
    return Q(pk__in=accepted.values("lot_id")) | Q(pk__in=qualified.values("lot_id"))


def _invitations(offices: list[Organisation], at: datetime) -> Iterable[Task]:
    """Invitations that wait for one's own answer."""
    rows = Invitation.objects.filter(
        organisation__in=offices,
        answered_at__isnull=True,
        answer_until__gte=at,
        lot__state=LotState.ACTIVE,
    )
    for row in rows.select_related("lot__project").order_by("answer_until", "pk")[:MOST]:
        rules = procedure.of(row.lot)
        command = rules.commands.get(invitations.ANSWER)
        if command is None or row.lot.stage not in command.from_:
            continue
        yield Task(
            due=row.answer_until,
            title=rules.title("commands", command.name),
            subject=_title(row.lot),
            address=reverse("invitations", args=[row.lot.project.code, row.lot.number]),
            rule=command.article,
            badge=Badge("now", _("Yours to do")),
            overdue=False,
            own=True,
        )


def _unfetched(offices: list[Organisation], at: datetime) -> Iterable[Task]:
    """Tender documents on offer to those who accepted an invitation or qualified."""
    own = own_lots(offices).order_by().values("pk")
    lots = Lot.objects.filter(_let_in(offices), state=LotState.ACTIVE).exclude(pk__in=own)
    for lot in lots.select_related("project").order_by("-stage_since", "-pk")[:MOST]:
        command = procedure.of(lot).commands.get(FIRST_FETCH)
        if command is None or lot.stage not in command.from_:
            continue
        yield _task(
            lot,
            procedure.of(lot).title("commands", command.name),
            due=command.not_after or DEADLINE,
            address=reverse("lot", args=[lot.project.code, lot.number]),
            rule=command.article,
            own=True,
            at=at,
        )


def _contracts(offices: list[Organisation], at: datetime) -> Iterable[Task]:
    """Contracts in which a place of one's own is not signed yet."""
    waiting = SigningField.objects.filter(
        signer__in=[each.urn for each in offices],
        signed_at__isnull=True,
        document__purpose=contracts.CONTRACT,
    )
    rows = Contract.objects.filter(
        document__in=waiting.values("document_id"), award__winner__in=offices
    ).select_related("award__lot__project")
    for row in rows.order_by("offered_at", "pk")[:MOST]:
        lot = row.award.lot
        command = procedure.of(lot).commands.get(contracts.SIGN)
        yield _task(
            lot,
            _("Sign the contract"),
            due="contract-until",
            address=reverse("contract", args=[lot.project.code, lot.number]),
            rule=command.article if command is not None else "",
            own=True,
            at=at,
        )


def _dates(own: QuerySet[Lot], at: datetime) -> Iterable[Task]:
    """The next date on each running lot that one takes part in."""
    running = list(own.filter(state=LotState.ACTIVE)[:MOST])
    shown = set(
        Exhibit.objects.filter(lot__in=running, kind=candidates.CANDIDATES).values_list(
            "lot_id", flat=True
        )
    )
    now = jcs.timestamp(at)
    for lot in running:
        rules = procedure.of(lot)
        page = reverse("lot", args=[lot.project.code, lot.number])
        if lot.dates.get(DEADLINE, "") > now:
            yield _task(
                lot,
                rules.title("dates", DEADLINE),
                due=DEADLINE,
                address=registry.way(BID, lot) or page,
                rule=rules.commands[BID].article if BID in rules.commands else "",
                own=False,
                at=at,
            )
        elif lot.pk in shown and lot.dates.get(SHOWN, "") > now:
            yield _task(
                lot,
                _("Candidates on show: read your own result"),
                due=SHOWN,
                address=reverse("result", args=[lot.project.code, lot.number]),
                rule=rules.cite(rules.commands["trading.publish-candidates"]),
                own=False,
                at=at,
            )


def _task(
    lot: Lot, title: str, *, due: str, address: str, rule: str, own: bool, at: datetime
) -> Task:
    until = jcs.parse_timestamp(lot.dates[due]) if due in lot.dates else None
    overdue = own and until is not None and at > until
    badge = Badge("now", _("Yours to do")) if own else Badge("todo", _("Lies ahead"))
    return Task(
        due=until,
        title=title,
        subject=_title(lot),
        address=address,
        rule=rule,
        badge=Badge("bad", _("Overdue")) if overdue else badge,
        overdue=overdue,
        own=own,
    )


def register() -> None:
    """Give tenderers their desk; called when the app is ready."""
    desks.register(ROLE, build)
