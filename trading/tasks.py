"""Work of the queue: what leaves the platform after an act stands."""

from __future__ import annotations

import logging

from django.core.mail import EmailMessage
from django_tasks import task

from signatures.domain.act import Actor, dispatch
from trading.domain import messages
from trading.domain.messages import Attempt, NoteDeliveries
from trading.enums import Channel
from trading.models import Delivery

log = logging.getLogger("sunlit.messages")


@task()
def deliver(messages: list[str]) -> int:
    """Bring the waiting deliveries of these messages out; returns how many were sent.

    May run twice: what is settled is left alone, and a mail that is sent again after a crash
    carries the same Message-ID.
    """
    attempts = tuple(_attempt(row) for row in _waiting(messages))
    if not attempts:
        return 0
    outcome = dispatch(NoteDeliveries(attempts=attempts), actor=Actor.process("worker"))
    return int(outcome.result["sent"])


def _waiting(identifiers: list[str]) -> list[Delivery]:
    return messages.waiting(identifiers)


def _attempt(row: Delivery) -> Attempt:
    text = messages.text_for(row.message, row.message.user.language)
    try:
        if row.channel == Channel.EMAIL:
            mail = EmailMessage(
                subject=text["subject"],
                body=text["body"],
                to=[row.address],
                headers={"Message-ID": f"<{row.message_id}.{row.pk}@sunlit.invalid>"},
            )
            mail.send()
            return Attempt(delivery=row.pk, sent=True)
        gateway = messages.gateway()
        if gateway is None:
            return Attempt(delivery=row.pk, sent=False, reference="no gateway")
        reference = gateway.send(number=row.address, text=text["body"])
        return Attempt(delivery=row.pk, sent=True, reference=reference)
    except Exception as error:
        # Whatever a mail server or a gateway throws, the delivery is tried again later.
        log.warning("Delivery %s failed: %s", row.pk, type(error).__name__)
        return Attempt(delivery=row.pk, sent=False, reference=type(error).__name__)
