"""The contract of a lot: drafted beside the winning bid, signed by both sides, then filed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import jcs, signing_documents
from signatures.domain.assessment import Assessment
from signatures.domain.errors import SunlitError
from signatures.enums import SigningState
from signatures.models import SigningField, User
from trading import access
from trading.domain import award as awards
from trading.domain import (
    candidates,
    contract_publicity,
    contracts,
    paper_words,
    procedure,
    reports,
)
from trading.interfaces import procedure_words, standing, terms
from trading.interfaces.judgement import Signed, signed
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Award, Contract, Exhibit, Lot

OFFER, SIGN = "trading.offer-contract", contracts.SIGN
REPORT, PERFORM = "trading.file-written-report", "trading.report-performance"
PUBLISH, FILE = contract_publicity.PublishContract.name, contract_publicity.FileContract.name
#: By when each is due, where the procedure says so.
UNTIL = {
    REPORT: "written-report-until",
    PUBLISH: contract_publicity.PublishContract.until,
    FILE: contract_publicity.FileContract.until,
}


@dataclass(frozen=True)
class Place:
    """One side's place for its signature; ``mine`` where this viewer may sign there now."""

    field: str
    side: str
    holder: str
    signed_at: datetime | None
    seal: Signed | None
    mine: bool


@dataclass(frozen=True)
class Filed:
    """Something that the tenderee files afterwards: whether it may now, and what was filed."""

    standing: Standing
    exhibit: Exhibit | None
    until: datetime | None
    overdue: bool
    rule: str


@dataclass(frozen=True)
class Page:
    """The whole page. ``reads`` says that the viewer is a party or watches; everybody else sees
    that there is a contract and what of it is public."""

    lot: Lot
    award: Award | None
    #: Where a framework has several: each award with its state, of which ``award`` is shown.
    others: tuple[tuple[Award, Badge], ...]
    terms: tuple[tuple[str, str], ...]
    until: datetime | None
    term: str
    overdue: bool
    badge: Badge
    #: By which articles the contract is offered, and by which it binds.
    offer_rule: str
    rule: str
    #: Whether it follows a sale on the floor, so that there is no bid to compare it with.
    sold: bool
    reads: bool
    offer: Standing
    contract: Contract | None
    places: tuple[Place, ...]
    content: str
    state_address: str
    waits_for_seal: bool
    may_conclude: bool
    exhibit: Exhibit | None
    report: Filed
    publication: Filed
    filing: Filed
    performance: Filed

    @property
    def mine(self) -> tuple[Place, ...]:
        """The places that this viewer may sign now."""
        return tuple(place for place in self.places if place.mine)

    @property
    def made_known(self) -> tuple[tuple[Filed, str, str, str, str], ...]:
        """Where the signed contract goes: the step, its title, what it does, its button."""
        return (
            (
                self.publication,
                "publish",
                _("Publication of the contract"),
                _("Everybody may read the signed contract then."),
                _("Publish the contract"),
            ),
            (
                self.filing,
                "file",
                _("Filing of the contract"),
                _("The signed contract goes to the body that supervises."),
                _("File the contract"),
            ),
        )

    @property
    def unsigned(self) -> tuple[Place, ...]:
        """The places that wait for a signature."""
        return tuple(place for place in self.places if place.signed_at is None)


def _side(lot: Lot, field: str) -> str:
    first = field == contracts.TENDEREE_FIELD
    return paper_words.word(lot, "contract-first" if first else "contract-second")


def _date(lot: Lot, name: str) -> datetime | None:
    text = lot.dates.get(name)
    return jcs.parse_timestamp(text) if text else None


def chosen(lot: Lot, *, viewer: User | None, wanted: UUID | None = None) -> Award | None:
    """The award whose contract is shown: the one that was asked for, of several one's own first.

    Raises :class:`NotFound` for one that the lot does not have.
    """
    rows = awards.awards_of(lot)
    if wanted is not None:
        return awards.award_of(lot, wanted)
    mine = {one.pk for one in access.organisations_of(viewer)} if len(rows) > 1 else set()
    return next((one for one in rows if one.winner_id in mine), next(iter(rows), None))


