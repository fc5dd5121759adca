"""What nobody may find before the opening, by a search that does find it afterwards."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from bidding.domain import bodies_on_disk
from signatures.domain import clock
from tests.bidding.sealing import people, steps
from tests.bidding.sealing.test_opening import envelope, post_share
from tests.bidding.sealing.world import World

pytestmark = pytest.mark.django_db

CANARY = b"canary-7f3a-singing"


def in_database() -> bool:
    """Whether any cell of any table holds the word."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    data = bytes(value) if isinstance(value, (bytes, memoryview)) else (
                        str(value).encode()
                    )
                    if CANARY in data or CANARY.hex().encode() in data:
                        return True
    return False


def in_storage(folder: Path) -> bool:
    """Whether any file of the platform holds the word (devices of actors lie elsewhere)."""
    return any(
        CANARY in path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "devices" not in path.parts
    )


def test_content_is_nowhere_before_the_opening_and_in_the_store_after(world: World, caplog):
    caplog.set_level(logging.DEBUG)
    person = world.tenderers[0]
    world.submit(person, technical=CANARY, sheet=b'{"manager":"%s"}' % CANARY)
    for other in world.tenderers[1:]:
        world.submit(other)
    steps.freeze(world)
    people.move_clock(clock.now() + timedelta(seconds=10))
    steps.prove()
    for slot in (1, 3):
        row = envelope(world, slot=slot)
        for name in ("tenderee", "centre"):
            assert post_share(world, name, row).status_code == 201
    steps.run_tasks()
    assert not in_database()
    assert not in_storage(world.folder)
    assert CANARY.decode() not in caplog.text
    for slot in (1, 3):
        post_share(world, "notary", envelope(world, slot=slot))
    assert steps.run_tasks() == ["open_envelope:opened"] * 2
    assert in_database() and in_storage(world.folder)
    assert CANARY.decode() not in caplog.text


def test_search_finds_a_decoy_in_each_place(world: World, arrange):
    from signatures.models import Heartbeat

    decoy = world.folder / "uploads" / "decoy"
    decoy.parent.mkdir(parents=True, exist_ok=True)
    decoy.write_bytes(b"x" + CANARY)
    assert in_storage(world.folder)
    decoy.unlink()
    Heartbeat.objects.create(
        name="decoy", kind="x", beat_at=clock.now(), detail={"word": CANARY.decode()}
    )
    assert in_database()


def test_bodies_are_readable_by_the_platform_alone(world: World):
    world.submit(world.tenderers[0])
    folder = bodies_on_disk.path(envelope(world).pk).parent
    modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {0o600}
