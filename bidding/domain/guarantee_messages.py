"""What the sides of a guarantee say of it, each word signed: released, claimed, paid, refused.

The tenderee releases and claims; the guarantor says that it has paid, or why it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import statement_rows
from bidding.domain.guarantees import about
from bidding.enums import GuaranteeState, GuaranteeWord
from bidding.models import Guarantee, GuaranteeMessage
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import calendar, contracts, messages, reports, securities
from trading.domain.acts import LotAct
from trading.domain.signed import Accepted, Signed, accept
from trading.models import Lot, Organisation

RELEASE, CLAIM = "sunlit.guarantee-release/1", "sunlit.guarantee-claim/1"
ANSWER = "sunlit.guarantee-answer/1"
WHAT = ("lot", "guarantee", "digest")
FIELDS = {
    RELEASE: (*WHAT, "text"),
    CLAIM: (*WHAT, "amount", "text"),
    ANSWER: (*WHAT, "claim", "paid", "amount", "on", "text"),
}
LONGEST = 2000


def last_claim(row: Guarantee) -> GuaranteeMessage | None:
    """The claim that waits for its answer, or was answered last."""
    return row.messages.filter(word=GuaranteeWord.CLAIM).order_by("at", "leaf").last()


def said(text: object) -> str:
    """The reasons in their form; raises :class:`Malformed`."""
    given = text.strip() if isinstance(text, str) else ""
    if not 1 <= len(given) <= LONGEST:
        raise Malformed(
            _("Say why in 1 to %(most)d characters.") % {"most": LONGEST}, code="reasons-missing"
        )
    return given


def prepare(person: User, lot: UUID, guarantee: UUID, signed: Signed, *, purpose: str) -> Word:
    """The act of a signed word; checks all without a lock."""
    accepted = accept(person, signed, purpose=purpose, fields=FIELDS[purpose])
    return _ACTS[purpose](lot=lot, guarantee=guarantee, signed=accepted)


@dataclass(frozen=True, kw_only=True)
class Word(LotAct):
    """A signed word about a guarantee by one of its sides."""

    share: ClassVar[bool] = True
    #: The states in which it may be said.
    states: ClassVar[frozenset[str]] = frozenset()

    guarantee: UUID
    signed: Accepted

    def permit(self, actor: Actor) -> None:
        if not access.acts_for(actor.user, self.speaker(self._row()).pk):
            raise Denied(
                _("This is for the other side of the guarantee to say."), code="wrong-organisation"
            )

    def speaker(self, row: Guarantee) -> Organisation:
        """The side that says it: the beneficiary, where nothing else is said."""
        return row.bid.lot.project.tenderee

    def _row(self) -> Guarantee:
        row = (
            Guarantee.objects.select_related(
                "bid__tenderer", "bid__lot__project__tenderee", "guarantor"
            )
            .filter(pk=self.guarantee, bid__lot=self.lot)
            .first()
        )
        if row is None:
            raise NotFound(_("There is no such guarantee on this lot."), code="no-such-guarantee")
        return row

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = Guarantee.objects.select_for_update().get(pk=self._row().pk)
        self.signed.require_bound(scene.actor)
        value = self.signed.value
        if (value["lot"], value["guarantee"], value["digest"]) != (
            lot.urn, row.urn, row.statement,
        ):  # fmt: skip
            raise Refused(_("The statement is about another guarantee."), code="other-guarantee")
        if row.state not in self.states:
            raise Refused(
                _("This guarantee is %(state)s: that cannot be said of it now.")
                % {"state": row.get_state_display()},
                code="wrong-state",
            )
        word = self.say(scene, row, value)
        message = GuaranteeMessage.objects.create(
            guarantee=row,
            word=word,
            by=self.speaker(row),
            amount=None if value.get("amount") is None else Decimal(value["amount"]),
            on=None if value.get("on") is None else date.fromisoformat(value["on"]),
            text=value["text"].strip(),
            **statement_rows.columns(self.signed, scene),
        )
        row.since = scene.now
        row.save(update_fields=["state", "since"])
        sides = [one for one in (row.bid.tenderer, row.guarantor, lot.project.tenderee) if one]
        entry = scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "state": row.state},
            receipt_for=tuple(one.urn for one in sides),
        )
        statement_rows.place(entry, message)
        self._tell(scene, lot, row, message, sides)
        return {"guarantee": str(row.pk), "state": row.state, "message": str(message.pk)}

    def say(self, scene: Scene, row: Guarantee, value: Mapping[str, Any]) -> GuaranteeWord:
        """Check what is said, change the state, and name the word."""
        raise NotImplementedError

    def _tell(
        self,
        scene: Scene,
        lot: Lot,
        row: Guarantee,
        message: GuaranteeMessage,
        sides: list[Organisation],
    ) -> None:
        others: list[Any] = [one for one in sides if one.pk != message.by_id]
        if message.word in (GuaranteeWord.CLAIM, GuaranteeWord.REFUSED):
            others += reports.supervisors(lot)
        messages.send(
            scene,
            to=others,
            template=f"guarantee-{message.word}",
            lot=lot,
            context={**about(row), "reason": message.text},
        )


@command("bidding.release-guarantee")
@dataclass(frozen=True, kw_only=True)
class ReleaseGuarantee(Word):
    """The beneficiary gives the guarantee back; it is held no more. A claim falls with it."""

    states: ClassVar[frozenset[str]] = frozenset({GuaranteeState.HELD, GuaranteeState.CLAIMED})

    def say(self, scene: Scene, row: Guarantee, value: Mapping[str, Any]) -> GuaranteeWord:
        if not isinstance(value["text"], str) or len(value["text"]) > LONGEST:
            raise Malformed(
                _("Write at most %(most)d characters.") % {"most": LONGEST}, code="bad-text"
            )
        row.state = GuaranteeState.RELEASED
        if row.security is not None:
            securities.close(row.security, calendar.local_day(scene.now))
        return GuaranteeWord.RELEASE


@command("bidding.claim-guarantee")
@dataclass(frozen=True, kw_only=True)
class ClaimGuarantee(Word):
    """The beneficiary claims payment, at most the amount, within the guarantee's days."""

    states: ClassVar[frozenset[str]] = frozenset({GuaranteeState.HELD})

    def say(self, scene: Scene, row: Guarantee, value: Mapping[str, Any]) -> GuaranteeWord:
        said(value["text"])
        if _amount(value["amount"]) > row.amount:
            raise Refused(
                _("The guarantee is for %(most)s at most.") % {"most": f"{row.amount:,.2f}"},
                code="claims-too-much",
            )
        today = calendar.local_day(scene.now)
        if not row.valid_from <= today <= row.valid_until:
            raise Refused(
                _("The guarantee holds from %(first)s to %(last)s; it is claimed within these"
                  " days.") % {"first": row.valid_from, "last": row.valid_until},
                code="not-within-its-days",
            )
        row.state = GuaranteeState.CLAIMED
        return GuaranteeWord.CLAIM


