"""Failed tasks and the clock's duties at the desk: what failed, when, how often, and once more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_tasks_db.models import DBTaskResult

from signatures.domain import clock, heartbeats, queue
from signatures.domain.errors import Malformed, SunlitError
from signatures.models import Heartbeat
from trading.domain.failed_work import RetryTask
from trading.views.doors import operators_only
from trading.views.operator import desk

#: The newest failures are listed; the others are counted.
MOST = 50
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Failure:
    """One failed task. Its arguments and the fault's own words stay out of sight: they may speak
    of bids."""

    pk: UUID
    task: str
    failed_at: datetime | None
    attempts: int
    fault: str
    where: str

    @property
    def given_up(self) -> bool:
        """Whether it is not tried again by itself."""
        return self.attempts >= queue.ATTEMPTS


@dataclass(frozen=True)
class DutyLine:
    """One duty of the clock process, as it last said."""

    name: str
    done_at: str | None
    failed_at: str | None
    failures: int
    error: str
    shape: str
    word: str


def failures() -> list[Failure]:
    """The newest failed tasks, the latest failure first."""
    rows = DBTaskResult.objects.failed().order_by("-finished_at", "-pk")
    return [
        Failure(
            pk=row.id,
            task=row.task_path,
            failed_at=row.finished_at,
            attempts=len(row.worker_ids),
            fault=row.exception_class_path.rpartition(".")[2],
            where=_where(row.traceback),
        )
        for row in rows[:MOST]
    ]


def _where(traceback: str) -> str:
    frames = _FRAME.findall(traceback)
    if not frames:
        return ""
    file, line, function = frames[-1]
    return f"{PurePath(file).name}:{line} {function}"


def duties(real: datetime) -> list[DutyLine]:
    """Every duty of which a clock process left word, those in trouble first."""
    rows = Heartbeat.objects.filter(kind=heartbeats.DUTY).order_by("name")
    lines = [_duty(row, real) for row in rows]
    return sorted(lines, key=lambda line: line.shape == "good")


def _duty(row: Heartbeat, real: datetime) -> DutyLine:
    detail: dict[str, Any] = row.detail
    if real - row.beat_at > heartbeats.SILENCE:
        shape, word = "unsure", _("No word since")
    elif detail["in_a_row"]:
        shape, word = "bad", _("Fails; tried again")
    else:
        shape, word = "good", _("Goes well")
    return DutyLine(
        name=row.name.removeprefix(f"{heartbeats.DUTY}:"),
        done_at=detail["done_at"],
        failed_at=detail["failed_at"],
        failures=detail["failures"],
        error=detail["error"],
        shape=shape,
        word=word,
    )


def counts() -> dict[str, int]:
    """How many tasks stand how: ``ready``, ``running``, ``failed``, ``successful``."""
    rows = DBTaskResult.objects.order_by().values_list("status").annotate(number=Count("id"))
    return {status.lower(): number for status, number in rows}


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def work(request: HttpRequest) -> HttpResponse:
    """Tasks and duties; a POST has one failed task tried once more."""
    refusal: SunlitError | None = None
    if request.method == "POST":
        try:
            act = RetryTask(task=UUID(request.POST.get("task", "")))
        except ValueError:
            raise Malformed(_("Say which task is to be tried again.")) from None
        refusal = desk.carry_out(request, act, said=_("The task is back in the queue."))
        if refusal is None:
            return HttpResponseRedirect(request.path, status=303)
    number = counts()
    context = {
        "failures": failures(),
        "failed": number.get("failed", 0),
        "waiting": number.get("ready", 0),
        "running": number.get("running", 0),
        "done": number.get("successful", 0),
        "attempts": queue.ATTEMPTS,
        "duties": duties(clock.look().real),
        "refusal": refusal,
    }
    status = 200 if refusal is None else desk.status_of(refusal)
    return desk.show(request, "work", "operator-work", context, status=status)
