"""Tasks that a dead worker left running go back to the queue.

The queue's library leaves the tasks of a killed worker "running" for ever. Workers beat; the clock
process returns the running tasks of every worker that is silent. Tasks are idempotent, so a worker
that was only slow does no harm.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from signatures.domain import heartbeats
from signatures.domain.clock import Clock

log = logging.getLogger("sunlit.queue")

def enqueue(task: str, *args: Any, **kwargs: Any) -> None:
    """Put a task into the queue, in the transaction of the act that asks for it.

    Tasks stand above the domain, so they are named by string (``app.tasks.name``).
    """
    import_string(task).enqueue(*args, **kwargs)


#: A task that failed this often stays failed and is shown to the operator.
ATTEMPTS = 5


def return_lost(_: Clock) -> int:
    """Return the running tasks of silent workers; gives their number."""
    alive = set(heartbeats.alive("worker"))
    with transaction.atomic():
        lost = [
            task
            for task in DBTaskResult.objects.running().select_for_update()
            if not task.worker_ids or task.worker_ids[-1] not in alive
        ]
        for task in lost:
            task.status = "READY"
            task.started_at = None
            task.save(update_fields=["status", "started_at"])
    for task in lost:
        log.warning("The task %s (%s) is back in the queue.", task.id, task.task_path)
    return len(lost)


def return_of_slot(slot: str) -> int:
    """Return what an earlier worker in the same slot left running: it is known to be gone."""
    earlier = [
        task.id
        for task in DBTaskResult.objects.running()
        if task.worker_ids and task.worker_ids[-1].startswith(f"{slot}-")
    ]
    return DBTaskResult.objects.filter(id__in=earlier).update(status="READY", started_at=None)


def retry_failed(_: Clock) -> int:
    """Try failed tasks again until :data:`ATTEMPTS`; gives their number.

    ``worker_ids`` grows by one with each attempt.
    """
    with transaction.atomic():
        failed = [
            task
            for task in DBTaskResult.objects.failed().select_for_update()
            if len(task.worker_ids) < ATTEMPTS
        ]
        for task in failed:
            task.status = "READY"
            task.started_at = task.finished_at = None
            task.save(update_fields=["status", "started_at", "finished_at"])
    return len(failed)


def try_again(pk: UUID) -> DBTaskResult | None:
    """Return one failed task to the queue for one more attempt, or none where none failed so.

    Inside an act: it is a person's decision, unlike what the duties above do by themselves.
    """
    task = DBTaskResult.objects.failed().select_for_update().filter(pk=pk).first()
    if task is not None:
        task.status = "READY"
        task.started_at = task.finished_at = None
        task.save(update_fields=["status", "started_at", "finished_at"])
    return task