def build(
    lot: Lot, *, viewer: User | None, at: datetime, wanted: UUID | None = None
) -> Page:
    """The page for this viewer; ``wanted`` is which of several awards it is about."""
    award = chosen(lot, viewer=viewer, wanted=wanted)
    contract = (
        Contract.objects.filter(award=award).select_related("award__winner", "document").first()
        if award is not None
        else None
    )
    audiences = access.audiences_of(viewer, lot, at)
    winner = set() if award is None else {award.winner.urn}
    reads = not audiences.isdisjoint({*contracts.READERS, *winner})
    until = _date(lot, "contract-until") if award is not None else None
    overdue = until is not None and at > until and (contract is None or not contract.signed_at)
    places, parties = _places(contract, viewer) if reads else ((), False)
    state = "" if contract is None else contract.document.state
    sign = standing.of(lot, SIGN, viewer=viewer, at=at)
    return Page(
        lot=lot,
        award=award,
        others=_others(lot),
        terms=terms.labelled(lot, award.terms) if award is not None else (),
        until=until,
        term=procedure_words.term(procedure.of(lot), "contract-after-award"),
        overdue=overdue,
        badge=_badge(award, contract),
        offer_rule=contracts.rule(lot),
        rule=paper_words.article(lot),
        sold=award is not None and award.report.kind != candidates.REPORT,
        reads=reads,
        offer=standing.of(lot, OFFER, viewer=viewer, at=at),
        contract=contract,
        places=places,
        content=_address("api:signing_content", contract) if parties else "",
        state_address=f"/api/v1/signing/{contract.document_id}" if contract and parties else "",
        waits_for_seal=state in (SigningState.SIGNED, SigningState.SEALED),
        may_conclude=state == SigningState.SEALED and sign.possible,
        exhibit=_exhibit(lot, contracts.CONTRACT, audiences, at, contract),
        report=_filed(lot, REPORT, reports.WRITTEN_REPORT, viewer, audiences, at),
        publication=_filed(
            lot, PUBLISH, contract_publicity.PUBLISHED, viewer, audiences, at, contract
        ),
        filing=_filed(lot, FILE, contract_publicity.FILED, viewer, audiences, at, contract),
        performance=_filed(lot, PERFORM, reports.PERFORMANCE, viewer, audiences, at),
    )


def _others(lot: Lot) -> tuple[tuple[Award, Badge], ...]:
    rows = awards.awards_of(lot)
    if len(rows) < 2:
        return ()
    made = {
        one.award_id: one
        for one in Contract.objects.filter(award__lot=lot).select_related("document")
    }
    return tuple((one, _badge(one, made.get(one.pk))) for one in rows)


def _address(name: str, contract: Contract | None) -> str:
    return "" if contract is None else reverse(name, args=[contract.document_id])


def _badge(award: Award | None, contract: Contract | None) -> Badge:
    if award is None:
        return Badge("todo", _("Not awarded yet"))
    if award.dropped_at is not None:
        return Badge("bad", _("Dropped"))
    if contract is None:
        return Badge("todo", _("Not drafted yet"))
    if contract.signed_at is not None:
        return Badge("good", _("Signed by both sides"))
    if contract.document.state == SigningState.OPEN:
        return Badge("now", _("Out for signature"))
    return Badge("now", _("Signed; being sealed"))


def _places(contract: Contract | None, viewer: User | None) -> tuple[tuple[Place, ...], bool]:
    """The places, and whether the viewer has one of them."""
    if contract is None:
        return (), False
    mine = signing_documents.capacities(viewer) if viewer is not None else frozenset()
    rows = list(contract.document.fields.order_by("position"))
    open_ = contract.document.state == SigningState.OPEN
    places = tuple(
        Place(
            field=row.name,
            side=_side(contract.award.lot, row.name),
            holder=row.holder,
            signed_at=row.signed_at,
            seal=_seal(row),
            mine=open_ and row.signed_at is None and row.signer in mine,
        )
        for row in rows
    )
    return places, any(row.signer in mine for row in rows)


def _seal(row: SigningField) -> Signed | None:
    """The signature as it was judged when it was made."""
    try:
        if not row.assessment or not store.exists(row.assessment):
            return None
        made = Assessment.from_dict(jcs.loads(store.read(row.assessment)))
    except (SunlitError, KeyError, TypeError, ValueError):
        return None
    found = (each for each in made.signatures if each.field == row.name)
    own = next((each for each in found if each.kind == "signature"), None)
    return None if own is None else signed(own.as_dict())


def _exhibit(
    lot: Lot,
    kind: str,
    audiences: frozenset[str],
    at: datetime,
    contract: Contract | None = None,
) -> Exhibit | None:
    """The last exhibit of a kind; of several contracts that of this one."""
    rows = Exhibit.objects.filter(lot=lot, kind=kind)
    if contract is not None and contract.award.several:
        rows = rows.filter(facts__contract=contract.urn)
    row = rows.order_by("filed_at", "pk").last()
    return row if row is not None and access.may_see(row, audiences, at) else None


def _filed(
    lot: Lot,
    command: str,
    kind: str,
    viewer: User | None,
    audiences: frozenset[str],
    at: datetime,
    contract: Contract | None = None,
) -> Filed:
    exhibit = _exhibit(lot, kind, audiences, at, contract)
    until = _date(lot, UNTIL[command]) if command in UNTIL else None
    rule = procedure.of(lot).commands.get(command)
    return Filed(
        standing=standing.of(lot, command, viewer=viewer, at=at),
        exhibit=exhibit,
        until=until,
        overdue=until is not None and exhibit is None and at > until,
        rule=rule.article if rule is not None else "",
    )
