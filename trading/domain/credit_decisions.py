"""Credit decisions: supervision enters and lifts what keeps an organisation out of tenders.

The decision itself is given elsewhere and published, on the grounds of ``credit/credit.toml``
(:mod:`trading.domain.credit_law`); here it takes effect. An organisation that is kept out fetches
no tender documents, is not invited, and hands nothing in; what it had sealed before stands
(``docs/decisions/0023-credit-decisions.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import credit_law, messages, planning
from trading.enums import OrganisationKind
from trading.models import CreditDecision, Organisation
from trading.models.credit import MAX_AUTHORITY, MAX_NUMBER, MAX_WORDS


def decides(user: User | None, at: datetime | None = None) -> bool:
    """Whether this person enters credit decisions: for supervision, and not for the centre."""
    return bool(offices(user, at)) and not access.operates(user)


def offices(user: User | None, at: datetime | None = None) -> list[Organisation]:
    """The verified supervisors for which this person acts."""
    return [
        one
        for one in access.organisations_of(user, at)
        if OrganisationKind.SUPERVISOR.value in one.kinds and access.is_verified(one, at)
    ]


def holding(at: datetime) -> QuerySet[CreditDecision]:
    """The decisions that keep somebody out at ``at``."""
    rows = CreditDecision.objects.select_related("organisation")
    return rows.filter(since__lte=at, until__gt=at, lifted_at__isnull=True)


def find(decision: UUID) -> CreditDecision:
    """The decision; raises :class:`NotFound`."""
    rows = CreditDecision.objects.select_related("organisation", "entered_by", "lifted_by")
    row = rows.filter(pk=decision).first()
    if row is None:
        raise NotFound(_("There is no such decision."), code="no-such-decision")
    return row


def _require(user: User | None, at: datetime | None = None) -> None:
    if not decides(user, at):
        raise Denied(
            _("Supervision enters and lifts credit decisions; the trading centre does not."),
            code="wrong-role",
            rule=credit_law.load().article,
        )


def _lock(organisation: UUID) -> Organisation:
    rows = Organisation.objects.select_for_update().filter(pk=organisation)
    row = rows.order_by("pk").first()
    if row is None:
        raise NotFound(_("There is no such organisation."), code="no-such-organisation")
    return row


@dataclass(frozen=True, kw_only=True)
class _DecisionAct(Act):
    """An act on what keeps somebody out; published as the decision behind it is.

    ``number`` (1 to 80 characters) and ``authority`` (1 to 200) name the published decision,
    ``words`` (1 to 500) say what it decides; they stand in the ledger for ever.
    """

    public: ClassVar[bool] = True

    number: str
    authority: str
    words: str

    def permit(self, actor: Actor) -> None:
        _require(actor.user)

    def require_others(self, scene: Scene, organisation: Organisation) -> Organisation:
        """The office for which the actor decides, on somebody else."""
        _require(scene.actor.user, scene.now)
        if access.acts_for(scene.actor.user, organisation.pk, scene.now):
            raise Denied(
                _("Somebody else must decide on an organisation that you belong to."),
                code="own-organisation",
            )
        return offices(scene.actor.user, scene.now)[0]

    def checked(self) -> tuple[str, str, str]:
        """Number, authority and words without blanks around them; raises :class:`Malformed`."""
        found = []
        for text, most, code, words in (
            (self.number, MAX_NUMBER, "bad-number",
             _("Give the decision's number in 1 to %(most)d characters.")),
            (self.authority, MAX_AUTHORITY, "bad-authority",
             _("Name the authority in 1 to %(most)d characters.")),
            (self.words, MAX_WORDS, "bad-words",
             _("Say what is decided in 1 to %(most)d characters.")),
        ):  # fmt: skip
            text = text.replace("\r\n", "\n").strip()
            if not 1 <= len(text) <= most:
                raise Malformed(words % {"most": most}, code=code)
            found.append(text)
        number, authority, said = found
        return number, authority, said


@command("trading.block-organisation")
@dataclass(frozen=True, kw_only=True)
class BlockOrganisation(_DecisionAct):
    """Keep an organisation out from now until ``until``, by a published decision.

    Several decisions may hold at once; the latest end counts. Result: ``{"decision": uuid,
    "until": moment}``, the moment being when the organisation may take part again.
    """

    organisation: UUID
    until: datetime

    def lock(self) -> Organisation:
        return _lock(self.organisation)

    def decide(self, scene: Scene) -> Result:
        organisation: Organisation = scene.subject
        office = self.require_others(scene, organisation)
        number, authority, words = self.checked()
        if OrganisationKind.TENDERER.value not in organisation.kinds:
            raise Refused(
                _("%(name)s is no tenderer; there is nothing to keep it out of.")
                % {"name": organisation.name},
                code="not-a-tenderer",
            )
        if self.until <= scene.now:
            raise Refused(
                _("The time has passed already; such a decision keeps nobody out."),
                code="until-past",
            )
        law = credit_law.load()
        if self.until > law.latest(scene.now):
            raise Refused(
                _("The law keeps nobody out for longer than %(years)d years.")
                % {"years": law.longest.most_years},
                code="until-too-far",
                rule=law.longest.article,
            )
        same = organisation.credit_decisions.filter(authority=authority, number=number)
        if same.exists():
            raise Refused(
                _("%(number)s of %(authority)s is entered for this organisation already.")
                % {"number": number, "authority": authority},
                code="decision-entered",
            )
        row = CreditDecision.objects.create(
            organisation=organisation,
            number=number,
            authority=authority,
            words=words,
            since=scene.now,
            until=self.until,
            entered_by=office,
        )
        _settle(organisation, scene.now)
        entry = scene.enter(
            subject=organisation.urn,
            context={
                "decision": row.urn,
                "number": number,
                "authority": authority,
                "words": words,
                "until": jcs.timestamp(self.until),
            },
            receipt_for=(organisation.urn,),
        )
        entry.placed.append(lambda leaf: _note(row, leaf=leaf))
        messages.send(
            scene,
            to=[organisation],
            template="organisation-blocked",
            context={
                "organisation": organisation.name,
                "number": number,
                "authority": authority,
                "words": words,
                "until": planning.shown_end(self.until),
            },
            evidence=True,
        )
        return _answer(row, organisation)


@command("trading.unblock-organisation")
@dataclass(frozen=True, kw_only=True)
class UnblockOrganisation(_DecisionAct):
    """Lift one decision before its time, by another published one.

    Whoever is kept out by no other decision may take part at once. Result: as of
    ``trading.block-organisation``, ``until`` None where nothing keeps it out any more.
    """

    decision: UUID

    def lock(self) -> CreditDecision:
        found = find(self.decision)
        _lock(found.organisation_id)
        return find(self.decision)

    def decide(self, scene: Scene) -> Result:
        row: CreditDecision = scene.subject
        organisation = row.organisation
        office = self.require_others(scene, organisation)
        number, authority, words = self.checked()
        if row.lifted_at is not None:
            raise Refused(_("This decision was lifted already."), code="already-lifted")
        if row.until <= scene.now:
            raise Refused(
                _("This decision's time is over; there is nothing to lift."), code="decision-over"
            )
        row.lifted_at, row.lifted_by = scene.now, office
        row.lifted_number, row.lifted_authority, row.lifted_words = number, authority, words
        row.save()
        _settle(organisation, scene.now)
        entry = scene.enter(
            subject=organisation.urn,
            context={
                "decision": row.urn, "number": number, "authority": authority, "words": words,
            },
            receipt_for=(organisation.urn,),
        )
        entry.placed.append(lambda leaf: _note(row, lifted_leaf=leaf))
        messages.send(
            scene,
            to=[organisation],
            template="organisation-unblocked",
            context={
                "organisation": organisation.name,
                "lifted": row.number,
                "number": number,
                "authority": authority,
                "words": words,
            },
            evidence=True,
        )
        return _answer(row, organisation)


def _settle(organisation: Organisation, at: datetime) -> None:
    """What keeps the organisation out is the latest of the decisions that hold."""
    held = holding(at).filter(organisation=organisation)
    organisation.blocked_until = held.aggregate(last=Max("until"))["last"]
    organisation.save(update_fields=["blocked_until"])


def _note(row: CreditDecision, **leaf: int) -> None:
    for name, index in leaf.items():
        setattr(row, name, index)
    row.save(update_fields=list(leaf))


def _answer(row: CreditDecision, organisation: Organisation) -> Result:
    until = organisation.blocked_until
    return {
        "decision": str(row.pk),
        "until": None if until is None else jcs.timestamp(until),
    }
