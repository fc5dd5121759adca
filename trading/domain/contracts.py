"""The contract: what was bid and nothing else, signed by both sides, within thirty days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs, signing_documents
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.domain.signing_documents import Plan
from signatures.enums import SigningState
from signatures.models import SigningDocument
from trading import access
from trading.domain import award as awards
from trading.domain import (
    dossier,
    framework,
    lifecycle,
    messages,
    planning,
    procedure,
    registry,
    security_terms,
)
from trading.domain.acts import LotAct, lock_lot
from trading.domain.notices import PDF, check_file
from trading.enums import LotRole
from trading.models import Award, Contract, Lot

CONTRACT = "contract"
OFFER, SIGN = "trading.offer-contract", "trading.sign-contract"
#: One of several agreements is signed, and others wait.
SIGN_ONE = "trading.sign-agreement"
PARTIES = frozenset({LotRole.TENDEREE.value, LotRole.TENDERER.value})
#: Names of the fields for the signatures.
TENDEREE_FIELD, CONTRACTOR_FIELD = "Tenderee", "Contractor"
READERS = (
    LotRole.TENDEREE,
    LotRole.AGENCY,
    LotRole.SUPERVISOR,
    LotRole.INSPECTOR,
    LotRole.ARCHIVIST,
)


@dataclass(frozen=True)
class Terms:
    """What a contract says that a bid said before: price in CNY and terms, name -> text."""

    price: Decimal
    terms: Mapping[str, str]
    security: Decimal | None = None

    @classmethod
    def read(
        cls, *, price: str, terms: Mapping[str, str], security: str | None = None
    ) -> Terms:
        """The same from texts; raises :class:`Malformed` for what is no amount."""
        return cls(
            price=amount(price),
            terms={name: str(value).strip() for name, value in sorted(terms.items())},
            security=None if security is None else amount(security),
        )


def amount(text: str) -> Decimal:
    """An amount in CNY with at most two places; raises :class:`Malformed`."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value <= 0 or value != round(value, 2):
        raise Malformed(
            _("“%(text)s” is not an amount in CNY such as 1234567.89.") % {"text": text},
            code="bad-amount",
        )
    return value


@dataclass(frozen=True)
class Departure:
    """A term in which a contract says something else than the bid; None where it is missing."""

    name: str
    bid: str | None
    written: str | None

    def __str__(self) -> str:
        if self.bid is None:
            return _("%(name)s is no term of the bid") % {"name": self.name}
        if self.written is None:
            return _("%(name)s is missing (bid: %(bid)s)") % {"name": self.name, "bid": self.bid}
        return _("%(name)s is %(written)s where the bid said %(bid)s") % {
            "name": self.name,
            "bid": self.bid,
            "written": self.written,
        }


PRICE = "price"
#: The procedure's figure for how much performance security may be asked.
SECURITY = "performance-security"


def departures(award: Award, given: Terms) -> list[Departure]:
    """Every term in which a contract departs from the winning bid, the price as ``price``."""
    found = []
    if given.price != award.price:
        found.append(Departure(PRICE, _shown(award.price), _shown(given.price)))
    for name in sorted({*award.terms, *given.terms}):
        bid, written = award.terms.get(name), given.terms.get(name)
        if bid != written:
            found.append(Departure(name, bid, written))
    return found


def rule(lot: Lot) -> str:
    """By which articles the contract says what was bid, in the lot's own procedure."""
    offering = procedure.of(lot).commands.get(OFFER)
    return offering.article if offering is not None else ""


def check_terms(lot: Lot, award: Award, given: Terms) -> None:
    """Raise :class:`Refused` naming every term in which a contract departs from the winning bid.

    Price, quality, time and the other main terms must be those of the bid (TBL 46, TBR 57, and
    what the lot's own procedure cites). A performance security is asked within its own limits.
    """
    wrong = departures(award, given)
    if wrong:
        raise Refused(
            _("The contract departs from the winning bid: %(terms)s.")
            % {"terms": "; ".join(map(str, wrong))},
            code="departs-from-bid",
            rule=rule(lot),
        )
    check_security(lot, award, given)


