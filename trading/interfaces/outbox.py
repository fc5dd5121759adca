"""The messages that the platform sent, as a page lists them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

from trading.domain import messages
from trading.interfaces import cursors
from trading.models import Delivery, Message

SIZE = 10


@dataclass(frozen=True)
class Sent:
    """One message in the reader's language, with the channels by which it left."""

    message: Message
    subject: str
    body: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True)
class Outbox:
    """One page of messages, newest first, and the cursor of the next."""

    items: tuple[Sent, ...]
    next: str | None


def outbox(*, after: str = "") -> Outbox:
    """A page of all messages; raises :class:`Malformed` for a damaged cursor."""
    rows = Message.objects.select_related("user", "organisation", "lot__project")
    page = cursors.page(
        rows.prefetch_related("deliveries"), by="sent_at", after=after, size=SIZE
    )
    language = get_language() or ""
    return Outbox(items=tuple(_sent(each, language) for each in page.items), next=page.next)


def _sent(message: Message, language: str) -> Sent:
    text = messages.text_for(message, language)
    return Sent(
        message=message,
        subject=str(text["subject"]),
        body=str(text["body"]),
        deliveries=tuple(message.deliveries.all()),
    )
