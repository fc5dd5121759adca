"""Work that failed too often to be tried again by itself: the operator has it tried once more."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import queue
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, NotFound
from trading.domain import memberships
from trading.enums import DeliveryState
from trading.models import Delivery


@dataclass(frozen=True, kw_only=True)
class _Retry(Act):
    def permit(self, actor: Actor) -> None:
        if actor.user is None or not memberships.is_operator(actor.user):
            raise Denied(_("Failed work is tried again by the trading centre."))


@command("trading.retry-task")
@dataclass(frozen=True, kw_only=True)
class RetryTask(_Retry):
    """Return a failed task to the queue for one more attempt. Result: ``{"task": uuid}``."""

    task: UUID

    def decide(self, scene: Scene) -> Result:
        task = queue.try_again(self.task)
        if task is None:
            raise NotFound(
                _("There is no such failed task; it may be running again already."),
                code="no-such-failed-task",
            )
        scene.enter(
            subject=f"task:{task.pk}",
            context={"task": task.task_path, "attempts": len(task.worker_ids)},
        )
        return {"task": str(task.pk)}


@command("trading.retry-delivery")
@dataclass(frozen=True, kw_only=True)
class RetryDelivery(_Retry):
    """Have a delivery that was given up tried anew, as often as the first time.

    Result: ``{"delivery": id}``.
    """

    delivery: int

    def decide(self, scene: Scene) -> Result:
        row = (
            Delivery.objects.select_for_update()
            .filter(pk=self.delivery, state=DeliveryState.FAILED)
            .first()
        )
        if row is None:
            raise NotFound(
                _("There is no such failed delivery; it may be on its way again already."),
                code="no-such-failed-delivery",
            )
        row.state, row.attempts, row.settled_at = DeliveryState.WAITING, 0, None
        row.save(update_fields=["state", "attempts", "settled_at"])
        queue.enqueue("trading.tasks.deliver", messages=[str(row.message_id)])
        scene.enter(subject=f"message:{row.message_id}", context={"delivery": str(row.pk)})
        return {"delivery": row.pk}