def check_security(lot: Lot, award: Award, given: Terms) -> None:
    """Raise :class:`Refused` for more performance security than the procedure lets be asked."""
    figure = procedure.of(lot).figures.get(SECURITY)
    if given.security is not None and figure is None:
        raise Refused(
            _("This procedure knows no performance security; leave it out."),
            code="no-security",
            rule=rule(lot),
        )
    if given.security is not None and figure is not None and figure.most is not None:
        most = award.price * figure.most / 100
        if given.security > most:
            raise Refused(
                _("The performance security is %(given)s; at most %(most)s may be asked.")
                % {"given": _shown(given.security), "most": _shown(most)},
                code="security-too-high",
                rule=figure.article,
            )


def _shown(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def contract_of(lot: Lot, award: UUID | None = None) -> Contract:
    """The lot's contract, offered or signed, of several that of the award that is named.

    Raises :class:`NotFound`, and :class:`Malformed` where it is not said which.
    """
    rows = Contract.objects.filter(award__lot=lot).select_related(
        "award", "award__winner", "document"
    )
    if award is not None:
        rows = rows.filter(award=award)
    elif Award.objects.filter(lot=lot).count() > 1:
        raise Malformed(_("The lot has several awards: say which."), code="which-award")
    row = rows.first()
    if row is None:
        raise NotFound(_("No contract has been offered yet."), code="no-contract")
    return row


def is_signed(award: Award) -> bool:
    """Whether the contract of this award is signed by both sides."""
    return Contract.objects.filter(award=award, signed_at__isnull=False).exists()


def open_awards(lot: Lot, *, besides: Award | None = None) -> list[Award]:
    """The awards that still wait for their signed contract."""
    return [
        one
        for one in awards.awards_of(lot)
        if one.dropped_at is None and one != besides and not is_signed(one)
    ]


@command(OFFER)
@dataclass(frozen=True, kw_only=True)
class OfferContract(LotAct):
    """Open the contract for both sides' signatures; it is laid out in the store (``plan``).

    ``price``, ``terms`` and ``security`` are those that it prints; ``award`` says of which of
    several awards it is.
    """

    title: str
    price: str
    terms: dict[str, str]
    plan: Plan
    security: str | None = None
    award: UUID | None = None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.plan.size)
        self.proceed(scene)
        award = awards.award_of(lot, self.award)
        if award.dropped_at is not None:
            raise Refused(_("This supplier was dropped already."), code="dropped-already")
        given = Terms.read(price=self.price, terms=self.terms, security=self.security)
        check_terms(lot, award, given)
        if Contract.objects.filter(award=award).exists():
            raise Refused(
                _("The contract was offered already; both sides sign that one."),
                code="contract-offered",
            )
        document = signing_documents.open_document(
            scene,
            plan=self.plan,
            purpose=CONTRACT,
            title=self.title,
            subject=lot.urn,
            facts={"award": award.urn},
        )
        contract = Contract.objects.create(
            award=award,
            price=given.price,
            terms=dict(given.terms),
            security=given.security,
            document=document,
            offered_at=scene.now,
        )
        scene.enter(
            subject=contract.urn,
            digests={"contract": self.plan.digest},
            context={"lot": lot.urn, "award": award.urn, "signing": document.urn},
            receipt_for=(award.winner.urn,),
        )
        until = jcs.parse_timestamp(lot.dates["contract-until"])
        messages.send(
            scene,
            to=[award.winner, lot.project.tenderee],
            template="contract-offered",
            lot=lot,
            context={"until": planning.shown_end(until)},
        )
        return {"contract": str(contract.pk), "document": str(document.pk)}


