"""Rooms of the platform to measure in, and events committed to them at once."""

from __future__ import annotations

import time
import uuid

from benchmarks.limits import FRAME


def make_rooms(count: int, people: int = 1) -> tuple[list[str], list[str]]:
    """Rooms to be in, and the cookies of people who may be in all of them."""
    from datetime import UTC, datetime
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from benchmarks.apps.house import KIND
    from bidding.models import Room
    from signatures.domain import guard
    from signatures.models import User
    from trading.models import Lot, Organisation, Project

    at = datetime(2026, 1, 1, tzinfo=UTC)
    with guard.writes("benchmark"):
        users = [
            User.objects.create(username=uuid.uuid4().hex, full_name="Bench", password="!")
            for _ in range(people)
        ]
        mark = uuid.uuid4().hex
        org = Organisation.objects.create(
            name="Bench", credit_code=mark[:18], kinds=["tenderee"], registered_at=at
        )
        project = Project.objects.create(
            code=mark[:20], title="Bench", category="construction", tenderee=org, created_at=at
        )
        lots = Lot.objects.bulk_create(
            Lot(
                project=project, number=n + 1, title="Bench", registered_at=at, stage="x",
                stage_since=at,
            )
            for n in range(count)
        )
        rooms = Room.objects.bulk_create(Room(kind=KIND, lot=lot, opened_at=at) for lot in lots)
    cookies = []
    for user in users:
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    return [str(room.pk) for room in rooms], cookies


def path(room: str) -> str:
    return f"/ws/rooms/bench/{room}/"


def commit_burst(rooms: list[str], rounds: int) -> float:
    """Commit ``rounds`` events in every room, in one transaction; the moment of the commit."""
    from django.db import connections, transaction

    from bidding.domain import chain, hub
    from bidding.models import Room, RoomEvent
    from signatures.domain import clock, guard

    now, rows, heads = clock.now(), [], []
    by = "user:00000000-0000-4000-8000-000000000000"
    for room in Room.objects.filter(pk__in=rooms):
        # seq, at, event, by and the braces take 136 bytes for numbers of three digits.
        data = {"text": "x" * (FRAME - 136)}
        for _ in range(rounds):
            room.seq += 1
            record = chain.record(
                seq=room.seq,
                at=now,
                kind="said",
                audience="all",
                actor=by,
                data=data,
                salt=bytes(16),
            )
            room.chain = chain.link(room.pk, bytes(room.chain), record)
            rows.append(
                RoomEvent(
                    room=room,
                    seq=room.seq,
                    at=now,
                    kind="said",
                    audience="all",
                    actor=by,
                    data=data,
                    salt=bytes(16),
                    chain=room.chain,
                )
            )
        heads.append(room)
    with guard.writes("benchmark"), transaction.atomic():
        RoomEvent.objects.bulk_create(rows, batch_size=2000)
        Room.objects.bulk_update(heads, ["seq", "chain"], batch_size=100)
    committed = time.perf_counter()
    for room in heads:
        hub.Announcement(room.pk)()
    connections.close_all()
    return committed
