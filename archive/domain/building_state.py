"""How far the package that was asked for has come, by the queue's own record of the task."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django_tasks_db.models import DBTaskResult

TASK = "archive.tasks.build_package"


class Building(StrEnum):
    """What became of the last asking."""

    NOT_ASKED = "not-asked"
    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


_STATES = {"READY": Building.WAITING, "RUNNING": Building.RUNNING, "FAILED": Building.FAILED}


def of_lot(lot: UUID) -> Building:
    """The last task that was to build this lot's package; one that succeeded has filed it."""
    task = (
        DBTaskResult.objects.filter(task_path=TASK, args_kwargs__kwargs__lot=str(lot))
        .order_by("-enqueued_at")
        .first()
    )
    return Building.NOT_ASKED if task is None else _STATES.get(task.status, Building.NOT_ASKED)
