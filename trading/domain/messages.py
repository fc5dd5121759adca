"""Messages: the inbox in the act's own transaction, e-mail and text messages after it.

A message stands in the inbox exactly when the act that sent it stands. What leaves the platform
is a :class:`Delivery` that a task settles, at least once, and of which an act keeps the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading.domain import message_texts, paper_words
from trading.enums import Channel, DeliveryState, LotRole
from trading.models import Assignment, Delivery, Lot, Membership, Message, Organisation

SEND_ACT = "trading.send-message"
MAX_ATTEMPTS = 6

#: Wait before the second attempt; each further one waits twice as long.
FIRST_WAIT = timedelta(minutes=1)


class SmsGateway(Protocol):
    """What sends text messages; ``SMS_GATEWAY`` in the settings names a class without arguments."""

    def send(self, *, number: str, text: str) -> str:
        """Send, and return the gateway's reference; raises where it did not take the message."""
        ...


def _deliver() -> Any:
    """The queue's task: it stands above this room, so it is named by string only."""
    return import_string("trading.tasks.deliver")


def gateway() -> SmsGateway | None:
    """The gateway of the settings; None where text messages are not sent."""
    name = getattr(settings, "SMS_GATEWAY", "")
    return import_string(name)() if name else None


@dataclass(frozen=True)
class _Recipient:
    user: User
    organisation: Organisation | None
    mobile: str


def participants(lot: Lot) -> list[Organisation]:
    """The organisations that take part in a lot: its tenderee, agency and tenderers."""
    roles = (LotRole.TENDEREE, LotRole.AGENCY, LotRole.TENDERER)
    assigned = Assignment.objects.filter(lot=lot, role__in=roles, until__isnull=True)
    return list(
        Organisation.objects.filter(pk__in=assigned.values("organisation_id")).order_by("pk")
    )


def hosts(lot: Lot) -> list[Organisation]:
    """Whose tender it is: the tenderee, and its agency where it has one."""
    return [one for one in (lot.project.tenderee, lot.project.agency) if one is not None]


def tenderers(lot: Lot) -> list[Organisation]:
    """The tenderers of a lot, as they stand now."""
    held = Assignment.objects.filter(lot=lot, role=LotRole.TENDERER, until__isnull=True)
    return list(Organisation.objects.filter(pk__in=held.values("organisation_id")).order_by("pk"))


def invitees(lot: Lot) -> list[Organisation]:
    """Who is invited to tender, has not refused, and did not fetch the documents yet."""
    held = Assignment.objects.filter(lot=lot, until__isnull=True)
    fetched = held.filter(role=LotRole.TENDERER).values("organisation_id")
    invited = held.filter(role=LotRole.INVITEE).exclude(organisation_id__in=fetched)
    return list(
        Organisation.objects.filter(pk__in=invited.values("organisation_id")).order_by("pk")
    )


def send(
    scene: Scene,
    *,
    to: Iterable[Organisation | User],
    template: str,
    context: Mapping[str, str] | None = None,
    lot: Lot | None = None,
    evidence: bool = False,
) -> list[Message]:
    """Send a message inside an act: one inbox row for each person, deliveries for the task.

    An organisation's message goes to all its present members, each person once. With
    ``evidence`` (legal notices) the sending leaves an entry for each recipient, and so does each
    delivery: whoever holds the receipt of one learns of no other recipient (TBL 22).
    """
    rules = None if lot is None else paper_words.of(lot)
    texts = message_texts.render(template, _values(lot, context), rules)
    digest = jcs.digest(texts).hex()
    messages: list[Message] = []
    deliveries: list[Delivery] = []
    texting = bool(getattr(settings, "SMS_GATEWAY", ""))
    recipients = _recipients(to)
    for one in recipients:
        message = Message(
            user=one.user,
            organisation=one.organisation,
            lot=lot,
            template=template,
            texts=texts,
            digest=digest,
            evidence=evidence,
            sent_at=scene.now,
        )
        messages.append(message)
        if one.user.email:
            deliveries.append(
                Delivery(message=message, channel=Channel.EMAIL, address=one.user.email)
            )
        if texting and one.mobile:
            deliveries.append(Delivery(message=message, channel=Channel.SMS, address=one.mobile))
    Message.objects.bulk_create(messages)
    Delivery.objects.bulk_create(deliveries)
    for urn in sorted({_urn(one) for one in recipients}) if evidence else ():
        own = [
            message.urn
            for one, message in zip(recipients, messages, strict=True)
            if _urn(one) == urn
        ]
        scene.enter(
            subject=lot.urn if lot is not None else own[0],
            act=SEND_ACT,
            public=False,
            digests={"texts": digest},
            context={"template": template, "to": [urn], "messages": own},
            receipt_for=(urn,),
        )
    if deliveries:
        _deliver().enqueue(messages=[str(message.pk) for message in messages])
    return messages