@command("trading.sign-contract")
@dataclass(frozen=True, kw_only=True)
class SignContract(LotAct):
    """Take the contract that both sides signed and the platform sealed into the dossier.

    The platform does so itself when the last signature is in; a party may ask for it where that
    was refused, such as while the lot was suspended.
    """

    public: ClassVar[bool] = True

    award: UUID | None = None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        contract = contract_of(lot, self.award)
        if not any(
            access.acts_for(scene.actor.user, party, scene.now)
            for party in (lot.project.tenderee_id, contract.award.winner_id)
        ):
            raise Denied(_("You are no party to this contract."), code="wrong-organisation")
        if contract.document.state not in (SigningState.SEALED, SigningState.CONCLUDED):
            raise Refused(_("Not everybody has signed yet."), code="not-signed-by-all")
        return _conclude(
            scene, lot, contract, roles=access.actor_roles(scene.actor, lot, scene.now)
        )


def completed(scene: Scene, document: SigningDocument) -> None:
    """What follows when both have signed; called once the platform's seal is on it."""
    contract = Contract.objects.select_related("award", "award__winner").get(document=document)
    if contract.signed_at is None:
        lot = lock_lot(contract.award.lot_id)
        _conclude(scene, lot, contract, roles=PARTIES, document=document)


def _conclude(
    scene: Scene,
    lot: Lot,
    contract: Contract,
    *,
    roles: frozenset[str],
    document: SigningDocument | None = None,
) -> Result:
    document = document or contract.document
    signed = document.signed_at or scene.now
    until = jcs.parse_timestamp(lot.dates["contract-until"])
    if contract.award.dropped_at is not None:
        raise Refused(_("This supplier was dropped already."), code="dropped-already")
    if open_awards(lot, besides=contract.award):
        lifecycle.apply(scene, lot, SIGN_ONE, actor_roles=roles)
    else:
        begin(scene, lot, roles=roles, signed=signed)
    contract.signed_at = signed
    contract.late = signed > until
    contract.save(update_fields=["signed_at", "late"])
    security_terms.settle(lot)
    facts: dict[str, Any] = {
        "contract": contract.urn,
        "award": contract.award.urn,
        "contractor": contract.award.winner.urn,
        "price": str(contract.price),
        "terms": contract.terms,
        "security": None if contract.security is None else str(contract.security),
        "signed-at": jcs.timestamp(signed),
        "late": ["contract-after-award"] if contract.late else [],
    }
    exhibit = dossier.file(
        scene,
        lot=lot,
        kind=CONTRACT,
        name=document.title,
        digest=document.digest,
        size=document.size,
        media_type=PDF,
        facts=facts,
        audience=[*READERS, contract.award.winner.urn],
        seal={"assessment": document.assessment},
    )
    scene.enter(
        subject=contract.urn,
        act=SIGN,
        public=True,
        digests={"contract": document.digest},
        context={"lot": lot.urn, "late": facts["late"]},
        receipt_for=(lot.project.tenderee.urn, contract.award.winner.urn),
    )
    messages.send(
        scene,
        to=[contract.award.winner, lot.project.tenderee],
        template="contract-signed",
        lot=lot,
        evidence=True,
    )
    return {"contract": str(contract.pk), "exhibit": str(exhibit.pk), "stage": lot.stage}


def begin(
    scene: Scene,
    lot: Lot,
    *,
    roles: frozenset[str] = PARTIES,
    signed: datetime | None = None,
) -> None:
    """The last signature that was waited for is there, ``signed`` now: the lot goes on.

    Orders under a framework are given for as long as its first agreement runs.
    """
    choose = None
    if framework.is_framework(lot):
        rows = Contract.objects.filter(award__lot=lot, signed_at__isnull=False)
        times = [*rows.values_list("signed_at", flat=True), *([signed] if signed else [])]
        choose = {framework.ENDS: framework.end_of(lot, min(filter(None, times)))}
    lifecycle.apply(scene, lot, SIGN, actor_roles=roles, choose=choose)


def register() -> None:
    """Make the commands nameable and wait for signed contracts; called when the app is ready."""
    registry.register_command(OfferContract.name, OfferContract)
    registry.register_command(SignContract.name, SignContract)
    signing_documents.on_complete(CONTRACT, completed)
