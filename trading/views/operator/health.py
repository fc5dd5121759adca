"""Whether the platform is well: processes, clock, ledger, evidence, disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from signatures.domain import checkpoints, clock, heartbeats, log
from signatures.models import Checkpoint, Cosignature, Heartbeat
from trading.views.doors import operators_only
from trading.views.operator import desk

#: A checkpoint, a cosignature that is older needs somebody, while the ledger grows.
LATE = timedelta(minutes=5)
#: A process that has been silent for longer was replaced, and is nobody's worry any more.
GONE = timedelta(hours=1)
#: Timestamps follow hourly.
STAMP_LATE = checkpoints.TIMESTAMP_EVERY + LATE
#: Less free space than this share of a disk, or than this many bytes, needs somebody.
LEAST_SHARE = 0.10
LEAST_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Sign:
    """One sign of health: what it is, its figure, whether it is well, and what that rests on."""

    name: str
    figure: str
    shape: str
    word: str
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Process:
    """One process that beats."""

    name: str
    kind: str
    label: str
    beat_at: datetime
    ago: str
    shape: str
    word: str


def span(time: timedelta) -> str:
    """A length of time in its two leading units, for people."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < 120:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < 7200:
        count = seconds // 60
        return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
    if seconds < 172_800:
        count = seconds // 3600
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    count = seconds // 86_400
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _kinds() -> dict[str, str]:
    return {"worker": _("worker"), "clock": _("clock"), "hub": _("rooms of a web process")}


def processes(real: datetime) -> list[Process]:
    """Every process that beats or did so within :data:`GONE`, silent ones first."""
    rows = (
        Heartbeat.objects.filter(beat_at__gt=real - GONE)
        .exclude(kind=heartbeats.DUTY)
        .order_by("kind", "name")
    )
    found = [_process(row, real) for row in rows]
    return sorted(found, key=lambda each: each.shape == "good")


def _process(row: Heartbeat, real: datetime) -> Process:
    silent = real - row.beat_at > heartbeats.SILENCE
    return Process(
        name=row.name,
        kind=row.kind,
        label=_kinds().get(row.kind, row.kind),
        beat_at=row.beat_at,
        ago=span(real - row.beat_at),
        shape="bad" if silent else "good",
        word=_("Silent") if silent else _("Alive"),
    )


def missing(found: list[Process]) -> list[str]:
    """Kinds without which nothing goes on, and of which none is alive."""
    alive = {each.kind for each in found if each.shape == "good"}
    return [_kinds()[kind] for kind in ("worker", "clock") if kind not in alive]


def signs(now: datetime) -> list[Sign]:
    """Clock, ledger, evidence and disks; ``now`` is the official time."""
    return [_skew(), *_ledger(now), *_disks()]


def _well(good: bool, bad_word: str) -> tuple[str, str]:
    return ("good", _("In order")) if good else ("bad", bad_word)


def _skew() -> Sign:
    skew = clock.skew()
    shape, word = _well(abs(skew) <= clock.SKEW_ALARM, _("Too far apart"))
    return Sign(
        name=_("Clock skew"),
        # Adding zero takes the sign from a rounded "-0.00".
        figure=_("%(seconds).2f s") % {"seconds": round(skew.total_seconds(), 2) + 0.0},
        shape=shape,
        word=word,
        note=_("database ahead of this process; alarm above %(most)d s")
        % {"most": clock.SKEW_ALARM.total_seconds()},
    )


def _ledger(now: datetime) -> list[Sign]:
    size = log.size()
    newest = checkpoints.latest()
    behind = size - (newest.size if newest is not None else 0)
    stamped = Checkpoint.objects.filter(timestamp__isnull=False).order_by("-size").first()
    cosigned = (
        Cosignature.objects.select_related("checkpoint").order_by("-checkpoint__size").first()
    )
    shape, word = _aged(newest.at if newest else None, now, LATE, idle=behind <= 0)
    found = [
        Sign(
            name=_("Ledger"),
            figure=ngettext("%(count)d entry", "%(count)d entries", size) % {"count": size},
            shape=shape,
            word=word,
            note=ngettext(
                "%(count)d entry after the last checkpoint",
                "%(count)d entries after the last checkpoint",
                behind,
            )
            % {"count": behind},
        ),
        _dated(_("Last checkpoint"), newest, now, LATE, idle=behind <= 0),
    ]
    last = cosigned.checkpoint if cosigned is not None else None
    current = last is not None and newest is not None and last.size == newest.size
    if settings.WITNESSES:
        found.append(_dated(_("Last cosignature"), last, now, LATE, idle=current))
    else:
        found.append(
            Sign(
                name=_("Last cosignature"),
                figure=_("none"),
                shape="unsure",
                word=_("No witness is set up"),
                note=_("nobody but the platform attests the ledger"),
            )
        )
    current = stamped is not None and newest is not None and stamped.size == newest.size
    found.append(_dated(_("Last timestamp"), stamped, now, STAMP_LATE, idle=current))
    return found


def _aged(
    at: datetime | None, now: datetime, late: timedelta, *, idle: bool
) -> tuple[str, str]:
    if at is None:
        return "unsure", _("None yet")
    return _well(idle or now - at <= late, _("Late"))


def _dated(
    name: str, row: Checkpoint | None, now: datetime, late: timedelta, *, idle: bool
) -> Sign:
    at = row.at if row is not None else None
    shape, word = _aged(at, now, late, idle=idle)
    figure = _("none") if at is None else _("%(span)s ago") % {"span": span(now - at)}
    note = "" if row is None else _("over %(size)d entries") % {"size": row.size}
    return Sign(name=name, figure=figure, shape=shape, word=word, note=note, at=at)


def _disks() -> list[Sign]:
    """The free space of the disks under the data folder and the store; one where they share it."""
    found: dict[int, Sign] = {}
    folders = ((_("Disk of the data"), settings.DATA), (_("Disk of the store"), settings.STORE))
    for name, folder in folders:
        place = next(each for each in (Path(folder), *Path(folder).parents) if each.exists())
        device = place.stat().st_dev
        if device in found:
            continue
        usage = shutil.disk_usage(place)
        enough = usage.free >= LEAST_BYTES and usage.free >= usage.total * LEAST_SHARE
        shape, word = _well(enough, _("Nearly full"))
        found[device] = Sign(
            name=name,
            figure=_("%(free).1f GB free") % {"free": usage.free / 1e9},
            shape=shape,
            word=word,
            note=_("of %(total).1f GB") % {"total": usage.total / 1e9},
        )
    return list(found.values())


def summary(now: datetime, real: datetime) -> dict[str, Any]:
    """Processes and signs together, and how many of them need somebody."""
    running, found = processes(real), signs(now)
    absent = missing(running)
    troubled = [each for each in (*running, *found) if each.shape == "bad"]
    return {
        "processes": running,
        "missing": absent,
        "signs": found,
        "troubles": len(troubled) + len(absent),
    }


@require_safe
@operators_only
def health(request: HttpRequest) -> HttpResponse:
    """All signs of health."""
    reading = clock.look()
    context = summary(reading.official, reading.real)
    return desk.show(request, "health", "operator-health", context)