def _urn(recipient: _Recipient) -> str:
    return recipient.organisation.urn if recipient.organisation else recipient.user.urn


def _values(lot: Lot | None, context: Mapping[str, str] | None) -> dict[str, str]:
    values = dict(context or {})
    if lot is not None:
        values |= {"lot": lot.title, "project": lot.project.title, "code": lot.project.code}
    return values


def _recipients(to: Iterable[Organisation | User]) -> list[_Recipient]:
    found: dict[UUID, _Recipient] = {}
    organisations = []
    for one in to:
        if isinstance(one, Organisation):
            organisations.append(one)
        else:
            found.setdefault(one.pk, _Recipient(one, None, ""))
    memberships = (
        Membership.objects.filter(
            organisation__in=organisations, until__isnull=True, user__is_active=True
        )
        .select_related("user", "organisation")
        .order_by("pk")
    )
    for membership in memberships:
        found.setdefault(
            membership.user_id,
            _Recipient(membership.user, membership.organisation, membership.mobile),
        )
    return list(found.values())


@command("trading.read-message")
@dataclass(frozen=True, kw_only=True)
class ReadMessage(Act):
    """The recipient opens a message for the first time; that is evidence of its arrival."""

    message: UUID

    def permit(self, actor: Actor) -> None:
        owner = Message.objects.filter(pk=self.message).values_list("user_id", flat=True).first()
        if owner is None or actor.user is None or owner != actor.user.pk:
            raise Denied(_("This message is not addressed to you."))

    def decide(self, scene: Scene) -> Result:
        message = Message.objects.get(pk=self.message)
        if message.read_at is not None:
            raise Refused(_("This message was read already."), code="already-read")
        message.read_at = scene.now
        message.save(update_fields=["read_at"])
        scene.enter(subject=message.urn, digests={"texts": message.digest})
        return {"message": str(message.pk)}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of one attempt to deliver: a gateway's reference, or why it failed."""

    delivery: int
    sent: bool
    reference: str = ""


@command("trading.note-deliveries")
@dataclass(frozen=True, kw_only=True)
class NoteDeliveries(Act):
    """The worker notes what became of deliveries; failures are tried again, ever more rarely."""

    attempts: tuple[Attempt, ...]

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:worker":
            raise Denied(_("Only the worker notes deliveries."))

    def decide(self, scene: Scene) -> Result:
        if not self.attempts:
            raise Malformed(_("There is nothing to note."))
        sent, again = 0, []
        for attempt in self.attempts:
            row = Delivery.objects.select_related("message").filter(pk=attempt.delivery).first()
            if row is None:
                raise NotFound(_("There is no such delivery."))
            if row.state != DeliveryState.WAITING:
                continue
            row.attempts += 1
            row.reference = attempt.reference[:200]
            if attempt.sent:
                row.state, row.settled_at = DeliveryState.SENT, scene.now
                sent += 1
            elif row.attempts >= MAX_ATTEMPTS:
                row.state, row.settled_at = DeliveryState.FAILED, scene.now
            else:
                again.append(row)
            row.save(update_fields=["state", "attempts", "settled_at", "reference"])
        if again:
            wait = FIRST_WAIT * 2 ** (max(row.attempts for row in again) - 1)
            _deliver().using(run_after=clock.process_time() + wait).enqueue(
                messages=sorted({str(row.message_id) for row in again})
            )
        scene.enter(
            subject="process:worker",
            context={
                "sent": [str(one.delivery) for one in self.attempts if one.sent],
                "failed": [str(one.delivery) for one in self.attempts if not one.sent],
            },
        )
        return {"sent": sent, "waiting": len(again)}


def waiting(messages: Iterable[UUID | str]) -> list[Delivery]:
    """The deliveries of these messages that are still on their way out."""
    rows = Delivery.objects.filter(message__in=list(messages), state=DeliveryState.WAITING)
    return list(rows.select_related("message", "message__user").order_by("pk"))


def text_for(message: Message, language: str) -> dict[str, Any]:
    """The message's subject and body in a language; the first one where it has no such text."""
    texts: dict[str, dict[str, Any]] = message.texts
    return texts.get(language) or next(iter(texts.values()))