@command("bidding.answer-claim")
@dataclass(frozen=True, kw_only=True)
class AnswerClaim(Word):
    """The guarantor says that it has paid, how much and when, or why it does not pay."""

    states: ClassVar[frozenset[str]] = frozenset({GuaranteeState.CLAIMED})

    def speaker(self, row: Guarantee) -> Organisation:
        if row.guarantor is None:
            raise NotFound(_("This guarantee has no recognised guarantor."), code="no-guarantor")
        return row.guarantor

    def say(self, scene: Scene, row: Guarantee, value: Mapping[str, Any]) -> GuaranteeWord:
        claim = last_claim(row)
        if claim is None or value["claim"] != claim.statement:
            raise Refused(_("The statement answers another claim."), code="other-claim")
        if value["paid"] is False:
            said(value["text"])
            if value["amount"] is not None or value["on"] is not None:
                raise Malformed(_("Who does not pay names no payment."), code="bad-answer")
            row.state = GuaranteeState.HELD
            return GuaranteeWord.REFUSED
        if value["paid"] is not True or not isinstance(value["text"], str):
            raise Malformed(_("An answer says whether it was paid."), code="bad-answer")
        if len(value["text"]) > LONGEST:
            raise Malformed(
                _("Write at most %(most)d characters.") % {"most": LONGEST}, code="bad-text"
            )
        self._check_payment(scene, claim, value)
        row.state = GuaranteeState.PAID
        if row.security is not None:
            securities.close(row.security, calendar.local_day(scene.now))
        return GuaranteeWord.PAID

    def _check_payment(
        self, scene: Scene, claim: GuaranteeMessage, value: Mapping[str, Any]
    ) -> None:
        if claim.amount is None or _amount(value["amount"]) != claim.amount:
            raise Refused(
                _("What is paid is what was claimed: %(amount)s.")
                % {"amount": f"{claim.amount:,.2f}"},
                code="pays-otherwise",
            )
        try:
            on = date.fromisoformat(value["on"])
        except (TypeError, ValueError):
            raise Malformed(
                _("Say on which day it was paid, as 2026-05-04."), code="bad-date"
            ) from None
        if not calendar.local_day(claim.at) <= on <= calendar.local_day(scene.now):
            raise Refused(
                _("It was paid between the day of the claim and today."), code="bad-date"
            )


def _amount(value: object) -> Decimal:
    return contracts.amount(value if isinstance(value, str) else "")


_ACTS: dict[str, type[Word]] = {
    RELEASE: ReleaseGuarantee,
    CLAIM: ClaimGuarantee,
    ANSWER: AnswerClaim,
}
